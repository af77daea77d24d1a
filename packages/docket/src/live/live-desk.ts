// SPDX-License-Identifier: Apache-2.0
// Tells followers what is sealed. Nobody is told of each record: what comes within half a second is one
// batch, of which the newest decisions are named and the others counted, so that a site that decides
// thousands a second tells no more than one that decides a few. While nobody follows, nothing is gathered.
import { formatTime } from "@docket/protocol";
import type { Outcome } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { DecisionRow } from "../views/decision-row.ts";
import type { SiteIndex } from "../views/site-index.ts";
import { ActivityBook } from "./activity.ts";
import { backlogMax, batchMs, batchRowsMax, followersMax, pulseMs, pulsesMax } from "./contract.ts";
import type {
  Activity,
  ActivityPeriod,
  FirstSteps,
  LiveBatch,
  LiveDecision,
  LiveNews,
  SiteLive,
} from "./contract.ts";
import { firstStepsOf } from "./first-steps.ts";
import type { RulesInForce } from "./first-steps.ts";

/** How far a site is does not change fast: it is answered from memory for so long, in ms. */
const stepsRememberedMs = 5000;

/** What is told of a site's records, in the order of the log, once they are durable. */
export type LiveListener = {
  readonly onRecord: (record: { readonly index: number; readonly kind: string }) => void;
  readonly onDecision: (row: DecisionRow) => void;
};

/** What the desk leans on. */
export type LivePorts = {
  /** Tells of each record from now on; the result ends it. */
  readonly listen: (listener: LiveListener) => () => void;
  readonly index: Pick<SiteIndex, "decisions" | "decisionTallies" | "keptPage">;
  /** Resolves when the views have all that was sealed. */
  readonly indexed: () => Promise<void>;
  /** The latest time of any decision, in ms since 1970; 0 if there is none. */
  readonly latestMs: () => Promise<number>;
  readonly rules: () => RulesInForce;
  /** Ms since 1970. */
  readonly clock: () => number;
  /** Calls back once after that many ms; gives what takes the call back. */
  readonly timer: (ms: number, run: () => void) => () => void;
};

type Follower = {
  readonly take: (news: LiveNews) => void;
  /** What came while the backlog was read; afterwards absent. */
  waiting: LiveBatch[] | undefined;
  pulses: number;
};
type Gathered = {
  last: number;
  decisions: LiveDecision[];
  outcomes: Partial<Record<Outcome, number>>;
  records: Record<string, number>;
  skipped: number;
};

/** Tells what happens now. */
export class LiveDesk implements SiteLive {
  readonly #ports: LivePorts;
  readonly #activity: ActivityBook;
  readonly #followers = new Set<Follower>();
  #gathered: Gathered | undefined;
  #steps: { atMs: number; steps: Promise<FirstSteps> } | undefined;
  #stopListening: (() => void) | undefined;
  #cancelBatch: (() => void) | undefined;
  #cancelPulse: (() => void) | undefined;
  #closed = false;

  constructor(ports: LivePorts) {
    this.#ports = ports;
    this.#activity = new ActivityBook(ports);
  }

  /** How many follow. */
  get followers(): number {
    return this.#followers.size;
  }

  follow(after: number | undefined, take: (news: LiveNews) => void): () => void {
    if (this.#closed)
      throw new DocketError("log_closed", "the site is being closed", { retryAfterSeconds: 5 });
    if (this.#followers.size >= followersMax) {
      const message = `${followersMax} follow the decisions already`;
      throw new DocketError("too_many_requests", message, { retryAfterSeconds: 30 });
    }
    const follower: Follower = { take, waiting: [], pulses: 0 };
    this.#followers.add(follower);
    if (this.#followers.size === 1) this.#start();
    // Whoever can't be told of what was before is told of what comes.
    this.#backlog(follower, after).catch(() => this.#catchUp(follower, -1));
    return () => this.#leave(follower);
  }

  activity(period: ActivityPeriod, toMs: number): Promise<Activity> {
    return this.#activity.of(period, toMs);
  }

  firstSteps(): Promise<FirstSteps> {
    const nowMs = this.#ports.clock();
    if (this.#steps === undefined || Math.abs(nowMs - this.#steps.atMs) >= stepsRememberedMs) {
      const steps = this.#ports.indexed().then(() => firstStepsOf(this.#ports));
      steps.catch(() => (this.#steps = undefined));
      this.#steps = { atMs: nowMs, steps };
    }
    return this.#steps.steps;
  }

  /** Sends all followers away. */
  close(): void {
    this.#closed = true;
    for (const follower of this.#followers) this.#end(follower);
  }

  async #backlog(follower: Follower, after: number | undefined): Promise<void> {
    const { indexed, index } = this.#ports;
    await indexed();
    const query = { ...(after === undefined ? {} : { after }), order: "descending" } as const;
    const rows = await index.decisions({ ...query, limit: backlogMax + 1 });
    if (!this.#followers.has(follower)) return;
    const missed = after !== undefined && rows.length > backlogMax;
    const told = rows.slice(0, backlogMax).reverse();
    const last = told.at(-1)?.index ?? after ?? -1;
    follower.take({ kind: "backlog", last, decisions: told.map(liveDecision), missed });
    this.#catchUp(follower, last);
  }

  // What was gathered meanwhile, without what the backlog had.
  #catchUp(follower: Follower, last: number): void {
    const waiting = follower.waiting ?? [];
    follower.waiting = undefined;
    for (const batch of waiting) {
      if (batch.last <= last) continue;
      const decisions = batch.decisions.filter(({ index }) => index > last);
      follower.take({ kind: "batch", batch: { ...batch, decisions } });
    }
  }

  #start(): void {
    this.#stopListening = this.#ports.listen({
      onDecision: (row) => this.#gather(row),
      onRecord: ({ index, kind }) => {
        const { records } = this.#into(index);
        records[kind] = (records[kind] ?? 0) + 1;
      },
    });
    this.#pulse();
  }

  #gather(row: DecisionRow): void {
    const gathered = this.#into(row.index);
    gathered.outcomes[row.outcome] = (gathered.outcomes[row.outcome] ?? 0) + 1;
    gathered.decisions.push(liveDecision(row));
    if (gathered.decisions.length <= batchRowsMax) return;
    gathered.decisions.shift();
    gathered.skipped += 1;
  }

  #into(last: number): Gathered {
    if (this.#gathered === undefined) {
      this.#gathered = { last, decisions: [], outcomes: {}, records: {}, skipped: 0 };
      this.#cancelBatch = this.#ports.timer(batchMs, () => this.#tell());
    }
    this.#gathered.last = last;
    return this.#gathered;
  }

  #tell(): void {
    const batch = this.#gathered;
    this.#gathered = undefined;
    if (batch === undefined) return;
    for (const { waiting, take } of this.#followers) {
      if (waiting === undefined) take({ kind: "batch", batch });
      else waiting.push(batch);
    }
  }

  #pulse(): void {
    this.#cancelPulse = this.#ports.timer(pulseMs, () => {
      for (const follower of this.#followers) {
        follower.pulses += 1;
        if (follower.pulses >= pulsesMax) this.#end(follower);
        else if (follower.waiting === undefined) follower.take({ kind: "pulse" });
      }
      if (this.#followers.size > 0) this.#pulse();
    });
  }

  #end(follower: Follower): void {
    this.#leave(follower);
    follower.take({ kind: "end" });
  }

  #leave(follower: Follower): void {
    if (!this.#followers.delete(follower) || this.#followers.size > 0) return;
    this.#stopListening?.();
    this.#cancelBatch?.();
    this.#cancelPulse?.();
    this.#gathered = undefined;
  }
}

/** A decision as followers are told of it. */
function liveDecision(row: DecisionRow): LiveDecision {
  const { index, outcome, type, op, actor, fired, points } = row;
  const [campaign, refusedBy] = [row.campaign ?? null, row.refusedBy ?? null];
  return {
    index,
    at: formatTime(row.decidedMs),
    outcome,
    type,
    op,
    actor,
    fired,
    campaign,
    refusedBy,
    points,
  };
}
