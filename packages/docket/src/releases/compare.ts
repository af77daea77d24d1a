// SPDX-License-Identifier: Apache-2.0
// What differs between two sets of policies, in the policies' own terms: rules, counters, lists, not lines.
// And whether the later one may restrict somebody whom the earlier one does not.
import { stricterOutcome } from "@docket/policy";
import type {
  Brake,
  Exemption,
  LadderStep,
  Measures,
  Outcome,
  Policy,
  PolicySet,
  Rule,
  Then,
  Threshold,
} from "@docket/policy";

/** What of a policy can differ. */
export type ChangedThing =
  | "policy"
  | "event"
  | "rule"
  | "threshold"
  | "ladder"
  | "exemption"
  | "counter"
  | "limit"
  | "list"
  | "model"
  | "test";

/**
 * What a change does to whom a policy restricts: `more` if somebody may be restricted, sooner, longer or
 * harder, who is not under the earlier set; `less` if it can only be the other way about. It is a bound, not
 * a prediction: a condition that was rewritten is always `more`.
 */
export type Restricts = "more" | "less" | "same";

/** A key of a thing that was changed. Durations are in milliseconds. */
export type ChangedField = { readonly field: string; readonly before?: unknown; readonly after?: unknown };

/** One thing that differs. */
export type PolicyChange = {
  readonly what: ChangedThing;
  /** The policy that declares it; empty for events and versions of models, which all policies share. */
  readonly policy: string;
  /** Its id or name; of a threshold its points, of a step of the ladder its strikes and window. */
  readonly id: string;
  readonly change: "added" | "removed" | "changed";
  /** `file:line` in the later set, or in the earlier one if it was removed. */
  readonly place?: string;
  readonly fields: readonly ChangedField[];
  readonly restricts: Restricts;
};

/** What of a set of policies is compared. */
export type Comparable = Pick<PolicySet, "policies" | "events">;

/**
 * Compares two sets of policies.
 *
 * @returns what differs, in the order of the later set's policies, then of those that were removed
 */
export function comparePolicies(before: Comparable, after: Comparable): PolicyChange[] {
  const earlier = new Map(before.policies.map((policy) => [policy.id, policy]));
  const later = new Map(after.policies.map((policy) => [policy.id, policy]));
  const ids = [...later.keys(), ...[...earlier.keys()].filter((id) => !later.has(id))];
  return [
    ...compareEvents(before, after),
    ...ids.flatMap((id) => comparePolicy(earlier.get(id), later.get(id))),
  ];
}

/** Whether any of these changes may restrict somebody who was not. */
export function restrictsMore(changes: readonly PolicyChange[]): boolean {
  return changes.some((change) => change.restricts === "more");
}

/** A thing that both sets may have, ready to be compared. */
type Side = {
  readonly place?: string;
  readonly fields: Readonly<Record<string, unknown>>;
};
type Judge<T> = {
  readonly added: (item: T) => Restricts;
  readonly removed: (item: T) => Restricts;
  readonly changed: (before: T, after: T, fields: readonly string[]) => Restricts;
};

function comparePolicy(before: Policy | undefined, after: Policy | undefined): PolicyChange[] {
  const policy = (after ?? before)?.id ?? "";
  const of = <T>(
    what: ChangedThing,
    earlier: ReadonlyMap<string, T> | undefined,
    later: ReadonlyMap<string, T> | undefined,
    side: (item: T) => Side,
    judge: Judge<T>,
  ): PolicyChange[] => compareItems(what, policy, earlier ?? new Map(), later ?? new Map(), side, judge);
  const own = [before, after].map((each) => new Map(each === undefined ? [] : [[policy, each]]));
  return [
    ...of("policy", own[0], own[1], policySide, { ...same, changed: () => "more" }),
    ...of("rule", byId(before?.rules), byId(after?.rules), ruleSide, ruleJudge),
    ...of("exemption", byId(before?.exempt), byId(after?.exempt), exemptionSide, exemptionJudge),
    ...of("threshold", thresholds(before), thresholds(after), thresholdSide, thresholdJudge),
    ...of("ladder", ladder(before), ladder(after), ladderSide, ladderJudge(after)),
    ...of("counter", before?.counters, after?.counters, ({ id }) => ({ fields: { is: id } }), read(after)),
    ...of("limit", before?.limits, after?.limits, ({ id }) => ({ fields: { is: id } }), read(after)),
    ...of(
      "list",
      before?.lists,
      after?.lists,
      ({ kind, file, brake, place }) => ({ place, fields: { kind, file, brake } }),
      listJudge,
    ),
    ...of(
      "model",
      before?.models,
      after?.models,
      ({ kind, use, file, place }) => ({ place, fields: { kind, use, file } }),
      read(after),
    ),
    ...of(
      "test",
      tests(before),
      tests(after),
      ({ given, expect, place }) => ({ place, fields: { given: plain(given), expect } }),
      same,
    ),
  ];
}

function compareItems<T>(
  what: ChangedThing,
  policy: string,
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  side: (item: T) => Side,
  judge: Judge<T>,
): PolicyChange[] {
  const changes: PolicyChange[] = [];
  for (const id of new Set([...after.keys(), ...before.keys()])) {
    const earlier = before.get(id);
    const later = after.get(id);
    const sides = [earlier, later].map((item) => (item === undefined ? undefined : side(item)));
    const fields = changedFields(sides[0]?.fields ?? {}, sides[1]?.fields ?? {});
    const place = (sides[1] ?? sides[0])?.place;
    const common = { what, policy, id, fields, ...(place === undefined ? {} : { place }) };
    if (earlier === undefined && later !== undefined) {
      changes.push({ ...common, change: "added", restricts: judge.added(later) });
    } else if (earlier !== undefined && later === undefined) {
      changes.push({ ...common, change: "removed", restricts: judge.removed(earlier) });
    } else if (earlier !== undefined && later !== undefined && fields.length > 0) {
      const names = fields.map(({ field }) => field);
      changes.push({ ...common, change: "changed", restricts: judge.changed(earlier, later, names) });
    }
  }
  return changes;
}

function compareEvents(before: Comparable, after: Comparable): PolicyChange[] {
  const declared = ({ events }: Comparable): Map<string, { like: unknown; fields: unknown; place: string }> =>
    new Map(
      [...events.values()]
        .filter(({ place }) => place !== undefined)
        .map(({ name, like, fields, place }) => [name, { like, fields: plain(fields), place: place ?? "" }]),
    );
  const judge = { ...same, changed: () => "more" as const };
  const side = ({ place, ...fields }: { like: unknown; fields: unknown; place: string }): Side => ({
    place,
    fields,
  });
  return compareItems("event", "", declared(before), declared(after), side, judge);
}

function changedFields(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): ChangedField[] {
  const fields: ChangedField[] = [];
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const earlier = before[field];
    const later = after[field];
    if (JSON.stringify(earlier) === JSON.stringify(later)) continue;
    fields.push({
      field,
      ...(earlier === undefined ? {} : { before: earlier }),
      ...(later === undefined ? {} : { after: later }),
    });
  }
  return fields;
}

const same: Judge<unknown> = { added: () => "same", removed: () => "same", changed: () => "same" };

function policySide({ file, on, attributes }: Policy): Side {
  return { place: `${file}:1`, fields: { on, attributes: plain(attributes) } };
}

function ruleSide(rule: Rule): Side {
  const { mode, rollout, always, when, then, points, reason, disclose, strikeEveryMs, brake } = rule;
  const restrictsAtMost = rule.restricts;
  const fields = { when, then, points, mode, rollout, always, reason, disclose, strikeEveryMs, brake };
  return { place: rule.place, fields: { ...fields, restrictsAtMost } };
}

const ruleJudge: Judge<Rule> = {
  added: (rule) => (rule.mode === "shadow" ? "same" : effectOf(rule)),
  removed: (rule) => (rule.mode === "shadow" ? "same" : opposite(effectOf(rule))),
  changed(before, after, fields) {
    if (before.mode === "shadow" && after.mode === "shadow") return "same";
    if (before.mode !== after.mode) {
      return after.mode === "shadow" ? opposite(effectOf(before)) : effectOf(after);
    }
    return strictest(
      fields.map((field) => {
        switch (field) {
          case "when":
            return effectOf(after) === "same" && effectOf(before) === "same" ? "same" : "more";
          case "then":
            return compareThen(before.then, after.then);
          case "points":
            return compareNumbers(before.points, after.points);
          case "rollout":
            // A rule that takes points away spares whom it holds for.
            return before.points < 0 || after.points < 0
              ? "more"
              : compareNumbers(before.rollout, after.rollout);
          case "always":
            return after.always ? "more" : "less";
          case "strikeEveryMs":
            return compareNumbers(after.strikeEveryMs, before.strikeEveryMs);
          case "brake":
            return compareBrakes(before.brake, after.brake);
          case "restrictsAtMost":
            return compareCaps(before.restricts, after.restricts);
          default:
            return "same";
        }
      }),
    );
  },
};

/** What a rule that is in force does, by itself. */
function effectOf({ then, points }: Rule): Restricts {
  if (then !== undefined && (isRefusal(then.outcome) || then.strike > 0 || hasMeasure(then))) return "more";
  if (points !== 0) return points > 0 ? "more" : "less";
  return "same";
}

function exemptionSide({ when, from, owner, untilMs, place }: Exemption): Side {
  return { place, fields: { when, from, owner, untilMs } };
}

const exemptionJudge: Judge<Exemption> = {
  added: () => "less",
  removed: () => "more",
  changed: (before, after, fields) =>
    strictest(
      fields.map((field) => {
        if (field === "when") return "more";
        if (field === "from") return before.from.every((rule) => after.from.includes(rule)) ? "less" : "more";
        if (field === "untilMs") return compareNumbers(after.untilMs ?? Infinity, before.untilMs ?? Infinity);
        return "same";
      }),
    ),
};

function thresholdSide(threshold: Threshold): Side {
  const { outcome, holdForMs, otherwise, retryAfterMs, brake } = threshold;
  return { fields: { outcome, holdForMs, otherwise, retryAfterMs, brake } };
}

const thresholdJudge: Judge<Threshold> = {
  added: ({ outcome }) => (isRefusal(outcome) ? "more" : "same"),
  removed: ({ outcome }) => (isRefusal(outcome) ? "less" : "same"),
  changed: (before, after, fields) =>
    strictest([
      compareOutcomes(before, after),
      fields.includes("brake") ? compareBrakes(before.brake, after.brake) : "same",
    ]),
};

function ladderSide({ then, needs }: LadderStep): Side {
  return { fields: { then, needs } };
}

// The highest step that is reached applies, so a step that goes may leave a harder one to be reached instead:
// only a ladder that is gone altogether is surely milder.
function ladderJudge(after: Policy | undefined): Judge<LadderStep> {
  return {
    added: () => "more",
    removed: () => ((after?.ladder.length ?? 0) === 0 ? "less" : "more"),
    changed: (before, step, fields) =>
      strictest([
        fields.includes("needs") ? (step.needs === undefined ? "more" : "less") : "same",
        compareMeasures(before.then, step.then),
      ]),
  };
}

// A counter or limit is what its declaration says: another one under the same name makes its rules others.
function read(after: Policy | undefined): Judge<unknown> {
  const enforced = (after?.rules ?? []).some(({ mode }) => mode === "enforce");
  return { ...same, changed: () => (enforced ? "more" : "same") };
}

const listJudge: Judge<{ kind: string; brake: Brake }> = {
  ...same,
  changed: (before, after, fields) =>
    fields.includes("kind") || fields.includes("file") ? "more" : compareBrakes(before.brake, after.brake),
};

function compareThen(before: Then | undefined, after: Then | undefined): Restricts {
  if (before === undefined || after === undefined) return after === undefined ? "less" : "more";
  return strictest([
    compareOutcomes(before, after),
    compareNumbers(before.strike, after.strike),
    compareMeasures(before, after),
  ]);
}

type WithOutcome = Pick<Threshold, "outcome" | "holdForMs" | "otherwise" | "retryAfterMs">;

function compareOutcomes(before: WithOutcome, after: WithOutcome): Restricts {
  const milder = stricterOutcome(before.outcome, after.outcome) === before.outcome;
  if (before.outcome !== after.outcome) {
    if (!isRefusal(before.outcome) && !isRefusal(after.outcome)) return "same";
    return milder ? "less" : "more";
  }
  // A hold without a time lasts until somebody reviews; what comes of it then is theirs to say.
  const held = compareNumbers(before.holdForMs ?? Infinity, after.holdForMs ?? Infinity);
  const otherwise = [before, after].map(({ otherwise: word }) => (word === undefined ? "reject" : word));
  const [first, second] = otherwise as [Outcome, Outcome];
  const ends = first === second ? "same" : stricterOutcome(first, second) === first ? "less" : "more";
  return strictest([held, ends, compareNumbers(before.retryAfterMs ?? 0, after.retryAfterMs ?? 0)]);
}

function compareMeasures(before: Measures, after: Measures): Restricts {
  return strictest([
    compareNumbers(lengthOf(before), lengthOf(after)),
    compareNumbers(before.warn === true ? 1 : 0, after.warn === true ? 1 : 0),
    compareUnordered(before.throttle, after.throttle),
    compareUnordered(before.limit, after.limit),
  ]);
}

function lengthOf({ ban, suspendMs }: Measures): number {
  return ban === true ? Infinity : (suspendMs ?? 0);
}

// Two throttles, or two sets of abilities, are seldom one stricter than the other in every way.
function compareUnordered(before: unknown, after: unknown): Restricts {
  if (JSON.stringify(before) === JSON.stringify(after)) return "same";
  return after === undefined ? "less" : "more";
}

function compareBrakes(before: Brake, after: Brake): Restricts {
  return strictest([compareNumbers(before.share, after.share), compareNumbers(before.least, after.least)]);
}

// Every rule that can restrict has a cap: one without can't, and what made that so is compared by itself.
function compareCaps(before: Rule["restricts"], after: Rule["restricts"]): Restricts {
  if (before === undefined || after === undefined) return "same";
  return strictest([compareNumbers(before.count, after.count), compareNumbers(after.perMs, before.perMs)]);
}

function compareNumbers(before: number, after: number): Restricts {
  if (before === after) return "same";
  return after > before ? "more" : "less";
}

function strictest(all: readonly Restricts[]): Restricts {
  if (all.includes("more")) return "more";
  return all.includes("less") ? "less" : "same";
}

function opposite(effect: Restricts): Restricts {
  if (effect === "same") return "same";
  return effect === "more" ? "less" : "more";
}

function isRefusal(outcome: Outcome): boolean {
  return outcome !== "allow" && outcome !== "flag";
}

function hasMeasure({ warn, ban, throttle, limit, suspendMs }: Measures): boolean {
  return [warn, ban, throttle, limit, suspendMs].some((measure) => measure !== undefined);
}

function byId<T extends { readonly id: string }>(items: readonly T[] | undefined): Map<string, T> {
  return new Map((items ?? []).map((item) => [item.id, item]));
}

function thresholds(policy: Policy | undefined): Map<string, Threshold> {
  return new Map((policy?.thresholds ?? []).map((each) => [String(each.points), each]));
}

function ladder(policy: Policy | undefined): Map<string, LadderStep> {
  return new Map(
    (policy?.ladder ?? []).map((step) => [`${step.strikes} within ${step.withinMs / 1000} s`, step]),
  );
}

function tests(policy: Policy | undefined): Map<string, Policy["tests"][number]> {
  return new Map((policy?.tests ?? []).map((each) => [each.name, each]));
}

/** Maps as objects, all the way down, so that JSON shows them. */
function plain(value: unknown): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, each]) => [String(key), plain(each)]));
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}
