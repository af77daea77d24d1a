// SPDX-License-Identifier: Apache-2.0
// What must stand in a text that a regular expression matches: so that most expressions of a list need not be
// run. The idea is that of RE2's prefilters; here they are small, and what isn't understood gives none.
import { normaliseText } from "../text/normalise.ts";

/** What is known of an expression, of texts that are normalised and of matches that ignore case. */
export type Literals = {
  /** A text that matches holds one of these; absent where nothing is known. */
  readonly required: readonly string[] | undefined;
  /** Whether a text that holds one of these matches: then nothing need be run. */
  readonly sufficient: boolean;
};

/** Most alternatives that are kept apart, and the longest of them in UTF-16 code units. */
const alternativesMax = 32;
const alternativeLengthMax = 128;
/** Deepest nesting of groups that is looked into. */
const depthMax = 50;

/**
 * The literals of an expression.
 *
 * @param source an expression in RE2's syntax that compiles
 */
export function literalsOf(source: string): Literals {
  // \Q…\E, (?-i…) and named or flagged groups that this reader doesn't know give up by throwing.
  try {
    const reader: Reader = { source, at: 0, depth: 0 };
    const info = readAlternation(reader);
    if (reader.at !== source.length) return nothing;
    const required = info.exact ?? info.required;
    if (required === undefined || required.includes("")) return nothing;
    return { required: [...new Set(required)], sufficient: info.exact !== undefined && info.pure };
  } catch (error) {
    if (error instanceof NotUnderstood) return nothing;
    throw error;
  }
}

const nothing: Literals = { required: undefined, sufficient: false };

class NotUnderstood extends Error {}

type Reader = { readonly source: string; at: number; depth: number };
/** Of a part of an expression. */
type Info = {
  /** All texts that it matches. */
  readonly exact?: readonly string[];
  /** What it matches holds one of these. */
  readonly required?: readonly string[];
  /** Whether nothing else is asked, such as an anchor. */
  readonly pure: boolean;
};

const anything: Info = { pure: false };
const emptyMatch: Info = { exact: [""], pure: true };
const assertion: Info = { exact: [""], pure: false };

function readAlternation(reader: Reader): Info {
  if (++reader.depth > depthMax) throw new NotUnderstood();
  const branches = [readConcatenation(reader)];
  while (reader.source[reader.at] === "|") {
    reader.at += 1;
    branches.push(readConcatenation(reader));
  }
  reader.depth -= 1;
  if (branches.length === 1) return branches[0] ?? anything;
  const pure = branches.every((branch) => branch.pure);
  const exact = union(branches.map((branch) => branch.exact));
  if (exact !== undefined) return { exact, pure };
  const required = union(branches.map((branch) => branch.exact ?? branch.required));
  return required === undefined ? anything : { required, pure: false };
}

function union(sets: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const all: string[] = [];
  for (const set of sets) {
    if (set === undefined) return undefined;
    all.push(...set);
  }
  return all.length <= alternativesMax ? all : undefined;
}

function readConcatenation(reader: Reader): Info {
  let current: readonly string[] = [""];
  let best: readonly string[] | undefined;
  let whole = true;
  let pure = true;
  while (reader.at < reader.source.length && !/[|)]/.test(reader.source[reader.at] ?? "")) {
    const info = readRepetition(reader);
    pure &&= info.pure;
    const joined = info.exact === undefined ? undefined : product(current, info.exact);
    if (joined !== undefined) {
      current = joined;
      continue;
    }
    whole = false;
    best = better(best, current);
    best = better(best, info.required);
    current = info.exact ?? [""];
  }
  if (whole) return { exact: current, pure };
  best = better(best, current);
  return best === undefined ? anything : { required: best, pure: false };
}

function product(lefts: readonly string[], rights: readonly string[]): readonly string[] | undefined {
  if (lefts.length * rights.length > alternativesMax) return undefined;
  const all = lefts.flatMap((left) => rights.map((right) => left + right));
  return all.every((text) => text.length <= alternativeLengthMax) ? all : undefined;
}

/** The one whose shortest is longer: it hits fewer texts. */
function better(
  one: readonly string[] | undefined,
  other: readonly string[] | undefined,
): readonly string[] | undefined {
  if (other === undefined || shortest(other) === 0) return one;
  return one === undefined || shortest(other) > shortest(one) ? other : one;
}

/** The length of the shortest text of a set, in UTF-16 code units. */
export function shortest(texts: readonly string[]): number {
  return texts.reduce((least, text) => Math.min(least, text.length), Number.POSITIVE_INFINITY);
}

const counts = /\{(\d{1,4})(,(\d{0,4}))?\}/y;

function readRepetition(reader: Reader): Info {
  let info = readAtom(reader);
  for (;;) {
    const sign = reader.source[reader.at] ?? "";
    counts.lastIndex = reader.at;
    const written = sign === "{" ? counts.exec(reader.source) : null;
    if (!/[*+?]/.test(sign) && written === null) return info;
    reader.at += written?.[0].length ?? 1;
    if (reader.source[reader.at] === "?") reader.at += 1;
    info = repeated(info, sign, written);
  }
}

function repeated(info: Info, sign: string, written: RegExpExecArray | null): Info {
  const least = written === null ? (sign === "+" ? 1 : 0) : Number(written[1]);
  const most = written === null ? (sign === "?" ? 1 : Infinity) : mostOf(written, least);
  if (least === 1 && most === 1) return info;
  if (least === 0) {
    if (most !== 1 || info.exact === undefined) return anything;
    return { exact: [...info.exact, ""], pure: info.pure };
  }
  const required = info.exact ?? info.required;
  return required === undefined || required.includes("") ? anything : { required, pure: false };
}

function mostOf(written: RegExpExecArray, least: number): number {
  if (written[2] === undefined) return least;
  return written[3] === "" ? Infinity : Number(written[3]);
}

function readAtom(reader: Reader): Info {
  const point = String.fromCodePoint(reader.source.codePointAt(reader.at) ?? 0);
  reader.at += point.length;
  if (point === "(") return readGroup(reader);
  if (point === "[") return readClass(reader);
  if (point === "\\") return readEscape(reader);
  if (point === ".") return anything;
  if (point === "^" || point === "$") return assertion;
  return literal(point);
}

function readGroup(reader: Reader): Info {
  const flags = /\?(?:P?<[A-Za-z0-9_]+>|([imsU]*)([:)]))/y;
  flags.lastIndex = reader.at;
  const opening = flags.exec(reader.source);
  if (opening === null && reader.source[reader.at] === "?") throw new NotUnderstood();
  reader.at += opening?.[0].length ?? 0;
  // (?i) and its like hold for what follows; they change no literal.
  if (opening?.[2] === ")") return emptyMatch;
  const info = readAlternation(reader);
  if (reader.source[reader.at] !== ")") throw new NotUnderstood();
  reader.at += 1;
  return info;
}

/** A literal as it stands in normalised text, where it may be another character, or none that stays one. */
function literal(character: string): Info {
  if (character === " ") return { exact: [" "], pure: true };
  const folded = normaliseText(character);
  if (folded.length === 0 || folded.length > String.fromCodePoint(folded.codePointAt(0) ?? 0).length)
    return anything;
  // A full-width letter becomes an ASCII one in the text, which the expression doesn't match.
  return { exact: [folded], pure: folded === character || character < "\x80" };
}

const codes: Readonly<Record<string, string>> = { a: "\x07", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

function readEscape(reader: Reader): Info {
  const character = reader.source[reader.at] ?? "";
  reader.at += 1;
  if (/[bBAzZ]/.test(character)) return assertion;
  if (/[dDwWsSC]/.test(character)) return anything;
  if (/[pP]/.test(character)) {
    const end = reader.source[reader.at] === "{" ? reader.source.indexOf("}", reader.at) : reader.at;
    if (end < 0) throw new NotUnderstood();
    reader.at = end + 1;
    return anything;
  }
  return literal(escapedCharacter(reader, character));
}

function escapedCharacter(reader: Reader, character: string): string {
  const code = codes[character];
  if (code !== undefined) return code;
  if (character === "x") {
    const digits = /\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2})/y;
    digits.lastIndex = reader.at;
    const found = digits.exec(reader.source);
    const point = Number.parseInt(found?.[1] ?? found?.[2] ?? "", 16);
    if (found === null || point > 0x10_ffff) throw new NotUnderstood();
    reader.at += found[0].length;
    return String.fromCodePoint(point);
  }
  // Octal digits, \Q, and whatever else has a meaning that isn't known here.
  if (!/[ -/:-@[-`{-~]/.test(character)) throw new NotUnderstood();
  return character;
}

/** Only small sets are kept: [ae], [0-3]; of any other it is known that one character is there. */
function readClass(reader: Reader): Info {
  const { source } = reader;
  const negated = source[reader.at] === "^";
  if (negated) reader.at += 1;
  const members: string[] = [];
  let plain = !negated;
  for (let first = true; first || source[reader.at] !== "]"; first = false) {
    if (reader.at >= source.length) throw new NotUnderstood();
    if (source.startsWith("[:", reader.at)) {
      const end = source.indexOf(":]", reader.at);
      if (end < 0) throw new NotUnderstood();
      reader.at = end + 2;
      plain = false;
      continue;
    }
    const from = readMember(reader);
    let to = from;
    if (source[reader.at] === "-" && source[reader.at + 1] !== "]") {
      reader.at += 1;
      to = readMember(reader);
    }
    if (from === undefined || to === undefined) plain = false;
    else plain = addRange(members, from, to) && plain;
  }
  reader.at += 1;
  if (!plain) return anything;
  const literals = members.map(literal);
  const exact = union(literals.map((each) => each.exact));
  const pure = literals.every((each) => each.pure);
  return exact === undefined ? anything : { exact: [...new Set(exact)], pure };
}

/** Most members of a class that are kept apart. */
const membersMax = 8;

function addRange(members: string[], from: string, to: string): boolean {
  const first = from.codePointAt(0) ?? 0;
  const last = to.codePointAt(0) ?? 0;
  if (last - first + members.length >= membersMax) return false;
  for (let point = first; point <= last; point++) members.push(String.fromCodePoint(point));
  return true;
}

/** A character of a class; `undefined` for an escape that stands for many. */
function readMember(reader: Reader): string | undefined {
  const point = String.fromCodePoint(reader.source.codePointAt(reader.at) ?? 0);
  reader.at += point.length;
  if (point !== "\\") return point;
  const character = reader.source[reader.at] ?? "";
  reader.at += 1;
  if (/[dDwWsS]/.test(character)) return undefined;
  if (/[pP]/.test(character)) {
    const end = reader.source[reader.at] === "{" ? reader.source.indexOf("}", reader.at) : reader.at;
    if (end < 0) throw new NotUnderstood();
    reader.at = end + 1;
    return undefined;
  }
  return escapedCharacter(reader, character);
}
