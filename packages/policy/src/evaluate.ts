// SPDX-License-Identifier: Apache-2.0
// Evaluation: from an event and its facts to an outcome, total and without side effects; and the same again
// from the recorded facts, where the clauses over personal data bring their results along.
import { isFalse, isMissing, isTrue } from "./condition/condition.ts";
import type { Truth } from "./condition/condition.ts";
import type { Frame } from "./condition/compile.ts";
import type { FieldSlot } from "./condition/typed.ts";
import type { Value } from "./condition/types.ts";
import { acceptValue, attributeField, builtinFields } from "./environment.ts";
import { PolicyError } from "./errors.ts";
import type { CompiledPolicy, CompiledRule, PolicySet } from "./program.ts";
import { outcomes } from "./types.ts";
import type {
  ClauseTrace,
  Evaluation,
  EvaluationInput,
  Facts,
  FieldPath,
  FieldValue,
  FiredRule,
  FiredThreshold,
  Outcome,
  TraceValue,
} from "./types.ts";

/** Decides an event. Never throws, whatever values the input holds. */
export function evaluate(set: PolicySet, input: EvaluationInput): Evaluation {
  const frame = readFrame(set, input);
  const results = new Uint8Array(set.program.clauses);
  let clauses = "";
  for (const { on, rules } of set.program.policies) {
    if (!on.has(input.type)) continue;
    for (const { condition, firstClause } of rules) {
      let index = firstClause;
      for (const clause of condition.clauses) {
        const result = truthOf(clause.run(frame));
        results[index++] = result;
        if (clause.recorded) clauses += result === isTrue ? "t" : result === isFalse ? "f" : "m";
      }
    }
  }
  return conclude(set, input.type, frame, results, clauses);
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
  for (const { path, personal, counter, read } of set.program.readers) {
    const value = read(input);
    if (personal || value === undefined) continue;
    if (counter === undefined) values[path] = value as FieldValue;
    else counters[counter] = value as number;
  }
  return {
    type: input.type,
    decidedAt: input.decidedAt,
    values,
    counters,
    limits: {},
    shadowLimits: {},
    held: {},
    clauses,
  };
}

/**
 * Decides again from recorded facts: the same outcome, rules, missing rules, points and thresholds, and the
 * same trace but for personal values.
 *
 * @throws {PolicyError} `facts-mismatch` if the facts' clauses aren't those of this set
 */
export function evaluateFromFacts(set: PolicySet, facts: Facts): Evaluation {
  const frame: Frame = set.program.frame.map((reader) => {
    if (reader === undefined || reader.personal) return undefined;
    return acceptValue(reader.type, ownValue(facts, reader.path, reader.counter));
  });
  const results = new Uint8Array(set.program.clauses);
  let next = 0;
  for (const { on, rules } of set.program.policies) {
    if (!on.has(facts.type)) continue;
    for (const { condition, firstClause } of rules) {
      for (const [index, clause] of condition.clauses.entries()) {
        const result = clause.recorded ? recordedTruth(facts.clauses, next++) : truthOf(clause.run(frame));
        results[firstClause + index] = result;
      }
    }
  }
  if (next !== facts.clauses.length)
    throw mismatch(`they have ${facts.clauses.length} clauses, the policies ${next}`);
  return conclude(set, facts.type, frame, results, facts.clauses);
}

/**
 * The value of a field or signal of an event, by the same rules as in conditions: what a counter counts by.
 *
 * @param set declares the types of `actor.attributes`
 * @returns `undefined` if it is missing or the path is unknown
 */
export function fieldValue(set: PolicySet, input: EvaluationInput, path: FieldPath): FieldValue | undefined {
  const declaration = builtinFields.get(path) ?? declaredAttribute(set, path);
  return declaration?.read(input) as FieldValue | undefined;
}

/** The stricter of two outcomes. */
export function stricterOutcome<T extends Outcome>(a: T, b: T): T {
  return outcomes.indexOf(a) >= outcomes.indexOf(b) ? a : b;
}

const attributePrefix = "actor.attributes.";

function declaredAttribute(set: PolicySet, path: FieldPath): ReturnType<typeof attributeField> | undefined {
  if (!path.startsWith(attributePrefix)) return undefined;
  const name = path.slice(attributePrefix.length);
  const type = set.attributes.get(name);
  return type === undefined ? undefined : attributeField(name, type);
}

function readFrame(set: PolicySet, input: EvaluationInput): Frame {
  const frame: Frame = [];
  for (const reader of set.program.frame) frame.push(reader === undefined ? undefined : reader.read(input));
  return frame;
}

function truthOf(value: Value): Truth {
  return value === true ? isTrue : value === false ? isFalse : isMissing;
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

function ownValue(facts: Facts, path: FieldPath, counter: string | undefined): unknown {
  const values: Readonly<Record<string, unknown>> = counter === undefined ? facts.values : facts.counters;
  const key = counter ?? path;
  return Object.hasOwn(values, key) ? values[key] : undefined;
}

/** What follows from the results of the clauses: the same for an event and for its facts. */
function conclude(
  set: PolicySet,
  type: string,
  frame: Frame,
  results: Uint8Array,
  clauses: string,
): Evaluation {
  const rules: FiredRule[] = [];
  const shadow: FiredRule[] = [];
  const missing: { policy: string; rule: string }[] = [];
  const thresholds: FiredThreshold[] = [];
  let outcome: Outcome = "allow";
  let points = 0;
  for (const compiled of set.program.policies) {
    if (!compiled.on.has(type)) continue;
    let policyPoints = 0;
    for (const each of compiled.rules) {
      const result = each.condition.combine(results, each.firstClause);
      const { rule } = each;
      if (result === isMissing) missing.push({ policy: rule.policy, rule: rule.id });
      if (result !== isTrue) continue;
      const fired = firedRule(each, frame, results);
      if (rule.mode === "shadow") {
        shadow.push(fired);
        continue;
      }
      rules.push(fired);
      policyPoints += rule.points;
      outcome = stricterOutcome(outcome, fired.outcome);
    }
    points += policyPoints;
    const threshold = reachedThreshold(compiled, policyPoints);
    if (threshold === undefined) continue;
    thresholds.push(threshold);
    outcome = stricterOutcome(outcome, threshold.outcome);
  }
  return {
    outcome,
    rules,
    shadow,
    missing,
    points,
    thresholds,
    heldThresholds: [],
    clauses,
    hits: [],
  };
}

/**
 * Thresholds stand from the fewest points to the most, and grow stricter: the last one reached is the
 * strictest.
 */
function reachedThreshold({ policy }: CompiledPolicy, points: number): FiredThreshold | undefined {
  const reached = policy.thresholds.findLast((threshold) => points >= threshold.points);
  return reached && { ...reached, policy: policy.id };
}

function firedRule(compiled: CompiledRule, frame: Frame, results: Uint8Array): FiredRule {
  const { rule, condition, firstClause, disclose } = compiled;
  return {
    policy: rule.policy,
    rule: rule.id,
    outcome: rule.then?.outcome ?? "allow",
    ...(rule.then && { then: rule.then }),
    points: rule.points,
    reason: rule.reason,
    strikeEveryMs: rule.strikeEveryMs,
    trace: condition.clauses.map((clause, index): ClauseTrace => {
      const result = results[firstClause + index];
      const values = clause.fields.map((field) => traceValue(field, frame));
      return { clause: clause.text, result: result === isMissing ? "missing" : result === isTrue, values };
    }),
    disclosed: disclose.map((field) => traceValue(field, frame)),
  };
}

function traceValue({ path, personal, slot }: FieldSlot, frame: Frame): TraceValue {
  const value = frame[slot] as FieldValue | undefined;
  return value === undefined ? { path, personal } : { path, value, personal };
}
