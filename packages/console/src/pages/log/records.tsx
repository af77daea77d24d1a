// SPDX-License-Identifier: Apache-2.0
// Records of all kinds, the newest first, narrowed by what is asked.
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useLocation, useSearch } from "wouter";
import type { ApiError } from "../../api/request.ts";
import { get } from "../../api/request.ts";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import type { Column } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Select, TextField } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import { More } from "../../parts/more.tsx";
import { Time } from "../../parts/time.tsx";
import { grouped } from "./answers.ts";
import type { RecordsAnswer } from "./answers.ts";
import { addressOf, filtersIn, kindGroups, noFilters, recordsPath } from "./filters.ts";
import type { RecordFilters } from "./filters.ts";

const recordsAtOnce = 50;

const columns: readonly Column<RecordsAnswer["records"][number]>[] = [
  {
    title: "Record",
    numeric: true,
    cell: ({ record }) => <Link href={`/log/${record.index}`}>{grouped(record.index)}</Link>,
  },
  { title: "Sealed", cell: ({ record }) => <Time at={record.time} /> },
  { title: "Kind", cell: ({ record }) => <Badge>{record.kind}</Badge> },
  { title: "What it says", cell: ({ says }) => says },
  { title: "By", cell: ({ record }) => <code className="log-by">{record.by}</code> },
];

/** The list, with its filters. @param size how many records are published now */
export function Records({ size }: { readonly size: number | undefined }): ReactElement {
  const search = useSearch();
  const [, go] = useLocation();
  const filters = filtersIn(search);
  const change = (next: RecordFilters): void => {
    const address = addressOf(next);
    go(address === "" ? "/log" : `/log?${address}`, { replace: true });
  };
  useShortcuts([
    {
      key: "/",
      does: "Narrow the records",
      run: () => document.querySelector<HTMLElement>(".log-filters select")?.focus(),
    },
  ]);
  return (
    <>
      <Filters key={addressOf(filters)} filters={filters} onChange={change} />
      <RecordList filters={filters} size={size} onClear={() => change(noFilters)} />
    </>
  );
}

/** Records that filters find; also a part of other pages. */
export function RecordList({
  filters,
  size,
  onClear,
  none = "No record is like this.",
}: {
  readonly filters: RecordFilters;
  readonly size?: number | undefined;
  readonly onClear?: () => void;
  /** What is said where there is none. */
  readonly none?: string;
}): ReactElement {
  const { data, error, hasNextPage, fetchNextPage, isFetching, refetch } = useInfiniteQuery<
    RecordsAnswer,
    ApiError,
    { pages: RecordsAnswer[] },
    readonly unknown[],
    number | undefined
  >({
    queryKey: ["/v1/records", filters],
    queryFn: ({ pageParam, signal }) =>
      get<RecordsAnswer>(recordsPath(filters, recordsAtOnce, pageParam), { signal }),
    initialPageParam: undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    // Each look at the list is a record: it is not asked for again by itself.
    refetchOnWindowFocus: false,
    staleTime: Infinity,
  });
  if (error !== null) return <ErrorNote error={error} />;
  if (data === undefined) return <Loading />;
  const rows = data.pages.flatMap(({ records }) => records);
  const newer = (size ?? 0) - (data.pages[0]?.size ?? 0);
  if (rows.length === 0) {
    if (onClear === undefined) return <p className="quiet">{none}</p>;
    return (
      <Empty title={none}>
        <Button onClick={onClear}>Show all records</Button>
      </Empty>
    );
  }
  return (
    <>
      {newer > 0 && (
        <p className="more">
          <Button onClick={() => void refetch()} busy={isFetching}>
            {newer === 1
              ? "One more record was sealed since: look"
              : `${grouped(newer)} more were sealed: look`}
          </Button>
        </p>
      )}
      <DataTable
        caption="Records, the newest first"
        rows={rows}
        rowKey={({ record }) => record.index}
        columns={columns}
      />
      <More shown={hasNextPage} busy={isFetching} onMore={() => void fetchNextPage()} />
    </>
  );
}

function Filters({
  filters,
  onChange,
}: {
  readonly filters: RecordFilters;
  readonly onChange: (filters: RecordFilters) => void;
}): ReactElement {
  const [typed, setTyped] = useState(filters);
  const send = (event: FormEvent): void => {
    event.preventDefault();
    onChange(typed);
  };
  const field = (name: "by" | "of" | "subject", label: string, placeholder: string): ReactElement => (
    <TextField
      label={label}
      placeholder={placeholder}
      value={typed[name]}
      onChange={(value) => setTyped({ ...typed, [name]: value })}
    />
  );
  const isGroup = kindGroups.some(({ id }) => id === typed.kind);
  return (
    <form className="log-filters" onSubmit={send} role="search">
      <Select
        label="Kind"
        value={typed.kind}
        onChange={(kind) => onChange({ ...typed, kind })}
        options={[
          { value: "", title: "All kinds" },
          ...(typed.kind === "" || isGroup ? [] : [{ value: typed.kind, title: typed.kind }]),
          ...kindGroups.map(({ id, title }) => ({ value: id, title })),
        ]}
      />
      {field("by", "Made by", "k_… or p_…")}
      {field("of", "About record", "17")}
      {field("subject", "Actor or subject", "a_… or s_…")}
      <TextField
        label="Until the day"
        type="date"
        value={typed.until}
        onChange={(until) => setTyped({ ...typed, until })}
      />
      <div className="log-filters-send">
        <Button type="submit">Find</Button>
      </div>
    </form>
  );
}
