// SPDX-License-Identifier: Apache-2.0
// A site's look-ups as the thread that answers sees them.
import { Worker } from "node:worker_threads";
import { DocketError } from "../../error.ts";
import type { ActorEntry } from "../../log/frame.ts";
import { threadUrl } from "../../thread-url.ts";
import type { CaseQuery, DecisionCount, DecisionQuery, DecisionRow } from "../../views/decision-row.ts";
import type {
  FindQuery,
  Found,
  IndexEntry,
  IndexState,
  KnownActor,
  LabelQuery,
  SiteIndex,
} from "../../views/site-index.ts";
import type {
  ActorFigures,
  DecisionGroup,
  GroupQuery,
  OutcomeShare,
  Period,
  Series,
  SeriesQuery,
  ShareBy,
} from "../../views/pattern-queries.ts";
import type { SqliteSiteIndex } from "./site-index.ts";
import type { ViewsReader } from "./views-reader.ts";

/** What the thread is started with. */
export type IndexStart = {
  identityPath: string;
  viewsPath: string;
  repeatWindowMs: number;
  /** It answers queries only, and writes nothing. */
  reads?: boolean;
};
/** What a thread is asked for. */
type IndexMethod = Exclude<keyof SqliteSiteIndex, "reader"> | keyof ViewsReader;
/** A call to the thread. */
export type IndexCall = { id: number; method: IndexMethod; argument: unknown };
/** Its answer. */
export type IndexAnswer = { id: number; value?: unknown; error?: string };

type Waiting = { resolve: (value: unknown) => void; reject: (error: Error) => void };

type Thread = { readonly call: <T>(method: IndexMethod, argument?: unknown) => Promise<T> };

/** Opens the look-ups of a site in threads of their own. */
export function openSiteIndex(start: IndexStart): SiteIndex {
  const { call } = openThread(start);
  let reader: Thread | undefined;
  // Few ask: the thread starts with the first who does.
  const ask = <T>(method: IndexMethod, query: unknown): Promise<T> => {
    reader ??= openThread({ ...start, reads: true });
    return reader.call(method, query);
  };
  return {
    find: (query: FindQuery) => call<Found>("find", query),
    actor: (pseudonym: string) => call<KnownActor | undefined>("actor", pseudonym),
    apply: (entries: readonly IndexEntry[]) => call<void>("apply", entries),
    restoreActors: (actors: readonly ActorEntry[]) => call<void>("restoreActors", actors),
    state: () => call<IndexState>("state"),
    keptRecords: (kinds: readonly string[]) => call<string[]>("keptRecords", kinds),
    labels: (query: LabelQuery) => call<string[]>("labels", query),
    decisions: (query: DecisionQuery) => ask<DecisionRow[]>("decisions", query),
    decisionCounts: (query: { fromMs: number; toMs: number }) =>
      ask<DecisionCount[]>("decisionCounts", query),
    decisionGroups: (query: GroupQuery) => ask<DecisionGroup[]>("decisionGroups", query),
    decisionSeries: (query: SeriesQuery) => ask<Series[]>("decisionSeries", query),
    actorFigures: (actor: string) => ask<ActorFigures>("actorFigures", actor),
    outcomeShares: (query: Period & { by: ShareBy }) => ask<OutcomeShare[]>("outcomeShares", query),
    caseRecords: (query: CaseQuery) => ask<string[]>("caseRecords", query),
    firstRecordSince: (sinceMs: number) => call<number>("firstRecordSince", sinceMs),
    latestDecidedMs: () => call<number>("latestDecidedMs"),
    makeDurable: () => call<void>("makeDurable"),
    close: async () => {
      await reader?.call<void>("close");
      await call<void>("close");
    },
  };
}

function openThread(start: IndexStart): Thread {
  const worker = new Worker(threadUrl("./site-index-thread", import.meta.url), {
    workerData: start,
  });
  const waiting = new Map<number, Waiting>();
  let unsent: IndexCall[] = [];
  let nextId = 1;
  let failure: Error | undefined;

  worker.on("message", (answers: IndexAnswer[]) => {
    for (const { id, value, error } of answers) {
      const call = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) call?.resolve(value);
      else call?.reject(new DocketError("internal", `the site's index failed: ${error}`));
    }
  });
  worker.on("error", (error) => {
    failure = new DocketError("internal", `the site's index cannot be used: ${(error as Error).message}`);
    for (const call of waiting.values()) call.reject(failure);
    waiting.clear();
  });

  function call<T>(method: IndexMethod, argument?: unknown): Promise<T> {
    if (failure !== undefined) return Promise.reject(failure);
    const id = nextId++;
    // Calls that came of all that was ready to be read go together: to wake a thread costs more than a
    // look-up.
    if (unsent.length === 0) {
      setImmediate(() => {
        worker.postMessage(unsent);
        unsent = [];
      });
    }
    unsent.push({ id, method, argument });
    return new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject })) as Promise<T>;
  }

  return { call };
}
