// SPDX-License-Identifier: Apache-2.0
// What the engine needs of a release for one type of event, made ready: the policies about it, where it is
// counted, and what of its values is recorded.
import { lookupFacts, modelFacts, recordedFields, signalDefinitions } from "@docket/policy";
import type { EvaluationInput, Policy, PolicySet, RecordedFields } from "@docket/policy";
import type { Facts, FactValue } from "@docket/protocol";
import type { CellHash } from "../counters/cell-hash.ts";
import type { CounterKey, CounterState, Undo } from "../counters/counters.ts";
import type { KeyHash } from "../counters/key-hash.ts";
import type { LimitState } from "../counters/limits.ts";
import { copyName, countedKeys, heldRefusals } from "./counting.ts";
import type { CountedFacts, CounterMemory, Declared, EventKeys } from "./counting.ts";
import { campaignKeys, campaignPath, Plan, shapeOf } from "./key-plan.ts";
import type { PlannedCounter, PlannedLimit } from "./key-plan.ts";
import { unpackKeys } from "./packed-keys.ts";
import type { PackedKeys } from "./packed-keys.ts";
import { ValueShapes } from "./value-shapes.ts";

/** What memory says of an event: for its conditions by declaration, for its facts by hash. */
export type EventMemory = {
  /** Good until the next event. */
  readonly counters: ReadonlyMap<string, number>;
  /** Likewise. */
  readonly limits: ReadonlyMap<string, number>;
  readonly shadowLimits: ReadonlyMap<string, number>;
  readonly counterFacts: Record<string, number>;
  /** `undefined` for none. */
  readonly limitFacts: Record<string, number> | undefined;
  readonly shadowLimitFacts: Record<string, number> | undefined;
};

const openSignals: readonly (readonly [name: string, path: string])[] = signalDefinitions
  .filter((signal) => !signal.personal)
  .map(({ name }) => [name, `signals.${name}`]);
const openSignalPaths: ReadonlySet<string> = new Set(openSignals.map(([, path]) => path));
const noValues: ReadonlyMap<string, number> = new Map();

/** What of facts says how an event is counted whose keys are known. */
export type HowCounted = Pick<CountedFacts, "uncounted" | "fired" | "shadowLimits">;

type ReadCounter = {
  readonly planned: PlannedCounter;
  state: CounterState | undefined;
  /** The value that was read last. */
  value: number | undefined;
};

/** All of it for one type. It holds one event at a time: read it, then count it or leave it. */
export class EventPlan {
  /** The policies about such events. */
  readonly policies: readonly Policy[];
  /** Whether a condition reads what users reported. */
  readonly readsReports: boolean;
  readonly #memory: CounterMemory;
  readonly #keys: Plan;
  readonly #counters: readonly ReadCounter[];
  readonly #limits: readonly { readonly planned: PlannedLimit; state: LimitState | undefined }[];
  readonly #values: RecordedFields["values"];
  /** What was found of an event, in the order of the shapes' keys. */
  readonly #found: (FactValue | undefined)[] = [];
  readonly #shapes: ValueShapes;
  readonly #holdable: readonly string[];
  readonly #counterShape: Record<string, number>;
  readonly #counterValues = new Map<string, number>();
  readonly #limitValues = new Map<string, number>();
  /** What the campaign of the event was found by that was asked for last. */
  #campaignKeys: readonly CounterKey[] = [];
  #generations = -1;

  constructor(type: string, policies: PolicySet, declared: Declared, memory: CounterMemory) {
    this.policies = policies.policies.filter((policy) => policy.on.includes(type));
    this.#memory = memory;
    this.#keys = new Plan(declared, policies, type);
    this.#counters = this.#keys.counters.map((planned) => ({ planned, state: undefined, value: undefined }));
    this.#limits = this.#keys.limits.map((planned) => ({ planned, state: undefined }));
    this.#counterShape = shapeOf(
      this.#counters.map(({ planned }) => planned.id),
      0,
    );
    const { values, holdable } = recordedFields(policies, type);
    this.#values = values.filter(({ path }) => !openSignalPaths.has(path));
    this.#shapes = new ValueShapes([
      ...this.#values.map(({ path }) => path),
      campaignPath,
      ...openSignals.map(([, path]) => path),
    ]);
    this.#holdable = holdable;
    this.readsReports = values.some(({ path }) => path.startsWith("reports."));
  }

  /** Whether anything is said or counted of such events. */
  get isEmpty(): boolean {
    const { groups, campaigns } = this.#keys;
    return this.policies.length === 0 && groups.length === 0 && campaigns === undefined;
  }

  /** The campaign that an event belongs to, to be asked for before its keys. */
  campaign({ signals }: EvaluationInput, actor: string, decidedAtMs: number): string | undefined {
    const { campaigns } = this.#keys;
    if (campaigns === undefined) return undefined;
    this.#campaignKeys = countedKeys(campaignKeys(signals), actor);
    return this.#memory.counters.campaign(campaigns, this.#campaignKeys, decidedAtMs);
  }

  /** The keys of an event. */
  keys(input: EvaluationInput, cellHash: CellHash): EventKeys {
    return this.#keys.read(input, cellHash);
  }

  /** Takes the keys of an event that was looked at elsewhere, hashed, in place of {@link EventPlan.keys}. */
  take(packed: PackedKeys): void {
    unpackKeys(this.#keys.groups, packed);
  }

  /** Reads all counters and limits under the keys that were read last. */
  read(actor: string, decidedAtMs: number, held: EvaluationInput["held"]): EventMemory {
    this.#keys.hash(actor);
    const isWhole = this.#readCounters(decidedAtMs);
    const counterFacts: Record<string, number> = isWhole ? { ...this.#counterShape } : {};
    for (const { planned, value } of this.#counters)
      if (value !== undefined) counterFacts[planned.id] = value;
    const counters = this.#counterValues;
    if (this.#limits.length === 0) return { counters, counterFacts, ...noLimits };
    return { counters, counterFacts, ...this.#readLimits(decidedAtMs, held) };
  }

  /** Likewise under the keys that were taken, without what facts say of counters. */
  readTaken(decidedAtMs: number, held: EvaluationInput["held"]): Omit<EventMemory, "counterFacts"> {
    this.#readCounters(decidedAtMs);
    const counters = this.#counterValues;
    if (this.#limits.length === 0) return { counters, ...noLimits };
    return { counters, ...this.#readLimits(decidedAtMs, held) };
  }

  /** Whether all counters have a value. */
  #readCounters(decidedAtMs: number): boolean {
    this.#bind();
    const { counters } = this.#memory;
    const byDeclaration = this.#counterValues;
    let isWhole = true;
    for (const each of this.#counters) {
      const { planned, state } = each;
      const { counter, group } = planned;
      const value =
        group.recorded === undefined || state === undefined
          ? undefined
          : counters.readHashed(state, group, decidedAtMs);
      if (value === undefined) isWhole = false;
      if (value === each.value) continue;
      each.value = value;
      if (value === undefined) byDeclaration.delete(counter.id);
      else byDeclaration.set(counter.id, value);
    }
    return isWhole;
  }

  /**
   * Counts the event that was read last, as `countDecision` does from its facts. What takes that back is put
   * behind `undos`, in order; without them nothing is kept for it.
   */
  count(passed: boolean, facts: HowCounted, decidedAtMs: number, undos: Undo[] | undefined): void {
    this.#bind();
    const { counters, limits } = this.#memory;
    const { uncounted } = facts;
    for (const { planned, state } of this.#counters) {
      if (state === undefined || planned.group.recorded === undefined) continue;
      if (uncounted?.includes(planned.id) === true) continue;
      counters.addHashed(state, planned.group, decidedAtMs, undos);
    }
    if (this.#keys.campaigns !== undefined) {
      const undo = counters.add(this.#keys.campaigns, this.#campaignKeys, decidedAtMs);
      undos?.push(undo);
    }
    if (!passed) return;
    for (const { planned, state } of this.#limits) {
      const { group, id } = planned;
      if (state === undefined || group.recorded === undefined || uncounted?.includes(id) === true) continue;
      const refusedBy = heldRefusals(id, facts);
      for (let at = 0; at < group.keys; at++) {
        limits.consumeHashed(state, group.hashes[at] as KeyHash, decidedAtMs, refusedBy, undos);
      }
    }
  }

  /** What facts record of an event's values: what conditions read, and every signal that is not personal. */
  values(input: EvaluationInput): Facts["values"] {
    const { signals, campaign } = input;
    const found = this.#found;
    let place = 0;
    for (const { read } of this.#values) found[place++] = read(input);
    found[place++] = campaign;
    for (const [name] of openSignals) found[place++] = signals[name] as FactValue | undefined;
    const values = this.#shapes.fill(found);
    if (input.models !== undefined)
      for (const [path, value] of modelFacts(input.models)) values[path] = value;
    if (input.lookups !== undefined)
      for (const [path, value] of lookupFacts(input.lookups)) values[path] = value as FactValue;
    return values;
  }

  /** What facts record of what is held back; `undefined` for nothing. */
  held(held: EvaluationInput["held"]): Record<string, string> | undefined {
    if (held === undefined || held.size === 0) return undefined;
    let found: Record<string, string> | undefined;
    for (const key of this.#holdable) {
      const why = held.get(key);
      if (why !== undefined) (found ??= {})[key] = why;
    }
    return found;
  }

  #readLimits(
    decidedAtMs: number,
    held: EvaluationInput["held"],
  ): Omit<EventMemory, "counters" | "counterFacts"> {
    const { limits } = this.#memory;
    const byDeclaration = this.#limitValues;
    const shadowLimits = new Map<string, number>();
    let limitFacts: Record<string, number> | undefined;
    let shadowLimitFacts: Record<string, number> | undefined;
    for (const { planned, state } of this.#limits) {
      const { limit, id, readers, group } = planned;
      if (state === undefined || group.recorded === undefined) {
        byDeclaration.delete(limit.id);
        continue;
      }
      let wait = 0;
      for (let at = 0; at < group.keys; at++) {
        wait = Math.max(wait, limits.waitHashed(state, group.hashes[at] as KeyHash, decidedAtMs));
      }
      byDeclaration.set(limit.id, wait);
      (limitFacts ??= {})[id] = wait;
      for (const { rule, shadow } of readers) {
        if (!shadow && held?.has(rule) !== true) continue;
        let copy = 0;
        for (let at = 0; at < group.keys; at++) {
          copy = Math.max(copy, limits.waitHashed(state, group.hashes[at] as KeyHash, decidedAtMs, rule));
        }
        shadowLimits.set(`${limit.id}\n${rule}`, copy);
        (shadowLimitFacts ??= {})[copyName(id, rule)] = copy;
      }
    }
    return { limits: byDeclaration, shadowLimits, limitFacts, shadowLimitFacts };
  }

  // Memory may hold others since a release was adopted or a counter became warm.
  #bind(): void {
    const { counters, limits } = this.#memory;
    const generations = counters.generation + limits.generation;
    if (this.#generations === generations) return;
    this.#generations = generations;
    for (const each of this.#counters) each.state = counters.stateOf(each.planned.id);
    for (const each of this.#limits) each.state = limits.stateOf(each.planned.id);
  }
}

const noLimits: Omit<EventMemory, "counters" | "counterFacts"> = {
  limits: noValues,
  shadowLimits: noValues,
  limitFacts: undefined,
  shadowLimitFacts: undefined,
};
