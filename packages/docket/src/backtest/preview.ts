// SPDX-License-Identifier: Apache-2.0
// The preview of a proposal: the candidate over the last week's records, in a thread of its own, so that the
// thread that answers isn't held up.
import type { PreviewedSite } from "../intake/open-site.ts";
import type { Release } from "../releases/release.ts";
import type { Preview, Previewer } from "../releases/review.ts";
import { threadUrl } from "../thread-url.ts";
import { askThread } from "./ask-thread.ts";
import type { ThreadFailure } from "./ask-thread.ts";
import type { BacktestOptions } from "./backtest.ts";
import { listFile, plainOf } from "./candidate.ts";
import type { PlainCandidate } from "./candidate.ts";
import type { BacktestReport } from "./report.ts";

/** How far back a preview goes, in milliseconds of the events' time. */
export const previewedMs: number = 7 * 86_400_000;
/**
 * Most records that it decides, and most before them that it takes into memory: a proposal waits for it. A
 * backtest takes all.
 */
export const previewRecordsMax = 300_000;
export const previewMemoryRecordsMax = 150_000;

/** What the thread is started with. */
export type PreviewStart = Pick<BacktestOptions, "source" | "from" | "to" | "warmFrom"> & {
  readonly candidate: PlainCandidate;
};
/** What it answers. */
export type PreviewAnswer = { readonly report: BacktestReport } | ThreadFailure;

/** Previews candidates for a site that is open. */
export function previewer(site: PreviewedSite): Previewer {
  return async (candidate, signal, unkept) => {
    const size = site.publishedSize();
    const since = await site.firstRecordSince((await site.latestDecidedMs()) - previewedMs);
    const from = Math.max(since, size - previewRecordsMax);
    if (from >= size) return { ran: false, why: "nothing was decided yet" };
    const warmFrom = Math.max(0, from - previewMemoryRecordsMax);
    const listFiles = unkept && new Map([listFile(unkept.name, "change", unkept.version, unkept.bytes)]);
    const start = previewStart(site, candidate, { size, from, warmFrom, listFiles });
    const module = threadUrl("./preview-thread", import.meta.url);
    const report = await askThread<PreviewAnswer>(module, start, signal);
    // Whoever approves sees that there is none: that is better than a change that can't be proposed.
    if ("failure" in report) return { ran: false, why: `it failed: ${report.failure.split("\n", 1)[0]}` };
    const notes = from > since ? [`only the newest ${size - from} records of the week`] : [];
    return previewOf(report.report, notes);
  };
}

/** What a thread is started with that decides records of an open site again. */
export function previewStart(
  { paths, origin, keys }: PreviewedSite,
  candidate: Release,
  {
    size,
    from,
    warmFrom,
    listFiles,
  }: {
    size: number;
    from: number;
    warmFrom: number;
    listFiles?: PlainCandidate["listFiles"] | undefined;
  },
): PreviewStart {
  const { site, hashing, folder } = keys;
  const source = { paths, origin, keys: { site, hashing, folder }, size };
  return { source, from, to: size, warmFrom, candidate: plainOf(candidate, listFiles) };
}

function previewOf(report: BacktestReport, notes: readonly string[]): Preview {
  const { times, decisions, coverage, changed, outcomes, rules, brakes } = report;
  if (times === null) return { ran: false, why: "nothing was decided in the last week" };
  const said = [...notes, ...report.notes.filter((note) => !note.startsWith("only records "))];
  const braked = [...new Set(brakes.map(({ key }) => key))];
  if (braked.length > 0) said.push(`stopped by an emergency brake: ${braked.join(", ")}`);
  return {
    ran: true,
    from: times.first,
    to: times.last,
    events: decisions - coverage.gone,
    changed: changed.decisions,
    outcomes: { before: outcomes.before, after: outcomes.after },
    rules: rules
      .filter(({ before, after }) => before.hits > 0 || after.hits > 0)
      .map(({ policy, rule, before, after }) => ({ policy, rule, before: before.hits, after: after.hits })),
    ...(said.length > 0 && { notes: said }),
  };
}
