// SPDX-License-Identifier: Apache-2.0
// The counters' values that decisions read, held against a recount from the keys that the records before
// them bear. Some values cannot be recounted, and are counted as such: those of an event that came later than
// is exact, of a counter that was new and warmed from records without its keys, of a key with so many values
// that they are estimated, and where so much was counted that memory may have had to forget.
import { latenessMsMax } from "@docket/policy";
import type { Counter } from "@docket/policy";
import type { Facts } from "@docket/protocol";
import { CampaignReplay } from "./campaigns.ts";
import type { ReplayFinding } from "./finding.ts";
import { actorKeys } from "./keys.ts";
import type { ReplayRelease } from "./release.ts";
import { distinctWindow, eventWindow, firstWindow, sumWindow, windowBuckets } from "./windows.ts";
import type { Window } from "./windows.ts";

/** How many values were held against a recount, and why the others were not. */
export type RecountSummary = {
  checked: number;
  late: number;
  warming: number;
  estimated: number;
  forgotten: number;
};

/** Different values of one key that are counted one by one; with more they are estimated. */
const exactValuesMax = 1024;
/** Keys, and entries of all keys, that a counter certainly remembers. */
const certainKeysMax = 300_000;
const certainEntriesMax = 600_000;
/** How late an event may come where windows are shorter than 41 seconds, in windows. */
const lateWindowsMax = 16;
/** Keys that nothing can see any more are looked for after this many decisions. */
const forgetInterval = 20_000;

type Recounted = {
  readonly counter: Counter;
  readonly windows: Map<string, Window>;
  /** Keys that had more values than are counted one by one: they are estimated from then on. */
  readonly estimated: Set<string>;
  /** From which `decidedAt` on the recount knows all that the counter knows. */
  readonly completeFromMs: number;
  readonly lateMs: number;
  entries: number;
  /** Whether there was ever more than the counter certainly remembers. */
  overflowed: boolean;
};

/** Counts again. Decisions are given in the order of the log, from its first record on. */
export class Recount {
  readonly #summary: RecountSummary = { checked: 0, late: 0, warming: 0, estimated: 0, forgotten: 0 };
  readonly #counters = new Map<string, Recounted>();
  readonly #campaigns = new CampaignReplay();
  #release: ReplayRelease | undefined;
  #newestMs = Number.NEGATIVE_INFINITY;
  #sinceForgotten = 0;

  /** How many values were held against a recount, the ids of campaigns among them. */
  get summary(): RecountSummary {
    const { checked, warming } = this.#campaigns.summary;
    const own = this.#summary;
    return { ...own, checked: own.checked + checked, warming: own.warming + warming };
  }

  /**
   * Takes in a decision.
   *
   * @param actor the record's pseudonym
   * @param isAsked whether its values are to be held against the recount
   */
  follow(
    index: number,
    actor: string,
    release: ReplayRelease,
    facts: Facts,
    decidedAtMs: number,
    isAsked: boolean,
  ): ReplayFinding[] {
    this.adopt(release);
    const behindMs = this.#newestMs - decidedAtMs;
    this.#newestMs = Math.max(this.#newestMs, decidedAtMs);
    const campaign = this.#campaigns.follow(index, actor, facts, decidedAtMs, isAsked);
    const findings: ReplayFinding[] = campaign === undefined ? [] : [campaign];
    const uncounted = new Set(facts.uncounted);
    for (const [hash, recounted] of this.#counters) {
      const keys = facts.keys[hash] && actorKeys(facts.keys[hash], actor);
      if (isAsked) {
        const recorded = Object.hasOwn(facts.counters, hash) ? facts.counters[hash] : undefined;
        const found = this.#check(recounted, keys, recorded, decidedAtMs, behindMs);
        if (found !== undefined) findings.push({ ...found, index, what: `facts.counters.${hash}` });
      }
      if (keys !== undefined && !uncounted.has(hash)) add(recounted, keys, decidedAtMs);
    }
    if (++this.#sinceForgotten >= forgetInterval) this.#forget();
    return findings;
  }

  /**
   * A release came into force. What the one before declared too goes on; what is new to it was warmed from
   * records without its keys.
   */
  adopt(release: ReplayRelease): void {
    if (release === this.#release) return;
    const isFirst = this.#release === undefined;
    this.#campaigns.adopt(release);
    for (const hash of this.#counters.keys()) if (!release.counters.has(hash)) this.#counters.delete(hash);
    for (const [hash, counter] of release.counters) {
      if (this.#counters.has(hash) || counter.kind === "campaigns") continue;
      const completeFromMs = isFirst
        ? Number.NEGATIVE_INFINITY
        : this.#newestMs + latenessMsMax + counter.overMs + counter.bucketMs;
      this.#counters.set(hash, {
        counter,
        windows: new Map(),
        estimated: new Set(),
        completeFromMs: counter.kind === "first" && !isFirst ? Number.POSITIVE_INFINITY : completeFromMs,
        lateMs: Math.min(latenessMsMax, lateWindowsMax * windowBuckets * counter.bucketMs),
        entries: 0,
        overflowed: false,
      });
    }
    this.#release = release;
  }

  #check(
    recounted: Recounted,
    keys: readonly (readonly string[])[] | undefined,
    recorded: number | undefined,
    decidedAtMs: number,
    behindMs: number,
  ): Omit<ReplayFinding, "index" | "what"> | undefined {
    if (keys === undefined && recorded === undefined) return undefined;
    const summary = this.#summary;
    const { counter, windows, estimated, completeFromMs, lateMs } = recounted;
    if (behindMs > lateMs) summary.late += 1;
    else if (decidedAtMs < completeFromMs) summary.warming += 1;
    else if (keys?.some(([key = ""]) => estimated.has(key)) === true) summary.estimated += 1;
    else {
      const bucket = Math.floor(decidedAtMs / counter.bucketMs);
      const read = (keys ?? []).map(([key = ""]) => windows.get(key)?.read(bucket, decidedAtMs));
      const replayed = keys === undefined ? undefined : combined(counter, read);
      if (replayed === recorded) summary.checked += 1;
      else if (recounted.overflowed) summary.forgotten += 1;
      else {
        summary.checked += 1;
        return { kind: "counter", recorded: recorded ?? null, replayed: replayed ?? null };
      }
    }
    return undefined;
  }

  #forget(): void {
    this.#sinceForgotten = 0;
    for (const recounted of this.#counters.values()) {
      const { counter, windows } = recounted;
      const before = Math.floor((this.#newestMs - latenessMsMax - counter.overMs) / counter.bucketMs) - 1;
      recounted.entries = 0;
      for (const [key, window] of windows) {
        if (window.forget(before)) windows.delete(key);
        else recounted.entries += window.size;
      }
    }
  }
}

// The largest over the keys, of `first` the smallest; nothing was counted under keys that are not there.
function combined({ kind }: Counter, read: readonly (number | undefined)[]): number | undefined {
  const known = read.filter((value) => value !== undefined);
  if (kind === "first") return known.length === 0 ? undefined : Math.min(...known);
  return known.length === 0 ? 0 : Math.max(...known);
}

function add(recounted: Recounted, keys: readonly (readonly string[])[], atMs: number): void {
  const { counter, windows, estimated } = recounted;
  const bucket = Math.floor(atMs / counter.bucketMs);
  for (const [key = "", value = ""] of keys) {
    let window = windows.get(key);
    if (window === undefined) windows.set(key, (window = newWindow(counter)));
    const before = window.size;
    window.add(bucket, value, atMs);
    recounted.entries += window.size - before;
    if (counter.kind === "distinct" && window.size > exactValuesMax) estimated.add(key);
  }
  recounted.overflowed ||= windows.size > certainKeysMax || recounted.entries > certainEntriesMax;
}

function newWindow({ kind }: Counter): Window {
  switch (kind) {
    // Campaigns are no windows, and are never among what is counted here.
    case "campaigns":
    case "count":
      return eventWindow();
    case "distinct":
      return distinctWindow();
    case "sum":
      return sumWindow();
    case "first":
      return firstWindow();
  }
}
