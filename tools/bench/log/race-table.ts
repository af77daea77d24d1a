// SPDX-License-Identifier: Apache-2.0
// The rows of a race's table, and how Docket stands to the bars that it was built to.
import type { Absent } from "./contender.ts";
import { short } from "./markdown.ts";
import type { Standing } from "./race.ts";

/** Least share of the rate of plain JSON lines, by number of writers. */
const ratioBars: Readonly<Record<number, number>> = { 1: 0.8, 64: 0.8, 256: 0.6, 1024: 0.6 };
/** Most sync times that one writer waits. */
const syncsMax = 2;
/** Longest time from an append to its publication, at the 99th percentile. */
const publishedMsMax = 100;

/** Head and rows of a race. */
export function raceRows(found: readonly Standing[]): string[][] {
  const withCpu = found.some(({ cpuUs }) => !Number.isNaN(cpuUs));
  const head = ["writers", "", "entries/s", "p50", "p99", "÷ JSON lines", "p50 ÷ sync"];
  if (withCpu) head.push("server CPU");
  const rows = found.map((standing) => [
    String(standing.writers),
    standing.name,
    short(standing.perSecond),
    `${short(standing.p50Ms)} ms`,
    `${short(standing.p99Ms)} ms`,
    `${short(standing.ratio)}×`,
    short(standing.perAppendSync),
    ...(withCpu ? [`${short(standing.cpuUs)} µs`] : []),
  ]);
  return [head, ...rows];
}

/** Rows of bars: what was wanted of Docket, and what was measured. */
export function barRows(docket: readonly Standing[]): string[][] {
  const rows = docket.flatMap(({ writers, ratio }) => {
    const bar = ratioBars[writers];
    if (bar === undefined) return [];
    const what = `rate ÷ JSON lines, ${writersText(writers)}`;
    return [[what, `≥ ${bar}×`, `${short(ratio)}×`, ratio >= bar ? "met" : "missed"]];
  });
  const one = docket.find(({ writers }) => writers === 1);
  if (one === undefined) return rows;
  const syncRow = (what: string, syncs: number): string[] => [
    `one writer's p50 ÷ sync of ${what}`,
    `≤ ${syncsMax}`,
    short(syncs),
    syncs <= syncsMax ? "met" : "missed",
  ];
  return [
    ...rows,
    syncRow("4 KiB appended", one.perAppendSync),
    syncRow("300 B in prepared room", one.perRoomSync),
  ];
}

/** Rows of how long after an append a checkpoint that covers it is published. */
export function publishedRows(docket: readonly Standing[]): string[][] {
  return docket.flatMap(({ writers, published }) => {
    if (published === undefined) return [];
    const times = [published.p50Ms, published.p99Ms, published.maxMs].map(Math.round).join(" / ");
    const what = `published after an append, ${writersText(writers)}: p50 / p99 / longest`;
    const met = published.p99Ms <= publishedMsMax ? "met" : "missed";
    return [[what, `≤ ${publishedMsMax} ms`, `${times} ms`, met]];
  });
}

/** Lines about appends that were refused. */
export function refusedText(found: readonly Standing[]): string[] {
  return found.flatMap(({ name, writers, failed }) =>
    failed === 0 ? [] : ["", `${name} refused ${failed} appends of ${writersText(writers)}.`],
  );
}

/** Lines about peers that were not there. */
export function absentText(absent: readonly Absent[]): string[] {
  return absent.flatMap(({ name, reason }) => ["", `Without ${name}: ${reason}.`]);
}

function writersText(writers: number): string {
  return writers === 1 ? "1 writer" : `${writers} writers`;
}
