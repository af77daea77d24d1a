// SPDX-License-Identifier: Apache-2.0
// Texts no two of which have half of the words of the shorter one in common: what no campaign may be made of.

/**
 * Of some texts those that have less than half of the words of the shorter one in common with any kept
 * before. By prefix filtering: of two texts that share half of the words of the shorter one, the longer has
 * one of the shorter's rarer half.
 */
export function distinctTexts(texts: readonly string[]): string[] {
  const split = texts.map((text) => wordsOf(text));
  const counts = new Map<string, number>();
  for (const words of split) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const kept: string[] = [];
  const byWord = new Map<string, number[]>();
  const byRareWord = new Map<string, number[]>();
  for (const [place, text] of texts.entries()) {
    const words = split[place] ?? [];
    const different = [...new Set(words)].sort((a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0));
    const rare = different.slice(0, Math.ceil(different.length / 2) + 1);
    const near = new Set([
      ...rare.flatMap((word) => byWord.get(word) ?? []),
      ...different.flatMap((word) => byRareWord.get(word) ?? []),
    ]);
    if ([...near].some((other) => overlap(words, split[other] ?? []) >= 0.5)) continue;
    kept.push(text);
    for (const word of different) put(byWord, word, place);
    for (const word of rare) put(byRareWord, word, place);
  }
  return kept;
}

/** The share of the shorter text's words that two texts have in common. */
export function overlap(a: readonly string[], b: readonly string[]): number {
  const left = new Map<string, number>();
  for (const word of a) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of b) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    common += 1;
    left.set(word, count - 1);
  }
  return common / Math.max(1, Math.min(a.length, b.length));
}

function put(into: Map<string, number[]>, word: string, place: number): void {
  const known = into.get(word);
  if (known === undefined) into.set(word, [place]);
  else known.push(place);
}

/** The words of a text, without links, numbers and diacritics. */
export function wordsOf(text: string): string[] {
  const letters = text
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll("ı", "i")
    .replace(/https?:\/\/\S+|www\.\S+/g, " ")
    .replace(/[\p{Default_Ignorable_Code_Point}\u0300-\u036f]/gu, "");
  return letters.split(/[^\p{L}\p{M}]+/u).filter((word) => word !== "");
}
