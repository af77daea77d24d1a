// SPDX-License-Identifier: Apache-2.0
// A site's look-ups as the thread that answers sees them.
import { Worker } from "node:worker_threads";
import { DocketError } from "../../error.ts";
import type { KeyStoreKeys } from "../../evidence/key-store.ts";
import type { ActorEntry } from "../../log/frame.ts";
import { threadUrl } from "../../thread-url.ts";
import type { CaseQuery, DecisionCount, DecisionQuery, DecisionRow } from "../../views/decision-row.ts";
import type {
  DecisionSearch,
  DecisionTimes,
  FoundDecision,
  RecordRange,
} from "../../views/decision-search.ts";
import type {
  ActorsRewrite,
  ActorsRewritten,
  FindQuery,
  Found,
  IndexEntry,
  KeptQuery,
  IndexState,
  KnownActor,
  LabelQuery,
  RecordNumbersQuery,
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
import type { Tallies, TallyQuery } from "../../views/tallies.ts";
import type { SqliteSiteIndex } from "./site-index.ts";
import type { ViewsReader } from "./views-reader.ts";

/** What the thread is started with. */
export type IndexStart = {
  identityPath: string;
  viewsPath: string;
  repeatWindowMs: number;
  /** What seals the identity map's rows. */
  keyStore?: KeyStoreKeys | undefined;
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
  // Few ask: a thread starts with the first who does. What goes through many decisions has one of its own, so
  // that nobody who looks for one waits behind it.
  const readers = new Map<"few" | "many", Thread>();
  const readerOf = (how: "few" | "many"): Thread => {
    let reader = readers.get(how);
    if (reader === undefined) {
      readers.set(how, (reader = openThread({ ...start, keyStore: undefined, reads: true })));
    }
    return reader;
  };
  const ask = <T>(method: IndexMethod, query: unknown): Promise<T> => readerOf("few").call(method, query);
  const askMany = <T>(method: IndexMethod, query: unknown): Promise<T> =>
    readerOf("many").call(method, query);
  return {
    find: (query: FindQuery) => call<Found>("find", query),
    actor: (pseudonym: string) => call<KnownActor | undefined>("actor", pseudonym),
    apply: (entries: readonly IndexEntry[]) => call<void>("apply", entries),
    restoreActors: (actors: readonly ActorEntry[]) => call<void>("restoreActors", actors),
    removeActor: (pseudonym: string) => call<boolean>("removeActor", pseudonym),
    lookupOf: (pseudonym: string) => call<Uint8Array | undefined>("lookupOf", pseudonym),
    compactIdentity: () => call<boolean>("compactIdentity"),
    setKeyStore: (keys: KeyStoreKeys) => call<void>("setKeyStore", keys),
    rewriteActors: (wish: ActorsRewrite) => call<ActorsRewritten>("rewriteActors", wish),
    state: () => call<IndexState>("state"),
    keptRecords: (kinds: readonly string[]) => call<string[]>("keptRecords", kinds),
    keptPage: (query: KeptQuery) => ask<string[]>("keptPage", query),
    labels: (query: LabelQuery) => call<string[]>("labels", query),
    decisions: (query: DecisionQuery) => ask<DecisionRow[]>("decisions", query),
    recordsBetween: (query: DecisionTimes) => ask<RecordRange>("recordsBetween", query),
    searchDecisions: (query: DecisionSearch) => ask<FoundDecision[]>("searchDecisions", query),
    decisionCounts: (query: { fromMs: number; toMs: number }) =>
      ask<DecisionCount[]>("decisionCounts", query),
    decisionTallies: (query: TallyQuery) => askMany<Tallies>("decisionTallies", query),
    decisionGroups: (query: GroupQuery) => askMany<DecisionGroup[]>("decisionGroups", query),
    decisionSeries: (query: SeriesQuery) => askMany<Series[]>("decisionSeries", query),
    actorFigures: (actor: string) => ask<ActorFigures>("actorFigures", actor),
    outcomeShares: (query: Period & { by: ShareBy }) => askMany<OutcomeShare[]>("outcomeShares", query),
    caseRecords: (query: CaseQuery) => ask<string[]>("caseRecords", query),
    recordNumbers: (query: RecordNumbersQuery) => ask<number[]>("recordNumbers", query),
    firstRecordSince: (sinceMs: number) => call<number>("firstRecordSince", sinceMs),
    latestDecidedMs: () => call<number>("latestDecidedMs"),
    makeDurable: () => call<void>("makeDurable"),
    close: async () => {
      await Promise.all([...readers.values()].map(({ call: close }) => close<void>("close")));
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
