// SPDX-License-Identifier: Apache-2.0
// The records, one after the other: each canonical, at its index, chained to the one before, not earlier than
// it, but directly after a correction of the clock by no more than that allows; and record 0, and no other,
// saying what this log is.
import { formatTime, parseTime, ProtocolError, timeMsMin } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import { fromUtf8, TlogError } from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import { isBase64UrlOf } from "./digest-text.ts";
import { addDrops, noDrops, noteDropping } from "./dropped.ts";
import type { DropsNoted } from "./dropped.ts";
import { readLeaf } from "./ordinary.ts";
import type { CheckedChain } from "./range.ts";
import { chainStart } from "./signer.ts";
import { newSeries, pauseStep, recordStep, takeStep } from "./silences.ts";
import type { Series, SeriesStep } from "./silences.ts";

/** Where the chain stands, and what was counted on the way. */
export type Chain = {
  origin: string | undefined;
  /** Leaf hash of the record before the next; `undefined` before the first that is checked. */
  previous: Hash | undefined;
  /** Time of the last record. */
  time: string;
  /** The next record may not be earlier: that time, or what a correction of the clock lets it be. */
  floor: string;
  firstTime: string | null;
  byKind: Record<string, number>;
  releases: Map<string, number>;
  /** What was promised of the next record. */
  series: Series;
  /** Of a bundle by itself: the steps of its series, which are taken once it is known what was promised. */
  steps: SeriesStep[] | undefined;
  /** Parts that are gone, and what says why. */
  drops: DropsNoted;
};

/** The most different releases that are remembered by name. */
export const releasesMax = 100_000;

/** The chain before record 0. */
export function newChain(origin: string | undefined): Chain {
  return {
    origin,
    previous: undefined,
    time: "",
    floor: "",
    firstTime: null,
    byKind: {},
    releases: new Map(),
    series: newSeries(),
    steps: undefined,
    drops: noDrops(),
  };
}

/**
 * Checks the next record and moves the chain on.
 *
 * @param entry the leaf's bytes, or `undefined` where they are known to be wrong: the chain goes on from
 *   `hash`
 * @returns the record and what is wrong with it, if anything
 */
export function followChain(
  chain: Chain,
  index: number,
  entry: Uint8Array | undefined,
  hash: Hash,
): { record: DocketRecord | undefined; reason: string | undefined } {
  const { previous } = chain;
  chain.previous = hash;
  if (entry === undefined) return { record: undefined, reason: undefined };
  let record: DocketRecord;
  try {
    record = readLeaf(fromUtf8(entry));
  } catch (error) {
    if (!(error instanceof ProtocolError || error instanceof TlogError)) throw error;
    return { record: undefined, reason: error.message };
  }
  const reason = wrongWith(chain, index, record, previous);
  noteStep(chain, pauseStep(index, chain.time, record.time));
  noteStep(chain, recordStep(record));
  if (record.time >= chain.floor) {
    chain.time = record.time;
    chain.floor = record.kind === "clock-correction" ? earlierBy(record.time, record.backMs) : record.time;
  }
  chain.firstTime ??= record.time;
  chain.byKind[record.kind] = (chain.byKind[record.kind] ?? 0) + 1;
  noteDropping(chain.drops, record);
  if ("release" in record && chain.releases.size < releasesMax && !chain.releases.has(record.release)) {
    chain.releases.set(record.release, index);
  }
  return { record, reason };
}

/**
 * Moves the chain on over a bundle that was chained in itself, if it goes on where the chain stands.
 *
 * @returns whether it does; else nothing was changed
 */
export function continueChain(chain: Chain, next: CheckedChain): boolean {
  if (chain.previous === undefined || !isBase64UrlOf(next.prev, chain.previous)) return false;
  if (next.firstTime < chain.floor) return false;
  noteStep(chain, pauseStep(next.first, chain.time, next.firstTime));
  for (const step of next.steps) noteStep(chain, step);
  chain.previous = next.last as Hash;
  chain.time = next.lastTime;
  chain.floor = next.floor;
  chain.firstTime ??= next.firstTime;
  for (const [kind, count] of Object.entries(next.byKind)) {
    chain.byKind[kind] = (chain.byKind[kind] ?? 0) + count;
  }
  if (next.drops !== undefined) addDrops(chain.drops, next.drops);
  for (const [release, index] of next.releases) {
    if (chain.releases.size < releasesMax && !chain.releases.has(release)) chain.releases.set(release, index);
  }
  return true;
}

function noteStep(chain: Chain, step: SeriesStep | undefined): void {
  if (step === undefined) return;
  if (chain.steps === undefined) takeStep(chain.series, step);
  else chain.steps.push(step);
}

function wrongWith(
  chain: Chain,
  index: number,
  record: DocketRecord,
  previous: Hash | undefined,
): string | undefined {
  if (record.index !== index) return `it says that it is record ${record.index}`;
  if ((record.kind === "created") !== (index === 0)) return "record 0, and no other, is of the kind created";
  if (record.kind === "created") {
    chain.origin ??= record.origin;
    if (record.origin !== chain.origin) return `it is of the log ${record.origin}, not of ${chain.origin}`;
  }
  const expected = index === 0 ? chain.origin && chainStart(chain.origin) : previous;
  if (expected && !isBase64UrlOf(record.prev, expected)) return "it does not follow the record before it";
  if (record.time < chain.floor) return tooEarly(record.time, chain);
  const later = namedRecords(record).find((named) => named >= index);
  return later === undefined ? undefined : `it names record ${later}, which is not earlier`;
}

function tooEarly(time: string, chain: Chain): string {
  return chain.floor === chain.time
    ? `its time ${time} is before that of an earlier record, ${chain.time}, and no correction is between them`
    : `its time ${time} is earlier than the correction of the clock before it allows, ${chain.floor}`;
}

function earlierBy(time: string, ms: number): string {
  return formatTime(Math.max(timeMsMin, (parseTime(time) as number) - ms));
}

function namedRecords(record: DocketRecord): readonly number[] {
  const of = "of" in record ? (record.of ?? []) : [];
  const named = typeof of === "number" ? [of] : [...of];
  if ("for" in record && record.for !== undefined) named.push(record.for);
  if (record.kind === "erasure") {
    named.push(...[record.request, record.approved].filter((each) => each !== undefined));
  }
  return named;
}
