// SPDX-License-Identifier: Apache-2.0
// What decisions read of an actor's standing, held against what the records before them give.
import { applyDecision, cleanStanding, isClean, readStanding, restrictionFromRecord } from "@docket/policy";
import type { Standing } from "@docket/policy";
import type { Facts } from "@docket/protocol";
import type { DecisionRecord } from "./decision.ts";
import { sameJson } from "./finding.ts";
import type { ReplayFinding } from "./finding.ts";
import type { ReplayRelease } from "./release.ts";

/** The standing of all actors, made of the records. Decisions are given from the log's first record on. */
export class StandingReplay {
  readonly #standings = new Map<string, Standing>();
  checked = 0;

  /** Takes in a decision; tells where it read another standing than the records before it give. */
  follow(
    record: DecisionRecord,
    release: ReplayRelease,
    facts: Facts,
    decidedAtMs: number,
    isAsked: boolean,
  ): ReplayFinding[] {
    const { index, actor } = record;
    const before = this.#standings.get(actor) ?? cleanStanding;
    const after = applyDecision(before, {
      decidedAtMs,
      refused: record.outcome === "delay" || record.outcome === "reject",
      strikes: facts.strikes.map((strike) => ({ ...strike, atMs: decidedAtMs })),
      restrictions: record.restrictions.map(restrictionFromRecord),
    });
    if (isClean(after)) this.#standings.delete(actor);
    else this.#standings.set(actor, after);
    if (!isAsked) return [];
    this.checked += 1;
    const policies = release.policies.policies.filter((policy) => policy.on.includes(facts.event.type));
    const replayed = readStanding(before, policies, decidedAtMs);
    if (sameJson(facts.standing, replayed)) return [];
    return [{ kind: "standing", index, what: "facts.standing", recorded: facts.standing, replayed }];
  }
}
