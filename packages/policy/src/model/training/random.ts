// SPDX-License-Identifier: Apache-2.0
// Numbers that look random and are the same for the same seed (mulberry32).

/** Gives integers from 0 to `count` - 1. */
export type Random = (count: number) => number;

/** A sequence of its own for each seed. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  return (count) => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * count);
  };
}

/** Puts numbers into another order, in place. */
export function shuffle(numbers: Int32Array, random: Random): void {
  for (let last = numbers.length - 1; last > 0; last--) {
    const other = random(last + 1);
    const kept = numbers[last] ?? 0;
    numbers[last] = numbers[other] ?? 0;
    numbers[other] = kept;
  }
}
