// SPDX-License-Identifier: Apache-2.0
// A model that scores texts. All arithmetic is on integers that a double holds exactly.
import { contentGroups, extractFeatures } from "./features.ts";
import { FeatureSet } from "./feature-set.ts";
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
  const { margin, known } = marginOf(content, scratch);
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
  const { parts } = marginOf(content, scratch, true);
  const found = parts.map(({ hash, part }) => ({
    feature: labels.get(hash) ?? "",
    contribution: Math.round((part * 1_000_000) / 65_536),
  }));
  found.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  return found.filter(({ contribution }) => contribution !== 0).slice(0, top);
}

type Margin = {
  readonly margin: number;
  readonly known: number;
  readonly parts: readonly { readonly hash: number; readonly part: number }[];
};

/** The weights of a group are added up and divided by the root of how many of its features are known. */
function marginOf(content: ModelContent, set: FeatureSet, withParts = false): Margin {
  const { table, bits, groupScales } = content;
  const shift = 32 - bits;
  const { hashes } = set;
  const parts: { hash: number; part: number }[] = [];
  let margin = content.bias;
  let known = 0;
  let at = 0;
  for (let group = 0; group < groupScales.length; group++) {
    const end = set.groupEnds[group] ?? set.size;
    const start = at;
    let sum = 0;
    let count = 0;
    for (; at < end; at++) {
      const code = table[(hashes[at] ?? 0) >>> shift] ?? unseen;
      if (code === unseen) continue;
      count += 1;
      sum += code < 0 ? -code * code : code * code;
    }
    if (count === 0) continue;
    if (group < contentGroups) known += count;
    // The root in 2^-8.
    const root = integerRoot(count * 65_536);
    const scale = groupScales[group] ?? 0;
    margin += scaled(sum, scale, root);
    if (!withParts) continue;
    for (let index = start; index < end; index++) {
      const hash = hashes[index] ?? 0;
      const code = table[hash >>> shift] ?? unseen;
      if (code !== unseen) parts.push({ hash, part: scaled(code * Math.abs(code), scale, root) });
    }
  }
  const size = set.groupEnds[contentGroups - 1] ?? 0;
  return { margin, known: size === 0 ? 0 : Math.floor((known * 1_000) / size), parts };
}

/**
 * `sum * scale / root`, rounded down. The sum over the root is at most 2^22, so with six bits of a fraction
 * and a scale below 2^24 all stays within 53 bits.
 */
function scaled(sum: number, scale: number, root: number): number {
  return Math.floor((Math.floor((sum * 16_384) / root) * scale) / 4_194_304);
}

/** The greatest integer whose square is at most `value`: by Newton's steps from above, since `Math.sqrt` may differ. */
export function integerRoot(value: number): number {
  if (value < 2) return value;
  let root = value;
  let next = Math.floor((root + 1) / 2);
  while (next < root) {
    root = next;
    next = Math.floor((root + Math.floor(value / root)) / 2);
  }
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
