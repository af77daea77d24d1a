// SPDX-License-Identifier: Apache-2.0
// The anchors of a log that is checked: gathered on the way, and held against the tree at its end.
import { encodeBase64Url, hashBytes, nodeFromTile, rootFromNodes, rootNodes, sha256 } from "@docket/tlog";
import {
  decodeBase64Url,
  entriesPath,
  hashesEqual,
  tileOfNode,
  tilePath,
  tileWidth,
  TlogError,
} from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import { parseTime } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import { VerifyError } from "../error.ts";
import { addFault, faultAt } from "../findings.ts";
import { requiredWidth } from "../tile-files.ts";
import type { Walk } from "../walk.ts";
import { intervalsOf } from "./interval.ts";
import type { CheckedAnchor, Intervals, Widths } from "./interval.ts";
import { judgeStamp } from "./judge.ts";
import { compareClocks, noteClaim } from "./own-clock.ts";
import type { LatestClaim, OwnClock } from "./own-clock.ts";
import type { AnchorTrust } from "./judge.ts";

/** A record that holds an outside time-stamp. */
export type AnchorRecord = Extract<DocketRecord, { kind: "anchor" }>;

/** An anchor's record, and what became of it so far. `why` says why its stamp was not checked. */
export type AnchorNoted = {
  readonly index: number;
  readonly size: number;
  /** The root that it names, base64url. */
  readonly root: string;
  readonly source: string;
  readonly name: string;
  readonly stamped: { readonly earliestMs: number; readonly latestMs: number } | null;
  readonly why: string | null;
  /** The latest time that the record itself may mean, ms since 1970. */
  readonly ownMs: number;
};

/** The anchors of a log as far as it was walked. */
export type WalkAnchors = {
  noted: AnchorNoted[];
  /** Those that hold; known at the end of the walk. */
  held: CheckedAnchor[];
  /** Roots of sizes above the checkpoint's, where the walk came by and something wanted them. */
  rootsBeyond: Map<number, Hash>;
  /** What the records say of their time. */
  claims: LatestClaim[];
};

/** What a report says of the log's anchors. */
export type AnchorsReport = {
  /** How many records of the kind there are. */
  records: number;
  /** Those whose stamps hold, in the order of the log. */
  held: readonly CheckedAnchor[];
  /** How many were not checked, and why, by how many of each. */
  unchecked: { why: string; records: number }[];
  widths: Widths;
  /** Pairs that can't both be right, in words. */
  contradictions: string[];
  /** How far the log's own clock was off at least, by these stamps. */
  clock: OwnClock;
};

/** No anchors yet. */
export function newAnchors(): WalkAnchors {
  return { noted: [], held: [], rootsBeyond: new Map(), claims: [] };
}

/** Takes in a record: what it says of its time and, if it is an anchor, its stamp, which is judged. */
export function noteAnchor({ anchors, findings, head, chain }: Walk, record: DocketRecord): void {
  noteClaim(anchors.claims, record);
  if (record.kind !== "anchor") return;
  const { index, size, root, source, name } = record;
  const place = placeOf(head.size, index);
  if (size < 1 || size > index) {
    const reason = `it stamps ${size} records, and stands after ${index}`;
    addFault(findings, faultAt("anchors", place, reason, { index }));
    return;
  }
  const origin = head.origin ?? chain.origin ?? "";
  const judgement = judgeStamp(record, origin, head.trust.anchors);
  if (judgement.ok === false) {
    const reason = `the stamp of ${name} is none of that checkpoint: ${judgement.why}`;
    addFault(findings, faultAt("anchors", place, reason, { index }));
    return;
  }
  const ownMs = (parseTime(record.time) ?? 0) + (record.uncertaintyMs ?? 0);
  const stamped = judgement.ok ? { earliestMs: judgement.earliestMs, latestMs: judgement.latestMs } : null;
  anchors.noted.push({
    index,
    size,
    root,
    source,
    name,
    stamped,
    why: judgement.ok ? null : judgement.why,
    ownMs,
  });
}

/** At the end: whether the roots that were stamped are the tree's. */
export async function settleAnchors(walk: Walk): Promise<void> {
  const { anchors, findings, head } = walk;
  const tiles = new Map<string, Uint8Array | undefined>();
  for (const { index, size, root, source, name, stamped } of anchors.noted) {
    const found = await rootAt(walk, size, tiles);
    const reason =
      found === undefined
        ? `it stamps ${size} records, of which the tree here can't be told`
        : `it stamps another tree of ${size} records than the one here`;
    if (found === undefined || !hashesEqual(found, decodeBase64Url(root))) {
      addFault(findings, faultAt("anchors", placeOf(head.size, index), reason, { index }));
    } else if (stamped !== null) anchors.held.push({ index, size, source, name, ...stamped });
  }
}

/** What the report says of them. */
export function anchorsReport({ noted, held, claims }: WalkAnchors, size: number): AnchorsReport {
  const reasons = new Map<string, number>();
  for (const { why } of noted) if (why !== null) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  const intervals: Intervals = intervalsOf(held);
  return {
    records: noted.length,
    held,
    unchecked: Array.from(reasons, ([why, records]) => ({ why, records })),
    widths: intervals.widths(size),
    clock: compareClocks(claims, held, new Map(noted.map(({ index, ownMs }) => [index, ownMs]))),
    contradictions: intervals.contradictions.map(
      ({ earlier, later }) =>
        `${later.name} stamped the log up to record ${later.size - 1} by ` +
        `${new Date(later.latestMs).toISOString()} (record ${later.index}), which holds as record ` +
        `${earlier.index} a stamp of ${earlier.name} made at ${new Date(earlier.earliestMs).toISOString()} ` +
        "at the earliest: one of their clocks is wrong",
    ),
  };
}

/** What names the clocks that a run trusted, so that a later one can tell whether it trusts the same. */
export function anchorTrustText(trust: AnchorTrust | undefined): string {
  const roots = (trust?.roots ?? []).map(
    ({ certificate, name }) => `${name ?? ""} ${encodeBase64Url(sha256(certificate))}`,
  );
  const keys = (trust?.roughtimeKeys ?? []).map(encodeBase64Url);
  return [...roots, ...keys].sort().join("\n");
}

function placeOf(published: number, index: number): string {
  if (index >= published) return "journal";
  const bundle = Math.floor(index / tileWidth);
  return entriesPath(bundle, requiredWidth(0, bundle, published));
}

/** Tiles that are remembered while the roots of one size after the other are computed. */
const tilesKeptMax = 64;

// From the tiles, which the walk has compared with the records, or names as wrong.
async function rootAt(
  { anchors, head, source }: Walk,
  size: number,
  tiles: Map<string, Uint8Array | undefined>,
): Promise<Hash | undefined> {
  if (size > head.size) return anchors.rootsBeyond.get(size);
  const hashes: Hash[] = [];
  try {
    for (const node of rootNodes(size)) {
      const tile = tileOfNode(node, head.size);
      const path = tilePath(tile);
      if (!tiles.has(path)) {
        if (tiles.size >= tilesKeptMax) tiles.delete(tiles.keys().next().value ?? "");
        const bytesMax = tileWidth * hashBytes;
        const exact = await source.read(path, bytesMax);
        tiles.set(path, exact ?? (await source.read(tilePath({ ...tile, width: tileWidth }), bytesMax)));
      }
      const bytes = tiles.get(path);
      if (bytes === undefined) return undefined;
      hashes.push(nodeFromTile(tile, bytes.subarray(0, tile.width * hashBytes), node));
    }
    return rootFromNodes(size, hashes);
  } catch (error) {
    if (error instanceof TlogError) return undefined;
    if (error instanceof VerifyError && error.code === "size") return undefined;
    throw error;
  }
}
