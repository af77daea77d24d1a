// SPDX-License-Identifier: Apache-2.0
// Evaluation: from an event and its facts to what the policies say of it, total and without side effects; and
// the same again from the recorded facts, where the clauses over personal data and lists bring their results
// along.
import { isFalse, isMissing, isTrue } from "./condition/condition.ts";
import type { Truth } from "./condition/condition.ts";
import type { Frame } from "./condition/compile.ts";
import type { Value } from "./condition/types.ts";
import { conclude, concludeVerdicts, nothingBut, nothingSaid } from "./conclude.ts";
import { acceptValue, attributeField, builtinFields, campaignIdField, eventField } from "./environment.ts";
import type { FieldDeclaration } from "./environment.ts";
import { PolicyError } from "./errors.ts";
import type { Plan, PolicySet, SlotReader, Waits } from "./program.ts";
import { lettersOf } from "./letters.ts";
import { clausesOf, generalTracer } from "./trace.ts";
import { outcomes } from "./types.ts";
import type {
  ClauseTrace,
  Evaluation,
  EvaluationInput,
  Facts,
  FieldPath,
  FieldValue,
  Outcome,
} from "./types.ts";

/** Decides an event. Never throws, whatever values the input holds. */
export function evaluate(set: PolicySet, input: EvaluationInput): Evaluation {
  const plan = set.program.plans.get(input.type);
  if (plan === undefined) return nothingSaid;
  const { frame, results } = set.program.scratch;
  const { whole, recorded } = plan.steps;
  let evaluation: Evaluation;
  if (whole === undefined) {
    run(plan, input, frame, results);
    const clauses = lettersOf(results, recorded);
    evaluation = conclude(plan, frame, set.program.scratch, input.held, input.decidedAt, clauses);
  } else {
    const { scratch } = set.program;
    const clauses = whole(input, scratch);
    if (!scratch.fires) return nothingBut(clauses);
    evaluation = concludeVerdicts(plan, frame, scratch, input.held, input.decidedAt, clauses);
  }
  // A loop, since `fill` takes longer for so few. Nothing personal stays behind.
  for (let slot = 0; slot < frame.length; slot++) frame[slot] = undefined;
  return evaluation;
}

/**
 * What an event's decision read, without anything personal: with it, `evaluateFromFacts` decides the same
 * again.
 *
 * @param clauses `Evaluation.clauses` of the decision
 */
export function factsOf(set: PolicySet, input: EvaluationInput, clauses: string): Facts {
  const values: Record<FieldPath, FieldValue> = {};
  const counters: Record<string, number> = {};
  const limits: Record<string, number> = {};
  const shadowLimits: Record<string, number> = {};
  const held: Record<string, string> = {};
  const plan = set.program.plans.get(input.type);
  for (const { path, personal, source, read } of plan?.readers ?? []) {
    if (source.kind === "limit") {
      record(limits, source.id, input.limits?.get(source.id));
      if (source.copy !== undefined) record(shadowLimits, source.copy, input.shadowLimits?.get(source.copy));
      continue;
    }
    const value = personal ? undefined : read(input);
    if (value === undefined) continue;
    if (source.kind === "counter") counters[source.id] = value as number;
    else values[path] = value as FieldValue;
  }
  for (const key of heldKeys(plan, input.held)) held[key] = input.held?.get(key) as string;
  const { type, decidedAt } = input;
  return { type, decidedAt, values, counters, limits, shadowLimits, held, clauses };
}

/**
 * Decides again from recorded facts: the same outcome, rules, missing rules, points and thresholds, and the
 * same trace but for personal values and what was found in lists.
 *
 * @throws {PolicyError} `facts-mismatch` if the facts' clauses aren't those of this set
 */
export function evaluateFromFacts(set: PolicySet, facts: Facts): Evaluation {
  const plan = set.program.plans.get(facts.type);
  const frame = frameOfFacts(set, facts);
  const results = new Uint8Array(set.program.clauses);
  const recorded = plan?.steps.recorded ?? [];
  for (const [index, place] of recorded.entries()) results[place] = recordedTruth(facts.clauses, index);
  if (recorded.length !== facts.clauses.length)
    throw mismatch(`they have ${facts.clauses.length} clauses, the policies ${recorded.length}`);
  if (plan === undefined) return nothingSaid;
  plan.steps.runUnrecorded(frame, results);
  const { held } = waitsOf(facts);
  const { verdicts } = set.program.scratch;
  return conclude(plan, frame, { results, verdicts }, held, facts.decidedAt, facts.clauses);
}

/** The values of recorded facts as conditions read them: what is personal, and lists, are missing. */
export function frameOfFacts(set: PolicySet, facts: Facts): Frame {
  const waits = waitsOf(facts);
  const frame: Frame = Array.from({ length: set.program.slots });
  for (const reader of set.program.plans.get(facts.type)?.readers ?? []) {
    frame[reader.slot] = recordedValue(reader, facts, waits);
  }
  return frame;
}

/**
 * The clauses that made a rule's condition come to what it did, and their values, whether it fires or not:
 * each that alone would have turned it, or all if there is none such.
 */
export function decidingClauses(
  set: PolicySet,
  input: EvaluationInput,
  rule: string,
): readonly ClauseTrace[] {
  const plan = set.program.plans.get(input.type);
  const placed = plan?.policies.flatMap(({ rules }) => rules).find((each) => each.rule.id === rule);
  if (plan === undefined || placed === undefined) return [];
  const frame: Frame = Array.from({ length: set.program.slots });
  const results = new Uint8Array(set.program.clauses);
  run(plan, input, frame, results);
  const { condition, firstClause } = placed;
  const fires = condition.combine(results, firstClause) === isTrue;
  const trace = clausesOf(generalTracer(placed)(frame, results));
  const deciding = trace.filter((_, index) => {
    const turned = Uint8Array.from(results);
    turned[firstClause + index] = results[firstClause + index] === isTrue ? isFalse : isTrue;
    return (condition.combine(turned, firstClause) === isTrue) !== fires;
  });
  return deciding.length === 0 ? trace : deciding;
}

/**
 * The value of a field or signal of an event, by the same rules as in conditions: what a counter counts by.
 *
 * @param set declares the types of `actor.attributes` and of the events' `fields`
 * @returns `undefined` if it is missing or the path is unknown
 */
export function fieldValue(set: PolicySet, input: EvaluationInput, path: FieldPath): FieldValue | undefined {
  return fieldReader(set, input.type, path)?.(input);
}

/**
 * {@link fieldValue} of a path made ready for events of one type.
 *
 * @returns `undefined` if the path is unknown: the value is missing from each of them
 */
export function fieldReader(
  set: PolicySet,
  type: string,
  path: FieldPath,
): ((input: EvaluationInput) => FieldValue | undefined) | undefined {
  const own = path === campaignIdField.path ? campaignIdField : builtinFields.get(path);
  const declaration = own ?? declaredField(set, type, path);
  return declaration?.read as ((input: EvaluationInput) => FieldValue | undefined) | undefined;
}

/** The stricter of two outcomes. */
export function stricterOutcome<T extends Outcome>(a: T, b: T): T {
  return outcomes.indexOf(a) >= outcomes.indexOf(b) ? a : b;
}

const attributePrefix = "actor.attributes.";
const fieldPrefix = "fields.";

function declaredField(set: PolicySet, type: string, path: FieldPath): FieldDeclaration | undefined {
  if (path.startsWith(attributePrefix)) {
    const name = path.slice(attributePrefix.length);
    const declared = set.attributes.get(name);
    return declared && attributeField(name, declared);
  }
  if (!path.startsWith(fieldPrefix)) return undefined;
  const name = path.slice(fieldPrefix.length);
  const declared = set.events.get(type)?.fields.get(name);
  return declared && eventField(name, declared, new Set([type]));
}

/** Reads an event and runs all clauses about it. */
function run(plan: Plan, input: EvaluationInput, frame: Frame, results: Uint8Array): void {
  const { steps } = plan;
  steps.read(input, frame);
  steps.run(frame, results);
}

function record(values: Record<string, number>, key: string, value: number | undefined): void {
  if (Number.isSafeInteger(value)) values[key] = value as number;
}

/** The rules and thresholds of a plan that are held back. */
function heldKeys(plan: Plan | undefined, held: EvaluationInput["held"]): readonly string[] {
  if (held === undefined || held.size === 0) return [];
  const keys = (plan?.policies ?? []).flatMap(({ rules, thresholds }) => [...rules, ...thresholds]);
  return keys.map(({ key }) => key).filter((key) => held.has(key));
}

function waitsOf(facts: Facts): Waits & { held: NonNullable<EvaluationInput["held"]> } {
  const held = new Map<string, "rollout" | "warming" | "brake">();
  for (const [key, why] of Object.entries(facts.held)) {
    if (why !== "rollout" && why !== "warming" && why !== "brake")
      throw mismatch(`${key} is held by "${why}"`);
    held.set(key, why);
  }
  const limits = new Map(Object.entries(facts.limits));
  return { limits, shadowLimits: new Map(Object.entries(facts.shadowLimits)), held };
}

function recordedValue(reader: SlotReader, facts: Facts, waits: Waits): Value {
  const { source, type } = reader;
  switch (source.kind) {
    case "value":
      return reader.personal ? undefined : acceptValue(type, ownValue(facts.values, reader.path));
    case "counter":
      return acceptValue(type, ownValue(facts.counters, source.id));
    case "limit":
      return source.read(waits);
    case "list":
      return undefined;
  }
}

function recordedTruth(clauses: string, index: number): Truth {
  const letter = clauses[index];
  if (letter === "t") return isTrue;
  if (letter === "f") return isFalse;
  if (letter === "m") return isMissing;
  throw mismatch(`clause ${index} is ${letter === undefined ? "absent" : `"${letter}"`}`);
}

function mismatch(what: string): PolicyError {
  return new PolicyError("facts-mismatch", `these facts were not recorded under these policies: ${what}`);
}

/** A name such as `constructor` must not be found on the object's prototype. */
function ownValue(values: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}
