// SPDX-License-Identifier: Apache-2.0
// What a file calls spam, and what not: corpora write it in many ways.

const spamWords: ReadonlySet<string> = new Set(["spam", "1", "true", "yes", "junk"]);
const hamWords: ReadonlySet<string> = new Set([
  "ham",
  "0",
  "-1",
  "false",
  "no",
  "notspam",
  "legitimate",
  "legit",
]);
const unsureWords: ReadonlySet<string> = new Set(["unsure"]);

/** What labels are understood, for messages. */
export const labelForms = '"spam" or "ham" (also "notSpam", 1 or 0, true or false, "unsure")';

/**
 * What a label says: whether it is spam, or that whoever labelled it was unsure; `undefined` if it is none.
 * Letters may be large or small, and `not spam` may have a space, `-` or `_` inside.
 */
export function readLabel(label: unknown): boolean | "unsure" | undefined {
  if (typeof label === "boolean") return label;
  if (typeof label === "number") return label === 1 ? true : label === 0 || label === -1 ? false : undefined;
  if (typeof label !== "string") return undefined;
  const word = label
    .trim()
    .toLowerCase()
    .replaceAll(/[ _-]+(?=[a-z])/g, "");
  if (spamWords.has(word)) return true;
  if (hamWords.has(word)) return false;
  return unsureWords.has(word) ? "unsure" : undefined;
}
