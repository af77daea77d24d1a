// SPDX-License-Identifier: Apache-2.0
// What decisions read of the log before them: counters, limits and standing, followed from record 0 on. Each
// value that a decision says it read must be what the records before it give.
import { parseTime } from "@docket/protocol";
import type { ActFacts, Facts } from "@docket/protocol";
import { Recount } from "./counters.ts";
import type { RecountSummary } from "./counters.ts";
import type { DecisionRecord } from "./decision.ts";
import type { ReplayFinding } from "./finding.ts";
import { LimitReplay } from "./limits.ts";
import type { LimitSummary } from "./limits.ts";
import type { ReplayRelease } from "./release.ts";
import { StandingReplay } from "./standing.ts";
import type { ActRecord } from "./standing.ts";

/** What was followed, and how much of it could be checked. */
export type StateSummary = {
  /** Values of counters that decisions read. */
  counters: RecountSummary;
  /** Waits for limits that decisions read. */
  limits: LimitSummary;
  /** Standings that decisions read. */
  standings: number;
  /** The first record after which nothing could be followed, and why; `null` if all was. */
  lostAt: { index: number; reason: string } | null;
};

/** Follows the state of a log. Its decisions and acts are given one after the other, from record 0 on. */
export class StateReplay {
  readonly #counters = new Recount();
  readonly #limits = new LimitReplay();
  readonly #standings = new StandingReplay();
  /** The release that was sealed last; `undefined` before the first. */
  #inForce: string | undefined;
  #lostAt: StateSummary["lostAt"] = null;

  get summary(): StateSummary {
    return {
      counters: this.#counters.summary,
      limits: this.#limits.summary,
      standings: this.#standings.checked,
      lostAt: this.#lostAt,
    };
  }

  /** Takes in that a release came into force. */
  adopt(release: ReplayRelease): void {
    this.#inForce = release.id;
    this.#counters.adopt(release);
    this.#limits.adopt(release);
  }

  /** Takes in a decision; tells where what it read is not what the records before it give. */
  follow(record: DecisionRecord, release: ReplayRelease, facts: Facts, isAsked: boolean): ReplayFinding[] {
    if (this.#lostAt !== null) return [];
    const decidedAtMs = parseTime(facts.decidedAt) ?? 0;
    const { index, actor } = record;
    const inForce = this.#inForce ?? record.release;
    const other: ReplayFinding = {
      kind: "release",
      index,
      what: "release: another one was in force",
      recorded: record.release,
      replayed: inForce,
    };
    return [
      ...(isAsked && inForce !== record.release ? [other] : []),
      ...this.#standings.follow(record, release, facts, decidedAtMs, isAsked),
      ...this.#counters.follow(index, actor, release, facts, decidedAtMs, isAsked),
      ...this.#limits.follow(record, release, facts, decidedAtMs, isAsked),
    ];
  }

  /** Takes in a verdict or a measure; tells where it takes away what there was not. */
  act(record: ActRecord, facts: ActFacts, isAsked: boolean): ReplayFinding[] {
    return this.#lostAt === null ? this.#standings.act(record, facts, isAsked) : [];
  }

  /** A decision or an act could not be read: what later ones read of it cannot be followed any more. */
  lose(index: number, reason: string): void {
    this.#lostAt ??= { index, reason };
  }
}
