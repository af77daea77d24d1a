// SPDX-License-Identifier: Apache-2.0
// What follows from the results of the clauses: which rules fired, which of them have their effect, and what
// it comes to. The same for an event and for its recorded facts.
import { isMissing, isTrue } from "./condition/condition.ts";
import type { Clause } from "./condition/condition.ts";
import type { Frame } from "./condition/compile.ts";
import { isProbe } from "./condition/entries.ts";
import { compareStrings } from "./condition/text.ts";
import type { FieldSlot } from "./condition/typed.ts";
import type { CompiledExemption, CompiledPolicy, CompiledRule, PlacedCondition, Plan } from "./program.ts";
import { outcomes } from "./types.ts";
import type {
  ClauseTrace,
  Evaluation,
  EvaluationInput,
  FieldValue,
  FiredRule,
  FiredThreshold,
  Held,
  ListHit,
  Then,
  TraceValue,
} from "./types.ts";

/** An event's values, and what each clause came to. */
export type State = {
  readonly frame: Frame;
  /** By the clause's place: `isFalse`, `isTrue` or `isMissing`. */
  readonly results: Uint8Array;
  readonly held: EvaluationInput["held"];
  readonly decidedAt: number;
};

/** What is said of an event that concerns no policy. */
export const nothingSaid: Evaluation = {
  outcome: "allow",
  rules: [],
  shadow: [],
  missing: [],
  points: 0,
  thresholds: [],
  heldThresholds: [],
  clauses: "",
  hits: [],
};

/** Shortest time after which a delayed event may be tried again, in milliseconds. */
export const retryAfterMsMin = 1_000;

/**
 * What the policies of a plan say.
 *
 * @param clauses the recorded results
 */
export function conclude(plan: Plan, state: State, clauses: string): Evaluation {
  const rules: FiredRule[] = [];
  const shadow: FiredRule[] = [];
  const missing: { policy: string; rule: string }[] = [];
  const thresholds: FiredThreshold[] = [];
  const heldThresholds: FiredThreshold[] = [];
  let strictest = 0;
  let points = 0;
  for (const policy of plan.policies) {
    let policyPoints = 0;
    for (const each of policy.rules) {
      const result = each.condition.combine(state.results, each.firstClause);
      const { rule } = each;
      if (result === isMissing) missing.push({ policy: rule.policy, rule: rule.id });
      if (result !== isTrue) continue;
      const fired = firedRule(each, state);
      if (fired.held !== undefined) {
        shadow.push(fired);
        continue;
      }
      rules.push(fired);
      policyPoints += rule.points;
      strictest = Math.max(strictest, outcomes.indexOf(fired.outcome));
    }
    points += policyPoints;
    const threshold = reachedThreshold(policy, policyPoints, state.held, heldThresholds);
    if (threshold === undefined) continue;
    thresholds.push(threshold);
    strictest = Math.max(strictest, outcomes.indexOf(threshold.outcome));
  }
  return {
    outcome: outcomes[strictest] ?? "allow",
    rules,
    shadow,
    missing,
    points,
    thresholds,
    heldThresholds,
    clauses,
    hits: hitsOf([...rules, ...shadow]),
  };
}

/** The clauses of a condition, what they came to, and the values that made it so. */
export function traceOf(
  { condition, firstClause }: PlacedCondition,
  frame: Frame,
  results: Uint8Array,
): ClauseTrace[] {
  return condition.clauses.map((clause, index): ClauseTrace => {
    const result = results[firstClause + index];
    if (clause.asksLists) askAgain(clause, frame);
    const values = clause.fields.map((field) => traceValue(field, frame));
    return { clause: clause.text, result: result === isMissing ? "missing" : result === isTrue, values };
  });
}

/**
 * Thresholds stand from the fewest points to the most, and grow stricter: the last one reached that isn't
 * held is the strictest. Those above it are held.
 */
function reachedThreshold(
  { policy, thresholds }: CompiledPolicy,
  points: number,
  held: EvaluationInput["held"],
  heldThresholds: FiredThreshold[],
): FiredThreshold | undefined {
  for (const { threshold, key } of thresholds.toReversed()) {
    if (points < threshold.points) continue;
    const why = held?.get(key);
    if (why === undefined) return { ...threshold, policy: policy.id };
    heldThresholds.push({ ...threshold, policy: policy.id, held: why });
  }
  return undefined;
}

function firedRule(compiled: CompiledRule, state: State): FiredRule {
  const { rule, disclose } = compiled;
  const { frame, results } = state;
  const exemption = compiled.exemptions.find((each) => applies(each, state))?.exemption.id;
  const held = heldBy(compiled, state, exemption);
  const then = rule.then && withWait(rule.then, compiled.waits, frame);
  return {
    policy: rule.policy,
    rule: rule.id,
    outcome: then?.outcome ?? "allow",
    ...(then && { then }),
    points: rule.points,
    reason: rule.reason,
    strikeEveryMs: rule.strikeEveryMs,
    trace: traceOf(compiled, frame, results),
    disclosed: disclose.map((field) => traceValue(field, frame)),
    ...(held !== undefined && { held }),
    ...(exemption !== undefined && { exemption }),
  };
}

function heldBy({ rule, key }: CompiledRule, state: State, exemption: string | undefined): Held | undefined {
  if (rule.mode === "shadow") return "shadow";
  return state.held?.get(key) ?? (exemption === undefined ? undefined : "exempt");
}

function applies({ exemption, condition, firstClause }: CompiledExemption, state: State): boolean {
  if (exemption.untilMs !== undefined && !(state.decidedAt < exemption.untilMs)) return false;
  return condition.combine(state.results, firstClause) === isTrue;
}

/** A rule that delays by a limit says when there will be room. */
function withWait(then: Then, waits: readonly FieldSlot[], frame: Frame): Then {
  if (then.outcome !== "delay" || then.retryAfterMs !== undefined) return then;
  const retryAfterMs = Math.max(
    retryAfterMsMin,
    ...waits.map(({ slot }) => (frame[slot] as number | undefined) ?? 0),
  );
  return { ...then, retryAfterMs };
}

/** Runs a clause once more, to learn which entries it finds. Only rules that fired pay for it. */
function askAgain(clause: Clause, frame: Frame): void {
  for (const { slot } of clause.fields) {
    const probe = frame[slot];
    if (isProbe(probe)) probe.found = new Set();
  }
  clause.run(frame);
}

function traceValue({ path, personal, slot }: FieldSlot, frame: Frame): TraceValue {
  const value = frame[slot];
  if (value === undefined) return { path, personal };
  if (!isProbe(value)) return { path, value: value as FieldValue, personal };
  return { path, value: [...(value.found ?? [])].sort(compareStrings), personal };
}

const listPrefix = "lists.";

function hitsOf(fired: readonly FiredRule[]): readonly ListHit[] {
  const hits = new Map<string, ListHit>();
  for (const { path, value } of fired.flatMap(({ trace }) => trace.flatMap(({ values }) => values))) {
    if (!path.startsWith(listPrefix) || !Array.isArray(value)) continue;
    const list = path.slice(listPrefix.length);
    for (const entry of value as readonly string[]) hits.set(`${list}\n${entry}`, { list, entry });
  }
  return [...hits.values()];
}
