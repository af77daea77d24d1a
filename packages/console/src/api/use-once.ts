// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import type { UseQueryResult } from "@tanstack/react-query";
import { get } from "./request.ts";
import type { ApiError } from "./request.ts";

/**
 * What a path names, asked for once: for what is recorded each time that it is read. It is asked for again
 * only where an act of the page says so, or by `refetch`. Nothing is asked while the path is `undefined`.
 */
export function useOnce<T>(path: string | undefined): UseQueryResult<T, ApiError> {
  return useQuery<T, ApiError>({
    queryKey: [path],
    queryFn: ({ signal }) => get<T>(path ?? "", { signal }),
    enabled: path !== undefined,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    retry: false,
  });
}
