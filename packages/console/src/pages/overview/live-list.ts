// SPDX-License-Identifier: Apache-2.0
// What the stream told, as the page shows it: the newest decisions, how many come a second, and how sealing
// fares. Bounded, however long the page stays open.
import type { StreamEvent } from "../../api/stream.ts";
import { totalOf } from "../../parts/outcome-buckets.ts";
import type { OutcomeCounts } from "../../parts/outcome-buckets.ts";
import type { Health, LiveDecision } from "./answers.ts";

/** Most decisions that are kept; the page shows fewer. */
export const keptMax = 60;
/** The rate is that of so long, in ms. */
const rateMs = 10_000;

/** What was told until now. */
export type Live = {
  /** The newest first. */
  readonly decisions: readonly LiveDecision[];
  /** How many came at which times of the last seconds. */
  readonly counts: readonly { readonly atMs: number; readonly count: number }[];
  /** Since the stream was opened. */
  readonly seen: number;
  readonly health: Health | undefined;
};

/** Nothing was told. */
export const nothingYet: Live = { decisions: [], counts: [], seen: 0, health: undefined };

/** What was told with one more event, which came at `nowMs`. What is not known is passed over. */
export function told(live: Live, { type, data }: StreamEvent, nowMs: number): Live {
  switch (type) {
    case "backlog": {
      const { decisions } = JSON.parse(data) as { decisions: LiveDecision[] };
      return { ...live, decisions: newest(live.decisions, decisions) };
    }
    case "batch": {
      const batch = JSON.parse(data) as { decisions: LiveDecision[]; outcomes: OutcomeCounts };
      const count = totalOf(batch.outcomes);
      const counts = [...live.counts, { atMs: nowMs, count }].filter(({ atMs }) => nowMs - atMs < rateMs);
      const decisions = newest(live.decisions, batch.decisions);
      return { ...live, decisions, counts, seen: live.seen + count };
    }
    case "health":
      return { ...live, health: JSON.parse(data) as Health };
    default:
      return live;
  }
}

/** Decisions a second, of the last ten seconds. */
export function rateOf({ counts }: Live, nowMs: number): number {
  const recent = counts.filter(({ atMs }) => nowMs - atMs < rateMs);
  return recent.reduce((sum, { count }) => sum + count, 0) / (rateMs / 1000);
}

// A stream that was opened again may tell of some once more.
function newest(known: readonly LiveDecision[], more: readonly LiveDecision[]): LiveDecision[] {
  const last = known[0]?.index ?? -1;
  const fresh = more.filter(({ index }) => index > last).reverse();
  return [...fresh, ...known].slice(0, keptMax);
}
