// SPDX-License-Identifier: Apache-2.0
// The review queue as commands work it: on a server, or on a data directory that none uses.
import type { Explanation } from "@docket/policy";
import type { DecisionBody, DocketRecord } from "@docket/protocol";
import { explainRecord, releaseShelf } from "../../explanation/explain-record.ts";
import { readInstallation } from "../../installation.ts";
import type {
  CasePage,
  Claim,
  QueuePage,
  QueueQuery,
  ReviewDone,
  ReviewWish,
} from "../../reviews/contract.ts";
import type { ReviewStatistics } from "../../reviews/statistics.ts";
import { readIfThere } from "../../stores/files/read-files.ts";
import { openDirectory, operator } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import type { Terminal } from "../terminal.ts";

/** Where the queue is. */
export type Where = { data: string; url?: string | undefined; apiKey?: string | undefined };
/** A case's page, with the decision in plain words. */
export type ExplainedPage = CasePage & { explanation: Explanation | null };

/** The review queue. */
export type QueueDesk = {
  queue(query: QueueQuery): Promise<QueuePage & { disputes?: { open: number; overdue: number } }>;
  page(of: number, withEvidence: boolean): Promise<ExplainedPage>;
  claim(of: number): Promise<Claim>;
  review(wish: ReviewWish): Promise<ReviewDone>;
  statistics(from: string | undefined, to: string | undefined): Promise<ReviewStatistics>;
  close(): Promise<void>;
};

const statisticsMs: number = 30 * 86_400_000;

/** Opens it. */
export async function openQueue(where: Where, terminal: Terminal): Promise<QueueDesk> {
  return where.url === undefined ? here(where.data, terminal) : there({ ...where, url: where.url });
}

async function here(data: string, terminal: Terminal): Promise<QueueDesk> {
  const opened = await openDirectory(data, terminal);
  const { reviews, disputes } = opened;
  const shelf = releaseShelf(readIfThere, readInstallation(data).paths);
  return {
    queue: async (query) => {
      await opened.readings.note(operator, { what: "cases" });
      const { open, overdue } = disputes.figures();
      return { ...(await reviews.queue(operator.by, query)), disputes: { open, overdue } };
    },
    page: async (of, withEvidence) => {
      const page = await reviews.page(operator.by, of, withEvidence);
      await opened.readings.note(operator, { what: "cases" });
      const record = page.record as DocketRecord & DecisionBody;
      const { facts } = page;
      const explained = facts === null ? null : { record, facts, disclosed: undefined };
      return { ...page, explanation: explained && (await explainRecord(explained, shelf, "en")) };
    },
    claim: async (of) => reviews.claim(operator.by, of),
    review: (wish) => reviews.review(operator, wish),
    statistics: (from, to) => {
      const toMs = to === undefined ? terminal.clock() : Date.parse(to);
      return reviews.statistics({
        fromMs: from === undefined ? toMs - statisticsMs : Date.parse(from),
        toMs,
      });
    },
    close: () => opened.close(),
  };
}

function there(server: { url: string; apiKey?: string | undefined }): QueueDesk {
  const asked = (parameters: Record<string, string | undefined>): string => {
    const given = Object.entries(parameters).filter(
      (each): each is [string, string] => each[1] !== undefined,
    );
    return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
  };
  return {
    queue: ({ task, unclaimed, limit }) => {
      const query = asked({ task, unclaimed: unclaimed === true ? "true" : undefined, limit: String(limit) });
      return askServer(server, `v1/queue${query}`);
    },
    page: (of, withEvidence) => askServer(server, `v1/queue/${of}?content=${withEvidence}`),
    claim: (of) => askServer(server, `v1/queue/${of}/claim`, {}),
    review: (wish) => askServer(server, "v1/reviews", wish),
    statistics: (from, to) => askServer(server, `v1/reviews/statistics${asked({ from, to })}`),
    close: () => Promise.resolve(),
  };
}
