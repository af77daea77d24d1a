// SPDX-License-Identifier: Apache-2.0
// Whether one score is better than another on the same texts, or whether that may be luck.

/** How often the bootstrap draws, unless one asks otherwise. */
export const bootstrapRounds = 10_000;

/** A text with two scores of it. */
export interface ScoredTwice {
  readonly spam: boolean;
  readonly first: number;
  readonly second: number;
  /** Texts of one group are drawn together: copies of one text are no independent witnesses. */
  readonly group: string;
}

/** The difference of two areas above the ROC curve, first minus second: below 0 the first is better. */
export interface AucDifference {
  readonly first: number;
  readonly second: number;
  readonly difference: number;
  /** The 2.5th and the 97.5th percentile of the draws. */
  readonly low: number;
  readonly high: number;
  /** Share of the draws in which the first is better, ties counting half. */
  readonly firstBetter: number;
  /** `first` or `second` is ahead if the interval excludes zero. */
  readonly ahead: "first" | "second" | "neither";
  readonly rounds: number;
}

/**
 * Draws groups of texts with replacement, as many as there are, and compares 1 − AUC of both scores on each
 * draw.
 *
 * A draw without spam or without ham is drawn again. Follows from `seed` alone.
 *
 * @param texts at least one spam and one ham, of two groups
 * @param seed a 32-bit number
 * @throws {RangeError} a class is empty, or all is one group, or a score is not finite
 */
export function compareAuc(
  texts: readonly ScoredTwice[],
  seed: number,
  rounds: number = bootstrapRounds,
): AucDifference {
  const { groupOf, groups } = numberGroups(texts);
  const spams = texts.filter(({ spam }) => spam).length;
  if (spams === 0 || spams === texts.length || groups < 2) {
    throw new RangeError("two classes and two groups are needed to compare scores");
  }
  const first = orderBy(texts, groupOf, ({ first: score }) => score);
  const second = orderBy(texts, groupOf, ({ second: score }) => score);
  const once = new Uint16Array(groups).fill(1);
  const firstAll = weightedOneMinusAuc(first, once);
  const secondAll = weightedOneMinusAuc(second, once);
  const random = seededRandom(seed);
  const differences = new Float64Array(rounds);
  for (let round = 0; round < rounds;) {
    const weights = drawWeights(groups, random);
    const difference = weightedOneMinusAuc(first, weights) - weightedOneMinusAuc(second, weights);
    if (!Number.isNaN(difference)) differences[round++] = difference;
  }
  differences.sort();
  const low = percentile(differences, 0.025);
  const high = percentile(differences, 0.975);
  const better = differences.reduce((sum, each) => sum + (each < 0 ? 1 : each === 0 ? 0.5 : 0), 0);
  return {
    first: firstAll,
    second: secondAll,
    difference: firstAll - secondAll,
    low,
    high,
    firstBetter: better / rounds,
    ahead: high < 0 ? "first" : low > 0 ? "second" : "neither",
    rounds,
  };
}

/** Texts in the order of a score, highest first, in columns: the loop over them runs ten thousand times. */
interface Ordered {
  readonly group: Uint32Array;
  readonly spam: Uint8Array;
  /** 1 where the score is that of the text before. */
  readonly tied: Uint8Array;
}

function orderBy(
  texts: readonly ScoredTwice[],
  groupOf: readonly number[],
  scoreOf: (text: ScoredTwice) => number,
): Ordered {
  const rows = texts.map((text, index) => {
    const score = scoreOf(text);
    if (!Number.isFinite(score)) throw new RangeError(`a score is ${score}, which has no rank`);
    return { score, spam: text.spam, group: groupOf[index] as number };
  });
  rows.sort((left, right) => right.score - left.score);
  return {
    group: Uint32Array.from(rows, ({ group }) => group),
    spam: Uint8Array.from(rows, ({ spam }) => (spam ? 1 : 0)),
    tied: Uint8Array.from(rows, ({ score }, index) => (score === rows[index - 1]?.score ? 1 : 0)),
  };
}

function numberGroups(texts: readonly ScoredTwice[]): { groupOf: number[]; groups: number } {
  const numbers = new Map<string, number>();
  const groupOf = texts.map(({ group }) => {
    const known = numbers.get(group);
    if (known !== undefined) return known;
    numbers.set(group, numbers.size);
    return numbers.size - 1;
  });
  return { groupOf, groups: numbers.size };
}

function weightedOneMinusAuc({ group, spam, tied }: Ordered, weights: Uint16Array): number {
  let hamsAbove = 0;
  let hams = 0;
  let spams = 0;
  let spamsHere = 0;
  let hamsHere = 0;
  let wrongPairs = 0;
  for (let i = 0; i < group.length; i++) {
    if (tied[i] === 0) {
      wrongPairs += spamsHere * (hamsAbove + hamsHere / 2);
      hamsAbove += hamsHere;
      spamsHere = 0;
      hamsHere = 0;
    }
    const weight = weights[group[i] as number] as number;
    if (spam[i] === 1) {
      spamsHere += weight;
      spams += weight;
    } else {
      hamsHere += weight;
      hams += weight;
    }
  }
  wrongPairs += spamsHere * (hamsAbove + hamsHere / 2);
  return wrongPairs / (spams * hams);
}

function drawWeights(groups: number, random: () => number): Uint16Array {
  const weights = new Uint16Array(groups);
  for (let i = 0; i < groups; i++) {
    const drawn = Math.floor((random() / 2 ** 32) * groups);
    weights[drawn] = (weights[drawn] as number) + 1;
  }
  return weights;
}

function percentile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  return below + (above - below) * (position - Math.floor(position));
}

/**
 * 32-bit numbers that follow from a seed: xoshiro128** (Blackman and Vigna, 2018), its state filled by
 * SplitMix32.
 */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [next(), next(), next(), next()];
  return () => {
    const scrambled = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return scrambled;
  };
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
