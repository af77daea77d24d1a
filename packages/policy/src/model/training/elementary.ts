// SPDX-License-Identifier: Apache-2.0
// exp and ln by additions, multiplications and divisions alone: engines differ in the last bits of Math.exp
// and Math.log, and training from the same examples shall give the same bytes everywhere.

const ln2 = 0.693_147_180_559_945_3;

/** e to the power of a number, to about 14 digits; 0 or Infinity beyond ±700. */
export function exponential(value: number): number {
  if (!(value > -700)) return 0;
  if (value > 700) return Infinity;
  const halvings = Math.floor(value / ln2 + 0.5);
  const rest = value - halvings * ln2;
  let sum = 1;
  for (let term = 14; term >= 1; term--) sum = 1 + (sum * rest) / term;
  return sum * 2 ** halvings;
}

/** The natural logarithm of a positive number, to about 14 digits. */
export function logarithm(value: number): number {
  let scaled = value;
  let twos = 0;
  for (; scaled > 1.5; scaled /= 2) twos += 1;
  for (; scaled < 0.75; scaled *= 2) twos -= 1;
  const ratio = (scaled - 1) / (scaled + 1);
  const square = ratio * ratio;
  let sum = 0;
  for (let power = 35; power >= 1; power -= 2) sum = sum * square + 1 / power;
  return 2 * ratio * sum + twos * ln2;
}

/** The probability that log-odds stand for. */
export function logistic(logOdds: number): number {
  return 1 / (1 + exponential(-logOdds));
}
