// SPDX-License-Identifier: Apache-2.0
// One decision made again from its own facts: evaluation, enforcement and conclusion run as they ran then,
// and what comes out is held against what the record and its facts say.
import { concludeDecision, enforce, evaluateFromFacts, PolicyError, traceRules } from "@docket/policy";
import type { Caps, ConcludedFacts, Conclusion, Facts as PolicyFacts, RuleTrace } from "@docket/policy";
import { encodeFacts, formatTime, parseTime } from "@docket/protocol";
import type { DecisionBody, Facts, RecordHeader } from "@docket/protocol";
import { sameJson } from "./finding.ts";
import type { ClauseDifference, ReplayFinding } from "./finding.ts";
import type { ReplayRelease } from "./release.ts";

/** The record of a decision. */
export type DecisionRecord = RecordHeader & DecisionBody;

/**
 * Reads the facts of a decision from their part's plaintext.
 *
 * @returns `undefined` if they are not what `encodeFacts` writes
 */
export function readFacts(plaintext: string): Facts | undefined {
  try {
    const facts = JSON.parse(plaintext) as Facts;
    const isFacts = facts.v === 1 && encodeFacts(facts) === plaintext;
    return isFacts && parseTime(facts.decidedAt) !== undefined ? facts : undefined;
  } catch {
    return undefined;
  }
}

/** Decides again from recorded facts, and tells what differs: nothing, if all is as it was recorded. */
export function replayDecision(
  release: ReplayRelease,
  record: DecisionRecord,
  facts: Facts,
): ReplayFinding[] {
  const finding = (what: string, recorded: unknown, replayed: unknown): ReplayFinding => ({
    kind: "decision",
    index: record.index,
    what,
    recorded,
    replayed,
  });
  const contradictions = contradictionsIn(facts).map(([what, recorded, replayed]) =>
    finding(what, recorded, replayed),
  );
  const policyFacts = policyFactsOf(release, facts);
  if (typeof policyFacts === "string") return [...contradictions, finding(policyFacts, null, null)];
  let conclusion: Conclusion;
  try {
    conclusion = concludeFromFacts(release, record, facts, policyFacts);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return [...contradictions, finding(`facts.clauses: ${error.message}`, facts.clauses, null)];
  }
  const differences = [
    ...compared("", recordSays(record), conclusionSays(conclusion)),
    ...compared("facts.", factsSay(facts), conclusion.facts),
  ].map(([what, recorded, replayed]) => finding(what, recorded, replayed));
  if (differences.length === 0) return contradictions;
  const clause = firstClauseDifference(facts, conclusion, traceRules(release.policies, policyFacts));
  return [
    ...contradictions,
    ...differences.map((difference) => (clause === undefined ? difference : { ...difference, clause })),
  ];
}

/**
 * Recorded facts as the policies' evaluation reads them, with declarations in place of their hashes.
 *
 * @returns what is wrong, where a counter or limit was read that the release doesn't declare
 */
export function policyFactsOf(
  release: Pick<ReplayRelease, "counters" | "limits">,
  facts: Facts,
): PolicyFacts | string {
  const counters: Record<string, number> = {};
  const limits: Record<string, number> = {};
  const shadowLimits: Record<string, number> = {};
  for (const [hash, value] of Object.entries(facts.counters)) {
    const counter = release.counters.get(hash);
    if (counter === undefined) return `facts.counters.${hash}: its release declares no such counter`;
    counters[counter.id] = value;
  }
  for (const [hash, value] of Object.entries(facts.limits ?? {})) {
    const limit = release.limits.get(hash);
    if (limit === undefined) return `facts.limits.${hash}: its release declares no such limit`;
    limits[limit.id] = value;
  }
  for (const [key, value] of Object.entries(facts.shadowLimits ?? {})) {
    const [hash = "", rule = ""] = key.split(" ");
    const limit = release.limits.get(hash);
    if (limit === undefined) return `facts.shadowLimits.${key}: its release declares no such limit`;
    shadowLimits[`${limit.id}\n${rule}`] = value;
  }
  const { event, values, clauses, held = {} } = facts;
  const decidedAt = parseTime(facts.decidedAt) ?? 0;
  return { type: event.type, decidedAt, values, counters, limits, shadowLimits, held, clauses };
}

/** Which rules and steps could restrict nobody else when the decision was made. */
export function capsOf(facts: Facts): Caps {
  return new Set(facts.capped ?? []);
}

/**
 * What a decision comes to, from its facts.
 *
 * @throws {PolicyError} `facts-mismatch` if the facts' clauses aren't those of the release
 */
export function concludeFromFacts(
  release: ReplayRelease,
  record: DecisionRecord,
  facts: Facts,
  policyFacts: PolicyFacts,
): Conclusion {
  const { policies } = release.policies;
  const evaluation = evaluateFromFacts(release.policies, policyFacts);
  const about = policies.filter((policy) => policy.on.includes(facts.event.type));
  const { standing } = facts;
  return concludeDecision(
    evaluation,
    enforce(evaluation, about, standing, policyFacts.decidedAt, capsOf(facts), recordedIds(record)),
  );
}

/** Ids of restrictions are random: those of the record are given out again, in their order. */
export function recordedIds(record: DecisionRecord): () => string {
  let next = 0;
  return () => record.restrictions[next++]?.id ?? "r_none";
}

type Compared = readonly [what: string, recorded: unknown, replayed: unknown];

function compared(
  prefix: string,
  recorded: Readonly<Record<string, unknown>>,
  replayed: Readonly<Record<string, unknown>>,
): Compared[] {
  const names = new Set([...Object.keys(recorded), ...Object.keys(replayed)]);
  return [...names].flatMap((name): Compared[] => {
    const [a, b] = [recorded[name] ?? null, replayed[name] ?? null];
    return sameJson(a, b) ? [] : [[`${prefix}${name}`, a, b]];
  });
}

function recordSays({ outcome, rules, restrictions }: DecisionRecord): Record<string, unknown> {
  return { outcome, rules, restrictions };
}

function conclusionSays({ outcome, rules, restrictions }: Conclusion): Record<string, unknown> {
  return { outcome, rules, restrictions };
}

/** What came out of a decision, as its facts say it: all of it, or this doesn't compile. */
const concluded: { readonly [Key in keyof ConcludedFacts]-?: true } = {
  fired: true,
  missing: true,
  points: true,
  thresholds: true,
  refusedBy: true,
  strikes: true,
  proposed: true,
  restricting: true,
  capped: true,
  shadowed: true,
  retryAfterMs: true,
  holdUntil: true,
  otherwise: true,
};
const concludedKeys = Object.keys(concluded) as readonly (keyof ConcludedFacts)[];

function factsSay(facts: Facts): Record<string, unknown> {
  return Object.fromEntries(concludedKeys.map((key) => [key, facts[key]]));
}

// Facts say some things twice: what was read of the standing and of the event stands among the values too.
function contradictionsIn(facts: Facts): Compared[] {
  const { values, standing, event } = facts;
  const limited = standing.restrictions.flatMap((each) => (each.kind === "limit" ? [each.ability] : []));
  const restricted = standing.restrictions.some(({ kind }) => kind !== "warn");
  const twice: Readonly<Record<string, unknown>> = {
    "event.type": event.type,
    "event.op": event.op,
    "standing.strikes": standing.strikes,
    "standing.restricted": restricted,
    "standing.limited": limited,
  };
  const found: Compared[] = [];
  for (const [path, replayed] of Object.entries(twice)) {
    const recorded = Object.hasOwn(values, path) ? values[path] : undefined;
    if (recorded !== undefined && !sameJson(recorded, replayed)) {
      found.push([`facts.values.${path}`, recorded, replayed]);
    }
  }
  if (facts.clock === "event") {
    const claimed = event.time === null ? undefined : parseTime(event.time);
    const expected = claimed === undefined ? null : formatTime(claimed);
    if (expected !== facts.decidedAt) found.push(["facts.decidedAt", facts.decidedAt, expected]);
  }
  return found;
}

// Which clause made the difference: the first one of a rule that fired only then, or only now.
function firstClauseDifference(
  facts: Facts,
  conclusion: Conclusion,
  traces: readonly RuleTrace[],
): ClauseDifference | undefined {
  const recorded = new Map(facts.fired.map((fired) => [`${fired.policy}/${fired.rule}`, fired]));
  const replayed = new Map(conclusion.facts.fired.map((fired) => [`${fired.policy}/${fired.rule}`, fired]));
  for (const rule of new Set([...recorded.keys(), ...replayed.keys()])) {
    if (sameJson(recorded.get(rule), replayed.get(rule))) continue;
    const trace = traces.find((each) => `${each.policy}/${each.rule}` === rule);
    const before = recorded.get(rule)?.clauses ?? "";
    const now = trace?.clauses ?? "";
    const length = Math.max(before.length, now.length);
    let place = 0;
    while (place < length && before[place] === now[place]) place++;
    const clause = trace?.trace[place]?.clause ?? null;
    return { rule, clause, recorded: before[place] ?? "", replayed: now[place] ?? "" };
  }
  return undefined;
}
