// SPDX-License-Identifier: Apache-2.0
// What decisions read of standings, held against what the records before them give.
import {
  applyAct,
  applyDecision,
  applyPassing,
  cleanStanding,
  isClean,
  readStanding,
  restrictionFromRecord,
  sameStrike,
} from "@docket/policy";
import type { BeyondActor, Standing, StandingBeyond, Strike } from "@docket/policy";
import { parseTime } from "@docket/protocol";
import type { ActFacts, ActStrike, Facts, MeasureBody, RecordHeader, VerdictBody } from "@docket/protocol";
import type { DecisionRecord } from "./decision.ts";
import { sameJson } from "./finding.ts";
import type { ReplayFinding } from "./finding.ts";
import type { ReplayRelease } from "./release.ts";

/** The record of a verdict or a measure: what people, or Docket by itself, changed of a standing. */
export type ActRecord = RecordHeader & (VerdictBody | MeasureBody);

/** All standings, made of the records. Decisions and acts are given from the log's first record on. */
export class StandingReplay {
  readonly #standings = new Map<string, Standing>();
  /** What each restricted subject is that is no actor. */
  readonly #kinds = new Map<string, BeyondActor>();
  checked = 0;

  /** Takes in a decision; tells where it read another standing than the records before it give. */
  follow(
    record: DecisionRecord,
    release: ReplayRelease,
    facts: Facts,
    decidedAtMs: number,
    isAsked: boolean,
  ): ReplayFinding[] {
    const { index, actor, outcome } = record;
    const before = this.#of(actor);
    const beyond = (facts.subjects ?? []).map((subject) => this.#beyond(subject));
    this.#set(
      actor,
      applyDecision(before, {
        decidedAtMs,
        refused: outcome === "delay" || outcome === "reject",
        strikes: facts.strikes.map((strike) => ({ ...strike, atMs: decidedAtMs })),
        restrictions: record.restrictions.map(restrictionFromRecord),
      }),
    );
    for (const subject of facts.subjects ?? []) {
      this.#set(subject, applyPassing(this.#of(subject), outcome, decidedAtMs));
    }
    if (!isAsked) return [];
    this.checked += 1;
    const policies = release.policies.policies.filter((policy) => policy.on.includes(facts.event.type));
    const replayed = readStanding(before, policies, decidedAtMs, beyond);
    if (sameJson(facts.standing, replayed)) return [];
    return [{ kind: "standing", index, what: "facts.standing", recorded: facts.standing, replayed }];
  }

  /** Takes in an act; tells where it takes away what the records before it don't give. */
  act(record: ActRecord, facts: ActFacts, isAsked: boolean): ReplayFinding[] {
    const { index, ended, restrictions } = record;
    const subject = record.kind === "verdict" ? record.actor : record.subject;
    if (record.kind === "measure" && record.subjectKind !== "actor") {
      this.#kinds.set(subject, record.subjectKind);
    }
    const before = this.#of(subject);
    const voided = facts.voided.map(strikeOf);
    this.#set(
      subject,
      applyAct(before, {
        strikes: facts.strikes.map(strikeOf),
        voided,
        restrictions: restrictions.map(restrictionFromRecord),
        ended,
      }),
    );
    if (!isAsked) return [];
    const findings: ReplayFinding[] = [];
    const unknown = ended.filter((id) => !before.restrictions.some((each) => each.id === id));
    if (unknown.length > 0) {
      const inForce = before.restrictions.map(({ id }) => id);
      findings.push({ kind: "standing", index, what: "ended", recorded: unknown, replayed: inForce });
    }
    const left = [...before.strikes];
    for (const strike of voided) {
      const place = left.findIndex((each) => sameStrike(each, strike));
      if (place >= 0) left.splice(place, 1);
      else {
        findings.push({ kind: "standing", index, what: "facts.voided", recorded: strike, replayed: left });
      }
    }
    return findings;
  }

  #of(subject: string): Standing {
    return this.#standings.get(subject) ?? cleanStanding;
  }

  #set(subject: string, standing: Standing): void {
    if (isClean(standing)) this.#standings.delete(subject);
    else this.#standings.set(subject, standing);
  }

  // Of a subject that no measure ever named nothing can be in force; then its kind is of no matter.
  #beyond(subject: string): StandingBeyond {
    return { kind: this.#kinds.get(subject) ?? "network", standing: this.#of(subject) };
  }
}

function strikeOf({ policy, rule, count, at }: ActStrike): Strike {
  return { policy, rule, count, atMs: parseTime(at) ?? 0 };
}
