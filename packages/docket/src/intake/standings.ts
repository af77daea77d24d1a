// SPDX-License-Identifier: Apache-2.0
// What decisions and acts do to standings: the same live and from the log.
import { applyDecision, cleanStanding, isClean, restrictionFromRecord } from "@docket/policy";
import type { ActChange, Standing, Strike } from "@docket/policy";
import type { ActFacts, ActStrike, DecisionBody, Facts, MeasureBody, VerdictBody } from "@docket/protocol";

/**
 * The standing of an actor after a decision.
 *
 * @param decidedAtMs the same as the facts have, where it is known as a number
 */
export function standingAfter(
  standing: Standing,
  record: Pick<DecisionBody, "outcome" | "restrictions">,
  facts: Pick<Facts, "decidedAt" | "strikes">,
  decidedAtMs: number = Date.parse(facts.decidedAt),
): Standing {
  const changes = facts.strikes.length > 0 || record.restrictions.length > 0;
  if (!changes && isClean(standing)) return cleanStanding;
  return applyDecision(standing, {
    decidedAtMs,
    refused: record.outcome === "delay" || record.outcome === "reject",
    strikes: facts.strikes.map((strike) => ({ ...strike, atMs: decidedAtMs })),
    restrictions: record.restrictions.map(restrictionFromRecord),
  });
}

/** What the views are told of a standing after a record; nothing if there was and is nothing to remember. */
export function changedStanding(
  subject: string,
  before: Standing,
  after: Standing,
): { actor: string; state: string } | undefined {
  return isClean(before) && isClean(after) ? undefined : { actor: subject, state: encodeStanding(after) };
}

/** What an act says that it changes, from its record and facts: the same live and from the log. */
export function actChange(
  { restrictions, ended }: Pick<VerdictBody | MeasureBody, "restrictions" | "ended">,
  { strikes, voided }: Pick<ActFacts, "strikes" | "voided">,
): ActChange {
  return {
    strikes: strikes.map(strikeOf),
    voided: voided.map(strikeOf),
    restrictions: restrictions.map(restrictionFromRecord),
    ended,
  };
}

/** How a standing is kept in the views: canonical JSON, or nothing for a clean one. */
export function encodeStanding(standing: Standing): string {
  return isClean(standing) ? "" : JSON.stringify(standing);
}

/** Remembers a standing; a clean one needs no memory. */
export function setStanding(standings: Map<string, Standing>, actor: string, standing: Standing): void {
  if (isClean(standing)) standings.delete(actor);
  else standings.set(actor, standing);
}

function strikeOf({ policy, rule, count, at }: ActStrike): Strike {
  return { policy, rule, count, atMs: Date.parse(at) };
}
