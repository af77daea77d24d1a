// SPDX-License-Identifier: Apache-2.0
// Where a character of a YAML text stands in the file: conditions are read from the text, and their
// mistakes are shown in the file.
import { isScalar } from "yaml";
import type { Scalar } from "yaml";
import type { Located, Source } from "./document.ts";

/** Lengths of the hexadecimal escapes of a double-quoted text. */
const escapeDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/**
 * The offset in the file of the character at `index` of a text's value. The value and the source are walked
 * side by side; they differ in white space (folding, indentation), quotes and escapes only. Where they
 * can't be matched, it is the beginning of the text.
 */
export function offsetInFile(source: Source, located: Located, index: number): number {
  const { node, offset } = located;
  if (!isScalar(node) || typeof node.value !== "string") return offset;
  const value = node.value;
  let at = contentStart(source.text, node, offset);
  for (let position = 0; position < value.length; position++) {
    const character = value[position] as string;
    // An index at white space is shown at the next word; its own place may be folded away.
    if (isSpace(character) && position < index) continue;
    at = skipSpace(source.text, at, node.type === "QUOTE_DOUBLE");
    if (position >= index) return at;
    const length = sourceLength(source.text, at, character, node.type);
    if (length === 0) return offset;
    at += length;
  }
  return at;
}

function contentStart(text: string, node: Scalar, offset: number): number {
  if (node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE") return offset + 1;
  if (node.type !== "BLOCK_FOLDED" && node.type !== "BLOCK_LITERAL") return offset;
  const newline = text.indexOf("\n", offset);
  return newline < 0 ? offset : newline + 1;
}

/** How much of the source stands for a character of the value; 0 if the source has something else. */
function sourceLength(text: string, at: number, character: string, type: string | undefined): number {
  if (type === "QUOTE_SINGLE" && character === "'") return text.startsWith("''", at) ? 2 : 0;
  if (type === "QUOTE_DOUBLE" && text[at] === "\\") return 2 + (escapeDigits[text[at + 1] ?? ""] ?? 0);
  return text[at] === character ? 1 : 0;
}

function skipSpace(text: string, from: number, escapes: boolean): number {
  let at = from;
  for (;;) {
    if (isSpace(text[at])) at += 1;
    else if (escapes && text[at] === "\\" && /[\nnrt ]/.test(text[at + 1] ?? "")) at += 2;
    else return at;
  }
}

function isSpace(character: string | undefined): boolean {
  return character === " " || character === "\t" || character === "\n" || character === "\r";
}
