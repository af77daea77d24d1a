// SPDX-License-Identifier: Apache-2.0
// The words of a condition: CEL's lexical grammar (cel-spec, doc/langdef.md, "Syntax"), less what the
// subset leaves out.
import { ConditionStop } from "./problem.ts";
import { readString } from "./strings.ts";

/** Longest condition, in UTF-16 code units. */
export const conditionLengthMax = 4_000;

/** One word of a condition, with its place in the text. */
export type Token = {
  readonly kind: "int" | "string" | "identifier" | "punctuation" | "end";
  /** The word as written; of a string, its value. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
};

const spacePattern = /(?:[ \t\n\f\r]|\/\/[^\n]*)*/y;
const identifierPattern = /[A-Za-z_][A-Za-z0-9_]*/y;
const doublePattern = /(?:[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)/y;
const integerPattern = /(?:0x[0-9a-fA-F]+|[0-9]+)/y;
const stringStartPattern = /([rR]|[bB]|[rR][bB]|[bB][rR])?(?:"|')/y;
const punctuationPattern = /(?:&&|\|\||==|!=|<=|>=|[<>!+\-*/%?:.,()[\]{}])/y;

/**
 * The words of a condition, the last of kind `end`.
 *
 * @throws {ConditionStop} at the first place that can't be read
 */
export function tokenize(source: string): Token[] {
  if (source.length > conditionLengthMax) {
    throw new ConditionStop(
      "too-large",
      0,
      `this condition has ${source.length} characters; the limit is ${conditionLengthMax}`,
      "split it into several rules",
    );
  }
  const tokens: Token[] = [];
  let offset = 0;
  for (;;) {
    offset += (match(spacePattern, source, offset) as string).length;
    if (offset >= source.length) break;
    const token = readToken(source, offset);
    tokens.push(token);
    offset = token.end;
  }
  tokens.push({ kind: "end", text: "", start: source.length, end: source.length });
  return tokens;
}

function readToken(source: string, start: number): Token {
  const prefix = match(stringStartPattern, source, start);
  if (prefix !== undefined) return stringToken(source, start, prefix.slice(0, -1).toLowerCase());
  const double = match(doublePattern, source, start);
  if (double !== undefined) {
    throw new ConditionStop(
      "unsupported",
      start,
      `${double} is a fraction, and a sealed decision is made with integers only`,
      "use whole numbers: shares are in thousandths, times are durations",
    );
  }
  const integer = match(integerPattern, source, start);
  if (integer !== undefined) return integerToken(source, start, integer);
  const identifier = match(identifierPattern, source, start);
  if (identifier !== undefined)
    return { kind: "identifier", text: identifier, start, end: start + identifier.length };
  const punctuation = match(punctuationPattern, source, start);
  if (punctuation !== undefined) {
    return { kind: "punctuation", text: punctuation, start, end: start + punctuation.length };
  }
  throw unexpectedCharacter(source, start);
}

function stringToken(source: string, start: number, prefix: string): Token {
  if (prefix.includes("b")) {
    throw new ConditionStop("unsupported", start, "bytes are not part of this language", "use a string");
  }
  const { value, end } = readString(source, start + prefix.length, prefix === "r");
  return { kind: "string", text: value, start, end };
}

function integerToken(source: string, start: number, text: string): Token {
  const end = start + text.length;
  const next = source[end] ?? "";
  if (next === "u" || next === "U") {
    throw new ConditionStop(
      "unsupported",
      start,
      `${text}${next} is unsigned; integers here are signed`,
      `write ${text}`,
    );
  }
  if (/[A-Za-z0-9_]/.test(next)) {
    throw new ConditionStop(
      "condition-syntax",
      end,
      `"${next}" can't follow the number ${text}`,
      durationHint(text, next),
    );
  }
  return { kind: "int", text, start, end };
}

function durationHint(text: string, unit: string): string | undefined {
  return /[smhd]/.test(unit)
    ? `a time is written duration('${text}${unit === "d" ? "h" : unit}')`
    : undefined;
}

function unexpectedCharacter(source: string, start: number): ConditionStop {
  const character = String.fromCodePoint(source.codePointAt(start) as number);
  const doubled = { "=": "==", "&": "&&", "|": "||" }[character];
  if (doubled !== undefined) {
    return new ConditionStop("condition-syntax", start, `"${character}" is no operator`, `write ${doubled}`);
  }
  if (character === "`") {
    return new ConditionStop("unsupported", start, "names in backticks are not part of this language");
  }
  return new ConditionStop("condition-syntax", start, `${JSON.stringify(character)} has no meaning here`);
}

function match(pattern: RegExp, source: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(source)?.[0];
}
