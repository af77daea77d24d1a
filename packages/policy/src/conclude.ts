// SPDX-License-Identifier: Apache-2.0
// What follows from the results of the clauses: which rules fired, which of them have their effect, and what
// it comes to. The same for an event and for its recorded facts.
import { isFalse, isMissing, isTrue } from "./condition/condition.ts";
import type { Frame } from "./condition/compile.ts";
import type { FieldSlot } from "./condition/typed.ts";
import type {
  CompiledExemption,
  CompiledPolicy,
  CompiledRule,
  CompiledThreshold,
  Plan,
  Scratch,
} from "./program.ts";
import { traceValue } from "./trace.ts";
import { outcomes } from "./types.ts";
import type {
  Evaluation,
  EvaluationInput,
  FiredRule,
  FiredThreshold,
  Held,
  ListHit,
  Outcome,
  Then,
} from "./types.ts";

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
 * @param scratch by the clause's place: `isFalse`, `isTrue` or `isMissing`; and room for what rules come to
 * @param clauses the recorded results
 */
export function conclude(
  plan: Plan,
  frame: Frame,
  scratch: Pick<Scratch, "results" | "verdicts">,
  heldBack: EvaluationInput["held"],
  decidedAt: number,
  clauses: string,
): Evaluation {
  // No threshold is reached without points.
  return plan.steps.decide(scratch.results, scratch.verdicts)
    ? concludeVerdicts(plan, frame, scratch, heldBack, decidedAt, clauses)
    : nothingBut(clauses);
}

/** The same where it is known what the rules' conditions come to: it stands in `verdicts`. */
export function concludeVerdicts(
  plan: Plan,
  frame: Frame,
  { results, verdicts }: Pick<Scratch, "results" | "verdicts">,
  heldBack: EvaluationInput["held"],
  decidedAt: number,
  clauses: string,
): Evaluation {
  let rules: FiredRule[] | undefined;
  let shadow: FiredRule[] | undefined;
  let missing: CompiledRule["named"][] | undefined;
  let thresholds: FiredThreshold[] | undefined;
  let heldThresholds: FiredThreshold[] | undefined;
  let strictest = 0;
  let points = 0;
  let asksLists = false;
  let number = 0;
  for (const policy of plan.policies) {
    let policyPoints = 0;
    const { rules: compiled } = policy;
    for (let index = 0; index < compiled.length; index++) {
      const result = verdicts[number++];
      if (result === isFalse) continue;
      const each = compiled[index] as CompiledRule;
      const { rule } = each;
      if (result === isMissing) {
        missing = behind(missing, each.named);
        continue;
      }
      const fired = firedRule(each, frame, results, heldBack, decidedAt);
      asksLists ||= each.condition.asksLists;
      if (fired.held !== undefined) {
        shadow = behind(shadow, fired);
        continue;
      }
      rules = behind(rules, fired);
      policyPoints += rule.points;
      strictest = Math.max(strictest, rankOf(fired.outcome));
    }
    points += policyPoints;
    if (policy.thresholds.length === 0) continue;
    const above: FiredThreshold[] = [];
    const threshold = reachedThreshold(policy, policyPoints, heldBack, above);
    if (above.length > 0) (heldThresholds ??= []).push(...above);
    if (threshold === undefined) continue;
    (thresholds ??= []).push(threshold);
    strictest = Math.max(strictest, rankOf(threshold.outcome));
  }
  return {
    outcome: outcomes[strictest] ?? "allow",
    rules: rules ?? none,
    shadow: shadow ?? none,
    missing: missing ?? none,
    points,
    thresholds: thresholds ?? none,
    heldThresholds: heldThresholds ?? none,
    clauses,
    hits: asksLists ? hitsOf([...(rules ?? none), ...(shadow ?? none)]) : none,
  };
}

/** The list with one more. Most have one: pushed into an empty array it would get room for seventeen. */
function behind<Item>(list: Item[] | undefined, item: Item): Item[] {
  if (list === undefined) return [item];
  list.push(item);
  return list;
}

/** Most lists of an evaluation are empty: all of these are this one. */
const none: readonly never[] = Object.freeze([]);

/** What is said of most events: a literal, which takes a tenth of the time that spreading an object takes. */
export function nothingBut(clauses: string): Evaluation {
  return {
    outcome: "allow",
    rules: none,
    shadow: none,
    missing: none,
    points: 0,
    thresholds: none,
    heldThresholds: none,
    clauses,
    hits: none,
  };
}

const ranks = { allow: 0, flag: 1, challenge: 2, delay: 3, hold: 4, reject: 5 } as const;

/** How strict an outcome is: its place among `outcomes`. */
function rankOf(outcome: Outcome): number {
  return ranks[outcome];
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
  for (let index = thresholds.length - 1; index >= 0; index--) {
    const { threshold, key } = thresholds[index] as CompiledThreshold;
    if (points < threshold.points) continue;
    const why = held?.get(key);
    if (why === undefined) return { ...threshold, policy: policy.id };
    heldThresholds.push({ ...threshold, policy: policy.id, held: why });
  }
  return undefined;
}

function firedRule(
  compiled: CompiledRule,
  frame: Frame,
  results: Uint8Array,
  heldBack: EvaluationInput["held"],
  decidedAt: number,
): FiredRule {
  const { rule, disclose, exemptions, waits } = compiled;
  const exemption =
    exemptions.length === 0
      ? undefined
      : exemptions.find((each) => applies(each, results, decidedAt))?.exemption.id;
  const held = heldBy(compiled, heldBack, exemption);
  const then = rule.then && withWait(rule.then, waits, frame);
  const disclosed = disclose.length === 0 ? none : disclose.map((field) => traceValue(field, frame));
  const { policy, id, points, reason, strikeEveryMs } = rule;
  const outcome = then?.outcome ?? "allow";
  const trace = compiled.tracing.trace(frame, results);
  // Spreading what may be absent takes longer than all the rest of this.
  const fired: { -readonly [Key in keyof FiredRule]: FiredRule[Key] } =
    then === undefined
      ? { policy, rule: id, outcome, points, reason, strikeEveryMs, trace, disclosed }
      : { policy, rule: id, outcome, then, points, reason, strikeEveryMs, trace, disclosed };
  if (held !== undefined) fired.held = held;
  if (exemption !== undefined) fired.exemption = exemption;
  return fired;
}

function heldBy(
  { rule, key }: CompiledRule,
  heldBack: EvaluationInput["held"],
  exemption: string | undefined,
): Held | undefined {
  if (rule.mode === "shadow") return "shadow";
  return heldBack?.get(key) ?? (exemption === undefined ? undefined : "exempt");
}

function applies(
  { exemption, condition, firstClause }: CompiledExemption,
  results: Uint8Array,
  decidedAt: number,
): boolean {
  if (exemption.untilMs !== undefined && !(decidedAt < exemption.untilMs)) return false;
  return condition.combine(results, firstClause) === isTrue;
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

const listPrefix = "lists.";

function hitsOf(fired: readonly FiredRule[]): readonly ListHit[] {
  const hits = new Map<string, ListHit>();
  for (const { trace } of fired) {
    let at = 0;
    for (const { fields } of trace.clauses) {
      for (const { path } of fields) {
        const value = trace.values[at++];
        if (!Array.isArray(value) || !path.startsWith(listPrefix)) continue;
        const list = path.slice(listPrefix.length);
        for (const entry of value as readonly string[]) hits.set(`${list}\n${entry}`, { list, entry });
      }
    }
  }
  return [...hits.values()];
}
