// SPDX-License-Identifier: Apache-2.0
// Evaluation in two steps. Most of what conditions read is known of an event by itself: its text, its
// signals, the lists. What earlier events left (counters, limits, standing) is known only in its turn, but
// for counters whose recorded values hold. The first step can be done for many events at once, from the event
// or from recorded facts; the second is quick. Together they say what `evaluate` says, without the values of
// traces.
import { conclude, nothingBut } from "./conclude.ts";
import { isFalse, isMissing, isTrue } from "./condition/condition.ts";
import type { Clause } from "./condition/condition.ts";
import { isProbe } from "./condition/entries.ts";
import type { FieldSlot, Typed } from "./condition/typed.ts";
import { showType } from "./condition/types.ts";
import type { Value } from "./condition/types.ts";
import { asksSame } from "./lookup-reads.ts";
import type { Plan, PolicySet, SlotReader } from "./program.ts";
import { createPicker, createSteps } from "./steps.ts";
import type { PickedValue, Picker, Steps } from "./steps.ts";
import type { Evaluation, EvaluationInput, Facts, ListHit } from "./types.ts";

/** What is known of an event before its turn. Plain data, which threads can hand on. */
export type PreparedEvent = {
  /**
   * What the clauses of its plan came to, from the first's place; those over memory aren't known yet. Nothing
   * if that is enough to know that no rule fires and none is missing a value. Good until the next event is
   * prepared.
   */
  readonly results: Uint8Array;
  /** Values of the fields that clauses over memory read besides it, in the order of the plan. */
  readonly values: readonly unknown[];
  /** The entries that clauses found in lists, by the clauses' places. */
  readonly hits: readonly PreparedHit[];
};

/** An entry that a clause found. */
export type PreparedHit = ListHit & { readonly place: number };

/** What earlier events left, as one event reads it. */
export type MemoryRead = Pick<
  EvaluationInput,
  "campaign" | "counters" | "limits" | "shadowLimits" | "standing" | "held"
>;

/** Where the results of a plan's recorded clauses stand in the facts of other policies. */
export type FactsSource = {
  /** For each recorded clause that isn't over memory, its place. */
  readonly places: Uint32Array;
  /** Where its result stands among the facts' letters. */
  readonly letters: Uint32Array;
  /** When it matters which entries it found, which isn't in facts: {@link never}, … */
  readonly hits: Uint8Array;
};

const never = 0;
const ifTrue = 1;
const always = 2;

/** What facts hold of an event by itself; `op` is the event's, where that isn't among the values. */
export type RecordedEvent = Pick<Facts, "values" | "clauses"> & {
  readonly op?: string;
  /** By the names of {@link KnownCounters}. */
  readonly counters?: Readonly<Record<string, number>>;
};

type Placed = { readonly clause: Clause; readonly place: number };

/**
 * Counters whose values are known before an event's turn: by their ids, under what names facts have them.
 * What counters count doesn't depend on what is decided, so what was read live is what would be read again.
 */
export type KnownCounters = ReadonlyMap<string, string>;

const noCounters: KnownCounters = new Map();

/** The evaluation of one type of event, in two steps. */
export type Preparation = {
  /** Whether a clause asks a list and memory together: then nothing but the whole event will do. */
  readonly needsEvent: boolean;
  /** Whether any clause asks a list. */
  readonly asksLists: boolean;
  /** The first step, from the event. Limits, standing and counters that aren't known aren't read. */
  readonly fromEvent: (input: EvaluationInput) => PreparedEvent;
  /**
   * The first step, from recorded facts.
   *
   * @param source says where the clauses' results stand
   * @param withoutHits whether it will do without the entries that clauses found
   * @returns `undefined` if it matters which entries a clause found: facts don't say
   */
  readonly fromFacts: (
    facts: RecordedEvent,
    source: FactsSource,
    withoutHits?: boolean,
  ) => PreparedEvent | undefined;
  /** The second step. */
  readonly evaluate: (prepared: PreparedEvent, memory: MemoryRead, decidedAt: number) => Evaluation;
};

/**
 * Prepares the evaluation of a type of event; `undefined` if no policy is about it.
 *
 * @param known counters whose values the first step is given; both steps must be made with the same
 */
export function prepareType(
  set: PolicySet,
  type: string,
  known: KnownCounters = noCounters,
): Preparation | undefined {
  const plan = set.program.plans.get(type);
  if (plan === undefined) return undefined;
  const parts = partsOf(set, plan, type, known);
  const listClauses = parts.before.filter(({ clause }) => clause.asksLists);
  return {
    needsEvent: parts.after.some(({ clause }) => clause.asksLists),
    asksLists: [...parts.before, ...parts.after].some(({ clause }) => clause.asksLists),
    fromEvent: (input) => fromEvent(set, plan, parts, listClauses, input),
    fromFacts: (facts, source, withoutHits = false) =>
      fromFacts(set, plan, parts, facts, source, withoutHits),
    evaluate: (prepared, memory, decidedAt) =>
      evaluate(set, plan, parts, prepared, memory, { type, decidedAt }),
  };
}

/**
 * Where a type's clauses and values stand in facts that were recorded under other policies.
 *
 * @param sameList whether a list is the same one, in the same version, there
 * @param sameModel likewise of a model, which the other policies read too
 * @param known counters whose recorded values hold
 * @returns `undefined` if the facts lack anything that the candidate reads
 */
export function factsSource(
  candidate: PolicySet,
  recorded: PolicySet,
  type: string,
  sameList: (name: string) => boolean,
  sameModel: (name: string) => boolean = () => false,
  known: KnownCounters = noCounters,
): FactsSource | undefined {
  const [plan, other] = [candidate.program.plans.get(type), recorded.program.plans.get(type)];
  if (plan === undefined || other === undefined) return undefined;
  const read = new Map(other.readers.map((reader) => [reader.path, showType(reader.type)]));
  const { before, after, valueReaders } = kindsOf(plan, known);
  // A clause over memory is run in its turn: what it reads of a person is nowhere in facts.
  if (after.some(({ clause }) => clause.recorded)) return undefined;
  for (const { path, personal, type: own } of valueReaders) {
    if (personal || alwaysRecorded.test(path)) continue;
    // What another model said says nothing of this one.
    const [group, model = ""] = path.split(".");
    if (group === "models") {
      if (readsModel(other, model) && sameModel(model)) continue;
      return undefined;
    }
    if (group === "lookups") {
      if (asksSame(candidate, recorded, type, model)) continue;
      return undefined;
    }
    if (read.get(path) !== showType(own)) return undefined;
  }
  const letters = new Map(
    placedClauses(other)
      .filter(({ clause }) => clause.recorded)
      .map(({ clause }, letter) => [meaningOf(clause, other), letter]),
  );
  const places: number[] = [];
  const found: number[] = [];
  const hits: number[] = [];
  const conjuncts = conjunctsOf(plan);
  for (const { clause, place } of before) {
    if (!clause.recorded) continue;
    const letter = letters.get(meaningOf(clause, plan));
    const lists = clause.fields.filter(({ path }) => path.startsWith(listPrefix));
    if (letter === undefined || !lists.every(({ path }) => sameList(path.slice(listPrefix.length)))) {
      return undefined;
    }
    places.push(place);
    found.push(letter);
    hits.push(hitsNeeded(clause, conjuncts.get(place)));
  }
  return { places: Uint32Array.from(places), letters: Uint32Array.from(found), hits: Uint8Array.from(hits) };
}

function readsModel({ readers }: Plan, name: string): boolean {
  return readers.some(({ path }) => path.startsWith(`models.${name}.`));
}

const listPrefix = "lists.";
/** What facts hold whoever reads it: the event's kind, and signals that are not personal. */
const alwaysRecorded = /^(event\.(type|op)|signals\.\w+)$/;

/** What of a plan is known before an event's turn. */
type Kinds = {
  readonly before: readonly Placed[];
  /** Clauses that read memory. */
  readonly after: readonly Placed[];
  readonly isMemory: (reader: SlotReader) => boolean;
  readonly valueReaders: readonly SlotReader[];
};

type Parts = Kinds & {
  /** The type of event. */
  readonly type: string;
  /** The plan's clauses have places from `first` to before `end`. */
  readonly first: number;
  readonly end: number;
  readonly memorySteps: Steps;
  /** Slots of the fields besides memory that clauses over memory read. */
  readonly slots: readonly number[];
  /** Read what facts have: values, counters that are known, and what is known of the event itself. */
  readonly pickValues: Picker;
  readonly pickCounters: Picker;
  readonly pickEvent: Picker;
  /** The results of the event that was prepared last. */
  readonly results: Uint8Array;
  /** Of each rule, as `policy/rule`: the places of its clauses. */
  readonly rules: ReadonlyMap<string, { readonly first: number; readonly end: number }>;
};

function kindsOf(plan: Plan, known: KnownCounters): Kinds {
  const isMemory = ({ source, path }: SlotReader): boolean => {
    if (source.kind === "counter") return !known.has(source.id);
    return source.kind === "limit" || path.startsWith("standing.") || path.startsWith("campaign.");
  };
  const memory = new Set(plan.readers.filter(isMemory).map(({ slot }) => slot));
  const readsMemory = ({ clause }: Placed): boolean => clause.fields.some(({ slot }) => memory.has(slot));
  const clauses = placedClauses(plan);
  return {
    before: clauses.filter((each) => !readsMemory(each)),
    after: clauses.filter(readsMemory),
    isMemory,
    valueReaders: plan.readers.filter((reader) => reader.source.kind === "value" && !isMemory(reader)),
  };
}

function partsOf({ program }: PolicySet, plan: Plan, type: string, known: KnownCounters): Parts {
  const kinds = kindsOf(plan, known);
  const { after, isMemory, valueReaders } = kinds;
  const memoryReaders = plan.readers.filter(isMemory);
  const memory = new Set(memoryReaders.map(({ slot }) => slot));
  const besides = new Set(
    after.flatMap(({ clause }) => clause.fields.filter(({ slot }) => !memory.has(slot)).map(slotOf)),
  );
  const conditions = after.map(({ clause, place }) => ({
    condition: { clauses: [clause] } as unknown as Plan["conditions"][number]["condition"],
    firstClause: place,
  }));
  const compiled = plan.policies.flatMap(({ rules }) => rules);
  const places = placedClauses(plan).map(({ place }) => place);
  const first = Math.min(...places);
  const end = Math.max(-1, ...places) + 1;
  const open = valueReaders.filter(({ personal }) => !personal);
  const isEvents = ({ path }: SlotReader): boolean => path === "event.type" || path === "event.op";
  const picked = (reader: SlotReader): PickedValue => ({ ...reader, key: reader.path });
  return {
    ...kinds,
    type,
    first,
    end,
    results: program.scratch.results.subarray(first, Math.max(first, end)),
    memorySteps: createSteps(memoryReaders, conditions, []),
    slots: [...besides],
    // Each path has a dot, which no name that all objects have has.
    pickValues: createPicker(open.filter((reader) => !isEvents(reader)).map(picked)),
    pickCounters: createPicker(
      plan.readers.flatMap((reader) => {
        const key = reader.source.kind === "counter" ? known.get(reader.source.id) : undefined;
        return key === undefined ? [] : [{ ...reader, key }];
      }),
    ),
    pickEvent: createPicker(open.filter(isEvents).map(picked)),
    rules: new Map(
      compiled.map(({ key, firstClause, condition }) => [
        key,
        { first: firstClause, end: firstClause + condition.clauses.length },
      ]),
    ),
  };
}

function placedClauses(plan: Plan): Placed[] {
  return plan.conditions.flatMap(({ condition, firstClause }) =>
    condition.clauses.map((clause, index) => ({ clause, place: firstClause + index })),
  );
}

function slotOf({ slot }: FieldSlot): number {
  return slot;
}

/** Equal for clauses of different policies that say the same of the same fields. */
function meaningOf(clause: Clause, { readers }: Plan): string {
  const sources = new Map(readers.map(({ slot, source }) => [slot, source]));
  const fields = clause.fields.map(({ path, slot, type }) => {
    const source = sources.get(slot);
    return [path, showType(type), source !== undefined && "id" in source ? source.id : ""];
  });
  return JSON.stringify([clause.text, fields]);
}

function fromEvent(
  set: PolicySet,
  plan: Plan,
  parts: Parts,
  listClauses: readonly Placed[],
  input: EvaluationInput,
): PreparedEvent {
  const { slots } = parts;
  const { frame, results } = set.program.scratch;
  plan.steps.read(input, frame);
  const probes =
    listClauses.length === 0 ? [] : frame.filter((value) => value !== undefined && isProbe(value));
  for (const probe of probes) if (isProbe(probe)) probe.found = new Set();
  plan.steps.run(frame, results);
  const hits: PreparedHit[] = [];
  if (probes.some((probe) => isProbe(probe) && (probe.found?.size ?? 0) > 0)) {
    for (const { clause, place } of listClauses) hits.push(...foundBy(clause, place, frame));
  }
  const values = slots.map((slot) => frame[slot]);
  for (let slot = 0; slot < frame.length; slot++) frame[slot] = undefined;
  return { results: resultsOf(set, plan, parts), values, hits };
}

/** The results that the second step needs: none where all is known, and comes to nothing. */
function resultsOf({ program }: PolicySet, { steps }: Plan, { after, results }: Parts): Uint8Array {
  const { scratch } = program;
  return after.length === 0 && !steps.decide(scratch.results, scratch.verdicts) ? noResults : results;
}

const noResults = new Uint8Array(0);

/** The entries that a clause finds: it is run once more by itself. */
function foundBy(clause: Clause, place: number, frame: Value[]): PreparedHit[] {
  const hits: PreparedHit[] = [];
  const lists = clause.fields.filter(({ path }) => path.startsWith(listPrefix));
  for (const { slot } of lists) {
    const probe = frame[slot];
    if (isProbe(probe)) probe.found = new Set();
  }
  clause.run(frame);
  for (const { path, slot } of lists) {
    const probe = frame[slot];
    if (!isProbe(probe)) continue;
    const list = path.slice(listPrefix.length);
    for (const entry of probe.found ?? []) hits.push({ place, list, entry });
  }
  return hits;
}

/** By the code of their letter. */
const truths: readonly (number | undefined)[] = lettersByCode();

function lettersByCode(): (number | undefined)[] {
  const byCode: (number | undefined)[] = Array.from({ length: 128 }, () => undefined);
  for (const [letter, truth] of [
    ["t", isTrue],
    ["f", isFalse],
    ["m", isMissing],
  ] as const) {
    byCode[letter.charCodeAt(0)] = truth;
  }
  return byCode;
}

/** Clauses that found nothing if they are false. */
const presence =
  /^[\w.]+ in lists\.\w+$|\.exists\((\w+), \1 in lists\.\w+\)$|^lists\.\w+\.hits\([\w.]+\)\.size\(\) > 0$/;

function fromFacts(
  set: PolicySet,
  plan: Plan,
  parts: Parts,
  { values: recorded, clauses, op, counters }: RecordedEvent,
  { places, letters, hits }: FactsSource,
  withoutHits: boolean,
): PreparedEvent | undefined {
  const { type, slots } = parts;
  const { frame, results } = set.program.scratch;
  parts.pickValues(recorded, frame);
  parts.pickCounters(counters ?? nothing, frame);
  parts.pickEvent({ "event.type": type, "event.op": op ?? recorded["event.op"] }, frame);
  plan.steps.runUnrecorded(frame, results);
  const values = slots.map((slot) => frame[slot]);
  for (let slot = 0; slot < frame.length; slot++) frame[slot] = undefined;
  for (let index = 0; index < places.length; index++) {
    const truth = truths[clauses.charCodeAt(letters[index] as number)];
    if (truth === undefined) return undefined;
    const needed = withoutHits ? never : hits[index];
    if (needed !== never && (needed === always || truth === isTrue)) return undefined;
    results[places[index] as number] = truth;
  }
  return { results: resultsOf(set, plan, parts), values, hits: noHits };
}

/**
 * Entries that a clause found matter where its rule fires: of one that the rule can't fire without, if it is
 * true; of another, unless it tells of any entry by being true. Those of exemptions never do.
 */
function hitsNeeded({ asksLists, text }: Clause, isNeeded: boolean | undefined): number {
  if (!asksLists || isNeeded === undefined) return never;
  return isNeeded || presence.test(text) ? ifTrue : always;
}

/** For each clause of a rule, by its place: whether the rule can fire without it. */
function conjunctsOf(plan: Plan): Map<number, boolean> {
  const found = new Map<number, boolean>();
  for (const { condition, firstClause } of plan.policies.flatMap(({ rules }) => rules)) {
    let place = firstClause;
    const visit = (typed: Typed, isNeeded: boolean): void => {
      if (typed.kind === "not") visit(typed.operand, false);
      else if (typed.kind === "logic") {
        for (const operand of typed.operands) visit(operand, isNeeded && typed.operator === "&&");
      } else found.set(place++, isNeeded);
    };
    visit(condition.typed, true);
  }
  return found;
}

const noHits: readonly never[] = [];
const nothing: Readonly<Record<string, number>> = {};

const nobody = { id: "" };
const noSignals = {};

function evaluate(
  set: PolicySet,
  plan: Plan,
  { first, after, memorySteps, slots, rules }: Parts,
  prepared: PreparedEvent,
  memory: MemoryRead,
  { type, decidedAt }: { type: string; decidedAt: number },
): Evaluation {
  const { scratch } = set.program;
  const { frame, results } = scratch;
  if (after.length === 0) {
    if (prepared.results.length === 0) return nothingBut("");
    results.set(prepared.results, first);
    return withHits(conclude(plan, frame, scratch, memory.held, decidedAt, ""), prepared.hits, rules);
  }
  results.set(prepared.results, first);
  for (let index = 0; index < slots.length; index++) {
    frame[slots[index] as number] = prepared.values[index] as Value;
  }
  const { campaign, counters, limits, shadowLimits, standing, held } = memory;
  // Each key by itself: spreading takes longer than what follows.
  const input: EvaluationInput = {
    type,
    op: "",
    decidedAt,
    actor: nobody,
    signals: noSignals,
    campaign,
    counters,
    limits,
    shadowLimits,
    standing,
    held,
  };
  memorySteps.read(input, frame);
  memorySteps.run(frame, results);
  const evaluation = conclude(plan, frame, scratch, memory.held, decidedAt, "");
  for (let slot = 0; slot < frame.length; slot++) frame[slot] = undefined;
  return withHits(evaluation, prepared.hits, rules);
}

/** With the entries that the clauses of the rules that fired found. */
function withHits(evaluation: Evaluation, hits: readonly PreparedHit[], rules: Parts["rules"]): Evaluation {
  if (hits.length === 0) return evaluation;
  const found = new Map<string, ListHit>();
  for (const { policy, rule } of [...evaluation.rules, ...evaluation.shadow]) {
    const places = rules.get(`${policy}/${rule}`);
    if (places === undefined) continue;
    for (const { place, list, entry } of hits) {
      if (place >= places.first && place < places.end) found.set(`${list}\n${entry}`, { list, entry });
    }
  }
  return { ...evaluation, hits: [...found.values()] };
}
