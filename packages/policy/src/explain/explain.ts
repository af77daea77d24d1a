// SPDX-License-Identifier: Apache-2.0
// A decision explained to an analyst: what fired and why, what nearly fired, what was held back, and what
// followed. From the facts and the policies alone, so it can be said years later.
import type { ConcludedFacts } from "../enforcement/conclusion.ts";
import type { RecordedRestriction } from "../enforcement/restriction.ts";
import type { StandingRead } from "../enforcement/standing.ts";
import type { PolicySet } from "../program.ts";
import type { ClauseTrace, Facts, FieldPath, FieldValue, Held, Outcome, Policy, Rule } from "../types.ts";
import { clauseContext, clauseInWords, durationInWords, fieldInWords, valueInWords } from "./clause.ts";
import type { ClauseContext } from "./clause.ts";
import type {
  ExplainedClause,
  ExplainedPoints,
  ExplainedRule,
  ExplainedStep,
  ExplainedValue,
  Explanation,
} from "./explanation.ts";
import { actionInWords, nextInWords, restrictionInWords, rateInWords } from "./measures.ts";
import { kindsOf, traceRules } from "./traces.ts";
import type { RuleTrace } from "./traces.ts";
import { clauseWords, decisionWords } from "./words.ts";
import type { DecisionWords, ExplanationLanguage } from "./words.ts";

/** What is explained: a record, its facts, and the policies that it was decided under. */
export type ExplanationInput = {
  readonly set: PolicySet;
  readonly record: {
    readonly index: number;
    /** When it was sealed, RFC 3339. */
    readonly time: string;
    readonly actor: string;
    readonly release: string;
    readonly outcome: Outcome;
    readonly restrictions: readonly RecordedRestriction[];
  };
  readonly event: { readonly type: string; readonly op: string };
  /** What the decision read, as the policies' evaluation reads it. */
  readonly facts: Facts;
  readonly standing: StandingRead;
  /** What came out. */
  readonly concluded: ConcludedFacts;
  /** Entries of lists that were hit, as `list:keyed hash`. */
  readonly hits?: readonly string[] | undefined;
  /** Personal values that were opened, by path; none if they may not be shown. */
  readonly personal?: Readonly<Record<FieldPath, FieldValue>> | undefined;
};

/** Explains a decision to an analyst. */
export function explainDecision(input: ExplanationInput, language: ExplanationLanguage): Explanation {
  const { record, concluded, standing, facts } = input;
  const speaker = speakerOf(input, language);
  const { words } = speaker;
  const fired = new Map(concluded.fired.map((each) => [`${each.policy}/${each.rule}`, each]));
  const traces = traceRules(input.set, facts);
  const firedRules = traces.filter((trace) => fired.has(nameOf(trace)));
  const isHeld = (trace: RuleTrace): boolean => fired.get(nameOf(trace))?.mode !== "enforce";
  const refusal = standing.restrictions.find(({ id }) => id === concluded.refusedBy);
  return {
    format: "docket-explanation/v1",
    language,
    index: record.index,
    outcome: record.outcome,
    outcomeWords: words.outcomes[record.outcome],
    decidedAt: new Date(facts.decidedAt).toISOString(),
    sealedAt: record.time,
    actor: record.actor,
    release: record.release,
    event: input.event,
    refusedBy: refusal === undefined ? concluded.refusedBy : restrictionInWords(refusal, language),
    fired: firedRules.filter((trace) => !isHeld(trace)).map((trace) => speaker.rule(trace)),
    held: firedRules.filter(isHeld).map((trace) => heldRule(input, speaker, trace, fired.get(nameOf(trace)))),
    near: traces
      .filter((trace) => trace.result === false && isNear(trace))
      .map((trace) => ({ ...speaker.rule(trace), keptFrom: trace.keptFrom as number })),
    missing: traces
      .filter((trace) => trace.result === "missing")
      .map((trace) => ({ ...speaker.rule(trace), lacks: speaker.lacks(trace) })),
    points: pointsOf(input, words),
    strikes: strikesOf(input, language),
    ladder: ladderOf(input, language),
    restrictions: record.restrictions.map((each) => ({
      id: each.id,
      words: restrictionInWords(each, language),
    })),
    next: nextInWords(concluded, language),
    standing: {
      strikes: standing.strikes,
      restrictions: standing.restrictions.map((each) => ({
        id: each.id,
        words: restrictionInWords(each, language),
      })),
    },
    counters: policiesOf(input).flatMap((policy) => speaker.counters(policy)),
    limits: policiesOf(input).flatMap((policy) => limitsOf(input, policy, language)),
    hits: hitsOf(input.hits ?? [], words),
  };
}

/** Says what a rule came to, each in the words of its policy. */
/**
 * All rules of the policies that the event was decided under, fired or not, with their clauses: why something
 * was allowed is said by those that did not.
 */
export function explainRules(
  input: ExplanationInput,
  language: ExplanationLanguage,
): (ExplainedRule & { readonly result: boolean | "missing" })[] {
  const speaker = speakerOf(input, language);
  return traceRules(input.set, input.facts).map((trace) => ({
    ...speaker.rule(trace),
    result: trace.result,
  }));
}

type Speaker = {
  readonly words: DecisionWords;
  rule(trace: RuleTrace): ExplainedRule;
  lacks(trace: RuleTrace): string[];
  counters(policy: Policy): (ExplainedValue & { readonly policy: string })[];
};

function speakerOf(input: ExplanationInput, language: ExplanationLanguage): Speaker {
  const { set, facts, personal } = input;
  const words = decisionWords[language];
  const kinds = kindsOf(set);
  const rules = new Map<string, Rule>(
    set.policies.flatMap((policy) => policy.rules.map((rule) => [`${policy.id}/${rule.id}`, rule] as const)),
  );
  const contexts = new Map<string, ClauseContext>(
    set.policies.map((policy) => [policy.id, clauseContext(policy, (path) => kinds.get(path), language)]),
  );
  const explainedValue = (
    context: ClauseContext,
    path: FieldPath,
    value: FieldValue | undefined,
    isPersonal: boolean,
  ): ExplainedValue => {
    const known = value ?? (personal && Object.hasOwn(personal, path) ? personal[path] : undefined);
    const name = fieldInWords(path, context);
    if (known === undefined) {
      return { path, name, words: isPersonal ? words.gone : words.unknown };
    }
    return {
      path,
      name,
      value: known,
      words: words.was(valueInWords(known, kinds.get(path), context.words)),
    };
  };
  const clause = (context: ClauseContext, trace: ClauseTrace): ExplainedClause => ({
    clause: trace.clause,
    words: clauseInWords(trace.clause, context) ?? trace.clause,
    result: trace.result,
    // A list has no value of its own: what was looked up in it stands beside it; the clause names the list.
    values: trace.values
      .filter(({ path, value }) => value !== undefined || !path.startsWith("lists."))
      .map(({ path, value, personal: isPersonal }) => explainedValue(context, path, value, isPersonal)),
  });
  const contextOf = (policy: string): ClauseContext => contexts.get(policy) as ClauseContext;
  return {
    words,
    rule: (trace) => {
      const rule = rules.get(nameOf(trace)) as Rule;
      return {
        policy: trace.policy,
        rule: trace.rule,
        does: actionInWords(rule, language),
        points: rule.points,
        clauses: trace.trace.map((each) => clause(contextOf(trace.policy), each)),
      };
    },
    lacks: (trace) => lackedPaths(trace).map((path) => fieldInWords(path, contextOf(trace.policy))),
    counters: (policy) =>
      [...policy.counters].map(([name, { id }]) => ({
        policy: policy.id,
        ...explainedValue(
          contextOf(policy.id),
          `counters.${name}`,
          Object.hasOwn(facts.counters, id) ? facts.counters[id] : undefined,
          false,
        ),
      })),
  };
}

function heldRule(
  { set }: ExplanationInput,
  speaker: Speaker,
  trace: RuleTrace,
  fired: ConcludedFacts["fired"][number] | undefined,
): ExplainedRule {
  const held = (fired?.mode ?? "shadow") as Held;
  const exempt = set.policies
    .find(({ id }) => id === trace.policy)
    ?.exempt.find(({ id }) => id === fired?.exemption);
  const { words } = speaker;
  const heldWords =
    held === "exempt" && fired?.exemption !== undefined
      ? words.exemptBy(fired.exemption, exempt?.owner)
      : words.held[held];
  return { ...speaker.rule(trace), held, heldWords };
}

// Of a clause that came to missing, the fields that had no value. A personal one's absence isn't recorded.
function lackedPaths(trace: RuleTrace): FieldPath[] {
  const paths = trace.trace
    .filter(({ result }) => result === "missing")
    .flatMap(({ values }) => values)
    .filter(({ value }) => value === undefined)
    .map(({ path }) => path);
  return [...new Set(paths)];
}

function pointsOf(input: ExplanationInput, words: DecisionWords): ExplainedPoints[] {
  const { concluded } = input;
  return policiesOf(input).flatMap((policy): ExplainedPoints[] => {
    const enforced = concluded.fired.filter((each) => each.policy === policy.id && each.mode === "enforce");
    const rules = enforced.flatMap(({ rule: id }) => {
      const points = policy.rules.find((rule) => rule.id === id)?.points ?? 0;
      return points === 0 ? [] : [{ rule: id, points }];
    });
    if (rules.length === 0) return [];
    const points = rules.reduce((sum, rule) => sum + rule.points, 0);
    const thresholds = policy.thresholds.map((threshold) => {
      const held = concluded.thresholds?.find(
        (each) => each.policy === policy.id && each.points === threshold.points && each.mode !== "enforce",
      )?.mode as Held | undefined;
      return {
        points: threshold.points,
        outcome: threshold.outcome,
        reached: points >= threshold.points,
        ...(held !== undefined && { held }),
        words: words.threshold(threshold.points, words.outcomes[threshold.outcome]),
      };
    });
    return [{ policy: policy.id, points, rules, thresholds }];
  });
}

function strikesOf(
  { concluded, set, standing }: ExplanationInput,
  language: ExplanationLanguage,
): { rule: string; count: number; words: string }[] {
  const words = decisionWords[language];
  const given = concluded.strikes.map(({ policy, rule, count }) => ({
    rule: `${policy}/${rule}`,
    count,
    words: words.strikes(count),
  }));
  const names = new Set(given.map(({ rule }) => rule));
  const withheld = set.policies
    .flatMap((policy) => policy.rules)
    .filter((rule) => {
      const name = `${rule.policy}/${rule.id}`;
      const fired = concluded.fired.some(
        (each) => each.policy === rule.policy && each.rule === rule.id && each.mode === "enforce",
      );
      return fired && standing.recent?.includes(name) === true && !names.has(name);
    })
    .map((rule) => ({
      rule: `${rule.policy}/${rule.id}`,
      count: 0,
      words: words.noStrike(durationInWords(rule.strikeEveryMs, clauseWords[language])),
    }));
  return [...given, ...withheld];
}

// The highest step that the strikes reach, as enforcement takes it: docs/decisions/0004-ladder.md.
function ladderOf(input: ExplanationInput, language: ExplanationLanguage): ExplainedStep[] {
  const { concluded, standing } = input;
  const words = decisionWords[language];
  return policiesOf(input).flatMap((policy): ExplainedStep[] => {
    const added = concluded.strikes.reduce(
      (sum, strike) => (strike.policy === policy.id ? sum + strike.count : sum),
      0,
    );
    if (added === 0) return [];
    const before = standing.ladder?.[policy.id];
    const [step] = policy.ladder
      .filter(({ strikes }, place) => (before?.[place] ?? 0) + added >= strikes)
      .sort((a, b) => b.strikes - a.strikes);
    if (step === undefined) return [];
    const name = `${policy.id}/ladder-${step.strikes}`;
    const state = concluded.proposed?.includes(name)
      ? "proposed"
      : concluded.capped?.includes(name)
        ? "capped"
        : "taken";
    const within = durationInWords(step.withinMs, clauseWords[language]);
    const does = actionInWords({ then: step.then, points: 0 }, language);
    const suffix = state === "taken" ? "" : ` (${words[state]})`;
    const said = `${words.ladder(policy.id, words.strikes(step.strikes), within)}: ${does}${suffix}`;
    return [{ policy: policy.id, strikes: step.strikes, state, words: said }];
  });
}

function limitsOf(
  { facts }: ExplanationInput,
  policy: Policy,
  language: ExplanationLanguage,
): { policy: string; limit: string; words: string }[] {
  const words = decisionWords[language];
  return [...policy.limits].flatMap(([name, limit]) => {
    const waitMs = Object.hasOwn(facts.limits, limit.id) ? facts.limits[limit.id] : undefined;
    if (waitMs === undefined) return [];
    const room = words.limitRoom(rateInWords(limit.count, limit.perMs, language), limit.burst);
    const wait =
      waitMs > 0 ? words.limitFull(durationInWords(waitMs, clauseWords[language])) : words.limitFree;
    return [{ policy: policy.id, limit: name, words: `${room}: ${wait}` }];
  });
}

function hitsOf(
  hits: readonly string[],
  words: DecisionWords,
): { list: string; count: number; words: string }[] {
  const counts = new Map<string, number>();
  for (const hit of hits) {
    const list = hit.split(":")[0] ?? "";
    counts.set(list, (counts.get(list) ?? 0) + 1);
  }
  return [...counts].map(([list, count]) => ({ list, count, words: words.hits(count) }));
}

function policiesOf({ set, event }: ExplanationInput): readonly Policy[] {
  return set.policies.filter((policy) => policy.on.includes(event.type));
}

// Of a rule with one clause there is nothing else that spoke for it.
function isNear({ keptFrom, trace }: RuleTrace): boolean {
  return keptFrom !== undefined && trace.length > 1;
}

function nameOf({ policy, rule }: { readonly policy: string; readonly rule: string }): string {
  return `${policy}/${rule}`;
}
