// SPDX-License-Identifier: Apache-2.0
// Finds decisions: by what the views know of them, by their texts, or by both. Of both, what finds few goes
// first: where the views find less than a page of them, only those texts are looked at.
import { DocketError } from "../error.ts";
import type {
  DecisionFilter,
  DecisionSearch,
  DecisionTimes,
  FoundDecision,
  foundDecisionsMax,
  RecordRange,
} from "../views/decision-search.ts";
import { searchedMax } from "./contract.ts";
import type { SearchPage, SearchWish, SiteSearch, TextIndex } from "./contract.ts";
import { wantedTerms } from "./terms.ts";
import type { WantedTerm } from "./terms.ts";

/** How long texts are looked through for one answer, in ms; then it says so, and from where to go on. */
const searchBudgetMs = 900;
/** Texts that are asked for at once where the views have the last word. */
const textsAtOnce = 1000;
/** Decisions that the views are asked for before texts are: the most of one answer of theirs. */
const candidatesMax: typeof foundDecisionsMax = 1000;

/** What the desk leans on. */
export type SearchPorts = {
  readonly search: (query: DecisionSearch) => Promise<FoundDecision[]>;
  /** Between which records all lie that were decided in a time. */
  readonly recordsOf: (query: DecisionTimes) => Promise<RecordRange>;
  readonly texts: TextIndex;
  /** The pseudonym of an account; `undefined` if no event of it was ever decided. */
  readonly actorNamed: (accountId: string) => Promise<string | undefined>;
  /** Resolves when the views have all that was sealed. */
  readonly indexed: () => Promise<void>;
  /** How many records are published; resolves when all are that were sealed, unless that stands still. */
  readonly published: () => Promise<number>;
  /** Milliseconds of a clock that only goes on. */
  readonly nowMs: () => number;
};

/** Rows in the order of the search, and how far it came if not to the end. */
type Searched = { readonly rows: FoundDecision[]; readonly reached: number | null };
/** Where a search goes: records from `from` on, and before `to`. */
type Range = { readonly from: number; readonly to: number; readonly isForward: boolean };

/** Finds decisions of a site. */
export class SearchDesk implements SiteSearch {
  readonly #ports: SearchPorts;

  constructor(ports: SearchPorts) {
    this.#ports = ports;
  }

  async find(wish: SearchWish): Promise<SearchPage> {
    const { text, domain, before, after, ...rest } = wish;
    const limit = Math.max(1, Math.min(wish.limit, searchedMax));
    const isAboutTexts = text !== undefined || domain !== undefined;
    const wanted = isAboutTexts ? wantedTerms(text, domain) : undefined;
    const actor = wish.actor === undefined ? undefined : await this.#actorOf(wish.actor);
    const filter: DecisionFilter = { ...rest, actor };
    await this.#ports.indexed();
    const size = await this.#ports.published();
    const isForward = after !== undefined && before === undefined;
    const { rows, reached } =
      wanted === undefined
        ? await this.#byViews({ ...filter, before, after, limit })
        : await this.#byTexts(filter, wanted, { before, after, isForward, size }, limit);
    const isFull = rows.length === limit;
    const page = { decisions: rows, actor, isPartial: !isFull && reached !== null };
    const first = rows[0]?.index ?? -1;
    if (isForward) {
      const seen = isFull ? first : reached === null ? Math.max(first, size - 1, after) : reached - 1;
      return { ...page, older: after + 1, newer: seen };
    }
    const newer = before === undefined ? Math.max(first, size - 1) : before - 1;
    return { ...page, older: isFull ? (rows.at(-1)?.index ?? null) : reached, newer };
  }

  /** Texts are locked. */
  close(): Promise<void> {
    return this.#ports.texts.close();
  }

  async #actorOf(idOrPseudonym: string): Promise<string> {
    if (/^a_[A-Za-z0-9_-]{22}$/.test(idOrPseudonym)) return idOrPseudonym;
    const actor = await this.#ports.actorNamed(idOrPseudonym);
    if (actor !== undefined) return actor;
    throw new DocketError("not_found", "no event of this account was ever decided");
  }

  async #byViews(query: DecisionSearch): Promise<Searched> {
    return { rows: await this.#ports.search(query), reached: null };
  }

  async #byTexts(
    filter: DecisionFilter,
    wanted: readonly WantedTerm[],
    {
      before,
      after,
      isForward,
      size,
    }: Omit<Range, "from" | "to"> & Pick<SearchWish, "before" | "after"> & { size: number },
    limit: number,
  ): Promise<Searched> {
    const until = this.#ports.nowMs() + searchBudgetMs;
    const times = await this.#ports.recordsOf(filter);
    let from = Math.max(times.from, (after ?? -1) + 1);
    let to = Math.min(times.to, before ?? size, size);
    const rows: FoundDecision[] = [];
    const isFiltered = Object.values(filter).some((asked) => asked !== undefined);
    let among = isFiltered ? await this.#candidates(filter, { from, to, isForward }) : undefined;
    while (from < to && rows.length < limit) {
      const found = await this.#ports.texts.find({
        wanted,
        from,
        to,
        among,
        isForward,
        size,
        limit: isFiltered ? textsAtOnce : limit - rows.length,
      });
      const some = await this.#rowsOf(filter, found.records, isForward);
      rows.push(...some.slice(0, limit - rows.length));
      let reached = found.reached;
      if (reached === null && among !== undefined) {
        // The views had more than were looked at: from here on texts go first.
        if (among.length < candidatesMax) break;
        const last = among.at(-1) ?? 0;
        reached = isForward ? last + 1 : last;
        among = undefined;
      }
      if (reached === null) break;
      if (isForward) from = reached;
      else to = reached;
      if (rows.length < limit && this.#ports.nowMs() > until) return ordered(rows, isForward, reached);
    }
    return ordered(rows, isForward, null);
  }

  /** The first records that the filter finds, in the order of the search. */
  async #candidates(filter: DecisionFilter, { from, to, isForward }: Range): Promise<number[]> {
    const range = isForward ? { after: from - 1 } : { after: from - 1, before: to };
    const found = await this.#ports.search({ ...filter, ...range, limit: candidatesMax });
    const records = found.map(({ index }) => index);
    return isForward ? records.reverse() : records;
  }

  async #rowsOf(
    filter: DecisionFilter,
    records: readonly number[],
    isForward: boolean,
  ): Promise<FoundDecision[]> {
    if (records.length === 0) return [];
    const found = await this.#ports.search({ ...filter, among: records, limit: records.length });
    return isForward ? found.reverse() : found;
  }
}

function ordered(rows: FoundDecision[], isForward: boolean, reached: number | null): Searched {
  return { rows: isForward ? rows.reverse() : rows, reached };
}
