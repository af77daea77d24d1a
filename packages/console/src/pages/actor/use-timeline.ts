// SPDX-License-Identifier: Apache-2.0
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import type { InfiniteData, QueryKey } from "@tanstack/react-query";
import { useEffect } from "react";
import type { ApiError } from "../../api/request.ts";
import { get } from "../../api/request.ts";
import type { Timeline, TimelineEntry } from "./answers.ts";

/** How many entries a page of it has. */
const entriesPerPage = 200;

/** An actor's timeline as far as it was asked for. */
export type TimelineSoFar = {
  /** The newest page, with standing and figures. */
  readonly first: Timeline | undefined;
  readonly entries: readonly TimelineEntry[];
  readonly error: ApiError | null;
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly more: () => void;
  /** Asks for all of it again. */
  readonly refresh: () => void;
};

/**
 * An actor's timeline. Each reading of it is a record of the log, so it is asked for once and not again until
 * somebody wants that.
 *
 * @param kinds of records, with commas between them; all without it
 */
export function useTimeline(actor: string, kinds: string | undefined): TimelineSoFar {
  const path = `/v1/actors/${encodeURIComponent(actor)}/timeline`;
  const client = useQueryClient();
  const { data, error, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery<
    Timeline,
    ApiError,
    InfiniteData<Timeline>,
    QueryKey,
    number | null
  >({
    queryKey: [path, kinds ?? ""],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: String(entriesPerPage) });
      if (pageParam !== null) query.set("before", String(pageParam));
      if (kinds !== undefined) query.set("kind", kinds);
      return get<Timeline>(`${path}?${query.toString()}`, { signal });
    },
    initialPageParam: null,
    getNextPageParam: ({ next }) => next,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  const found = data?.pages[0]?.actor;
  useEffect(() => {
    // The same under the pseudonym: nobody has read it twice because its address is another now.
    if (data !== undefined && found !== undefined && found !== actor) {
      client.setQueryData([`/v1/actors/${found}/timeline`, kinds ?? ""], data);
    }
  }, [client, data, found, actor, kinds]);
  return {
    first: data?.pages[0],
    entries: data?.pages.flatMap(({ entries }) => entries) ?? [],
    error,
    hasMore: hasNextPage,
    isLoading: isFetching,
    more: () => void fetchNextPage(),
    refresh: () => void client.invalidateQueries({ queryKey: [path] }),
  };
}
