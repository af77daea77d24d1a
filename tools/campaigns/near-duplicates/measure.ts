// SPDX-License-Identifier: Apache-2.0
// What the index of campaigns does with planted copies, and with texts that have nothing in common.
import { computeSignals } from "../../../packages/policy/src/signals/signals.ts";
import { CampaignIndex } from "../../../packages/policy/src/campaigns/campaign-index.ts";
import type { CampaignEvent } from "../../../packages/policy/src/campaigns/campaign-index.ts";
import { shingleKey } from "../../../packages/policy/src/campaigns/shingles.ts";
import { tricks, variantOf } from "./variants.ts";
import type { Trick } from "./variants.ts";

/** A comment of a stream. */
export type Comment = { readonly text: string; readonly author: string; readonly atMs: number };

/** A campaign that was found. */
export type FoundCampaign = {
  readonly id: string;
  readonly actors: number;
  readonly comments: readonly Comment[];
};

/** Joins of texts that have less than half of the words of the shorter one in common. */
export type FalseJoins = {
  /** Texts that are long enough for a signature. */
  readonly texts: number;
  readonly joined: readonly { readonly text: string; readonly to: string }[];
};

/** How many of the copies were found, by trick and by percent of words changed. */
export type Recall = {
  readonly trick: Trick;
  readonly share: number;
  readonly copies: number;
  readonly found: number;
};

/** Percents of words that are changed in planted copies. */
export const shares: readonly number[] = [10, 20, 30];

const overMs = 86_400_000;
const startMs = 1_700_000_000_000;
const key = shingleKey(Uint8Array.from({ length: 16 }, (_, at) => 11 * at + 5));

/** What of a text campaigns are found by. */
export function eventOf(text: string, actor: string, atMs: number, withDomains = true): CampaignEvent {
  const signals = computeSignals(
    { text },
    { fingerprint: () => "", campaigns: { shingleKey: key, domainKey: (domain) => domain } },
  );
  const { shingles, domainKeys } = signals as { shingles?: string; domainKeys?: readonly string[] };
  return { shingles, domains: withDomains ? (domainKeys ?? []) : [], actor, atMs };
}

/** The campaigns of a stream, the largest first. */
export function findCampaigns(stream: readonly Comment[]): FoundCampaign[] {
  const index = new CampaignIndex(overMs);
  const found = new Map<string, Comment[]>();
  for (const comment of stream) {
    const event = eventOf(comment.text, comment.author, comment.atMs);
    const id = index.find(event);
    index.add(event);
    if (id === undefined) continue;
    const own = found.get(id);
    if (own === undefined) found.set(id, [comment]);
    else own.push(comment);
  }
  return [...found]
    .map(([id, comments]) => ({ id, comments, actors: new Set(comments.map(({ author }) => author)).size }))
    .sort((a, b) => b.comments.length - a.comments.length);
}

/** Which of some distinct texts join another, all within one window. */
export function falseJoins(distinct: readonly string[]): FalseJoins {
  const index = new CampaignIndex(overMs);
  const first = new Map<string, string>();
  const joined: { text: string; to: string }[] = [];
  let texts = 0;
  for (const [place, text] of distinct.entries()) {
    const event = eventOf(text, `a${place}`, startMs + place, false);
    const id = event.shingles === undefined ? undefined : index.find(event);
    if (id === undefined) continue;
    texts += 1;
    const to = first.get(id);
    if (to === undefined) first.set(id, text);
    else joined.push({ text, to });
    index.add(event);
  }
  return { texts, joined };
}

/**
 * How many copies are found to belong to their texts.
 *
 * @param distinct among which they have to be found
 * @param count how many of them are copied
 */
export function recallOf(distinct: readonly string[], count: number): Recall[] {
  const index = new CampaignIndex(overMs);
  const bases: { text: string; id: string }[] = [];
  for (const [place, text] of distinct.entries()) {
    const event = eventOf(text, `a${place}`, startMs + place, false);
    if (event.shingles === undefined) continue;
    const id = index.find(event);
    index.add(event);
    if (id !== undefined) bases.push({ text, id });
  }
  const stride = Math.max(1, Math.floor(bases.length / count));
  const copied = bases.filter((_, place) => place % stride === 0).slice(0, count);
  const vocabulary = bases.flatMap(({ text }) => text.split(/\s+/)).filter((word) => /^\p{L}+$/u.test(word));
  return tricks.flatMap((trick) =>
    shares.map((share): Recall => {
      const found = copied.filter(({ text, id }, place) => {
        const copy = variantOf(text, trick, share, vocabulary, String(place));
        return index.find(eventOf(copy, "a_other", startMs + 3_600_000, false)) === id;
      });
      return { trick, share, copies: copied.length, found: found.length };
    }),
  );
}
