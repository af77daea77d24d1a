// SPDX-License-Identifier: Apache-2.0
// How likely a count is: negative binomial, which is Poisson where the dispersion is nothing. Natural
// logarithms throughout, since what is asked about is very unlikely.

/** What counts are expected: their mean, and 1/size: variance = mean + dispersion × mean². */
export type Expected = { readonly mean: number; readonly dispersion: number };

/** Below this a dispersion is none: the difference would be lost in rounding. */
const dispersionMin = 1e-9;
/** A tail is summed until a term is this much smaller than the sum, and no longer than so many terms. */
const termShareMin = 1e-15;
const termsMax = 100_000;

/** The logarithm of how likely exactly this count is. */
export function logProbability(count: number, { mean, dispersion }: Expected): number {
  if (mean <= 0) return count === 0 ? 0 : -Infinity;
  if (dispersion < dispersionMin) return count * Math.log(mean) - mean - logFactorial(count);
  const size = 1 / dispersion;
  return (
    logGamma(count + size) -
    logGamma(size) -
    logFactorial(count) +
    size * Math.log(size / (size + mean)) +
    count * Math.log(mean / (size + mean))
  );
}

/** The base-10 logarithm of how likely this count or more is: the exact tail. */
export function logTail10(count: number, expected: Expected): number {
  if (count <= 0) return 0;
  const { mean, dispersion } = expected;
  if (mean <= 0) return -Infinity;
  const log = logProbability(count, expected);
  if (count <= mean) return Math.log10(Math.min(1, 1 - below(count, expected)));
  // From the first term on, relative to it; above the mean each is smaller than the one before.
  let sum = 1;
  let term = 1;
  for (let at = count; at < count + termsMax; at++) {
    const size = dispersion < dispersionMin ? Infinity : 1 / dispersion;
    const ratio = size === Infinity ? mean / (at + 1) : ((at + size) / (at + 1)) * (mean / (size + mean));
    term *= ratio;
    sum += term;
    if (term < sum * termShareMin) break;
  }
  return (log + Math.log(sum)) / Math.LN10;
}

/**
 * The dispersion of counts against what was expected of each, by moments; 0 if they spread no more than
 * Poisson does.
 */
export function dispersionOf(pairs: Iterable<readonly [count: number, mean: number]>): number {
  let excess = 0;
  let squares = 0;
  for (const [count, mean] of pairs) {
    excess += (count - mean) ** 2 - mean;
    squares += mean * mean;
  }
  return squares > 0 ? Math.max(0, excess / squares) : 0;
}

/** How likely fewer are. Of counts up to the mean only, so there are few terms that matter. */
function below(count: number, expected: Expected): number {
  let sum = 0;
  for (let at = Math.max(0, count - termsMax); at < count; at++)
    sum += Math.exp(logProbability(at, expected));
  return Math.min(1, sum);
}

function logFactorial(count: number): number {
  return logGamma(count + 1);
}

/** Lanczos' approximation, g = 7, n = 9 (P. Godfrey): 15 digits. */
const lanczos: readonly number[] = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** The logarithm of the gamma function, of positive numbers. */
export function logGamma(value: number): number {
  if (value < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * value)) - logGamma(1 - value);
  const shifted = value - 1;
  const base = shifted + 7.5;
  let sum = lanczos[0] as number;
  for (let at = 1; at < lanczos.length; at++) sum += (lanczos[at] as number) / (shifted + at);
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(sum);
}
