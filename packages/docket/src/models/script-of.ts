// SPDX-License-Identifier: Apache-2.0
// The script that most letters of a text are of, for reports.

/** So many characters are looked at. */
const looked = 2_000;
const scripts = [
  "Latin",
  "Cyrillic",
  "Greek",
  "Arabic",
  "Hebrew",
  "Han",
  "Hiragana",
  "Katakana",
  "Hangul",
  "Devanagari",
  "Bengali",
  "Thai",
  "Georgian",
  "Armenian",
  "Tamil",
] as const;
const patterns = scripts.map((script) => [script, new RegExp(`\\p{Script=${script}}`, "gu")] as const);

/** The script of most letters: `Latin`, `Cyrillic`, …; `other` of none of those, `none` without letters. */
export function scriptOf(text: string): string {
  const head = text.slice(0, looked);
  let best: string | undefined;
  let most = 0;
  for (const [script, pattern] of patterns) {
    const count = head.match(pattern)?.length ?? 0;
    if (count <= most) continue;
    most = count;
    best = script;
  }
  return best ?? (/\p{L}/u.test(head) ? "other" : "none");
}
