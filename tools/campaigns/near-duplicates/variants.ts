// SPDX-License-Identifier: Apache-2.0
// Copies of a text as spammers make them: some of its words changed, and the rest as it was.
import { seededRandom } from "../seeded-random.ts";
import type { Random } from "../seeded-random.ts";

/** How a copy differs. */
export type Trick = "exchanged" | "moved" | "names" | "dropped" | "spacing" | "links" | "mixed";

/** All tricks, in the order of the table. */
export const tricks: readonly Trick[] = [
  "exchanged",
  "moved",
  "names",
  "dropped",
  "spacing",
  "links",
  "mixed",
];

const names = "Maria Anna José Peter Olga Ahmed Wei Priya Kenji Fatima Lukas Chloé Иван Ольга Mehmet".split(
  " ",
);

/**
 * A copy of a text.
 *
 * @param share how many of its words are changed, in percent
 * @param vocabulary words that others are exchanged for
 */
export function variantOf(
  text: string,
  trick: Trick,
  share: number,
  vocabulary: readonly string[],
  seed: string,
): string {
  const random = seededRandom(`${seed} ${trick} ${share}`);
  const words = text.split(/\s+/).filter((word) => word !== "");
  const changes = Math.max(1, Math.round((words.length * share) / 100));
  for (const place of placesOf(words.length, changes, random))
    change(words, place, trick, vocabulary, random);
  return words.filter((word) => word !== "").join(" ");
}

function change(
  words: string[],
  place: number,
  trick: Trick,
  vocabulary: readonly string[],
  random: Random,
): void {
  const word = words[place] ?? "";
  const all: readonly Exclude<Trick, "mixed">[] = [
    "exchanged",
    "moved",
    "names",
    "dropped",
    "spacing",
    "links",
  ];
  switch (trick) {
    case "exchanged":
      words[place] = pick(vocabulary, random);
      return;
    case "moved": {
      const other = random.below(words.length);
      words[place] = words[other] ?? "";
      words[other] = word;
      return;
    }
    case "names":
      words[place] = `${word} ${pick(names, random)}`;
      return;
    case "dropped":
      words[place] = "";
      return;
    case "spacing": {
      const middle = 1 + random.below(Math.max(1, word.length - 1));
      words[place] =
        random.below(2) === 0 ? `${word.slice(0, middle)} ${word.slice(middle)}` : ` ${word}\u00a0 `;
      return;
    }
    case "links":
      words[place] =
        `${word} http://site${random.below(1e6)}.example/${random.below(1e6)} ${random.below(1e4)}`;
      return;
    case "mixed":
      change(words, place, pick(all, random), vocabulary, random);
  }
}

function placesOf(length: number, count: number, random: Random): number[] {
  const places = new Set<number>();
  while (places.size < Math.min(count, length)) places.add(random.below(length));
  return [...places];
}

function pick<T extends string>(items: readonly T[], random: Random): T {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new RangeError("there is nothing to pick");
  return item;
}
