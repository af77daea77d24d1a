// SPDX-License-Identifier: Apache-2.0
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ApiError } from "./request.ts";
import { get } from "./request.ts";

/** How something is asked for. */
export type GetOptions = {
  /** Ask again so often, in ms. */
  readonly every?: number;
  /** Show what was there while what a changed path names is on its way. */
  readonly keep?: boolean;
  readonly reason?: string;
};

/** What a path names; nothing is asked while it is `undefined`. */
export function useGet<T>(path: string | undefined, options: GetOptions = {}): UseQueryResult<T, ApiError> {
  const { every, keep, reason } = options;
  return useQuery<T, ApiError>({
    queryKey: [path],
    queryFn: ({ signal }) => get<T>(path ?? "", { signal, reason }),
    enabled: path !== undefined,
    ...(every === undefined ? {} : { refetchInterval: every }),
    ...(keep === true ? { placeholderData: keepPreviousData } : {}),
  });
}
