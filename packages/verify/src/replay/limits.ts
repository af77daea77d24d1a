// SPDX-License-Identifier: Apache-2.0
// How long events had to wait for limits, held against what the records before them used up. GCRA as a
// virtual schedule (ITU-T I.371): under each key a theoretical arrival time, in microseconds since 1970.
//
// A rule that is held back reads a copy of its own: what it would have refused takes nothing of the copy.
import { latenessMsMax } from "@docket/policy";
import type { Limit } from "@docket/policy";
import type { Facts, Outcome } from "@docket/protocol";
import type { ReplayFinding } from "./finding.ts";
import { actorKeys } from "./keys.ts";
import type { ReplayRelease } from "./release.ts";

/** How many waits were held against the records before them, and why the others were not. */
export type LimitSummary = { checked: number; late: number; warming: number; forgotten: number };

/** Keys that a limit certainly remembers. */
const certainKeysMax = 300_000;

type Measured = {
  readonly intervalUs: number;
  readonly toleranceUs: number;
  readonly arrivals: Map<string, number>;
  /** By rule: the arrival times of its copy, where they differ. */
  readonly copies: Map<string, Map<string, number>>;
  readonly completeFromMs: number;
  overflowed: boolean;
};

/** Measures again. Decisions are given in the order of the log, from its first record on. */
export class LimitReplay {
  readonly summary: LimitSummary = { checked: 0, late: 0, warming: 0, forgotten: 0 };
  readonly #limits = new Map<string, Measured>();
  #release: ReplayRelease | undefined;
  #newestMs = Number.NEGATIVE_INFINITY;

  /** Takes in a decision; tells which of its waits are not what the records before it give. */
  follow(
    record: { index: number; actor: string; outcome: Outcome },
    release: ReplayRelease,
    facts: Facts,
    decidedAtMs: number,
    isAsked: boolean,
  ): ReplayFinding[] {
    this.adopt(release);
    const isLate = this.#newestMs - decidedAtMs > latenessMsMax;
    this.#newestMs = Math.max(this.#newestMs, decidedAtMs);
    const findings: ReplayFinding[] = [];
    const passed = record.outcome !== "delay" && record.outcome !== "reject";
    for (const [hash, measured] of this.#limits) {
      const recorded = facts.keys[hash];
      const keys = recorded && actorKeys(recorded, record.actor).map(([key = ""]) => key);
      if (isAsked) {
        for (const [what, read, rule] of readsOf(hash, facts)) {
          const found = this.#check(measured, keys, read, rule, decidedAtMs, isLate);
          if (found !== undefined) findings.push({ ...found, index: record.index, what });
        }
      }
      if (keys === undefined || !passed || facts.uncounted?.includes(hash) === true) continue;
      consume(measured, keys, decidedAtMs, heldRefusals(hash, facts));
    }
    return findings;
  }

  /** A release came into force: limits that the one before declared too go on. */
  adopt(release: ReplayRelease): void {
    if (release === this.#release) return;
    const isFirst = this.#release === undefined;
    for (const hash of this.#limits.keys()) if (!release.limits.has(hash)) this.#limits.delete(hash);
    for (const [hash, limit] of release.limits) {
      if (!this.#limits.has(hash))
        this.#limits.set(hash, newMeasured(limit, isFirst ? undefined : this.#newestMs));
    }
    this.#release = release;
  }

  #check(
    measured: Measured,
    keys: readonly string[] | undefined,
    recorded: number | undefined,
    rule: string | undefined,
    decidedAtMs: number,
    isLate: boolean,
  ): Omit<ReplayFinding, "index" | "what"> | undefined {
    if (keys === undefined && recorded === undefined) return undefined;
    const { summary } = this;
    if (isLate) summary.late += 1;
    else if (decidedAtMs < measured.completeFromMs) summary.warming += 1;
    else {
      const replayed = keys === undefined ? undefined : waitMs(measured, keys, rule, decidedAtMs);
      if (replayed === recorded) summary.checked += 1;
      else if (measured.overflowed) summary.forgotten += 1;
      else {
        summary.checked += 1;
        return { kind: "limit", recorded: recorded ?? null, replayed: replayed ?? null };
      }
    }
    return undefined;
  }
}

// A limit that is new has all its room here, and one that was warmed hadn't: as long as events keep on
// finding no room, the two need never come together.
function newMeasured({ count, perMs, burst }: Limit, newestMs: number | undefined): Measured {
  const intervalUs = Math.ceil((perMs * 1000) / count);
  return {
    intervalUs,
    toleranceUs: (burst - 1) * intervalUs,
    arrivals: new Map(),
    copies: new Map(),
    completeFromMs: newestMs === undefined ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
    overflowed: false,
  };
}

type Read = readonly [what: string, recorded: number | undefined, rule: string | undefined];

// What was read of a limit, and of the copies of it.
function readsOf(hash: string, facts: Facts): Read[] {
  const copies = Object.entries(facts.shadowLimits ?? {}).filter(([name]) => name.startsWith(`${hash} `));
  return [
    [`facts.limits.${hash}`, facts.limits?.[hash], undefined],
    ...copies.map(([name, wait]): Read => [`facts.shadowLimits.${name}`, wait, name.slice(hash.length + 1)]),
  ];
}

function waitMs(
  { arrivals, copies, toleranceUs }: Measured,
  keys: readonly string[],
  rule: string | undefined,
  atMs: number,
): number {
  const copy = rule === undefined ? undefined : copies.get(rule);
  const waits = keys.map((key) => {
    const arrivalUs = copy?.get(key) ?? arrivals.get(key) ?? 0;
    return Math.ceil((arrivalUs - toleranceUs - atMs * 1000) / 1000);
  });
  return Math.max(0, ...waits);
}

function consume(
  measured: Measured,
  keys: readonly string[],
  atMs: number,
  refusedBy: readonly string[],
): void {
  const { arrivals, copies, intervalUs, toleranceUs } = measured;
  // What finds no room takes nothing.
  const next = (arrivalUs: number): number =>
    arrivalUs - toleranceUs > atMs * 1000 ? arrivalUs : Math.max(arrivalUs, atMs * 1000) + intervalUs;
  for (const rule of refusedBy) if (!copies.has(rule)) copies.set(rule, new Map());
  for (const key of keys) {
    const before = arrivals.get(key) ?? 0;
    for (const [rule, copy] of copies) {
      const copied = copy.get(key);
      if (refusedBy.includes(rule)) copy.set(key, copied ?? before);
      else if (copied !== undefined) copy.set(key, next(copied));
    }
    arrivals.set(key, next(before));
  }
  measured.overflowed ||= arrivals.size > certainKeysMax;
}

// Rules that read their copy of the limit, were held back, and would have refused the event.
function heldRefusals(hash: string, facts: Facts): string[] {
  return facts.fired
    .filter(({ mode, outcome }) => mode !== "enforce" && (outcome === "delay" || outcome === "reject"))
    .map(({ policy, rule }) => `${policy}/${rule}`)
    .filter((rule) => facts.shadowLimits !== undefined && `${hash} ${rule}` in facts.shadowLimits);
}
