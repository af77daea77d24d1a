// SPDX-License-Identifier: Apache-2.0
// Opens the log's outside time-stamps.
import { join } from "node:path";
import { parseCheckpoint, parseNote } from "@docket/tlog";
import { AnchorDesk, recentAnchorsMax } from "../anchors/anchor-desk.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

/** Opens the desk: the views have all of the log. */
export async function openAnchors(options: OpenSiteOptions, site: DocketSite): Promise<AnchorDesk> {
  const { anchoring, paths, index, readLater, createLater, clock, timer, onNotice } = options;
  const newest = await index.keptPage({
    kind: "anchor",
    from: Number.MAX_SAFE_INTEGER,
    limit: recentAnchorsMax,
    newestFirst: true,
  });
  const desk = new AnchorDesk(
    {
      clocks: anchoring?.clocks ?? [],
      everyMs: anchoring?.everyMs ?? 0,
      withinMs: anchoring?.withinMs ?? 0,
      newest: () => readLater(paths.checkpoint),
      // One with cosignatures that is there already stays.
      keep: (note) => createLater(join(paths.keptCheckpoints, String(sizeOf(note))), note),
      seal: (body) => site.seal(body, []),
      anchors: async (query) => {
        await site.indexed();
        return index.keptPage({ kind: "anchor", ...query });
      },
      clock,
      timer,
      onNotice,
    },
    newest,
    site.status().durableSize,
  );
  site.listen({
    onRecord: ({ kind, index: at }) => desk.takeRecord(kind, at),
    onDecision: ({ index: at }) => desk.takeRecord("decision", at),
  });
  return desk;
}

function sizeOf(note: Uint8Array): number {
  return parseCheckpoint(parseNote(note).text).size;
}
