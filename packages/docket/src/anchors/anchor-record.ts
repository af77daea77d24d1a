// SPDX-License-Identifier: Apache-2.0
// Records of kind `anchor`, as they are shown.
import { formatTime, parseLeaf, parseTime } from "@docket/protocol";
import { intervalsOf } from "@docket/verify";
import type { CheckedAnchor } from "@docket/verify";
import type { AnchorListed, RecordInterval } from "./contract.ts";

/**
 * Tokens that name no accuracy are as exact as the last digit of their time, which may be a second
 * (GeneralizedTime without a fraction); in ms.
 */
const unsaidAccuracyMs = 1000;

/** The anchor that a leaf of that kind says. */
export function anchorOfLeaf(leaf: string): AnchorListed {
  const record = parseLeaf(leaf);
  if (record.kind !== "anchor") throw new Error("a record that is kept as an anchor is one");
  const { index, size, root, source, name, stampedAt, accuracyMs, time } = record;
  const atMs = parseTime(stampedAt) as number;
  const eitherWayMs = accuracyMs ?? unsaidAccuracyMs;
  return {
    index,
    size,
    root,
    source,
    name,
    stampedAt,
    accuracyMs,
    notBefore: formatTime(Math.max(0, atMs - eitherWayMs)),
    notAfter: formatTime(atMs + eitherWayMs),
    sealedAt: time,
  };
}

/** The interval that anchors give a record. */
export function intervalOfRecord(index: number, anchors: readonly AnchorListed[]): RecordInterval {
  const { notBefore, notAfter, widthMs } = intervalsOf(anchors.map(asSaid)).of(index);
  const bound = (at: typeof notBefore): RecordInterval["notBefore"] =>
    at === null ? null : { time: at.time, anchor: at.index, name: at.name };
  return { index, notBefore: bound(notBefore), notAfter: bound(notAfter), widthMs };
}

/** An anchor, taken at its word. */
export function asSaid({ index, size, source, name, notBefore, notAfter }: AnchorListed): CheckedAnchor {
  const [earliestMs, latestMs] = [parseTime(notBefore) as number, parseTime(notAfter) as number];
  return { index, size, source, name, earliestMs, latestMs };
}
