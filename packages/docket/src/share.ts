// SPDX-License-Identifier: Apache-2.0
// Shares of what was counted, with the interval in which the true share lies: every figure that a report
// gives of a sample has one, since samples are small.

/** A share with its 95% interval by Wilson; `null` where there is nothing to share. */
export type Share = {
  readonly of: number;
  readonly count: number;
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
};

/** The quantile of the normal distribution for 95%. */
const quantile = 1.959963984540054;

/** A share with its 95% interval (E. B. Wilson, 1927). */
export function wilson(count: number, of: number): Share {
  if (of === 0) return { of, count, share: null, low: null, high: null };
  const share = count / of;
  const squared = quantile * quantile;
  const centre = (share + squared / (2 * of)) / (1 + squared / of);
  const spread =
    (quantile * Math.sqrt((share * (1 - share)) / of + squared / (4 * of * of))) / (1 + squared / of);
  return { of, count, share, low: Math.max(0, centre - spread), high: Math.min(1, centre + spread) };
}
