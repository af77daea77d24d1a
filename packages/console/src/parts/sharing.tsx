// SPDX-License-Identifier: Apache-2.0
// Who shares what with whom, drawn: accounts on the left, what more than one of them has on the right. Going
// to one with the mouse or by keyboard shows its ties alone.
import { useMemo, useState } from "react";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useGet } from "../api/use-get.ts";
import { DataTable } from "./data-table.tsx";
import { Empty } from "./empty.tsx";
import { ErrorNote } from "./error-note.tsx";
import { Loading } from "./loading.tsx";
import { stoppedOf } from "./outcome-buckets.ts";
import { layOut, rowOf, shortName, thingText } from "./sharing-layout.ts";
import type { Layout, SharedThing, Sharing } from "./sharing-layout.ts";
import "./sharing.css";

/** Sizes of the picture, in its own units. */
const width = 720;
const rowHeight = 26;
const leftEnd = 180;
const rightBegin = 430;
/** A line of the most is so thick. */
const tieWidth = 4;

/** Asks for who shares what, and draws it; `path` begins with /v1/shared. */
export function SharingPicture({ path }: { readonly path: string }): ReactElement {
  const { data, error } = useGet<Sharing>(path);
  if (error !== null) return <ErrorNote error={error} />;
  return data === undefined ? <Loading /> : <SharingDrawn sharing={data} />;
}

/** Draws who shares what. */
export function SharingDrawn({ sharing }: { readonly sharing: Sharing }): ReactElement {
  const [on, setOn] = useState<string>();
  const layout = useMemo(() => layOut(sharing), [sharing]);
  const { actors, shared, left, decisions } = sharing;
  if (shared.length === 0) {
    return (
      <Empty title="Nothing here is shared.">
        In {decisions} decisions, no two accounts have anything in common that counters or near-copy look-ups
        know.
      </Empty>
    );
  }
  const height = Math.max(1, layout.rows) * rowHeight;
  const isOn = (name: string): boolean =>
    on === undefined ||
    on === name ||
    layout.ties.some(
      (tie) =>
        tie[on.includes(":") ? "shared" : "actor"] === on && (tie.actor === name || tie.shared === name),
    );
  return (
    <figure className="sharing">
      <div className="sharing-box" tabIndex={0} role="region" aria-label="Who shares what with whom">
        <svg viewBox={`0 0 ${width} ${height}`} onPointerLeave={() => setOn(undefined)}>
          {layout.ties.map(({ actor, shared: id, from, to, weight, count }) => (
            <path
              key={`${actor} ${id}`}
              className={on === actor || on === id ? "sharing-tie sharing-tie-on" : "sharing-tie"}
              strokeWidth={1 + weight * tieWidth}
              d={curve(from * rowHeight, to * rowHeight)}
            >
              <title>{`${shortName(actor)}: ${count} decisions`}</title>
            </path>
          ))}
          <Actors layout={layout} sharing={sharing} isOn={isOn} setOn={setOn} />
          <Things layout={layout} shared={shared} isOn={isOn} setOn={setOn} />
        </svg>
      </div>
      <figcaption>
        {actors.length} accounts, each with how many of its decisions are looked at, and {shared.length}{" "}
        things that more than one of them has, in {decisions} decisions. A red square: something of theirs was
        stopped. Things are named by keyed hashes; what they are is not shown.
        {left.actors + left.shared > 0 &&
          ` Left out: ${left.actors} accounts, ${left.shared} things with fewer ties.`}
      </figcaption>
      <SharingTable sharing={sharing} />
    </figure>
  );
}

type ColumnProps = {
  readonly layout: Layout;
  readonly isOn: (name: string) => boolean;
  readonly setOn: (name: string | undefined) => void;
};

function Actors({ layout, sharing, isOn, setOn }: ColumnProps & { readonly sharing: Sharing }): ReactElement {
  return (
    <>
      {sharing.actors.map(({ actor, decisions, outcomes }) => {
        const y = rowOf(layout.actors, actor, layout.rows) * rowHeight;
        return (
          <g
            key={actor}
            className={isOn(actor) ? undefined : "sharing-dim"}
            onPointerEnter={() => setOn(actor)}
            onFocus={() => setOn(actor)}
            onBlur={() => setOn(undefined)}
          >
            <Link href={`/actors/${encodeURIComponent(actor)}`}>
              <title>{`Account ${actor}`}</title>
              <text x={leftEnd - 18} y={y + 4} textAnchor="end">
                {shortName(actor)}
              </text>
            </Link>
            <text className="sharing-quiet" x={34} y={y + 4} textAnchor="end">
              {decisions}
            </text>
            <Dot stopped={stoppedOf(outcomes) > 0} y={y} />
          </g>
        );
      })}
    </>
  );
}

/** Told apart by its form, too: a square where something was stopped. */
function Dot({ stopped, y }: { readonly stopped: boolean; readonly y: number }): ReactElement {
  const x = leftEnd - 6;
  return stopped ? (
    <rect className="sharing-dot sharing-dot-stopped" x={x - 4.5} y={y - 4.5} width={9} height={9} />
  ) : (
    <circle className="sharing-dot" cx={x} cy={y} r={4.5} />
  );
}

function Things({
  layout,
  shared,
  isOn,
  setOn,
}: ColumnProps & { readonly shared: readonly SharedThing[] }): ReactElement {
  return (
    <>
      {shared.map((thing) => {
        const { id, kind, key, actors } = thing;
        const y = rowOf(layout.shared, id, layout.rows) * rowHeight;
        const text = `${thingText(thing)} · ${shortName(key)}`;
        return (
          <g
            key={id}
            className={isOn(id) ? undefined : "sharing-dim"}
            onPointerEnter={() => setOn(id)}
            onFocus={() => setOn(id)}
            onBlur={() => setOn(undefined)}
          >
            <rect className="sharing-thing" x={rightBegin} y={y - 6} width={12} height={12} rx={3} />
            {kind === "campaign" ? (
              <Link href={`/campaigns/${encodeURIComponent(key)}`}>
                <title>{`Campaign ${key}`}</title>
                <text x={rightBegin + 20} y={y + 4}>{`${text} (${actors})`}</text>
              </Link>
            ) : (
              <text x={rightBegin + 20} y={y + 4}>{`${text} (${actors})`}</text>
            )}
          </g>
        );
      })}
    </>
  );
}

function SharingTable({ sharing: { shared, edges } }: { readonly sharing: Sharing }): ReactElement {
  return (
    <details>
      <summary>As a table</summary>
      <DataTable
        caption="Who shares what with whom"
        columns={[
          { title: "Shared", cell: (thing: SharedThing) => thingText(thing) },
          { title: "Key", cell: ({ key }: SharedThing) => <code>{shortName(key)}</code> },
          { title: "Accounts", numeric: true, cell: ({ actors }: SharedThing) => actors },
          {
            title: "Which",
            cell: ({ id }: SharedThing) =>
              edges
                .filter((edge) => edge.shared === id)
                .map(({ actor, count }) => `${shortName(actor)} (${count})`)
                .join(", "),
          },
        ]}
        rows={shared}
        rowKey={({ id }) => id}
      />
    </details>
  );
}

function curve(from: number, to: number): string {
  const middle = (leftEnd + rightBegin) / 2;
  return `M ${leftEnd} ${from} C ${middle} ${from}, ${middle} ${to}, ${rightBegin} ${to}`;
}
