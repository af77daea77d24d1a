// SPDX-License-Identifier: Apache-2.0
// Actors that somebody may want to look at, and the way to any other by the id that the app knows.
import { useInfiniteQuery } from "@tanstack/react-query";
import type { InfiniteData, QueryKey } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import type { ApiError } from "../../api/request.ts";
import { get } from "../../api/request.ts";
import { useRowKeys } from "../../keys/row-keys.ts";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { Badge, OutcomeBadge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Checkbox } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import { More } from "../../parts/more.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { Time } from "../../parts/time.tsx";
import { mergeActors } from "./merge.ts";
import type { ListedActor } from "./merge.ts";
import "./actors.css";

type Listed = { readonly actors: readonly ListedActor[]; readonly next: number | null };

/** `/actors`. */
export function Page(): ReactElement {
  const [search, setSearch] = useSearchParams();
  const restricted = search.get("restricted") === "true";
  const found = useInfiniteQuery<Listed, ApiError, InfiniteData<Listed>, QueryKey, number | null>({
    queryKey: ["/v1/actors", restricted],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ restricted: String(restricted) });
      if (pageParam !== null) query.set("before", String(pageParam));
      return get<Listed>(`/v1/actors?${query.toString()}`, { signal });
    },
    initialPageParam: null,
    getNextPageParam: ({ next }) => next,
  });
  const actors = mergeActors((found.data?.pages ?? []).map((page) => page.actors));
  return (
    <PageFrame
      title="Actors"
      lead={
        "Accounts of which something was flagged, held or refused, the newest first. " +
        "Any other is found by its id."
      }
    >
      <FindActor />
      <Card
        title="Lately"
        actions={
          <Checkbox
            label="Only with a restriction in force"
            checked={restricted}
            onChange={(checked) => setSearch(checked ? { restricted: "true" } : {}, { replace: true })}
          />
        }
      >
        {found.error !== null && <ErrorNote error={found.error} />}
        {found.isPending && <Loading />}
        {found.data !== undefined &&
          (actors.length === 0 ? (
            <Empty
              title={
                found.hasNextPage
                  ? "Nobody among the newest records."
                  : restricted
                    ? "Nobody is restricted now."
                    : "Nothing was flagged, held or refused yet."
              }
            >
              {!found.hasNextPage && (restricted ? "" : "Send events, or find an account by its id above.")}
            </Empty>
          ) : (
            <ActorsTable actors={actors} />
          ))}
        <More
          shown={found.hasNextPage}
          busy={found.isFetchingNextPage}
          onMore={() => void found.fetchNextPage()}
        />
      </Card>
    </PageFrame>
  );
}

function FindActor(): ReactElement {
  const [, go] = useLocation();
  const [id, setId] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useShortcuts([{ key: "/", does: "Find an account", run: () => input.current?.focus() }]);
  const find = (event: FormEvent): void => {
    event.preventDefault();
    if (id.trim() !== "") go(`/actors/${encodeURIComponent(id.trim())}`);
  };
  return (
    <form className="actors-find" role="search" onSubmit={find}>
      <label htmlFor="actors-id">The account's id in the app, or its pseudonym</label>
      <div>
        <input
          id="actors-id"
          ref={input}
          value={id}
          placeholder="u-17, or a_…"
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setId(event.target.value)}
        />
        <Button type="submit" kind="primary" disabled={id.trim() === ""}>
          Show the account
        </Button>
      </div>
    </form>
  );
}

function ActorsTable({ actors }: { readonly actors: readonly ListedActor[] }): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  useRowKeys(box, "account");
  return (
    <div ref={box}>
      <DataTable
        caption="Actors"
        rows={actors}
        rowKey={({ actor }) => actor}
        columns={[
          {
            title: "Actor",
            cell: ({ actor }) => (
              <Link href={`/actors/${actor}`}>
                <code className="actors-name">{actor}</code>
              </Link>
            ),
          },
          {
            title: "Stands now",
            cell: ({ strikes, restrictions, links }) => (
              <span className="actors-standing">
                {restrictions.map(({ id, kind }) => (
                  <Badge key={id} kind="bad">
                    {kind}
                  </Badge>
                ))}
                {strikes > 0 && <span>{strikes === 1 ? "1 strike" : `${strikes} strikes`}</span>}
                {links > 0 && <span className="quiet">linked to {links}</span>}
                {restrictions.length + strikes + links === 0 && <span className="quiet">clean</span>}
              </span>
            ),
          },
          {
            title: "Last",
            cell: ({ last }) => (
              <span className="actors-last">
                {last.outcome !== undefined && <OutcomeBadge outcome={last.outcome} />}{" "}
                <Link href={last.kind === "decision" ? `/decisions/${last.index}` : `/log/${last.index}`}>
                  {last.says}
                </Link>
              </span>
            ),
          },
          {
            title: "When",
            cell: ({ last }) => (
              <span className="actors-when">
                <Time at={last.at} />
              </span>
            ),
          },
          { title: "Records", numeric: true, cell: ({ records }) => records },
        ]}
      />
    </div>
  );
}
