// SPDX-License-Identifier: Apache-2.0
// A model that scores texts. All arithmetic is on integers that a double holds exactly.
import { contentGroups, extractFeatures } from "./features.ts";
import { FeatureSet } from "./feature-set.ts";
import {
  createTally,
  decideMargin,
  marginsOf,
  pieces,
  tallyPlace,
  type Margins,
  type Tally,
} from "./margin.ts";
import { decodeModel, unseen, type Knot, type ModelContent } from "./model-file.ts";
import type { ModelKind, ModelText } from "./model-text.ts";

/** A model as {@link loadModel} reads it. Immutable; its fields but `kind` and `examples` are its own. */
export type Model = {
  readonly kind: ModelKind;
  /** How many texts it was trained on. */
  readonly examples: { readonly spam: number; readonly ham: number };
  /** Below this share of known features, in thousandths, there is no score. */
  readonly knownMin: number;
  readonly content: ModelContent;
};

/** What a model says of a text. */
export type ModelScore = {
  /** The probability that it is spam, in millionths; `undefined` if too little of the text is known. */
  readonly score: number | undefined;
  /** How many of a thousand features of its characters and words were in the training. */
  readonly known: number;
  /** What `score` would be if everything were known. */
  readonly computed: number;
  /** What was calibrated, in 2^-16 of log-odds. */
  readonly margin: number;
};

/** One feature's part in a score. */
export type ModelFeature = {
  /** In readable form: the characters, the word, the header. */
  readonly feature: string;
  /** What it adds to the log-odds of spam before calibration, in millionths; negative speaks for ham. */
  readonly contribution: number;
};

const scratch = new FeatureSet();

/**
 * Reads a model file.
 *
 * @throws PolicyError `invalid-model`, `unsupported-model`
 */
export function loadModel(bytes: Uint8Array): Model {
  const content = decodeModel(bytes);
  const { kind, examples, knownMin } = content;
  return { kind, examples, knownMin, content };
}

/** Scores a text: the same for the same model and text on every machine. Never throws. */
export function scoreText(model: Model, input: ModelText): ModelScore {
  const { content } = model;
  extractFeatures(content.kind, input, scratch);
  const tally = tallyOf(content, scratch);
  const margin = marginOf(content, tallyMargins(content, tally));
  const known = knownOf(tally, scratch);
  const computed = calibrated(content.knots, margin);
  return { score: known < content.knownMin ? undefined : computed, known, computed, margin };
}

/**
 * The features that weigh most in a text's score, the heaviest first.
 *
 * @param top how many at most
 */
export function explainScore(model: Model, input: ModelText, top: number): ModelFeature[] {
  const { content } = model;
  const labels = new Map<number, string>();
  extractFeatures(content.kind, input, scratch, labels);
  const tally = tallyOf(content, scratch);
  const margins = tallyMargins(content, tally);
  // What decided: the whole text, or its best stretch.
  const isWhole = marginOf(content, margins) <= margins.whole;
  const [from, to] = isWhole ? [0, pieces] : [margins.from, margins.to];
  const found: ModelFeature[] = [];
  for (let group = 0; group < tally.groups; group++) {
    const [first, last] = group < contentGroups ? [from, to] : [0, pieces];
    const start = group === 0 ? 0 : (scratch.groupEnds[group - 1] ?? 0);
    const size = (scratch.groupEnds[group] ?? start) - start;
    const [begin, end] = [first, last].map((piece) => start + Math.floor((size * piece) / pieces));
    const count =
      (tally.counts[tallyPlace(group, last)] ?? 0) - (tally.counts[tallyPlace(group, first)] ?? 0);
    const root = integerRoot(Math.max(1, count) * 65_536);
    for (const hash of scratch.hashes.subarray(begin, end)) {
      const code = content.table[hash >>> (32 - content.bits)] ?? unseen;
      if (code === unseen || code === 0) continue;
      const part = scaled(code * Math.abs(code), content.groupScales[group] ?? 0, root);
      const contribution = Math.round((part * 1_000_000) / marginUnits);
      found.push({ feature: labels.get(hash) ?? "", contribution });
    }
  }
  found.sort((one, other) => Math.abs(other.contribution) - Math.abs(one.contribution));
  return found.filter(({ contribution }) => contribution !== 0).slice(0, top);
}

/** Margins are in 2^-16 of log-odds. */
const marginUnits = 65_536;

/** Weights by their code, and whether a code is one: looked up, since no branch could be foreseen. */
const weights: Int32Array = Int32Array.from({ length: 256 }, (_, place) => {
  const code = place - 128;
  return code === unseen ? 0 : code * Math.abs(code);
});
const seen: Uint8Array = Uint8Array.from({ length: 256 }, (_, place) => (place - 128 === unseen ? 0 : 1));

/** One for each number of groups, used for text after text: all but the first zeros is written each time. */
const tallies: Tally[] = [];

/**
 * The tally of the features in a set, each group's in equal pieces of its features; good until the next call.
 */
function tallyOf({ table, bits, groupScales }: ModelContent, set: FeatureSet): Tally {
  const tally = (tallies[groupScales.length] ??= createTally(groupScales.length));
  const shift = 32 - bits;
  const { hashes } = set;
  let at = 0;
  for (let group = 0; group < tally.groups; group++) {
    const start = at;
    const size = (set.groupEnds[group] ?? start) - start;
    let sum = 0;
    let count = 0;
    for (let piece = 1; piece <= pieces; piece++) {
      const end = start + Math.floor((size * piece) / pieces);
      for (; at < end; at++) {
        const place = (table[(hashes[at] as number) >>> shift] as number) + 128;
        sum += weights[place] as number;
        count += seen[place] as number;
      }
      tally.sums[tallyPlace(group, piece)] = sum;
      tally.counts[tallyPlace(group, piece)] = count;
    }
  }
  return tally;
}

function tallyMargins({ groupScales, bias }: ModelContent, tally: Tally): Margins {
  return marginsOf(tally, bias, (group, sum, count) =>
    // The root in 2^-8.
    scaled(sum, groupScales[group] ?? 0, integerRoot(count * 65_536)),
  );
}

function marginOf(content: ModelContent, margins: Margins): number {
  return Math.floor(decideMargin(margins, content));
}

function knownOf(tally: Tally, set: FeatureSet): number {
  const size = set.groupEnds[contentGroups - 1] ?? 0;
  let known = 0;
  for (let group = 0; group < contentGroups; group++) known += tally.counts[tallyPlace(group, pieces)] ?? 0;
  return size === 0 ? 0 : Math.floor((known * 1_000) / size);
}

/**
 * `sum * scale / root`, rounded down. The sum over the root is at most 2^22, so with six bits of a fraction
 * and a scale below 2^24 all stays within 53 bits.
 */
function scaled(sum: number, scale: number, root: number): number {
  return Math.floor((Math.floor((sum * 16_384) / root) * scale) / 4_194_304);
}

/**
 * The greatest integer whose square is at most `value`, whatever the last bit of `Math.sqrt` is.
 *
 * @param value an integer from 0 to 2^52
 */
export function integerRoot(value: number): number {
  let root = Math.floor(Math.sqrt(value));
  while (root * root > value) root -= 1;
  while ((root + 1) * (root + 1) <= value) root += 1;
  return root;
}

function calibrated(knots: readonly Knot[], margin: number): number {
  const [first] = knots;
  const last = knots.at(-1);
  if (first === undefined || last === undefined || margin <= first.margin) return first?.score ?? 0;
  if (margin >= last.margin) return last.score;
  let low = 0;
  let high = knots.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((knots[middle]?.margin ?? 0) <= margin) low = middle;
    else high = middle;
  }
  const from = knots[low] ?? first;
  const to = knots[high] ?? last;
  const rise = (margin - from.margin) * (to.score - from.score);
  return from.score + Math.floor(rise / (to.margin - from.margin));
}
