// SPDX-License-Identifier: Apache-2.0
// Campaigns of a site, and who shares what with whom, as HTTP and the command line ask for them. What is
// asked often and reads much is answered from memory for a short while.
import { DocketError } from "../error.ts";
import type { Outcome } from "@docket/protocol";
import type { SiteIndex } from "../views/site-index.ts";
import type { DecisionRow } from "../views/decision-row.ts";
import type { DecisionGroup } from "../views/pattern-queries.ts";
import {
  campaignBuckets,
  campaignsListedMax,
  decisionsLookedMax,
  recordsAskedMax,
  recordsNamedMax,
} from "./campaign-contract.ts";
import type {
  CampaignsPage,
  CampaignsQuery,
  CampaignView,
  ListedCampaign,
  Sharing,
  SharingQuery,
} from "./campaign-contract.ts";
import { sharingOf } from "./sharing.ts";

/** What the desk leans on. */
export type CampaignPorts = Pick<SiteIndex, "decisions" | "decisionGroups"> & {
  /** The field that each counter of one field counts by, by the counter's hash. */
  readonly countedFields: () => ReadonlyMap<string, string>;
  /** Resolves when the views have all that was sealed. */
  readonly indexed: () => Promise<void>;
  /** The latest time of any decision, in ms since 1970. */
  readonly latestMs: () => Promise<number>;
  /** Ms since 1970. */
  readonly clock: () => number;
};

/** Campaigns of a site, as HTTP and the command line see them. */
export type SiteCampaigns = Pick<CampaignDesk, "list" | "campaign" | "sharing" | "latestMs">;

/** A list is answered from memory for so long, in ms, or so many times as long as it took to make. */
const rememberedMs = 10_000;
const rememberedTimes = 20;
/** Most lists in memory. */
const rememberedMax = 20;
/** Of an actor: newest decisions; so many campaigns and texts that they share, and decisions of each. */
const ownDecisionsMax = 200;
const ownThingsMax = 5;
const othersDecisionsMax = 60;
const minuteMs = 60_000;

type Remembered = { untilMs: number; page: Promise<CampaignsPage> };

/** The campaigns of a site. */
export class CampaignDesk {
  readonly #ports: CampaignPorts;
  readonly #remembered = new Map<string, Remembered>();
  /** Lists are made one after the other: each reads much. */
  #listing: Promise<unknown> = Promise.resolve();

  constructor(ports: CampaignPorts) {
    this.#ports = ports;
  }

  /** The latest time of any decision, in ms since 1970; 0 if there is none. */
  async latestMs(): Promise<number> {
    await this.#ports.indexed();
    return this.#ports.latestMs();
  }

  /** Campaigns of a time, those with the most decisions first. */
  list(query: CampaignsQuery): Promise<CampaignsPage> {
    const { clock } = this.#ports;
    const name = JSON.stringify(query);
    const known = this.#remembered.get(name);
    if (known !== undefined && clock() < known.untilMs) return known.page;
    const page = this.#listing.then(() => this.#list(query));
    // While it is being made, whoever asks waits for it.
    const remembered = { untilMs: Infinity, page };
    this.#listing = this.#settled(name, remembered);
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear();
    this.#remembered.set(name, remembered);
    return page;
  }

  /**
   * A campaign, whenever it was.
   *
   * @throws {DocketError} `not_found` if no decision is of it
   */
  async campaign(campaign: string): Promise<CampaignView> {
    const { indexed, decisions, decisionGroups, countedFields } = this.#ports;
    await indexed();
    const rows = await decisions({ campaign, order: "descending", limit: decisionsLookedMax });
    if (rows.length === 0) throw new DocketError("not_found", "no decision is of a campaign of that name");
    const [group] = await decisionGroups({ ...always, ...anyGroup, by: "campaign", key: campaign, limit: 1 });
    if (group === undefined) throw new DocketError("not_found", "no decision is of a campaign of that name");
    return {
      ...listed(group),
      looked: rows.length,
      rules: rulesOf(rows),
      ...seriesOf(rows),
      records: rows.slice(0, recordsNamedMax).map(({ index }) => index),
      sharing: sharingOf(rows, countedFields(), { campaign }),
    };
  }

  /**
   * Who shares what with whom.
   *
   * @throws {DocketError} `not_found` if there are no such decisions, `usage` for too many records
   */
  async sharing(query: SharingQuery): Promise<Sharing> {
    const { indexed, decisions, countedFields } = this.#ports;
    await indexed();
    if ("records" in query) {
      const { records } = query;
      if (records.length > recordsAskedMax)
        throw new DocketError("usage", `ask about ${recordsAskedMax} records at most`);
      return sharingOf(await decisions({ indexes: records, limit: recordsAskedMax }), countedFields());
    }
    if ("campaign" in query) {
      const { campaign } = query;
      const rows = await decisions({ campaign, order: "descending", limit: decisionsLookedMax });
      return sharingOf(rows, countedFields(), { campaign });
    }
    const { actor } = query;
    const own = await decisions({ actor, order: "descending", limit: ownDecisionsMax });
    if (own.length === 0) throw new DocketError("not_found", "no event of this actor was ever decided");
    return sharingOf(await this.#withOthers(own), countedFields(), { actor });
  }

  async #settled(name: string, remembered: Remembered): Promise<void> {
    const { clock } = this.#ports;
    const beganMs = clock();
    try {
      await remembered.page;
      const tookMs = Math.max(0, clock() - beganMs);
      remembered.untilMs = clock() + Math.max(rememberedMs, rememberedTimes * tookMs);
    } catch {
      // Whoever asked is told; whoever asks again has it made again.
      this.#remembered.delete(name);
    }
  }

  async #list(query: CampaignsQuery): Promise<CampaignsPage> {
    const { indexed, decisionGroups } = this.#ports;
    await indexed();
    const limit = Math.min(query.limit, campaignsListedMax);
    const { fromMs, toMs, actorsMin, decisionsMin } = query;
    const wish = { ...anyGroup, fromMs, toMs, actorsMin, decisionsMin, limit: limit + 1 };
    const groups = await decisionGroups({ ...wish, by: "campaign" });
    return {
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      campaigns: groups.slice(0, limit).map(listed),
      more: groups.length > limit,
    };
  }

  // What an actor's decisions have that those of others have, too: found by what there are indexes of.
  async #withOthers(own: readonly DecisionRow[]): Promise<DecisionRow[]> {
    const { decisions } = this.#ports;
    const rows = new Map(own.map((row) => [row.index, row]));
    const page = { order: "descending", limit: othersDecisionsMax } as const;
    const queries = [
      ...mostOf(own.map((row) => row.campaign)).map((campaign) => ({ ...page, campaign })),
      ...mostOf(own.map((row) => row.fingerprint)).map((fingerprint) => ({ ...page, fingerprint })),
    ];
    for (const query of queries) for (const row of await decisions(query)) rows.set(row.index, row);
    return [...rows.values()];
  }
}

const always = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
const anyGroup = { decisionsMin: 1, actorsMin: 1, refusedMin: 0, outcomesMin: 1 };

function mostOf(values: readonly (string | undefined)[]): string[] {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.slice(0, ownThingsMax).map(([value]) => value);
}

function listed(group: DecisionGroup): ListedCampaign {
  const { key, decisions, actors, outcomes, refused, restricted, first, last, fromMs, toMs } = group;
  const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
  return { campaign: key, decisions, actors, outcomes, refused, restricted, first, last, from, to };
}

function rulesOf(rows: readonly DecisionRow[]): CampaignView["rules"] {
  const counts = new Map<string, number>();
  for (const { fired } of rows) for (const rule of fired) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts]
    .map(([rule, count]) => ({ rule, count }))
    .sort((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1));
}

function seriesOf(rows: readonly DecisionRow[]): Pick<CampaignView, "bucketMs" | "series"> {
  const times = rows.map(({ decidedMs }) => decidedMs);
  const span = times.reduce((a, b) => Math.max(a, b)) - times.reduce((a, b) => Math.min(a, b));
  const bucketMs = Math.max(minuteMs, Math.ceil(span / campaignBuckets / minuteMs) * minuteMs);
  const buckets = new Map<number, Partial<Record<Outcome, number>>>();
  for (const { decidedMs, outcome } of rows) {
    const at = Math.floor(decidedMs / bucketMs) * bucketMs;
    const counts = buckets.get(at) ?? {};
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    buckets.set(at, counts);
  }
  const series = [...buckets]
    .sort(([a], [b]) => a - b)
    .map(([at, counts]) => ({ from: new Date(at).toISOString(), outcomes: counts }));
  return { bucketMs, series };
}
