// SPDX-License-Identifier: Apache-2.0
// The exact interval of a share that was seen in a sample, for rare things; ../share.ts has Wilson's, for
// others. For 95 % confidence unless a level is given.

/** A share and the interval that it lies in, each from 0 to 1. */
export type ShareEstimate = { readonly share: number; readonly low: number; readonly high: number };

/** How sure an interval is, unless said otherwise. */
export const confidence = 0.95;

/** Steps of a bisection: each halves the interval, and a double has 53 bits. */
const bisectionSteps = 60;
/** Terms of the continued fraction of the incomplete beta function before it is given up. */
const fractionTermsMax = 500;
const fractionPrecision = 1e-14;

/**
 * The exact interval of Clopper and Pearson (1934), never too narrow: for rare things, as misses.
 * Sizes need not be whole: Korn and Graubard (1998) put the effective size of a weighted sample here.
 *
 * @returns `undefined` if there were none to look at
 * @throws {RangeError} unless 0 <= hits <= of
 */
export function clopperPearson(
  hits: number,
  of: number,
  level: number = confidence,
): ShareEstimate | undefined {
  check(hits, of);
  if (of === 0) return undefined;
  const tail = (1 - level) / 2;
  const low = hits === 0 ? 0 : betaQuantile(tail, hits, of - hits + 1);
  const high = hits === of ? 1 : betaQuantile(1 - tail, hits + 1, of - hits);
  return { share: hits / of, low, high };
}

/** The standard normal quantile, by bisection of its distribution. */
export function normalQuantile(probability: number): number {
  return bisect((x) => normalDistribution(x) < probability, -10, 10);
}

/** The quantile of the beta distribution with parameters `a` and `b`, by bisection. */
export function betaQuantile(probability: number, a: number, b: number): number {
  return bisect((x) => incompleteBeta(x, a, b) < probability, 0, 1);
}

/** The regularised incomplete beta function, by its continued fraction (NIST DLMF 8.17.22). */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side of the mean; the other side is its mirror image.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const logFront = a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b);
  return (Math.exp(logFront) / a) * betaFraction(x, a, b);
}

function check(hits: number, of: number): void {
  if (hits >= 0 && hits <= of) return;
  throw new RangeError(`of ${of} there cannot be ${hits}`);
}

function bisect(isBelow: (x: number) => boolean, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let step = 0; step < bisectionSteps; step++) {
    const middle = (low + high) / 2;
    if (isBelow(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

// Half of the chi-squared distribution with one degree of freedom: P(1/2, x²/2) as a series (DLMF 8.11.4).
function normalDistribution(x: number): number {
  const half = (x * x) / 2;
  let term = 2 * Math.sqrt(half / Math.PI);
  let sum = term;
  for (let n = 1; n < fractionTermsMax && term > sum * Number.EPSILON; n++) {
    term *= half / (n + 0.5);
    sum += term;
  }
  const within = sum * Math.exp(-half);
  return x < 0 ? 0.5 - within / 2 : 0.5 + within / 2;
}

// Lentz's method for the continued fraction.
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const some = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / some(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= fractionTermsMax; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / some(1 + even * d);
    c = some(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / some(1 + odd * d);
    c = some(1 + odd / c);
    result *= d * c;
    if (Math.abs(d * c - 1) < fractionPrecision) break;
  }
  return result;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

// Stirling's series (DLMF 5.11.1) beyond 10, where it is exact to the last bits; below, by recurrence.
function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 10; at++) shift += Math.log(at);
  const inverse = 1 / (at * at);
  const series =
    (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / at;
  return (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series - shift;
}
