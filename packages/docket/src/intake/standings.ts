// SPDX-License-Identifier: Apache-2.0
// What decisions do to standings: the same live and from the log.
import { applyDecision, isClean, restrictionFromRecord } from "@docket/policy";
import type { Standing } from "@docket/policy";
import type { DecisionBody, Facts } from "@docket/protocol";

/** The standing of an actor after a decision. */
export function standingAfter(
  standing: Standing,
  record: Pick<DecisionBody, "outcome" | "restrictions">,
  facts: Pick<Facts, "decidedAt" | "strikes">,
): Standing {
  const decidedAtMs = Date.parse(facts.decidedAt);
  return applyDecision(standing, {
    decidedAtMs,
    refused: record.outcome === "delay" || record.outcome === "reject",
    strikes: facts.strikes.map((strike) => ({ ...strike, atMs: decidedAtMs })),
    restrictions: record.restrictions.map(restrictionFromRecord),
  });
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
