// SPDX-License-Identifier: Apache-2.0
// Nobody teaches a model more than a share of what it learns: whoever can get texts labelled could turn it.
import { hashEnd, hashText } from "../hash.ts";
import type { TrainingConfiguration } from "./configuration.ts";
import type { Example } from "./example.ts";

/** The examples without those by which an actor is over its share of a class. Keeps the order. */
export function limitActors(
  examples: readonly Example[],
  { actorShare, actorMin }: TrainingConfiguration,
): readonly Example[] {
  const byActor = new Map<string, number[]>();
  const sizes = { spam: 0, ham: 0 };
  examples.forEach(({ actor, spam }, index) => {
    sizes[spam ? "spam" : "ham"] += 1;
    if (actor === undefined) return;
    const key = `${spam ? "s" : "h"}${actor}`;
    const own = byActor.get(key);
    if (own === undefined) byActor.set(key, [index]);
    else own.push(index);
  });
  const dropped = new Set<number>();
  for (const [key, own] of byActor) {
    const size = key.startsWith("s") ? sizes.spam : sizes.ham;
    const most = Math.max(actorMin, Math.floor((size * actorShare) / 1_000));
    if (own.length <= most) continue;
    // Those kept are chosen by their text, so that nobody chooses them by when they come.
    const ranks = new Map(own.map((index) => [index, rankOf(examples[index])]));
    own.sort((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0) || a - b);
    for (const index of own.slice(most)) dropped.add(index);
  }
  return dropped.size === 0 ? examples : examples.filter((_, index) => !dropped.has(index));
}

function rankOf(example: Example | undefined): number {
  return hashEnd(hashText(0x1f35_1a7d, `${example?.title ?? ""}\n${example?.text ?? ""}`));
}
