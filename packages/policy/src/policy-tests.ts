// SPDX-License-Identifier: Apache-2.0
// Runs the tests that stand in policies. Pure: what a test doesn't give is missing, counters are 0, limits
// have room, and lists are as they were loaded or empty.
import type { ConditionType } from "./condition/types.ts";
import { decidingClauses, evaluate } from "./evaluate.ts";
import { createListView } from "./lists/list.ts";
import type { CompiledPolicy, Plan, PolicySet } from "./program.ts";
import { signalInputOf } from "./signals/content-input.ts";
import { computeSignals } from "./signals/signals.ts";
import type {
  Evaluation,
  EvaluationInput,
  LookupRead,
  FieldPath,
  FiredRule,
  ListView,
  Outcome,
  PolicyTest,
  TraceValue,
} from "./types.ts";

/** What came of a test. */
export type PolicyTestResult = {
  readonly policy: string;
  readonly name: string;
  /** Where it stands: `file:line`. */
  readonly place: string;
  readonly passed: boolean;
  /** What was expected, what came, and which clauses made it so: a sentence for each; none if it passed. */
  readonly failures: readonly string[];
  readonly evaluation: Evaluation;
};

/** What tests may read that doesn't stand in them. */
export type PolicyTestOptions = {
  /** Lists as they were loaded, by name: where a test gives no entries of its own. */
  readonly lists?: ReadonlyMap<string, ListView>;
};

/** Longest text that a message shows, in code points. */
const shownLengthMax = 60;
/** Most rules that a message tells why they didn't fire. */
const silentRulesMax = 3;

/**
 * Runs all tests of a set, in the order of the files.
 *
 * A test is about its own policy: rules of others aren't run. All rules count as enforced, whatever their
 * mode and rollout, since a rule is to be tested before it is switched on. Exemptions apply.
 */
export function runPolicyTests(set: PolicySet, options: PolicyTestOptions = {}): readonly PolicyTestResult[] {
  return set.program.policies.flatMap((compiled) => {
    if (compiled.policy.tests.length === 0) return [];
    const alone = enforcedAlone(set, compiled);
    return compiled.policy.tests.map((test) => runTest(alone, compiled, test, options));
  });
}

function runTest(
  set: PolicySet,
  compiled: CompiledPolicy,
  test: PolicyTest,
  options: PolicyTestOptions,
): PolicyTestResult {
  const input = inputOf(compiled, test, options);
  const evaluation = evaluate(set, input);
  const { policy, name, place } = test;
  const failures = failuresOf(set, input, evaluation, test);
  return { policy, name, place, passed: failures.length === 0, failures, evaluation };
}

/** A set with one of its policies, whose rules are all enforced. */
function enforcedAlone(set: PolicySet, compiled: CompiledPolicy): PolicySet {
  const rules = compiled.rules.map((each) => ({ ...each, rule: { ...each.rule, mode: "enforce" as const } }));
  const policy: CompiledPolicy = { ...compiled, rules };
  const conditions = [...policy.exemptions, ...policy.rules];
  const plans = new Map<string, Plan>();
  for (const type of policy.policy.on) {
    const plan = set.program.plans.get(type);
    if (plan !== undefined) plans.set(type, { ...plan, policies: [policy], conditions });
  }
  return { ...set, policies: [policy.policy], program: { ...set.program, plans, policies: [policy] } };
}

/** What isn't given is not listed; what is given as missing failed. */
function givenLookup({ lookups }: PolicyTest["given"], name: string): [string, LookupRead][] {
  const codes = lookups.has(name) ? lookups.get(name) : [];
  return codes === undefined ? [] : [[name, { listed: codes.length > 0, codes }]];
}

function inputOf({ policy }: CompiledPolicy, test: PolicyTest, options: PolicyTestOptions): EvaluationInput {
  const { given } = test;
  const counters = new Map<string, number>();
  for (const [name, { id, kind }] of policy.counters) {
    const value = given.counters.get(name) ?? (kind === "first" ? undefined : 0);
    if (value !== undefined) counters.set(id, value);
  }
  const { campaigns } = policy;
  if (campaigns !== undefined) {
    counters.set(campaigns.size.id, given.campaign.size);
    counters.set(campaigns.actors.id, given.campaign.actors);
  }
  const limits = new Map([...policy.limits].map(([name, { id }]) => [id, given.limits.get(name) ?? 0]));
  const lists = new Map(
    [...policy.lists.values()].map(({ name, kind }) => {
      const entries = given.lists.get(name)?.map((value) => ({ value }));
      const loaded = entries === undefined ? options.lists?.get(name) : undefined;
      return [name, loaded ?? createListView(kind, entries ?? [])];
    }),
  );
  return {
    type: given.type,
    op: given.op,
    decidedAt: given.atMs,
    actor: given.actor,
    content: given.content,
    fields: given.fields,
    signals: computeSignals(signalInputOf(given.content), {
      fingerprint: (letters) => letters,
      language: () => given.language,
    }),
    campaign: campaigns && "c_given",
    counters,
    limits,
    lists,
    lookups: Object.fromEntries([...policy.lookups.keys()].flatMap((name) => givenLookup(given, name))),
    models: Object.fromEntries([...given.models].map(([name, score]) => [name, { score, known: 1_000 }])),
    reports: given.reports,
    standing: given.standing,
  };
}

function failuresOf(
  set: PolicySet,
  input: EvaluationInput,
  evaluation: Evaluation,
  { expect }: PolicyTest,
): readonly string[] {
  const failures: string[] = [];
  const fired = new Map(evaluation.rules.map((rule) => [rule.rule, rule]));
  const say = { set, input };
  if (expect.outcome !== undefined && expect.outcome !== evaluation.outcome) {
    const came = `it came to ${evaluation.outcome}, ${causesOf(evaluation, say)}`;
    const others = silentOf(expect.outcome, evaluation, say);
    failures.push(`expected the outcome ${expect.outcome}; ${came}${others}`);
  }
  for (const id of expect.rules ?? []) {
    if (!fired.has(id)) failures.push(`expected the rule ${id} to fire; ${whyNot(id, evaluation, say)}`);
  }
  const unwanted =
    expect.rules === undefined ? [] : [...fired.keys()].filter((id) => !expect.rules?.includes(id));
  for (const id of new Set([...unwanted, ...(expect.not ?? []).filter((each) => fired.has(each))])) {
    failures.push(`expected the rule ${id} not to fire; it did: ${clausesOf(id, say)}`);
  }
  if (expect.points !== undefined && expect.points !== evaluation.points) {
    const giving = evaluation.rules.filter(({ points }) => points !== 0);
    const sum = giving.map(({ rule, points }) => `${rule} ${points}`).join(", ");
    failures.push(
      `expected ${expect.points} points; there were ${evaluation.points}${sum === "" ? "" : `: ${sum}`}`,
    );
  }
  return failures;
}

type Speaker = { readonly set: PolicySet; readonly input: EvaluationInput };

/** What an outcome came from. */
function causesOf({ outcome, rules, thresholds, points }: Evaluation, say: Speaker): string {
  const causes = rules.filter((rule) => rule.outcome === outcome && rule.then !== undefined);
  const words = causes.map((rule: FiredRule) => `by ${rule.rule}: ${clausesOf(rule.rule, say)}`);
  for (const threshold of thresholds) {
    if (threshold.outcome === outcome)
      words.push(`by ${points} points of the ${threshold.points} that it takes`);
  }
  return words.length === 0 ? "since no rule fired that says otherwise" : words.join("; ");
}

/** The rules that would have come to an outcome, and what kept them from it. */
function silentOf(outcome: Outcome, evaluation: Evaluation, say: Speaker): string {
  const fired = new Set(evaluation.rules.map(({ rule }) => rule));
  const rules = say.set.policies.flatMap((policy) => policy.rules);
  const silent = rules.filter(({ id, then }) => then?.outcome === outcome && !fired.has(id));
  const shown = silent
    .slice(0, silentRulesMax)
    .map(({ id }) => `; as to ${id}, ${whyNot(id, evaluation, say)}`);
  const more = silent.length - shown.length;
  return shown.join("") + (more > 0 ? `; nor did ${more} more` : "");
}

function whyNot(id: string, { shadow }: Evaluation, say: Speaker): string {
  const held = shadow.find(({ rule }) => rule === id);
  if (held !== undefined) return `it fired, and the exemption ${held.exemption} applies`;
  return `it didn't: ${clausesOf(id, say)}`;
}

/** The clauses that decided whether a rule fires: `signals.words > 5 is false (signals.words is 3)`. */
function clausesOf(rule: string, { set, input }: Speaker): string {
  const types = typesOf(set, input.type);
  const clauses = decidingClauses(set, input, rule).map(({ clause, result, values }) => {
    const others = values.filter(({ path, value }) => path !== clause || value === undefined);
    const shown = others.map((value) => showValue(value, types.get(value.path)));
    return `${clause} is ${result}${shown.length === 0 ? "" : ` (${shown.join(", ")})`}`;
  });
  return clauses.join("; ");
}

function typesOf(set: PolicySet, type: string): ReadonlyMap<FieldPath, ConditionType> {
  return new Map(set.program.plans.get(type)?.readers.map((reader) => [reader.path, reader.type]));
}

function showValue({ path, value }: TraceValue, type: ConditionType | undefined): string {
  if (value === undefined) return `${path} is missing`;
  if (type?.kind === "entries") {
    return `${path} found ${(value as readonly string[]).join(", ") || "nothing"}`;
  }
  if (type?.kind === "duration") return `${path} is ${showDuration(value as number)}`;
  if (type?.kind === "timestamp") return `${path} is ${new Date(value as number).toISOString()}`;
  const text = Array.from(JSON.stringify(value));
  const shown = text.length <= shownLengthMax ? text : [...text.slice(0, shownLengthMax), "…"];
  return `${path} is ${shown.join("")}`;
}

const units: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
];

/** A duration as people write it: `1d2h`, `90s` as `1m30s`. */
function showDuration(ms: number): string {
  let rest = Math.abs(ms);
  let text = "";
  for (const [unit, length] of units) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) text += `${count}${unit}`;
  }
  return `${ms < 0 ? "-" : ""}${text || "0s"}`;
}
