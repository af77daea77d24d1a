// SPDX-License-Identifier: Apache-2.0
// Whether something hits more than its share, and not by chance.

/** By how many standard deviations a share must be exceeded: chance does that once in 700 looks. */
export const deviations = 3;
/** A share of everything, in basis points. */
export const wholeShare = 10_000;

/**
 * Whether `hits` of `all` are more than a share, by more than chance explains: the count that a share exactly
 * as declared would give is exceeded by more than three standard deviations of the binomial distribution.
 *
 * In doubles, but in products and comparisons alone, which IEEE 754 rounds alike on every machine.
 *
 * @param share in basis points
 */
export function exceedsShare(hits: number, all: number, share: number): boolean {
  const excess = hits * wholeShare - all * share;
  return excess > 0 && excess * excess > deviations * deviations * all * share * (wholeShare - share);
}
