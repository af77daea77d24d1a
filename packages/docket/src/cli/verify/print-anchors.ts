// SPDX-License-Identifier: Apache-2.0
// What outside time-stamps say of a log, and of one record, for people.
import type { Bound, Interval, LogReport } from "@docket/verify";
import { printable } from "../../printable.ts";

/** A record, and between what it was sealed. */
export type AskedRecord = { readonly index: number; readonly interval: Interval };

/** Most contradictions that are printed; the report as JSON has all. */
const contradictionsPrintedMax = 3;

/** What the anchors of a log say of it as a whole; nothing where none was checked. */
export function anchorLines({ anchors, size }: LogReport): string[] {
  const { held, widths, contradictions } = anchors;
  const newest = held.reduce<(typeof held)[number] | undefined>(
    (most, each) => (most === undefined || each.size >= most.size ? each : most),
    undefined,
  );
  if (newest === undefined) return [];
  const lines = [
    `time: the first ${newest.size} of ${size} records were there by ` +
      `${new Date(newest.latestMs).toISOString()} (${printable(newest.name)}, record ${newest.index})`,
  ];
  const { records, medianMs, p99Ms, mostMs } = widths;
  if (medianMs !== null && p99Ms !== null && mostMs !== null) {
    lines.push(
      `time: ${records} records lie between two stamps: half of them within ${widthText(medianMs)}, ` +
        `99 of 100 within ${widthText(p99Ms)}, all within ${widthText(mostMs)}`,
    );
  }
  for (const contradiction of contradictions.slice(0, contradictionsPrintedMax)) {
    lines.push(`contradiction: ${printable(contradiction)}`);
  }
  lines.push(...clockLines(anchors.clock));
  return lines;
}

// What the records claim of their time is the operator's word; stamps are not.
function clockLines({ ahead, behind }: LogReport["anchors"]["clock"]): string[] {
  const lines: string[] = [];
  if (ahead !== null) {
    lines.push(
      `clock: record ${ahead.record} says a time at least ${widthText(ahead.ms)} later than ` +
        `${printable(ahead.name)} stamped it (record ${ahead.anchor}): the log's clock was ahead`,
    );
  }
  if (behind !== null) {
    lines.push(
      `clock: record ${behind.record} says a time at least ${widthText(behind.ms)} before the stamp of ` +
        `${printable(behind.name)} that it holds was made: the log's clock was behind`,
    );
  }
  return lines;
}

/** Between what a record was sealed, in one line. */
export function intervalLine({ index, interval: { notBefore, notAfter, widthMs } }: AskedRecord): string {
  const bound = ({ time, index: anchor, name }: Bound): string =>
    `${time} (${printable(name)}, record ${anchor})`;
  const before = notBefore === null ? "no stamp before it" : `not before ${bound(notBefore)}`;
  const after = notAfter === null ? "no stamp over it" : `not after ${bound(notAfter)}`;
  const width = widthMs === null ? "" : `, ${widthText(widthMs)} apart`;
  return `record ${index} was sealed: ${before}, ${after}${width}`;
}

/** A length of time, to three digits or the second. */
export function widthText(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1000) return `${ms} ms`;
  if (size < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  if (size < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return size < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`;
}
