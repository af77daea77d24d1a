// SPDX-License-Identifier: Apache-2.0
// What a rule in force would refuse of the past, for a sweep: the release over recorded history, in a thread
// of its own, so that the thread that answers isn't held up.
import type { PreviewedSite } from "../intake/open-site.ts";
import type { RefusedNow, RefusedNowFinder } from "../reviews/batch-plan.ts";
import { threadUrl } from "../thread-url.ts";
import { askThread } from "./ask-thread.ts";
import type { ThreadFailure } from "./ask-thread.ts";
import { previewStart } from "./preview.ts";
import type { PreviewStart } from "./preview.ts";

/** Most records that are decided again, the newest of the period; and most before them, for memory. */
export const sweptRecordsMax = 1_000_000;
export const sweptMemoryRecordsMax = 300_000;
/** Most decisions that one answer names. */
export const refusedMax = 200_000;

/** What the thread is started with. */
export type RefusedStart = PreviewStart & {
  /** `policy/rule` */
  readonly rule: string;
  readonly fromMs: number;
  readonly toMs: number;
};
/** What it answers. */
export type RefusedAnswer =
  | { readonly refused: readonly RefusedNow[]; readonly notes: readonly string[] }
  | ThreadFailure;

/** Finds what a rule would refuse on a site that is open. */
export function refusedNowFinder(site: PreviewedSite): RefusedNowFinder {
  return async (release, rule, { fromMs, toMs }, signal) => {
    const size = site.publishedSize();
    const since = await site.firstRecordSince(fromMs);
    const from = Math.max(since, size - sweptRecordsMax);
    if (from >= size) return { refused: [], notes: [] };
    const warmFrom = Math.max(0, from - sweptMemoryRecordsMax);
    const start: RefusedStart = {
      ...previewStart(site, release, { size, from, warmFrom }),
      rule,
      fromMs,
      toMs,
    };
    const module = threadUrl("./refused-now-thread", import.meta.url);
    const answer = await askThread<RefusedAnswer>(module, start, signal);
    if ("failure" in answer) throw new Error(`history could not be decided again: ${answer.failure}`);
    const cut = from > since ? [`only the newest ${size - from} records of the period were looked at`] : [];
    return { refused: [...answer.refused], notes: [...cut, ...answer.notes] };
  };
}
