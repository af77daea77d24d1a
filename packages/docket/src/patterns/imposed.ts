// SPDX-License-Identifier: Apache-2.0
// Which decision imposed a restriction, where memory does not say so: it knows since the start of the process
// alone, and the log knows all of it.
import type { StandingNow } from "../enforcement/contract.ts";
import type { SiteIndex } from "../views/site-index.ts";

/** Decisions of an actor that are looked through, and of these that are opened, at most. */
const lookedMax = 500;
const openedMax = 20;

/** What it is found with. */
export type ImposedSource = Pick<SiteIndex, "decisions"> & {
  /** Ids of the restrictions that the decision at an index imposed. */
  readonly restrictionsOf: (index: number) => Promise<readonly string[]>;
};

/** A standing whose restrictions of the actor's own name the decisions they come from, where one is found. */
export async function withImposed(standing: StandingNow, source: ImposedSource): Promise<StandingNow> {
  const isOpen = ({ imposed, on }: StandingNow["restrictions"][number]): boolean =>
    imposed === undefined && on === undefined;
  if (!standing.restrictions.some(isOpen)) return standing;
  const { actor } = standing;
  const rows = await source.decisions({ actor, order: "descending", limit: lookedMax });
  const found = new Map<string, { index: number; kind: string; by: string; at: string }>();
  for (const { index, sealedMs } of rows.filter((row) => row.restrictions > 0).slice(0, openedMax)) {
    const imposed = { index, kind: "decision", by: "docket", at: new Date(sealedMs).toISOString() };
    for (const id of await source.restrictionsOf(index)) found.set(id, imposed);
  }
  return {
    ...standing,
    restrictions: standing.restrictions.map((each) => {
      const imposed = isOpen(each) ? found.get(each.id) : undefined;
      return imposed === undefined ? each : { ...each, imposed };
    }),
  };
}
