// SPDX-License-Identifier: Apache-2.0
// From an event and what is known at this moment to a decision that is ready to be sealed. No waiting, no
// side effects: what is read was read before, what changes is changed by the caller.
import { evaluate, factsOf, signalDefinitions } from "@docket/policy";
import type { EvaluationInput, FiredRule, PolicySet, Signals } from "@docket/policy";
import { encodeBody, encodeDisclosed, encodeFacts, formatTime } from "@docket/protocol";
import type { Disclosed, Event, Facts, FactValue, RecordedRestriction } from "@docket/protocol";
import { enforce, suspendedReason, throttledReason } from "../enforcement/enforce.ts";
import type { Enforcement } from "../enforcement/enforce.ts";
import { restrictionsAt, strikeInForceMs, strikesWithin } from "../enforcement/standing.ts";
import type { Restriction, Standing } from "../enforcement/standing.ts";
import type { Actor } from "../evidence/actors.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { RecordedKeys } from "./counting.ts";

/** All that a decision is made from. */
export type DraftInput = {
  event: Event;
  /** The event's one encoding. */
  encodedEvent: string;
  eventHash: string;
  bodyHash: string;
  actor: Actor;
  by: string;
  source: "http" | "file";
  decidedAtMs: number;
  clock: "event" | "received";
  signals: Signals;
  policies: PolicySet;
  release: string;
  counters: { byDeclaration: ReadonlyMap<string, number>; byHash: Record<string, number> };
  keys: RecordedKeys;
  standing: Standing;
  siteKey: Uint8Array;
  newRestrictionId: () => string;
};

/** A decision ready to be sealed. */
export type Draft = {
  enforcement: Enforcement;
  facts: Facts;
  disclosed: Disclosed;
  restrictions: RecordedRestriction[];
  rules: string[];
  body: string;
  parts: PlainPart[];
};

/** Signals that are personal and not a copy of the content: kept where a rule that fired read them. */
const keptPersonalSignals: ReadonlySet<string> = new Set(["signals.links", "signals.domains"]);
const openSignals = signalDefinitions.filter((signal) => !signal.personal).map((signal) => signal.name);

/** Decides an event. */
export function draftDecision(input: DraftInput): Draft {
  const evaluated = evaluationInput(input);
  const evaluation = evaluate(input.policies, evaluated);
  const policies = input.policies.policies.filter((policy) => policy.on.includes(input.event.type));
  const enforcement = enforce(
    evaluation,
    policies,
    input.standing,
    input.decidedAtMs,
    input.newRestrictionId,
  );
  const reasons = reasonsOf(evaluation.rules, enforcement);
  const restrictions = enforcement.restrictions.map(recordedRestriction);
  const facts: Facts = {
    v: 1,
    event: {
      id: input.eventHash,
      body: input.bodyHash,
      type: input.event.type,
      op: input.event.op ?? "create",
      time: input.event.time ?? null,
      inReplyTo: input.event.inReplyTo ?? null,
    },
    decidedAt: formatTime(input.decidedAtMs),
    clock: input.clock,
    source: input.source,
    values: openValues(input, evaluated, evaluation.clauses),
    counters: input.counters.byHash,
    keys: input.keys,
    standing: {
      strikes: evaluated.standing.strikes,
      restrictions: restrictionsAt(input.standing, input.decidedAtMs).map((restriction) => restriction.id),
    },
    clauses: evaluation.clauses,
    fired: [
      ...evaluation.rules.map((rule) => firedFact(rule, "enforce" as const)),
      ...evaluation.shadow.map((rule) => firedFact(rule, "shadow" as const)),
    ],
    missing: evaluation.missing.map(({ policy, rule }) => `${policy}/${rule}`),
    points: evaluation.points,
    refusedBy: enforcement.refusedBy?.id ?? null,
    strikes: enforcement.strikes.map(({ policy, rule, count }) => ({ policy, rule, count })),
    retryAfterMs: enforcement.retryAfterMs ?? null,
    holdUntil: enforcement.holdUntilMs === undefined ? null : formatTime(enforcement.holdUntilMs),
    otherwise: enforcement.otherwise ?? null,
  };
  const disclosed: Disclosed = { v: 1, reasons, facts: disclosedFacts(evaluation.rules, enforcement) };
  const rules = reasons.map((reason) => reason.rule);
  return {
    enforcement,
    facts,
    disclosed,
    restrictions,
    rules,
    body: encodeBody({
      kind: "decision",
      by: input.by,
      actor: input.actor.pseudonym,
      outcome: enforcement.outcome,
      rules,
      restrictions,
      release: input.release,
    }),
    parts: partsOf(input, facts, disclosed, [...evaluation.rules, ...evaluation.shadow]),
  };
}

/** How a restriction stands in a record. */
export function recordedRestriction(restriction: Restriction): RecordedRestriction {
  const until = formatTime(restriction.untilMs);
  if (restriction.kind === "suspend") return { id: restriction.id, kind: "suspend", until };
  const { id, count, perMs, burst } = restriction;
  return { id, kind: "throttle", rate: `${count}/${unitOf(perMs)}`, burst, until };
}

/** The other way round: what a record says of a restriction, as standing needs it. */
export function restrictionFromRecord(recorded: RecordedRestriction): Restriction {
  const untilMs = Date.parse(recorded.until);
  if (recorded.kind === "suspend") return { id: recorded.id, kind: "suspend", untilMs };
  const [count, unit] = recorded.rate.split("/") as [string, string];
  const perMs = rateUnits.get(unit) ?? 0;
  return {
    id: recorded.id,
    kind: "throttle",
    untilMs,
    count: Number(count),
    perMs,
    burst: recorded.burst,
    tatUs: 0,
  };
}

const rateUnits: ReadonlyMap<string, number> = new Map([
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

function unitOf(perMs: number): string {
  for (const [unit, ms] of rateUnits) if (ms === perMs) return unit;
  throw new RangeError(`a rate per ${perMs} ms has no unit`);
}

function evaluationInput(input: DraftInput): EvaluationInput {
  const { event, decidedAtMs, standing } = input;
  return {
    type: event.type,
    op: event.op ?? "create",
    decidedAt: decidedAtMs,
    actor: event.actor,
    content: event.content,
    signals: input.signals,
    counters: input.counters.byDeclaration,
    standing: {
      strikes: strikesWithin(standing, decidedAtMs, strikeInForceMs),
      restricted: restrictionsAt(standing, decidedAtMs).length > 0,
    },
  };
}

// What conditions read, and every signal that is not personal: small, and what later questions are about.
function openValues(
  input: DraftInput,
  evaluated: EvaluationInput,
  clauses: string,
): Record<string, FactValue> {
  const values: Record<string, FactValue> = { ...factsOf(input.policies, evaluated, clauses).values };
  for (const name of openSignals) {
    const value = input.signals[name];
    if (value !== undefined) values[`signals.${name}`] = value;
  }
  return values;
}

function firedFact(rule: FiredRule, mode: "enforce" | "shadow"): Facts["fired"][number] {
  return {
    policy: rule.policy,
    rule: rule.rule,
    mode,
    outcome: rule.then?.outcome ?? null,
    clauses: rule.trace.map(({ result }) => (result === "missing" ? "m" : result ? "t" : "f")).join(""),
  };
}

function reasonsOf(rules: readonly FiredRule[], enforcement: Enforcement): Disclosed["reasons"] {
  const { refusedBy } = enforcement;
  if (refusedBy !== undefined) {
    const until = formatTime(refusedBy.untilMs);
    return refusedBy.kind === "suspend"
      ? [
          {
            rule: suspendedReason,
            text: {
              en: `This account is suspended until ${until}.`,
              de: `Dieses Konto ist bis ${until} gesperrt.`,
            },
          },
        ]
      : [
          {
            rule: throttledReason,
            text: {
              en: `This account may post only at a limited rate until ${until}.`,
              de: `Dieses Konto darf bis ${until} nur in begrenztem Tempo schreiben.`,
            },
          },
        ];
  }
  return rules
    .filter((rule) => Object.keys(rule.reason).length > 0)
    .map((rule) => ({ rule: rule.rule, text: { ...rule.reason } }));
}

function disclosedFacts(rules: readonly FiredRule[], enforcement: Enforcement): Record<string, FactValue> {
  if (enforcement.refusedBy !== undefined) return { restriction: enforcement.refusedBy.id };
  const facts: Record<string, FactValue> = {};
  for (const rule of rules) {
    for (const { path, value } of rule.disclosed) if (value !== undefined) facts[path] = value;
  }
  return facts;
}

function partsOf(
  input: DraftInput,
  facts: Facts,
  disclosed: Disclosed,
  fired: readonly FiredRule[],
): PlainPart[] {
  const { pseudonym, key } = input.actor;
  const personal: Record<string, FactValue> = {};
  for (const { values } of fired.flatMap((rule) => rule.trace)) {
    for (const { path, value } of values) {
      if (keptPersonalSignals.has(path) && value !== undefined) personal[path] = value;
    }
  }
  const parts: PlainPart[] = [
    { name: "facts", subject: "site", key: input.siteKey, plaintext: encodeFacts(facts) },
    {
      name: "content",
      subject: pseudonym,
      key,
      plaintext: `{"v":1,"event":${input.encodedEvent}}`,
    },
  ];
  if (Object.keys(personal).length > 0) {
    const plaintext = JSON.stringify({ v: 1, values: personal });
    parts.push({ name: "personalFacts", subject: pseudonym, key, plaintext });
  }
  if (disclosed.reasons.length > 0) {
    parts.push({ name: "disclosed", subject: pseudonym, key, plaintext: encodeDisclosed(disclosed) });
  }
  return parts;
}
