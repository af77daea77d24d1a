// SPDX-License-Identifier: Apache-2.0
// The line at fault, with a caret below the place.
import { printable } from "../../printable.ts";

/** Longest part of a line that is shown, in characters; longer lines are cut around the place. */
const shownCharacters = 100;

/**
 * The line of a text and a caret under a column.
 *
 * @param line counts from 1
 * @param column counts UTF-16 code units from 1; without one there is no caret
 */
export function excerptOf(text: string, line: number, column?: number): string {
  const whole = (text.split(/\r\n|\n|\r/, line)[line - 1] ?? "").replaceAll("\t", " ");
  const at = Math.min(Math.max(0, (column ?? 1) - 1), whole.length);
  const from = at > shownCharacters - 20 ? at - (shownCharacters >> 1) : 0;
  const to = Math.min(whole.length, from + shownCharacters);
  const shown = `${from > 0 ? "…" : ""}${whole.slice(from, to)}${to < whole.length ? "…" : ""}`;
  const number = String(line);
  const rows = [`  ${number} | ${printable(shown)}`.trimEnd()];
  if (column !== undefined) {
    const before = printable(`${from > 0 ? "…" : ""}${whole.slice(from, at)}`);
    rows.push(`  ${" ".repeat(number.length)} | ${" ".repeat(widthOf(before))}^`);
  }
  return `${rows.join("\n")}\n`;
}

const wide =
  /^(?:\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation})/u;

// A terminal gives most of the world's letters one column, and those of East Asia two.
function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)) {
    width += wide.test(segment) ? 2 : 1;
  }
  return width;
}
