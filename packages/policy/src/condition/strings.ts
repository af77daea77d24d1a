// SPDX-License-Identifier: Apache-2.0
// String literals with CEL's escapes (cel-spec, doc/langdef.md, "String and Bytes Values").
import { ConditionStop } from "./problem.ts";

const simpleEscapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "?": "?",
  '"': '"',
  "'": "'",
  "`": "`",
};

/** Escapes by code point: the letter and how many hexadecimal digits follow. */
const hexadecimalEscapes: Readonly<Record<string, number>> = { x: 2, X: 2, u: 4, U: 8 };

/**
 * The value of the string literal whose quote stands at `start`, and where it ends.
 *
 * @throws {ConditionStop} if it isn't closed or has an escape that CEL doesn't know
 */
export function readString(source: string, start: number, raw: boolean): { value: string; end: number } {
  const quote = source[start] as string;
  const fence = source.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  let value = "";
  let offset = start + fence.length;
  while (!source.startsWith(fence, offset)) {
    const character = source[offset];
    if (character === undefined || (fence.length === 1 && (character === "\n" || character === "\r"))) {
      throw new ConditionStop("condition-syntax", start, "this string isn't closed", `end it with ${fence}`);
    }
    if (character === "\\" && !raw) {
      const escape = readEscape(source, offset);
      value += escape.value;
      offset = escape.end;
    } else {
      value += character;
      offset += 1;
    }
  }
  if (!value.isWellFormed())
    throw new ConditionStop("bad-literal", start, "this string has half a surrogate pair");
  return { value, end: offset + fence.length };
}

function readEscape(source: string, start: number): { value: string; end: number } {
  const letter = source[start + 1] ?? "";
  const simple = simpleEscapes[letter];
  if (simple !== undefined) return { value: simple, end: start + 2 };
  const digits = hexadecimalEscapes[letter];
  if (digits !== undefined) return codePoint(source, start, start + 2, digits, 16);
  if (/[0-3]/.test(letter)) return codePoint(source, start, start + 1, 3, 8);
  throw new ConditionStop(
    "bad-literal",
    start,
    `\\${letter} is no escape`,
    "write \\\\ for a backslash, or a raw string: r'…'",
  );
}

function codePoint(
  source: string,
  start: number,
  from: number,
  digits: number,
  base: 8 | 16,
): {
  value: string;
  end: number;
} {
  const text = source.slice(from, from + digits);
  const form = base === 8 ? /^[0-7]+$/ : /^[0-9a-fA-F]+$/;
  const code = text.length === digits && form.test(text) ? Number.parseInt(text, base) : Number.NaN;
  if (!(code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff)) {
    const shown = source.slice(start, from + digits);
    throw new ConditionStop(
      "bad-literal",
      start,
      `${shown} is no character`,
      `${digits} digits of base ${base} follow`,
    );
  }
  return { value: String.fromCodePoint(code), end: from + digits };
}
