// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { UseMutationResult } from "@tanstack/react-query";
import type { ApiError } from "./request.ts";

/**
 * Something that a person does, at most one at a time.
 *
 * @param act does it
 * @param refresh the beginnings of paths whose answers are asked for again afterwards
 */
export function useAct<In, Out>(
  act: (input: In) => Promise<Out>,
  { refresh = [] }: { readonly refresh?: readonly string[] } = {},
): UseMutationResult<Out, ApiError, In> {
  const client = useQueryClient();
  return useMutation<Out, ApiError, In>({
    mutationFn: act,
    onSuccess: () =>
      client.invalidateQueries({
        predicate: ({ queryKey: [path] }) =>
          typeof path === "string" && refresh.some((beginning) => path.startsWith(beginning)),
      }),
  });
}
