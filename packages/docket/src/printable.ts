// SPDX-License-Identifier: Apache-2.0
// Text from files, records and servers on its way to a terminal or a page.

/**
 * A text as one line may print it. It may come from a hostile file or server: control and direction
 * characters would move the terminal's cursor.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, spelledOut);
}

/** The same of a text of several lines. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** The same as HTML and SVG hold it. */
export function escaped(text: string): string {
  return printable(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function spelledOut(character: string): string {
  const json = JSON.stringify(character).slice(1, -1);
  return json === character ? `\\u{${(character.codePointAt(0) as number).toString(16)}}` : json;
}
