// SPDX-License-Identifier: Apache-2.0
// The rows of a list of decisions: only those in view are in the page, however long the list is. By keyboard
// it is one stop, in which arrow keys choose a row (WAI-ARIA, grid pattern).
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useId, useRef, useState } from "react";
import type { KeyboardEvent, MouseEvent, ReactElement, RefObject } from "react";
import { useLocation, useRouter } from "wouter";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { Badge, OutcomeBadge } from "../../parts/badge.tsx";
import { exactText } from "../../parts/time-text.ts";
import type { DecisionList, ListedDecision, ListState } from "./decision-list.ts";

/** Height of a row, in px: no browser has room for much more than 33 million px, which is a million rows. */
const rowPx = 32;
/** Rows beside those in view. */
const rowsBeside = 12;
const columns = ["Record", "Decided (UTC)", "Outcome", "Kind", "Rules that fired", "Actor", "Label"];

type Props = { readonly list: DecisionList; readonly state: ListState };

/** The decisions of a list. */
export function DecisionGrid({ list, state }: Props): ReactElement {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState(0);
  const [, go] = useLocation();
  const { base } = useRouter();
  const rows = useVirtualizer({
    count: state.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowPx,
    overscan: rowsBeside,
    scrollPaddingStart: rowPx,
  });
  const items = rows.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => list.want(first, last), [list, first, last, state.length]);
  const open = (): void => {
    const row = list.row(chosen);
    if (row !== undefined) go(`/decisions/${row.index}`);
  };
  const choose = (at: number): void => {
    const next = Math.max(0, Math.min(state.length - 1, at));
    setChosen(next);
    rows.scrollToIndex(next);
  };
  const onKeyDown = useRowKeys(box, { chosen, length: state.length, choose, open });
  // One listener for all links: rows come and go by hundreds while one scrolls.
  const onClick = (event: MouseEvent<HTMLElement>): void => {
    const link = (event.target as Element).closest("a");
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(link.pathname.slice(base.length));
  };
  return (
    <div
      ref={box}
      className="decisions-grid"
      role="grid"
      tabIndex={0}
      aria-label="Decisions: arrow keys choose, Enter opens"
      aria-rowcount={state.isWhole ? state.length + 1 : -1}
      aria-activedescendant={chosen >= first && chosen <= last ? `${id}-${chosen}` : undefined}
      onKeyDown={onKeyDown}
      onClick={onClick}
    >
      {head}
      <div role="rowgroup" className="decisions-rows" style={{ height: rows.getTotalSize() }}>
        {items.map((item) => (
          <div
            key={item.key}
            id={`${id}-${item.index}`}
            role="row"
            aria-rowindex={item.index + 2}
            aria-selected={item.index === chosen}
            className="decisions-row"
            style={{ transform: `translateY(${item.start}px)` }}
            onClick={() => setChosen(item.index)}
            onDoubleClick={open}
          >
            <Cells row={list.row(item.index)} base={base} />
          </div>
        ))}
      </div>
    </div>
  );
}

const head = (
  <div className="decisions-row decisions-head" role="row" aria-rowindex={1}>
    {columns.map((title) => (
      <span key={title} role="columnheader">
        {title}
      </span>
    ))}
  </div>
);

type Choosing = {
  readonly chosen: number;
  readonly length: number;
  readonly choose: (at: number) => void;
  readonly open: () => void;
};

/** The keys of the list: within it, and those of the page. */
function useRowKeys(
  box: RefObject<HTMLDivElement | null>,
  { chosen, length, choose, open }: Choosing,
): (event: KeyboardEvent) => void {
  useShortcuts([
    { key: "j", does: "Next decision", run: () => choose(chosen + 1) },
    { key: "k", does: "Decision before it", run: () => choose(chosen - 1) },
    { key: "o", does: "Open the chosen decision", run: open },
  ]);
  return (event) => {
    const pageRows = Math.floor((box.current?.clientHeight ?? 0) / rowPx) - 1;
    const to = moveKeys(chosen, length, pageRows).get(event.key);
    if (to !== undefined) choose(to);
    else if (event.key === "Enter" && event.target === box.current) open();
    else return;
    event.preventDefault();
  };
}

type CellsProps = { readonly row: ListedDecision | undefined; readonly base: string };

const Cells = memo(function Cells({ row, base }: CellsProps): ReactElement {
  if (row === undefined) {
    return (
      <span role="gridcell" className="quiet">
        …
      </span>
    );
  }
  const { index, at, outcome, type, op, rules, actor, label, late } = row;
  const all = rules.join(", ");
  return (
    <>
      <span role="gridcell">
        <a href={`${base}/decisions/${index}`} tabIndex={-1}>
          {index}
        </a>
      </span>
      <time role="gridcell" dateTime={at} title={exactText(Date.parse(at))}>
        {at.slice(0, 10)} {at.slice(11, 19)}
      </time>
      <span role="gridcell">
        <OutcomeBadge outcome={outcome} />
      </span>
      <span role="gridcell" title={late ? "The app had acted before it was decided" : undefined}>
        {op === "create" ? type : `${type}, ${op}`}
        {late ? " (late)" : ""}
      </span>
      <span role="gridcell" title={all}>
        {all === "" ? <span className="quiet">none</span> : all}
      </span>
      <span role="gridcell">
        <a href={`${base}/actors/${actor}`} tabIndex={-1} className="decisions-actor">
          {actor}
        </a>
      </span>
      <span role="gridcell">
        {label !== null && <Badge kind={labelKinds[label] ?? "plain"}>{labelWords[label] ?? label}</Badge>}
      </span>
    </>
  );
});

const labelKinds: Readonly<Record<string, "good" | "bad" | "open">> = {
  spam: "bad",
  notSpam: "good",
  unsure: "open",
};
const labelWords: Readonly<Record<string, string>> = { notSpam: "not spam" };

function moveKeys(chosen: number, length: number, page: number): ReadonlyMap<string, number> {
  return new Map([
    ["ArrowDown", chosen + 1],
    ["ArrowUp", chosen - 1],
    ["PageDown", chosen + Math.max(1, page)],
    ["PageUp", chosen - Math.max(1, page)],
    ["Home", 0],
    ["End", length - 1],
  ]);
}
