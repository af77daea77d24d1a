// SPDX-License-Identifier: Apache-2.0
// The records, one after the other: each canonical, at its index, chained to the one before, not earlier than
// it; and record 0, and no other, saying what this log is.
import { ProtocolError } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import { fromUtf8, TlogError } from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import { isBase64UrlOf } from "./digest-text.ts";
import { readLeaf } from "./ordinary.ts";
import type { CheckedChain } from "./range.ts";
import { chainStart } from "./signer.ts";

/** Where the chain stands, and what was counted on the way. */
export type Chain = {
  origin: string | undefined;
  /** Leaf hash of the record before the next; `undefined` before the first that is checked. */
  previous: Hash | undefined;
  time: string;
  firstTime: string | null;
  byKind: Record<string, number>;
  releases: Map<string, number>;
};

/** The most different releases that are remembered by name. */
export const releasesMax = 100_000;

/** The chain before record 0. */
export function newChain(origin: string | undefined): Chain {
  return { origin, previous: undefined, time: "", firstTime: null, byKind: {}, releases: new Map() };
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
  if (record.time > chain.time) chain.time = record.time;
  chain.firstTime ??= record.time;
  chain.byKind[record.kind] = (chain.byKind[record.kind] ?? 0) + 1;
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
  if (next.firstTime < chain.time) return false;
  chain.previous = next.last as Hash;
  chain.time = next.lastTime;
  chain.firstTime ??= next.firstTime;
  for (const [kind, count] of Object.entries(next.byKind)) {
    chain.byKind[kind] = (chain.byKind[kind] ?? 0) + count;
  }
  for (const [release, index] of next.releases) {
    if (chain.releases.size < releasesMax && !chain.releases.has(release)) chain.releases.set(release, index);
  }
  return true;
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
  if (record.time < chain.time)
    return `its time ${record.time} is before that of an earlier record, ${chain.time}`;
  const later = namedRecords(record).find((named) => named >= index);
  return later === undefined ? undefined : `it names record ${later}, which is not earlier`;
}

function namedRecords(record: DocketRecord): readonly number[] {
  const of = "of" in record ? (record.of ?? []) : [];
  const named = typeof of === "number" ? [of] : of;
  return "for" in record && record.for !== undefined ? [...named, record.for] : named;
}
