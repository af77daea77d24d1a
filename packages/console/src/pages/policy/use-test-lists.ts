// SPDX-License-Identifier: Apache-2.0
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { get } from "../../api/request.ts";
import { useGet } from "../../api/use-get.ts";
import { useCaller } from "../../session/session.tsx";
import { planLists, readList } from "./test-lists.ts";
import type { DeclaredList, GivenList, LeftList, ListInForce, ListPlan } from "./test-lists.ts";

/** The lists that tests run with. */
export type TestLists = {
  /** The same array for as long as nothing changes. */
  readonly given: readonly GivenList[];
  readonly left: readonly LeftList[];
  /** Whether some are still being read. */
  readonly reads: boolean;
};

/** The lists of these that tests may read, as they are in force; read anew when a version comes. */
export function useTestLists(declared: readonly DeclaredList[]): TestLists {
  const may = useCaller().may("readLists");
  const wants = may && declared.some(({ tested }) => tested);
  const all = useGet<{ lists: readonly ListInForce[] }>(wants ? "/v1/lists" : undefined);
  const inForce = may
    ? (all.data?.lists ?? all.error?.message ?? "it is being read")
    : "you may not read lists";
  // Every check has declarations of its own, which mostly say the same.
  const planned = JSON.stringify(planLists(declared, inForce));
  const plan = useMemo(() => JSON.parse(planned) as ListPlan, [planned]);
  const { data, isPending, isPlaceholderData } = useQuery({
    queryKey: ["lists of tests", plan.read],
    queryFn: async ({ signal }) => {
      const found: (GivenList | LeftList)[] = [];
      for (const list of plan.read) found.push(await readList(list, (path) => get(path, { signal })));
      return found;
    },
    enabled: plan.read.length > 0,
    placeholderData: keepPreviousData,
  });
  const read = plan.read.length === 0 ? undefined : data;
  return useMemo(() => {
    const found = read ?? [];
    return {
      given: [...plan.empty, ...found.filter((each) => "entries" in each)],
      left: [...plan.left, ...found.filter((each) => "why" in each)],
      reads: (wants && all.isPending) || (plan.read.length > 0 && (isPending || isPlaceholderData)),
    };
  }, [plan, read, wants, all.isPending, isPending, isPlaceholderData]);
}
