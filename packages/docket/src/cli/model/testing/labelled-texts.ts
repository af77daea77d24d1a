// SPDX-License-Identifier: Apache-2.0
// Texts that a model can learn from.
const spamWords = "win free cash prize click claim offer bonus casino cheap pills loan".split(" ");
const hamWords = "meeting lunch tomorrow thanks song garden music family weather river school book".split(
  " ",
);

/** A text of either class; the same for the same number. */
export function textOf(spam: boolean, number: number): string {
  const words = spam ? spamWords : hamWords;
  return Array.from({ length: 8 }, (_, place) => words[(number * 7 + place * 5 + place * number) % 12]).join(
    " ",
  );
}

/** Lines of labelled texts, half of either class. */
export function labelledLines(count: number, first: number = 0): string {
  return Array.from({ length: count }, (_, place) => {
    const spam = place % 2 === 0;
    const id = `t${first + place}`;
    return `${JSON.stringify({ id, label: spam ? "spam" : "ham", text: textOf(spam, first + place) })}\n`;
  }).join("");
}
