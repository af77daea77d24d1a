// SPDX-License-Identifier: Apache-2.0
// Opens the review queue and the corrections of a site: finds what is open in the views, and listens from
// then on.
import { parseLeaf } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import { settingDefinitions } from "../settings/settings.ts";
import type { DecisionRow } from "../views/decision-row.ts";
import type { SiteIndex } from "../views/site-index.ts";
import type { SiteBatches } from "./batch-contract.ts";
import { BatchDesk } from "./batch-desk.ts";
import type { BatchDeskPorts } from "./batch-desk.ts";
import { batchRecordKinds, takeBatchRecord } from "./batch-state.ts";
import type { BatchState } from "./batch-state.ts";
import type { SiteReviews } from "./contract.ts";
import { likeDecisions, overturns } from "./like-cases.ts";
import { firstSealedSince, loadReviews } from "./load-state.ts";
import { ReviewDesk, sampledForMs } from "./review-desk.ts";
import type { ReviewDeskPorts } from "./review-desk.ts";
import { ReviewState } from "./review-state.ts";
import { openSampler } from "./sampling.ts";
import { reviewStatistics } from "./statistics.ts";
import type { ReviewStatistics } from "./statistics.ts";

/** What reviews and corrections lean on. */
export type OpenReviewsPorts = Omit<ReviewDeskPorts, "state" | "views"> &
  Omit<BatchDeskPorts, "state" | "views" | "reviews" | "outcomeOf" | "enforcement"> & {
    readonly enforcement: ReviewDeskPorts["enforcement"] & BatchDeskPorts["enforcement"];
    readonly views: Pick<SiteIndex, "decisions" | "caseRecords" | "decisionCounts">;
    readonly listen: (listener: {
      onRecord: (record: DocketRecord) => void;
      onDecision: (row: DecisionRow) => void;
    }) => unknown;
    /** Records of the log. */
    readonly size: () => number;
    /** A key for a purpose. */
    readonly keyOf: (purpose: string) => Uint8Array;
    /** Told what went wrong behind the scenes. */
    readonly onNotice: (notice: string) => void;
    readonly breathe: () => Promise<void>;
  };

/** The review queue and the corrections of a site. */
export type OpenedReviews = {
  reviews: SiteReviews & { statistics(period: { fromMs: number; toMs: number }): Promise<ReviewStatistics> };
  batches: SiteBatches & { start(): Promise<void>; close(): Promise<void> };
};

/** Opens them. The views have all of the log. */
export async function openReviews(ports: OpenReviewsPorts): Promise<OpenedReviews> {
  const { views } = ports;
  const sampler = openSampler(ports.keyOf);
  const make = async (): Promise<ReviewState> => {
    const state = new ReviewState(sampler, initialShares);
    const size = ports.size();
    const sampledFrom = await firstSealedSince(views, ports.clock() - sampledForMs, size);
    await loadReviews(state, views, { sampledFrom, size });
    return state;
  };
  const batches: BatchState = new Map();
  for (const leaf of await recordsOf(views, batchRecordKinds)) takeBatchRecord(batches, parseLeaf(leaf));
  const live = new LiveState(await make(), make, ports);
  ports.listen({
    onRecord: (record) => {
      takeBatchRecord(batches, record);
      live.takeRecord(record);
    },
    onDecision: (row) => live.takeDecision(row),
  });
  const desk = new ReviewDesk({ ...ports, state: () => live.state });
  const reviews: BatchDeskPorts["reviews"] = {
    seal: (author, wish, task, batch) => desk.seal(author, wish, task, batch),
    taskFor: (by, of, task) => desk.taskFor(by, of, task),
    following: (wish) => desk.following(wish),
    openCases: () => [...live.state.open()].map(({ of }) => of).sort((a, b) => a - b),
  };
  const outcomeOf = (index: number): ReturnType<BatchDeskPorts["outcomeOf"]> =>
    ports.enforcement.outcomeOf(index);
  return {
    reviews: Object.assign(desk, {
      statistics: async (period: { fromMs: number; toMs: number }) => {
        await ports.settled();
        return reviewStatistics({ state: live.state, views, breathe: ports.breathe }, period);
      },
    }),
    batches: new BatchDesk({ ...ports, state: batches, reviews, outcomeOf }),
  };
}

const initialShares = {
  allowed: settingDefinitions.sampleOfAllowedPerMillion.default,
  refused: settingDefinitions.sampleOfRefusedPerMillion.default,
  second: settingDefinitions.secondReviewPerMille.default,
  quality: settingDefinitions.qualitySamplePerMille.default,
};
const recordsAtOnce = 10_000;

async function recordsOf(views: Pick<SiteIndex, "caseRecords">, kinds: readonly string[]): Promise<string[]> {
  const all: string[] = [];
  for (let after = -1; ;) {
    const leaves = await views.caseRecords({ kinds, after, limit: recordsAtOnce });
    all.push(...leaves);
    if (leaves.length < recordsAtOnce) return all;
    after = parseLeaf(leaves.at(-1) as string).index;
  }
}

type Told = { readonly record: DocketRecord } | { readonly row: DecisionRow };

/** The state that lives on, and is made again when there is room for cases that had none. */
class LiveState {
  #state: ReviewState;
  readonly #make: () => Promise<ReviewState>;
  readonly #ports: Pick<OpenReviewsPorts, "views" | "settled" | "onNotice">;
  /** What came while the state is made again: it is taken in once more, which changes nothing twice. */
  #meanwhile: Told[] | undefined;

  constructor(
    state: ReviewState,
    make: () => Promise<ReviewState>,
    ports: Pick<OpenReviewsPorts, "views" | "settled" | "onNotice">,
  ) {
    this.#state = state;
    this.#make = make;
    this.#ports = ports;
  }

  get state(): ReviewState {
    return this.#state;
  }

  takeRecord(record: DocketRecord): void {
    this.#meanwhile?.push({ record });
    this.#state.takeRecord(record);
    if (overturns(record)) this.#queueLike(record.of, record.index);
    if (this.#state.hasRoomAgain && this.#meanwhile === undefined) void this.#remake();
  }

  takeDecision(row: DecisionRow): void {
    this.#meanwhile?.push({ row });
    this.#state.takeDecision(row);
  }

  // If the process dies here, the next start finds the same cases from the verdict.
  #queueLike(of: number, verdict: number): void {
    const queue = async (): Promise<void> => {
      await this.#ports.settled();
      for (const { index } of await likeDecisions(this.#ports.views, of, verdict)) {
        this.#state.takeLike(index, verdict);
      }
    };
    queue().catch((error: unknown) => this.#ports.onNotice(`like cases were not queued: ${String(error)}`));
  }

  async #remake(): Promise<void> {
    this.#meanwhile = [];
    try {
      await this.#ports.settled();
      const state = await this.#make();
      for (const told of this.#meanwhile) {
        if ("row" in told) state.takeDecision(told.row);
        else state.takeRecord(told.record);
      }
      this.#state = state;
    } catch (error) {
      this.#ports.onNotice(`the review queue was not filled up again: ${String(error)}`);
    } finally {
      this.#meanwhile = undefined;
    }
  }
}
