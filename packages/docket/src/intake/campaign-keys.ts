// SPDX-License-Identifier: Apache-2.0
// The keys of what is counted by campaign. Which campaign an event belongs to depends on those before it, so
// it is found in the event's turn, and found again wherever events are counted again: in keys that were made
// before, a mark or the id that was recorded stands for it.
import type { KeyObject } from "node:crypto";
import type { CounterKey } from "../counters/counters.ts";
import { cellHashOf, countedKeys } from "./counting.ts";
import type { CounterMemory, Declared, RecordedKeys } from "./counting.ts";
import { campaignMark, campaignPath } from "./key-plan.ts";

/** What an event was found to belong to, and its keys with that. */
export type BoundKeys = { readonly keys: RecordedKeys; readonly campaign: string | undefined };

/** Puts campaigns into the keys of what is declared. */
export class CampaignKeys {
  /** The hash under which campaigns are kept. */
  readonly index: string;
  readonly #counted: readonly string[];
  readonly #hashing: KeyObject;

  constructor(index: string, declared: Declared, hashing: KeyObject) {
    this.index = index;
    this.#hashing = hashing;
    this.#counted = [
      ...declared.counters.filter(({ counter }) => countsCampaigns(counter)),
      ...declared.limits.filter(({ limit }) => countsCampaigns(limit)),
    ].map(({ id }) => id);
  }

  /** Those of what is declared; `undefined` where no campaigns are among it. */
  static of(declared: Declared, hashing: KeyObject): CampaignKeys | undefined {
    const index = declared.counters.find(({ counter }) => counter.kind === "campaigns");
    return index && new CampaignKeys(index.id, declared, hashing);
  }

  /**
   * Finds an event's campaign, and puts it into the keys in the place of another one.
   *
   * @param recorded the id that stands there; by default the mark
   */
  bind(
    { counters }: Pick<CounterMemory, "counters">,
    keys: RecordedKeys,
    recorded: string | undefined,
    actor: string,
    decidedAtMs: number,
  ): BoundKeys {
    const campaign = counters.campaign(this.index, countedKeys(keys[this.index] ?? [], actor), decidedAtMs);
    return { campaign, keys: this.#replaced(keys, recorded ?? campaignMark, campaign) };
  }

  /** The keys with the mark in the place of a recorded id. */
  unbind(keys: RecordedKeys, recorded: string | undefined): RecordedKeys {
    return recorded === undefined ? keys : this.#replaced(keys, recorded, campaignMark);
  }

  #replaced(keys: RecordedKeys, from: string, to: string | undefined): RecordedKeys {
    if (from === to || !this.#counted.some((id) => Object.hasOwn(keys, id))) return keys;
    const [before, after] = [this.#cell(from), to === undefined ? undefined : this.#cell(to)];
    const replaced = { ...keys };
    for (const id of this.#counted) {
      const own = keys[id];
      if (own === undefined) continue;
      if (after === undefined) delete replaced[id];
      else
        replaced[id] = own.map(
          (key) => key.map((part) => swapped(part, before, after)) as unknown as CounterKey,
        );
    }
    return replaced;
  }

  #cell(campaign: string): string {
    return campaign === campaignMark ? campaignMark : cellHashOf(this.#hashing).of(campaignPath, campaign);
  }
}

/** Whether a counter or limit counts by campaign, or counts campaigns. */
export function countsCampaigns(declared: { readonly by: readonly string[]; readonly of?: string }): boolean {
  return declared.by.includes(campaignPath) || declared.of === campaignPath;
}

function swapped(part: string, before: string, after: string): string {
  if (part === before) return after;
  if (!part.includes(before)) return part;
  return part
    .split("|")
    .map((cell) => (cell === before ? after : cell))
    .join("|");
}
