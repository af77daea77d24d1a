// SPDX-License-Identifier: Apache-2.0
// The deciding thread of a backtest: takes prepared events in the order of the log, lets the same engine
// judge them that decides live ones, and counts what differs. Counters, limits, standing, brakes and caps
// are as they would have been.
import type { KeyObject } from "node:crypto";
import { cleanStanding, evaluate, outcomes } from "@docket/policy";
import type {
  Evaluation,
  KnownCounters,
  ListView,
  MemoryRead,
  Outcome,
  Preparation,
  Standing,
} from "@docket/policy";
import { prepareType } from "@docket/policy";
import { parseLeaf } from "@docket/protocol";
import type { BrakeFacts, FiredFact } from "@docket/protocol";
import { Counters } from "../counters/counters.ts";
import { Limits } from "../counters/limits.ts";
import { keyedHash } from "../evidence/keys.ts";
import { counterKinds, declaredIn, limitKinds } from "../intake/counting.ts";
import type { CountedFacts } from "../intake/counting.ts";
import { Engine } from "../intake/engine.ts";
import type { EngineMemory } from "../intake/engine.ts";
import { listChangeOf, releaseDeclarations } from "../intake/open-modes.ts";
import { setStanding, standingAfter } from "../intake/standings.ts";
import type { Release } from "../releases/release.ts";
import type { Declarations } from "../rollout/declarations.ts";
import { RuleModes } from "../rollout/rule-modes.ts";
import { itemsOf } from "./batch.ts";
import type { Batch, ChangeItem, DecisionItem } from "./batch.ts";
import { entryHashOf } from "./candidate.ts";
import { readEffects } from "./effects.ts";
import type { RecordedEffects } from "./effects.ts";
import { countedBesides, knownCounters } from "./known-counters.ts";
import { countedIds, eventInput } from "./preparer.ts";
import type { AskedAgain } from "./preparer.ts";
import { brakesNamedMax } from "./report.ts";
import type { BacktestReport } from "./report.ts";
import { SampleTally } from "./sample.ts";
import type { Label, Sample } from "./sample.ts";
import { Tally } from "./tally.ts";
import type { Compared, Side } from "./tally.ts";

/** What a run is made of. */
export type RunOptions = {
  readonly candidate: Release;
  readonly hashing: KeyObject;
  /** The hashes of counters whose recorded values hold; batches were made with the same. */
  readonly known: readonly string[];
  /** The first record that is decided again; those before it are taken in as they were decided. */
  readonly from: number;
  /** What a kept release declares, for brakes before `from`; `undefined` if it isn't kept. */
  readonly declared: (release: string) => Declarations | undefined;
  /** Labels, if there are any. */
  readonly sample: Sample | undefined;
  /** Told of each decision that was compared, for tests and other tallies. */
  readonly onCompared?: ((compared: Compared) => void) | undefined;
};

/** The parts of a report that a run gives. */
export type RunReport = ReturnType<Tally["report"]> &
  Pick<BacktestReport, "times" | "decisions" | "coverage" | "brakes" | "sample">;

/** Bytes of the hash that stands for an event's id in facts. */
const eventHashBytes = 16;
/** Different texts of effects that are remembered as read. */
const effectsCachedMax = 10_000;

/** Decides events again. */
export class BacktestRun {
  readonly #options: RunOptions;
  readonly #ids: readonly string[];
  readonly #known: KnownCounters;
  readonly #memory: EngineMemory;
  readonly #modes: RuleModes;
  readonly #tally: Tally;
  readonly #sampled = new SampleTally();
  readonly #labels: ReadonlyMap<string, Label>;
  readonly #coverage = { facts: 0, evidence: 0, unasked: 0, gone: 0, unreadable: 0 };
  readonly #brakes: BacktestReport["brakes"][number][] = [];
  readonly #preparations = new Map<string, Preparation | undefined>();
  readonly #effects = new Map<string, RecordedEffects>();
  readonly #engine: Engine;
  #decisions = 0;
  #restrictions = 0;
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(options: RunOptions) {
    this.#options = options;
    const { candidate, hashing, sample } = options;
    const declared = declaredIn(candidate.policies);
    const counted = countedBesides(declared, options.known);
    this.#known = knownCounters(declared, options.known);
    this.#ids = countedIds(counted);
    const { counters, limits } = counted;
    this.#memory = {
      counters: new Counters(counterKinds(counters)),
      limits: new Limits(limitKinds(limits)),
      standings: new Map<string, Standing>(),
    };
    const nothingWarms = new Set<string>();
    this.#modes = new RuleModes({
      hash: (purpose, value) => keyedHash(hashing, purpose, value),
      entryHash: entryHashOf(hashing),
      warming: () => nothingWarms,
    });
    const ports = {
      hashing,
      effects: this.#modes,
      entryHash: entryHashOf(hashing),
      newRestrictionId: () => `r_${++this.#restrictions}`,
    };
    this.#engine = new Engine(candidate, this.#memory, ports, counted);
    this.#tally = new Tally(candidate.policies);
    const hashed = (id: string): string =>
      keyedHash(hashing, "event", id).subarray(0, eventHashBytes).toString("base64url");
    this.#labels = new Map([...(sample?.byEvent ?? [])].map(([id, label]) => [hashed(id), label]));
  }

  /** Decisions whose outcome differs, so far. */
  get changed(): number {
    return this.#tally.changed;
  }

  /** Takes in a batch; batches come in the order of the log. */
  take(batch: Batch): void {
    const { from } = this.#options;
    for (const item of itemsOf(batch, this.#ids)) {
      if (item.kind === "change") this.#change(item);
      else if (item.kind === "lost") this.#coverage.unreadable += item.index >= from ? 1 : 0;
      else if (item.index < from) this.#recorded(item);
      else this.#decide(item);
    }
  }

  report(): RunReport {
    const { sample } = this.#options;
    const iso = (ms: number): string => new Date(ms).toISOString();
    return {
      ...this.#tally.report(),
      times: this.#decisions === 0 ? null : { first: iso(this.#firstMs), last: iso(this.#lastMs) },
      decisions: this.#decisions,
      coverage: this.#coverage,
      brakes: this.#brakes,
      sample: sample === undefined ? null : this.#sampled.report(sample.byIndex.size + sample.byEvent.size),
    };
  }

  /** A decision before the part that is decided again: its effects are what was recorded. */
  #recorded(item: DecisionItem): void {
    const { actor, decidedAt, type, outcome } = item;
    const effects = this.#effectsOf(item);
    const fired = effects.fired as readonly FiredFact[] as FiredFact[];
    this.#modes.observe(actor, { ...effects, fired, event: { type }, decidedAt });
    this.#engine.count(item, outcome as Outcome, { ...this.#howCounted(item, fired), ...limitsOf(effects) });
    const { standings } = this.#memory;
    const before = standings.get(actor) ?? cleanStanding;
    const record = { outcome: outcome as Outcome, restrictions: effects.restrictions };
    setStanding(standings, actor, standingAfter(before, record, { decidedAt, strikes: effects.strikes }));
  }

  #change({ leaf, part, index }: ChangeItem): void {
    const record = parseLeaf(leaf);
    const { hashing, declared } = this.#options;
    if (record.kind === "release") {
      const declarations = declared(record.release);
      if (declarations !== undefined) {
        this.#modes.adopt(declarations, { release: record.release, by: record.by });
      }
    } else if (record.kind === "list") {
      const change = listChangeOf(record, part, entryHashOf(hashing));
      const origin = { release: record.version, by: record.by };
      if (change !== undefined) this.#modes.listChanged(record.list, change, origin);
    } else if (record.kind === "brake" && part !== undefined) {
      this.#modes.brake(JSON.parse(part) as BrakeFacts, index);
    } else if (record.kind === "confirm") {
      this.#modes.confirm(record.of);
    }
  }

  #decide(item: DecisionItem): void {
    const { actor, decidedAt, decidedAtMs, type, keys, outcome, index } = item;
    this.#decisions += 1;
    this.#coverage[item.covered] += 1;
    this.#firstMs = Math.min(this.#firstMs, decidedAtMs);
    this.#lastMs = Math.max(this.#lastMs, decidedAtMs);
    if (this.#decisions === 1) this.#begin();
    if (item.covered === "gone") {
      // It happened: what is known of where it was counted is counted.
      this.#engine.count(item, outcome as Outcome, this.#howCounted(item, []));
      return;
    }
    const judged = this.#engine.judge({
      type,
      actor,
      decidedAt,
      decidedAtMs,
      keys,
      evaluate: (memory, lists) => this.#evaluate(item, memory, lists),
    });
    for (const facts of this.#modes.takeTrips()) {
      this.#modes.brake(facts);
      const { key, cap, hits, events } = facts;
      if (this.#brakes.length < brakesNamedMax) this.#brakes.push({ index, key, cap, hits, events });
    }
    const { conclusion } = judged;
    const after: Side = {
      outcome: conclusion.outcome,
      fired: conclusion.facts.fired,
      strikes: conclusion.facts.strikes,
      restrictions: conclusion.restrictions,
      shadowed: conclusion.facts.shadowed,
    };
    this.#compare(item, after);
  }

  #compare(item: DecisionItem, after: Side): void {
    const { index, decidedAt, actor, outcome, eventHash } = item;
    const effects = this.#effectsOf(item);
    const before: Side = { ...effects, outcome: outcome as Outcome };
    const compared: Compared = { index, decidedAt, actor, before, after };
    this.#tally.add(compared);
    this.#options.onCompared?.(compared);
    const label = this.#options.sample?.byIndex.get(index) ?? this.#labels.get(eventHash);
    if (label === undefined) return;
    const step = outcomes.indexOf(after.outcome) - outcomes.indexOf(before.outcome);
    this.#sampled.add(label, before, after, step === 0 ? undefined : step > 0 ? "stricter" : "milder");
  }

  /** What was taken in before belongs to other releases; from now on the candidate decides. */
  #begin(): void {
    const { candidate } = this.#options;
    this.#modes.adopt(releaseDeclarations(candidate), { release: candidate.id, by: "backtest" });
  }

  #howCounted(
    { decidedAt, keys: { uncounted } }: DecisionItem,
    fired: FiredFact[],
  ): Pick<CountedFacts, "decidedAt" | "uncounted" | "fired"> {
    return { decidedAt, fired, ...(uncounted.length > 0 && { uncounted: [...uncounted] }) };
  }

  #evaluate(item: DecisionItem, memory: MemoryRead, lists: ReadonlyMap<string, ListView>): Evaluation {
    const { candidate, hashing } = this.#options;
    const { type, event, prepared, decidedAt, decidedAtMs } = item;
    const preparation = this.#preparationOf(type);
    const isHeld = lists !== candidate.lists;
    if (event !== undefined && (isHeld || preparation?.needsEvent === true)) {
      const { event: asked, lookups, reports, counters: read } = JSON.parse(event) as AskedAgain;
      const input = eventInput(asked, decidedAt, hashing, { ...candidate, lists });
      const counters = new Map([...read, ...memory.counters]);
      return evaluate(candidate.policies, { ...input, ...memory, counters, lookups, reports });
    }
    if (preparation === undefined || prepared === undefined) {
      const nothing = { op: "", decidedAt: decidedAtMs, actor: { id: "" }, signals: {} };
      return evaluate(candidate.policies, { type, ...nothing, ...memory });
    }
    return preparation.evaluate(prepared, memory, decidedAtMs);
  }

  #preparationOf(type: string): Preparation | undefined {
    let preparation = this.#preparations.get(type);
    if (preparation === undefined) {
      preparation = prepareType(this.#options.candidate.policies, type, this.#known);
      // Types come from outside: what no policy is about isn't remembered.
      if (preparation !== undefined) this.#preparations.set(type, preparation);
    }
    return preparation;
  }

  #effectsOf({ effects: text }: DecisionItem): RecordedEffects {
    let effects = this.#effects.get(text);
    if (effects === undefined) {
      effects = readEffects(text);
      if (this.#effects.size >= effectsCachedMax) this.#effects.clear();
      this.#effects.set(text, effects);
    }
    return effects;
  }
}

function limitsOf({ shadowLimits }: RecordedEffects): Pick<RecordedEffects, "shadowLimits"> {
  return shadowLimits === undefined ? {} : { shadowLimits };
}
