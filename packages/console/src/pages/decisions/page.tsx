// SPDX-License-Identifier: Apache-2.0
// All decisions, found by anything that is known of them. What is asked stands in the address.
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { ReactElement } from "react";
import { useSearchParams } from "wouter";
import { get } from "../../api/request.ts";
import { useGet } from "../../api/use-get.ts";
import { Button } from "../../parts/button.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { DecisionGrid } from "./decision-grid.tsx";
import { DecisionList } from "./decision-list.ts";
import type { DecisionsPage, ListState } from "./decision-list.ts";
import { FilterForm } from "./filter-form.tsx";
import { isAboutTexts, readFilters, writeFilters } from "./filters.ts";
import type { Filters } from "./filters.ts";
import "./decisions.css";

/** Rows of the first page, which somebody waits for, and of those that follow. */
const firstRows = 100;
const pageRows = 500;
/** How often it is asked whether there are newer ones, in ms. */
const newerEveryMs = 5_000;
/** Newer ones are counted up to here. */
const newerMax = 100;

/** `/decisions`. */
export function Page(): ReactElement {
  const [search, setSearch] = useSearchParams();
  const asked = writeFilters(readFilters(search)).toString();
  const [round, setRound] = useState(0);
  const filters = useMemo(() => readFilters(new URLSearchParams(asked)), [asked]);
  const setFilters = (next: Filters): void => {
    const written = writeFilters(next);
    if (written.toString() === asked) setRound((last) => last + 1);
    else setSearch(written);
  };
  return (
    <PageFrame
      title="Decisions"
      lead={
        "Everything that was decided, the newest first. What was posted is not shown here; " +
        "a search by text or domain is recorded with its words."
      }
    >
      <FilterForm key={asked} filters={filters} onChange={setFilters} />
      <Found
        key={`${asked} ${round}`}
        asked={asked}
        filters={filters}
        onAgain={() => setRound((last) => last + 1)}
        onClear={() => setFilters({})}
      />
    </PageFrame>
  );
}

type FoundProps = {
  readonly asked: string;
  readonly filters: Filters;
  readonly onAgain: () => void;
  readonly onClear: () => void;
};

function Found({ asked, filters, onAgain, onClear }: FoundProps): ReactElement {
  const [list] = useState(
    () =>
      new DecisionList((before, signal) => {
        const query = new URLSearchParams(asked);
        query.set("limit", String(before === undefined ? firstRows : pageRows));
        if (before !== undefined) query.set("before", String(before));
        return get<DecisionsPage>(`/v1/decisions?${query.toString()}`, { signal });
      }),
  );
  const state = useSyncExternalStore(list.subscribe, list.state);
  useEffect(() => list.want(0, 0), [list]);
  const isAsked = asked !== "";
  return (
    <section aria-label="Decisions found" className="decisions-found">
      <div className="decisions-status">
        <p role="status">{statusText(state, isAsked)}</p>
        <Newer asked={asked} after={state.newer} isOff={isAboutTexts(filters)} onShow={onAgain} />
      </div>
      {state.error !== undefined && (
        <div className="decisions-error">
          <ErrorNote error={state.error} />
          <Button onClick={() => list.retry()}>Try again</Button>
        </div>
      )}
      {state.length > 0 && <DecisionGrid list={list} state={state} />}
      {state.length === 0 && state.isWhole && <Nothing isAsked={isAsked} onClear={onClear} />}
    </section>
  );
}

function Nothing({ isAsked, onClear }: { isAsked: boolean; onClear: () => void }): ReactElement {
  if (!isAsked) {
    return (
      <Empty title="Nothing was decided yet.">
        Send an event to POST /v1/decisions, or try one under Try it.
      </Empty>
    );
  }
  return (
    <Empty title="No decision is like that.">
      <p>Ask for less, or for another time.</p>
      <Button onClick={onClear}>Show all decisions</Button>
    </Empty>
  );
}

type NewerProps = {
  readonly asked: string;
  readonly after: number;
  /** A search by text is a record: it isn't made again by itself. */
  readonly isOff: boolean;
  readonly onShow: () => void;
};

function Newer({ asked, after, isOff, onShow }: NewerProps): ReactElement | null {
  const query = new URLSearchParams(asked);
  query.set("after", String(after));
  query.set("limit", String(newerMax));
  const path = isOff || after < 0 ? undefined : `/v1/decisions?${query.toString()}`;
  const { data } = useGet<DecisionsPage>(path, { every: newerEveryMs });
  const count = data?.decisions.length ?? 0;
  if (count === 0) return null;
  return <Button onClick={onShow}>Show {count === newerMax ? `${newerMax} or more` : count} newer</Button>;
}

function statusText({ length, isWhole, isLoading, lookedTo }: ListState, isAsked: boolean): string {
  const rows = length.toLocaleString("en");
  if (isWhole) return length === 1 ? "1 decision" : `${rows} decisions`;
  if (lookedTo !== undefined) {
    const back = lookedTo.toLocaleString("en");
    return `${rows} found so far; texts are being read, back to record ${back}`;
  }
  if (length === 0) return isLoading ? "Looking…" : "";
  return isAsked
    ? `The newest ${rows} that were found; scroll for more`
    : `The newest ${rows}; scroll for more`;
}
