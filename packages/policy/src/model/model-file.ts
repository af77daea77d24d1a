// SPDX-License-Identifier: Apache-2.0
// The bytes of a model. `docs/formats/model.md` describes them; any other bytes are refused.
import { PolicyError } from "../errors.ts";
import { featuresVersion, groupCount } from "./features.ts";
import { modelKinds, type ModelKind } from "./model-text.ts";

/** Marks a bucket of the table that no text of the training had. */
export const unseen = -128;

/** What a model file says. All numbers are integers. */
export type ModelContent = {
  readonly kind: ModelKind;
  /** How many texts it was trained on. */
  readonly examples: { readonly spam: number; readonly ham: number };
  /** Below this share of known features, in thousandths, there is no score. */
  readonly knownMin: number;
  /** How many bits of a feature's hash name its bucket. */
  readonly bits: number;
  /** For each bucket {@link unseen}, or -127..127: the weight is the square, with the sign. */
  readonly table: Int8Array;
  /** For each group of features what a weight of 1 is worth, in 2^-16 of a unit of the margin. */
  readonly groupScales: readonly number[];
  /** What each margin starts from, in 2^-16 of log-odds. */
  readonly bias: number;
  /** What the best stretch of a text is less worth than a whole text, in 2^-16 of log-odds. */
  readonly stretchCost: number;
  /** Above this, what a stretch is worth counts half, in 2^-16 of log-odds. */
  readonly stretchMost: number;
  /** Points of the calibration: margins and their scores, both strictly ascending. */
  readonly knots: readonly Knot[];
};

/** One point of the calibration: a margin in 2^-16 of log-odds, and its score in 0..1,000,000. */
export type Knot = { readonly margin: number; readonly score: number };

/** The most bytes of a model file. */
export const modelBytesMax: number = 16 * 1024 * 1024;

/** The highest score: surely spam. */
export const scoreMax = 1_000_000;

const magic = "DKTMODEL";
const formatVersion = 2;
export const bitsMin = 10;
export const bitsMax = 22;
const knotsMax = 255;
export const groupScaleMax: number = 2 ** 24 - 1;
/** The greatest bias and margin of a knot, either way. */
export const marginMax: number = 2 ** 31 - 1;

/** The file of a model. Equal contents have equal bytes. */
export function encodeModel(content: ModelContent): Uint8Array {
  const out: number[] = [];
  for (const character of magic) out.push(character.charCodeAt(0));
  out.push(formatVersion, modelKinds.indexOf(content.kind), featuresVersion.length);
  for (const character of featuresVersion) out.push(character.charCodeAt(0));
  pushUnsigned(out, content.examples.spam);
  pushUnsigned(out, content.examples.ham);
  pushUnsigned(out, content.knownMin);
  out.push(content.bits, content.groupScales.length);
  for (const scale of content.groupScales) pushUnsigned(out, scale);
  pushSigned(out, content.bias);
  pushUnsigned(out, content.stretchCost);
  pushSigned(out, content.stretchMost);
  out.push(content.knots.length);
  for (const { margin, score } of content.knots) {
    pushSigned(out, margin);
    pushUnsigned(out, score);
  }
  let count = 0;
  for (const code of content.table) if (code !== unseen) count += 1;
  pushUnsigned(out, count);
  let before = -1;
  for (let bucket = 0; bucket < content.table.length; bucket++) {
    const code = content.table[bucket] ?? unseen;
    if (code === unseen) continue;
    pushUnsigned(out, bucket - before - 1);
    out.push(code & 0xff);
    before = bucket;
  }
  return Uint8Array.from(out);
}

/**
 * Reads a model file.
 *
 * @throws PolicyError `invalid-model` if the bytes are no model, `unsupported-model` if they are one of a
 *   version that this release doesn't have
 */
export function decodeModel(bytes: Uint8Array): ModelContent {
  if (bytes.length > modelBytesMax) throw invalid(`it has more than ${modelBytesMax} bytes`);
  const reader = new Reader(bytes);
  if (reader.text(magic.length) !== magic) throw invalid(`it doesn't begin with ${magic}`);
  const version = reader.byte();
  if (version !== formatVersion) throw unsupported(`its format is ${version}, not ${formatVersion}`);
  const kind = modelKinds[reader.byte()];
  if (kind === undefined) throw invalid("it is of no known kind");
  const features = reader.text(reader.byte());
  if (!/^[ -~]+$/.test(features)) throw invalid("the name of its features isn't printable");
  if (features !== featuresVersion) {
    throw unsupported(`it was trained on the features ${features}; this release has ${featuresVersion}`);
  }
  const examples = { spam: reader.unsigned(2 ** 31), ham: reader.unsigned(2 ** 31) };
  const knownMin = reader.unsigned(1_000);
  const bits = reader.byte();
  if (bits < bitsMin || bits > bitsMax) throw invalid(`its table has ${bits} bits`);
  const groups = reader.byte();
  if (groups !== groupCount(kind)) throw invalid(`it has ${groups} groups of features`);
  const groupScales = Array.from({ length: groups }, () => reader.unsigned(groupScaleMax));
  const bias = reader.signed(marginMax);
  const stretchCost = reader.unsigned(marginMax);
  const stretchMost = reader.signed(marginMax);
  const knots = readKnots(reader);
  const table = readTable(reader, bits);
  if (!reader.ended) throw invalid("something follows its end");
  const arithmetic = { groupScales, bias, stretchCost, stretchMost, knots };
  return { kind, examples, knownMin, bits, table, ...arithmetic };
}

function readKnots(reader: Reader): Knot[] {
  const count = reader.byte();
  if (count < 2 || count > knotsMax) throw invalid(`its calibration has ${count} points`);
  const knots: Knot[] = [];
  for (let index = 0; index < count; index++) {
    const knot = { margin: reader.signed(marginMax), score: reader.unsigned(scoreMax) };
    const before = knots.at(-1);
    if (before !== undefined && (knot.margin <= before.margin || knot.score <= before.score)) {
      throw invalid("its calibration doesn't ascend");
    }
    knots.push(knot);
  }
  return knots;
}

function readTable(reader: Reader, bits: number): Int8Array {
  const table = new Int8Array(2 ** bits).fill(unseen);
  const count = reader.unsigned(table.length);
  let bucket = -1;
  for (let entry = 0; entry < count; entry++) {
    bucket += reader.unsigned(table.length) + 1;
    if (bucket >= table.length) throw invalid("a bucket is outside of its table");
    const code = (reader.byte() << 24) >> 24;
    if (code === unseen) throw invalid("a weight is out of range");
    table[bucket] = code;
  }
  return table;
}

/** Little-endian base 128, in as few bytes as there can be. */
function pushUnsigned(out: number[], value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest & 0x7f) | 0x80);
  out.push(rest);
}

/** Signed numbers alternate: 0, -1, 1, -2, … */
function pushSigned(out: number[], value: number): void {
  pushUnsigned(out, value < 0 ? -2 * value - 1 : 2 * value);
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get ended(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw invalid("it ends too early");
    return byte;
  }

  text(length: number): string {
    let text = "";
    for (let index = 0; index < length; index++) text += String.fromCharCode(this.byte());
    return text;
  }

  unsigned(max: number): number {
    let value = 0;
    for (let place = 1; ; place *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * place;
      if (value > max) throw invalid(`a number is over ${max}`);
      if (byte >= 0x80) continue;
      // One spelling for each number, and so one file for each model.
      if (byte === 0 && place > 1) throw invalid("a number is not in its shortest form");
      return value;
    }
  }

  signed(max: number): number {
    const value = this.unsigned(2 * max);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

function invalid(what: string): PolicyError {
  return new PolicyError("invalid-model", `This is no model: ${what}.`);
}

function unsupported(what: string): PolicyError {
  return new PolicyError("unsupported-model", `This model can't be used: ${what}.`);
}
