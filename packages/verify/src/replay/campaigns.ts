// SPDX-License-Identifier: Apache-2.0
// Campaigns found again, from what the records before a decision say that they were found by: the same index
// runs over them that ran when they were decided. What was warmed when a release with campaigns came into
// force is known from evidence only, so campaigns are held against a recount where the log's first release
// declares them.
import { CampaignIndex, signatureLength } from "@docket/policy";
import type { CampaignEvent } from "@docket/policy";
import type { Facts } from "@docket/protocol";
import type { ReplayFinding } from "./finding.ts";
import type { ReplayRelease } from "./release.ts";

type Followed = { readonly hash: string; readonly index: CampaignIndex; readonly isWhole: boolean };

/** Finds campaigns again. Decisions are given in the order of the log, from its first record on. */
export class CampaignReplay {
  /** How many ids were held against a recount, and of how many nothing is known since they were warmed. */
  readonly summary: { checked: number; warming: number } = { checked: 0, warming: 0 };
  #followed: Followed | undefined;
  #release: ReplayRelease | undefined;

  /** A release came into force. */
  adopt(release: ReplayRelease): void {
    if (release === this.#release) return;
    const isFirst = this.#release === undefined;
    this.#release = release;
    const declared = [...release.counters].find(([, { kind }]) => kind === "campaigns");
    if (declared === undefined) {
      this.#followed = undefined;
      return;
    }
    const [hash, { overMs }] = declared;
    if (this.#followed?.hash === hash) return;
    this.#followed = { hash, index: new CampaignIndex(overMs), isWhole: isFirst };
  }

  /** Takes in a decision; tells if its campaign is not the one that the records before it give. */
  follow(
    index: number,
    actor: string,
    facts: Facts,
    decidedAtMs: number,
    isAsked: boolean,
  ): ReplayFinding | undefined {
    const keys = this.#followed && facts.keys[this.#followed.hash];
    if (this.#followed === undefined || keys === undefined || keys.length === 0) return undefined;
    const event: CampaignEvent = {
      shingles: keys.find(([key]) => key?.length === signatureLength)?.[0],
      domains: keys.flatMap(([key = ""]) => (key.length === signatureLength ? [] : [key])),
      actor,
      atMs: decidedAtMs,
    };
    const found = isAsked && this.#followed.isWhole ? this.#check(index, facts, event) : undefined;
    if (isAsked && !this.#followed.isWhole) this.summary.warming += 1;
    this.#followed.index.add(event);
    return found;
  }

  #check(index: number, { values }: Facts, event: CampaignEvent): ReplayFinding | undefined {
    this.summary.checked += 1;
    const recorded = values["campaign.id"] ?? null;
    const replayed = this.#followed?.index.find(event) ?? null;
    if (recorded === replayed) return undefined;
    return { kind: "counter", index, what: "facts.values.campaign.id", recorded, replayed };
  }
}
