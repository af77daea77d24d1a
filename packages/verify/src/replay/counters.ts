// SPDX-License-Identifier: Apache-2.0
// The counters' values that decisions read, held against a recount from the keys that the records before
// them bear. Some values cannot be recounted, and are counted as such: those of an event that came later
// than lateness allows, and those of a counter that was new and warmed from history that bears no keys of it.
import { latenessMsMax } from "@docket/policy";
import type { Counter } from "@docket/policy";
import type { Facts } from "@docket/protocol";
import type { ReplayFinding } from "./finding.ts";
import type { ReplayRelease } from "./release.ts";
import { distinctWindow, eventWindow, sumWindow } from "./windows.ts";
import type { Window } from "./windows.ts";

/** How many values were held against a recount, and why the others were not. */
export type RecountSummary = { checked: number; late: number; warming: number };

/** Stands for the record's actor in a recorded key. */
const actorMark = "@";
/** Keys that nothing can see any more are looked for after this many decisions. */
const forgetInterval = 20_000;

type Recounted = {
  readonly counter: Counter;
  readonly windows: Map<string, Window>;
  /** From which `decidedAt` on the recount knows all that the counter knows. */
  completeFromMs: number;
};

/** Counts again. Decisions are given in the order of the log, from its first record on. */
export class Recount {
  readonly summary: RecountSummary = { checked: 0, late: 0, warming: 0 };
  readonly #counters = new Map<string, Recounted>();
  #release: ReplayRelease | undefined;
  #newestMs = Number.NEGATIVE_INFINITY;
  #sinceForgotten = 0;

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
    if (release !== this.#release) this.#adopt(release);
    const isLate = decidedAtMs < this.#newestMs - latenessMsMax;
    this.#newestMs = Math.max(this.#newestMs, decidedAtMs);
    const findings: ReplayFinding[] = [];
    const uncounted = new Set(facts.uncounted);
    for (const [hash, recounted] of this.#counters) {
      const keys = facts.keys[hash];
      const recorded = Object.hasOwn(facts.counters, hash) ? facts.counters[hash] : undefined;
      const named = keys?.map((key) => key.map((cell) => withActor(cell, actor)));
      if (isAsked) {
        const found = this.#check(recounted, named, recorded, decidedAtMs, isLate);
        if (found !== undefined) findings.push({ ...found, index, what: `facts.counters.${hash}` });
      }
      if (named !== undefined && !uncounted.has(hash)) add(recounted, named, decidedAtMs);
    }
    if (++this.#sinceForgotten >= forgetInterval) this.#forget();
    return findings;
  }

  // What the release before declared too goes on; what is new to it was warmed from records without its keys.
  #adopt(release: ReplayRelease): void {
    const isFirst = this.#release === undefined;
    for (const hash of this.#counters.keys()) if (!release.counters.has(hash)) this.#counters.delete(hash);
    for (const [hash, counter] of release.counters) {
      if (this.#counters.has(hash)) continue;
      const completeFromMs = isFirst
        ? Number.NEGATIVE_INFINITY
        : this.#newestMs + latenessMsMax + counter.overMs + counter.bucketMs;
      this.#counters.set(hash, { counter, windows: new Map(), completeFromMs });
    }
    this.#release = release;
  }

  #check(
    { counter, windows, completeFromMs }: Recounted,
    keys: readonly (readonly string[])[] | undefined,
    recorded: number | undefined,
    decidedAtMs: number,
    isLate: boolean,
  ): Omit<ReplayFinding, "index" | "what"> | undefined {
    if (keys === undefined && recorded === undefined) return undefined;
    if (isLate) this.summary.late += 1;
    else if (decidedAtMs < completeFromMs) this.summary.warming += 1;
    else {
      this.summary.checked += 1;
      const bucket = Math.floor(decidedAtMs / counter.bucketMs);
      let replayed: number | null = keys === undefined ? null : 0;
      for (const [key = ""] of keys ?? []) {
        replayed = Math.max(replayed ?? 0, windows.get(key)?.read(bucket) ?? 0);
      }
      if (replayed !== (recorded ?? null)) {
        return { kind: "counter", recorded: recorded ?? null, replayed };
      }
    }
    return undefined;
  }

  #forget(): void {
    this.#sinceForgotten = 0;
    for (const { counter, windows } of this.#counters.values()) {
      const before = Math.floor((this.#newestMs - latenessMsMax - counter.overMs) / counter.bucketMs) - 1;
      for (const [key, window] of windows) if (window.forget(before)) windows.delete(key);
    }
  }
}

function add({ counter, windows }: Recounted, keys: readonly (readonly string[])[], atMs: number): void {
  const bucket = Math.floor(atMs / counter.bucketMs);
  for (const [key = "", value = ""] of keys) {
    let window = windows.get(key);
    if (window === undefined) windows.set(key, (window = newWindow(counter)));
    window.add(bucket, value);
  }
}

function newWindow(counter: Counter): Window {
  if (counter.kind === "distinct") return distinctWindow();
  return counter.kind === "sum" ? sumWindow() : eventWindow();
}

function withActor(cell: string, actor: string): string {
  if (!cell.includes(actorMark)) return cell;
  return cell
    .split("|")
    .map((each) => (each === actorMark ? actor : each))
    .join("|");
}
