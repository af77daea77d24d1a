// SPDX-License-Identifier: Apache-2.0
// Campaigns among the counters: kept, warmed, taken back and put into snapshots as a counter is. What an
// event is found by stands in its keys: the signature of its text and the keyed hashes of its domains, each
// with its actor.
import { CampaignIndex, signatureLength } from "@docket/policy";
import type { CampaignBounds, CampaignEvent, PlainCampaigns } from "@docket/policy";
import { bucketsPerWindow } from "./bounds.ts";
import type { Undo } from "./bucket-shard.ts";
import type { CounterKey } from "./counters.ts";

/** The campaigns of a window. There is one shard of them: any event may belong to any. */
export class CampaignShard {
  readonly #index: CampaignIndex;

  /** @param bounds others than those that are declared are for tests */
  constructor(bucketMs: number, bounds?: CampaignBounds) {
    this.#index = new CampaignIndex(bucketMs * bucketsPerWindow, bounds);
  }

  get keys(): number {
    return this.#index.size;
  }

  get bytes(): number {
    return this.#index.bytes;
  }

  get evicted(): number {
    return this.#index.evicted;
  }

  /** The id of the campaign that an event belongs to; `undefined` where its keys don't say. */
  campaign(keys: readonly CounterKey[], atMs: number): string | undefined {
    return keys.length === 0 ? undefined : this.#index.find(campaignEvent(keys, atMs));
  }

  add(keys: readonly CounterKey[], atMs: number): Undo {
    return this.#index.add(campaignEvent(keys, atMs));
  }

  /** All of it as it is now. */
  plain(): PlainCampaigns {
    return this.#index.plain();
  }

  restore(plain: PlainCampaigns): void {
    this.#index.restore(plain);
  }
}

function campaignEvent(keys: readonly CounterKey[], atMs: number): CampaignEvent {
  let shingles: string | undefined;
  const domains: string[] = [];
  for (const [key] of keys) {
    if (key.length === signatureLength) shingles = key;
    else domains.push(key);
  }
  return { shingles, domains, actor: keys[0]?.[1] ?? "", atMs };
}
