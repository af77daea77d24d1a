// SPDX-License-Identifier: Apache-2.0
// Silent stretches. A log's writer that has nothing to seal seals heartbeats, each with the promise that the
// next record comes within so many seconds. Where none does, and no start, no gap record and no step of the
// clock says why, nobody sealed although somebody should have: no sign that the log was changed, which other
// checks see, but one that its writer was kept from writing, or its records from being sealed.
//
// Bundles are read side by side, each without knowing what was promised before it. So what matters here is
// first written down as a few steps, and taken in the order of the log.
import type { DocketRecord } from "@docket/protocol";

/** A stretch in which nothing was sealed although it was promised: the record at its end, and its times. */
export type Silence = { index: number; from: string; until: string; everySeconds: number };

/** What matters of a record, or of the time before it. */
export type SeriesStep =
  /** Between the record before and this one is more than a minute. */
  | { step: "pause"; index: number; from: string; until: string }
  | { step: "heartbeat"; index: number; everySeconds: number }
  /** A record that says why there was a pause; at a start, another promise may hold from then on. */
  | { step: "told"; index: number; start: boolean };

/** The series of heartbeats, as far as it was read. */
export type Series = {
  /** What the last heartbeat promised; 0 before the first. */
  everySeconds: number;
  /** Whether there was a start since: the next heartbeat may promise another time. */
  started: boolean;
  silences: Silence[];
  /** How many there are; of them the first {@link silencesMax} are kept. */
  count: number;
  /** The last of them, kept or not: the record that ends it may say why it was. */
  last: Silence | undefined;
};

/** Most silences that are named; more are only counted. */
export const silencesMax = 100;
/** A pause of no more than this is never a silence, in ms. */
const pauseLeastMs = 60_000;
/** What comes a little late was promised nevertheless: this part of the time, and this many ms. */
const lateShare = 0.1;
const lateMs = 10_000;

/** The series before the first record. */
export function newSeries(): Series {
  return { everySeconds: 0, started: false, silences: [], count: 0, last: undefined };
}

/** The pause between two records, if it is long enough to matter. */
export function pauseStep(index: number, from: string, until: string): SeriesStep | undefined {
  // Nearly all records follow one another within a minute, and that shows without reading their times.
  if (from === until || from === "" || isSameMinute(from, until)) return undefined;
  return Date.parse(until) - Date.parse(from) > pauseLeastMs
    ? { step: "pause", index, from, until }
    : undefined;
}

/** What a record says of pauses, if anything. */
export function recordStep(record: DocketRecord): SeriesStep | undefined {
  const { index, kind } = record;
  if (kind === "heartbeat") return { step: "heartbeat", index, everySeconds: record.everySeconds };
  if (kind === "created" || kind === "start" || kind === "promoted") {
    return { step: "told", index, start: true };
  }
  const isTold =
    kind === "gap" || kind === "clock-correction" || (kind === "clock" && record.state === "stepped");
  return isTold ? { step: "told", index, start: false } : undefined;
}

/** Moves the series on. Steps come in the order of the log; a record's pause comes before itself. */
export function takeStep(series: Series, step: SeriesStep): void {
  // What a record says of the pause that ends with it.
  const own = series.last?.index === step.index ? series.last : undefined;
  if (step.step === "pause") {
    if (series.everySeconds === 0 || lengthOf(step) <= limitMs(series.everySeconds)) return;
    const { index, from, until } = step;
    series.last = { index, from, until, everySeconds: series.everySeconds };
    series.count += 1;
    if (series.silences.length < silencesMax) series.silences.push(series.last);
  } else if (step.step === "told") {
    if (own !== undefined) dropLast(series, own);
    if (step.start) series.started = true;
  } else {
    if (own !== undefined && series.started && lengthOf(own) <= limitMs(step.everySeconds)) {
      dropLast(series, own);
    }
    series.everySeconds = step.everySeconds;
    series.started = false;
  }
}

function dropLast(series: Series, { index }: Silence): void {
  series.count -= 1;
  series.last = undefined;
  if (series.silences.at(-1)?.index === index) series.silences.pop();
}

function lengthOf({ from, until }: { from: string; until: string }): number {
  return Date.parse(until) - Date.parse(from);
}

function limitMs(everySeconds: number): number {
  const everyMs = everySeconds * 1000;
  return Math.max(pauseLeastMs, everyMs + Math.max(everyMs * lateShare, lateMs));
}

/**
 * Whether two times, as records bear them, are of the same minute: their first 16 characters are the same.
 */
function isSameMinute(a: string, b: string): boolean {
  for (let i = 15; i >= 0; i--) if (a.charCodeAt(i) !== b.charCodeAt(i)) return false;
  return true;
}
