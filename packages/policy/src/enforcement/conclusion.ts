// SPDX-License-Identifier: Apache-2.0
// A decision whole: what its record shows to anyone, what the affected user is shown, and what its facts say
// came out. The same function makes it when the event is decided and when the decision is replayed, so the
// two can be compared character by character.
import type { Evaluation, FieldPath, FieldValue, FiredRule, Held, Outcome } from "../types.ts";
import type { Enforcement } from "./enforce.ts";
import { recordedRestriction, timeText } from "./restriction.ts";
import type { RecordedRestriction } from "./restriction.ts";
import type { BeyondActor, RestrictionRead } from "./standing.ts";

/** Names of the reasons that are no rule's: a restriction refused the event. */
export const suspendedReason = "standing.suspended";
export const throttledReason = "standing.throttled";
export const bannedReason = "standing.banned";

/** A reason that the affected user is told: by a rule, or by one of the names above; text by language tag. */
export type Reason = { rule: string; text: Record<string, string> };

/** A rule that fired, in the facts: `clauses` are the results of its clauses, `t`, `f` or `m` (missing). */
export type FiredFact = {
  policy: string;
  rule: string;
  /** `enforce`, or why it had no effect. */
  mode: "enforce" | Held;
  outcome: Outcome | null;
  clauses: string;
  /** With mode `exempt`: which exemption. */
  exemption?: string;
};

/**
 * What came out of a decision, as its facts say it: plain JSON, keys in this order. What is not there is
 * none.
 */
export type ConcludedFacts = {
  fired: FiredFact[];
  /** Rules that could not be decided because a value was missing, as `policy/rule`. */
  missing: string[];
  points: number;
  /** Thresholds that were reached, at most one a policy and mode. */
  thresholds?: { policy: string; points: number; mode: "enforce" | Held }[];
  /** The restriction because of which the event was refused. */
  refusedBy: string | null;
  /** Strikes given by this decision. */
  strikes: { policy: string; rule: string; count: number }[];
  /** Steps of ladders that were reached and wait for a person, as `policy/ladder-STRIKES`. */
  proposed?: string[];
  /** Rules and steps that restricted the actor, or would have if something as long hadn't been in force. */
  restricting?: string[];
  /** Rules and steps that could restrict nobody else at this time, and would have. */
  capped?: string[];
  /**
   * Rules and steps whose policy has its restrictions in shadow, and that would have restricted or warned.
   */
  shadowed?: string[];
  retryAfterMs: number | null;
  holdUntil: string | null;
  otherwise: Outcome | null;
};

/** A decision as it is recorded, without what was read for it. */
export type Conclusion = {
  outcome: Outcome;
  /** The enforced rules that have a public reason, or the reserved name of a refusal. */
  rules: string[];
  restrictions: RecordedRestriction[];
  reasons: Reason[];
  /** What the enforced rules disclose. */
  disclosed: Record<FieldPath, FieldValue>;
  facts: ConcludedFacts;
};

/** Puts together what an evaluation and its enforcement come to. */
export function concludeDecision(evaluation: Evaluation, enforcement: Enforcement): Conclusion {
  const reasons = reasonsOf(evaluation.rules, enforcement.refusedBy);
  return {
    outcome: enforcement.outcome,
    rules: reasons.map((reason) => reason.rule),
    restrictions: enforcement.restrictions.map(recordedRestriction),
    reasons,
    disclosed: disclosedFacts(evaluation.rules, enforcement),
    facts: concludedFacts(evaluation, enforcement),
  };
}

// Loops, and each key by itself: most of it is empty for most events, and spreading that takes long.
function concludedFacts(evaluation: Evaluation, enforcement: Enforcement): ConcludedFacts {
  const { proposed, restricting, capped, shadowed, refusedBy, holdUntilMs } = enforcement;
  const facts: ConcludedFacts = {
    fired: firedFacts(evaluation),
    missing: evaluation.missing.map(({ policy, rule }) => `${policy}/${rule}`),
    points: evaluation.points,
    refusedBy: refusedBy?.id ?? null,
    strikes: enforcement.strikes.map(({ policy, rule, count }) => ({ policy, rule, count })),
    retryAfterMs: enforcement.retryAfterMs ?? null,
    holdUntil: holdUntilMs === undefined ? null : timeText(holdUntilMs),
    otherwise: enforcement.otherwise ?? null,
  };
  if (evaluation.thresholds.length + evaluation.heldThresholds.length > 0) {
    facts.thresholds = [...evaluation.thresholds, ...evaluation.heldThresholds].map(
      ({ policy, points, held }) => ({ policy, points, mode: held ?? ("enforce" as const) }),
    );
  }
  if (proposed.length > 0) facts.proposed = proposed;
  if (restricting.length > 0) facts.restricting = restricting;
  if (capped.length > 0) facts.capped = capped;
  if (shadowed.length > 0) facts.shadowed = shadowed;
  return facts;
}

function firedFacts({ rules, shadow }: Evaluation): FiredFact[] {
  const fired: FiredFact[] = [];
  for (const rule of rules) fired.push(firedFact(rule));
  for (const rule of shadow) fired.push(firedFact(rule));
  return fired;
}

function firedFact({ policy, rule, held, then, trace, exemption }: FiredRule): FiredFact {
  const clauses = trace.results;
  const fact: FiredFact = { policy, rule, mode: held ?? "enforce", outcome: then?.outcome ?? null, clauses };
  if (exemption !== undefined) fact.exemption = exemption;
  return fact;
}

function reasonsOf(rules: readonly FiredRule[], refusedBy: RestrictionRead | undefined): Reason[] {
  if (refusedBy !== undefined) return [refusalReason(refusedBy)];
  const reasons: Reason[] = [];
  for (const { rule, reason } of rules) {
    if (Object.keys(reason).length > 0) reasons.push({ rule, text: { ...reason } });
  }
  return reasons;
}

function refusalReason(refusedBy: RestrictionRead): Reason {
  if (refusedBy.on !== undefined && refusedBy.kind !== "ban") return refusalBeyond(refusedBy, refusedBy.on);
  if (refusedBy.kind === "ban") {
    return {
      rule: bannedReason,
      text: { en: "This account is banned.", de: "Dieses Konto ist dauerhaft gesperrt." },
    };
  }
  const { until } = refusedBy;
  if (refusedBy.kind === "throttle") {
    return {
      rule: throttledReason,
      text: {
        en: `This account may post only at a limited rate until ${until}.`,
        de: `Dieses Konto darf bis ${until} nur in begrenztem Tempo schreiben.`,
      },
    };
  }
  return {
    rule: suspendedReason,
    text: {
      en: `This account is suspended until ${until}.`,
      de: `Dieses Konto ist bis ${until} gesperrt.`,
    },
  };
}

const beyondWords: Readonly<Record<BeyondActor, { en: string; de: string }>> = {
  network: { en: "from this network", de: "aus diesem Netz" },
  device: { en: "from this device", de: "von diesem Gerät" },
  emailHost: { en: "from this e-mail host", de: "mit Adressen dieses E-Mail-Anbieters" },
  domain: { en: "with links to this domain", de: "mit Links auf diese Domain" },
  fingerprint: { en: "of this text", de: "dieses Textes" },
};

// Who is hit because of a network or a device should know that it is not about their account.
function refusalBeyond(
  { kind, until }: Extract<RestrictionRead, { until: string }>,
  on: BeyondActor,
): Reason {
  const { en, de } = beyondWords[on];
  if (kind === "throttle") {
    return {
      rule: throttledReason,
      text: {
        en: `Posts ${en} pass only at a limited rate until ${until}.`,
        de: `Beiträge ${de} werden bis ${until} nur in begrenztem Tempo angenommen.`,
      },
    };
  }
  return {
    rule: suspendedReason,
    text: {
      en: `Posts ${en} are refused until ${until}.`,
      de: `Beiträge ${de} werden bis ${until} nicht angenommen.`,
    },
  };
}

function disclosedFacts(
  rules: readonly FiredRule[],
  { refusedBy }: Enforcement,
): Record<FieldPath, FieldValue> {
  if (refusedBy !== undefined) return { restriction: refusedBy.id };
  const facts: Record<FieldPath, FieldValue> = {};
  for (const rule of rules) {
    for (const { path, value } of rule.disclosed) if (value !== undefined) facts[path] = value;
  }
  return facts;
}
