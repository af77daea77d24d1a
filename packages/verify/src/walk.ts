// SPDX-License-Identifier: Apache-2.0
// The walk over a log: the tree is recomputed record by record, or bundle by bundle where a bundle was found
// in order, and whatever the source holds is compared with it as soon as it is known.
import {
  appendLeafHash,
  emptyFrontier,
  encodeBase64,
  formatCheckpoint,
  frontierRoot,
  hashBytes,
  hashesEqual,
  noteBytesMax,
  tileHeight,
  tileWidth,
  TlogError,
  utf8,
} from "@docket/tlog";
import type { Frontier, Hash, TreeNode } from "@docket/tlog";
import { noteClaim } from "./anchors/own-clock.ts";
import { newAnchors, noteAnchor } from "./anchors/walk-anchors.ts";
import type { WalkAnchors } from "./anchors/walk-anchors.ts";
import type { DropsSettled } from "./dropped.ts";
import { addFault, faultAt, readFile } from "./findings.ts";
import type { Findings } from "./findings.ts";
import { openAt } from "./head.ts";
import type { Head } from "./head.ts";
import type { Listing } from "./listing.ts";
import { noteQuorum } from "./quorum.ts";
import type { Quorum } from "./quorum.ts";
import type { CheckedBundle, RangeMode } from "./range.ts";
import { continueChain, newChain } from "./records.ts";
import type { Chain } from "./records.ts";
import { newRows, nextSizeOf, takeRows } from "./recent.ts";
import type { RecentRow, RecentRows } from "./recent.ts";
import type { Resumed } from "./resume.ts";
import { keysAt, linkPeriods, newSchedule } from "./schedule.ts";
import type { KeySchedule } from "./schedule.ts";
import { checkSeenAt, groupSeen } from "./seen-checks.ts";
import type { SeenChecks } from "./seen-checks.ts";
import type { LogSource, RootClaim, WriterState } from "./source.ts";

/** Where a log keeps the newest checkpoint that met the quorum of its own policy. */
export const cosignedPath = "checkpoint.cosigned";

/** A tile whose hashes are all known, or the right edge's at the end. */
export type KnownTile = { level: number; index: number; hashes: Hash[] };

/** All that the walk carries along. */
export type Walk = {
  kind: "walk";
  source: LogSource;
  findings: Findings;
  head: Head;
  writer: WriterState | undefined;
  listing: Listing | undefined;
  /** `tiles` where a server refuses the entries. */
  mode: RangeMode;
  frontier: Frontier;
  chain: Chain;
  schedule: KeySchedule;
  /** For each level of tiles, the hashes of the tile that is not full yet. */
  edges: Hash[][];
  /** Tiles that became full and were not compared yet. */
  full: KnownTile[];
  /** Sizes at which the root is wanted, ascending: of files, claims and seen checkpoints. */
  wanted: number[];
  wantedAt: number;
  rows: RecentRows;
  /** Sizes that were reached and not compared yet. */
  reached: { size: number; root: Hash }[];
  claims: Map<number, RootClaim[]>;
  kept: Set<number>;
  /** The newest checkpoint that met the quorum of the log's own policy, if it keeps one. */
  cosigned: { size: number; bytes: Uint8Array } | undefined;
  keptChecked: number;
  seen: SeenChecks;
  quorum: Quorum;
  anchors: WalkAnchors;
  /** How many parts are gone, once it is settled. */
  dropped: DropsSettled;
  /** What an earlier run checked. */
  resumed: Resumed | undefined;
  /** Journal's copies of records, by index. */
  copies: Map<number, WriterState["copies"][number]>;
  /** The lowest of these indexes. */
  firstCopy: number;
};

/** Begins a walk. */
export function newWalk(
  source: LogSource,
  findings: Findings,
  head: Head,
  writer: WriterState | undefined,
  listing: Listing | undefined,
  mode: RangeMode,
  cosigned: Walk["cosigned"],
): Walk {
  const least = Number.POSITIVE_INFINITY;
  const claims = new Map<number, RootClaim[]>();
  for (const claim of writer?.roots ?? []) {
    const others = claims.get(claim.size);
    if (others === undefined) claims.set(claim.size, [claim]);
    else others.push(claim);
  }
  const kept = new Set(listing?.kept);
  const seen = groupSeen(head.trust.seen ?? [], findings);
  const named = [...claims.keys(), ...kept, ...seen.bySize.keys(), ...(cosigned ? [cosigned.size] : [])];
  const wanted = [...new Set(named)].sort((a, b) => a - b);
  return {
    kind: "walk",
    source,
    findings,
    head,
    writer,
    listing,
    mode,
    frontier: emptyFrontier(),
    chain: newChain(head.origin),
    schedule: newSchedule(head.trust.keys),
    edges: [],
    full: [],
    wanted: wanted.filter((size) => size > 0),
    wantedAt: 0,
    rows: newRows(listing?.recent ?? [], Math.max(head.size, writer?.end ?? 0)),
    reached: wanted[0] === 0 ? [{ size: 0, root: frontierRoot(emptyFrontier()) }] : [],
    claims,
    kept,
    cosigned,
    keptChecked: 0,
    seen,
    quorum: { newest: undefined, size: 0 },
    anchors: newAnchors(),
    dropped: { byRetention: 0, ofErased: 0 },
    resumed: undefined,
    copies: new Map(writer?.copies.map((copy) => [copy.index, copy])),
    firstCopy: writer?.copies.reduce((least, { index }) => Math.min(least, index), least) ?? least,
  };
}

/** Appends a leaf's hash to the recomputed tree. */
export function appendToTree(walk: Walk, hash: Hash): void {
  appendLeafHash(walk.frontier, hash, (node, nodeHash) => addNode(walk, node, nodeHash));
  noteReached(walk);
}

/**
 * Appends a bundle that was found in order, if it goes on where the walk stands.
 *
 * @returns whether it does; else nothing was appended
 */
export function appendBundle(walk: Walk, bundle: CheckedBundle, wanted: readonly number[]): boolean {
  const { frontier, chain } = walk;
  if (bundle.chain !== null && !continueChain(chain, bundle.chain)) return false;
  const end = frontier.size + tileWidth;
  if (bundle.chain !== null) {
    const { anchors, lastTime: time, lastUncertaintyMs: uncertaintyMs } = bundle.chain;
    for (const anchor of anchors) noteAnchor(walk, anchor);
    noteClaim(walk.anchors.claims, { index: end - 1, time, uncertaintyMs });
  }
  for (const [i, size] of wanted.filter((each) => each > frontier.size && each < end).entries()) {
    // The root of a tree is folded from the right: the bundle's beginning counts as one subtree.
    const prefix = bundle.prefixes.slice(i * hashBytes, (i + 1) * hashBytes) as Hash;
    noteReached(walk, { size, hashes: [...frontier.hashes, prefix] });
  }
  const above: Frontier = { size: frontier.size / tileWidth, hashes: frontier.hashes };
  appendLeafHash(above, bundle.root as Hash, ({ level, index }, hash) =>
    addNode(walk, { level: level + tileHeight, index }, hash),
  );
  frontier.size = end;
  noteReached(walk);
  return true;
}

/**
 * Wants the kept checkpoint of a size that is the next to be reached, from a source that cannot list what it
 * keeps: at a change of keys there must be one.
 */
export function wantKept(walk: Walk, size: number): void {
  if (walk.listing !== undefined) return;
  walk.kept.add(size);
  if (walk.wanted[walk.wantedAt] !== size) walk.wanted.splice(walk.wantedAt, 0, size);
}

/** The sizes up to `end` at which roots are wanted and that were not reached yet, ascending. */
export function wantedUpTo(walk: Walk, end: number): number[] {
  const sizes: number[] = [];
  for (let at = walk.wantedAt; (walk.wanted[at] ?? Number.POSITIVE_INFINITY) <= end; at++) {
    sizes.push(walk.wanted[at] as number);
  }
  for (const { size } of walk.rows.pending) if (size <= end) sizes.push(size);
  return [...new Set(sizes)].sort((a, b) => a - b);
}

/** Compares the roots that were reached with what kept checkpoints, journal and state say of these sizes. */
export async function checkReachedRoots(walk: Walk): Promise<void> {
  for (const { size, root } of walk.reached.splice(0)) {
    for (const claim of walk.claims.get(size) ?? []) checkClaim(walk, claim, root);
    if (walk.kept.has(size)) await checkKept(walk, size, root);
    if (walk.cosigned?.size === size) checkKeptNote(walk, cosignedPath, walk.cosigned.bytes, size, root);
    for (const row of takeRows(walk.rows, size)) await checkRow(walk, row, root);
    checkSeenAt(walk, size, root);
    if (size > walk.head.size) walk.anchors.rootsBeyond.set(size, root);
  }
}

/** At the end: whatever speaks of more records than there are. */
export function checkUnreachedRoots(walk: Walk): void {
  const { size } = walk.frontier;
  for (const wanted of walk.wanted.slice(walk.wantedAt)) {
    const reason = `it covers ${wanted} records, but the log ends after ${size}`;
    for (const claim of walk.claims.get(wanted) ?? []) {
      addFault(walk.findings, faultAt(claim.check, claim.place, reason, offsetOf(claim)));
    }
    if (walk.kept.has(wanted)) {
      walk.findings.beyond.push(faultAt("keptCheckpoints", `checkpoints/${wanted}`, reason));
    }
    if (walk.cosigned?.size === wanted) {
      walk.findings.beyond.push(faultAt("keptCheckpoints", cosignedPath, reason));
    }
  }
  for (const row of [...walk.rows.pending, ...walk.rows.beyond]) {
    const reason = `a row covers ${row.size} records, but the log ends after ${size}`;
    walk.findings.beyond.push(faultAt("recentCheckpoints", row.place, reason, { offset: row.offset }));
  }
}

function addNode(walk: Walk, node: TreeNode, nodeHash: Hash): void {
  if (node.level % tileHeight !== 0) return;
  const level = node.level / tileHeight;
  const hashes = (walk.edges[level] ??= []);
  hashes.push(nodeHash);
  if (hashes.length < tileWidth) return;
  walk.full.push({ level, index: Math.floor(node.index / tileWidth), hashes });
  walk.edges[level] = [];
}

function noteReached(walk: Walk, at: Frontier = walk.frontier): void {
  const { size } = at;
  const isWanted = walk.wanted[walk.wantedAt] === size;
  if (isWanted) walk.wantedAt += 1;
  if (isWanted || nextSizeOf(walk.rows) === size) walk.reached.push({ size, root: frontierRoot(at) });
  if (nextSizeOf(walk.rows) === size) walk.rows.at += 1;
}

function checkClaim(walk: Walk, claim: RootClaim, root: Hash): void {
  const { findings } = walk;
  const { size, signature, place, check } = claim;
  if (signature !== undefined && isSignedRoot(walk, size, claim.root, signature) === false) {
    const reason = `it names a root at size ${size} that the key did not sign`;
    addFault(findings, faultAt(check, place, reason, offsetOf(claim)));
    return;
  }
  if (hashesEqual(claim.root, root)) return;
  const reason = `its root at size ${size} is not that of the records, ${encodeBase64(root)}`;
  addFault(findings, faultAt(check, place, reason, offsetOf(claim)));
}

async function checkRow(walk: Walk, row: RecentRow, root: Hash): Promise<void> {
  const { size, place, offset } = row;
  const fault = (reason: string): void =>
    addFault(walk.findings, faultAt("recentCheckpoints", place, reason, { offset }));
  const signer = await row.signer;
  const isKnown = signer !== undefined && keysAt(walk.schedule, size).some(({ vkey }) => vkey === signer);
  if (!isKnown && isSignedRoot(walk, size, row.root, row.signature) === false) {
    fault(`its row at size ${size} has a signature that is not the log's`);
  } else if (!hashesEqual(row.root, root)) {
    fault(`its root at size ${size} is not that of the records, ${encodeBase64(root)}`);
  } else walk.rows.checked += 1;
}

// Undefined where no key is known to tell.
function isSignedRoot(
  walk: Walk,
  size: number,
  root: Uint8Array,
  signature: Uint8Array,
): boolean | undefined {
  const origin = walk.head.origin ?? walk.chain.origin;
  if (origin === undefined) return undefined;
  const keys = keysAt(walk.schedule, size).filter(
    (key) => key.algorithm === "ed25519" && key.name === origin,
  );
  if (keys.length === 0) return undefined;
  const text = utf8(formatCheckpoint({ origin, size, root: root as Hash, extensions: [] }));
  return keys.some((key) => key.verify(text, signature));
}

async function checkKept(walk: Walk, size: number, root: Hash): Promise<void> {
  const { findings, source } = walk;
  const path = `checkpoints/${size}`;
  const bytes = await readFile(source, path, noteBytesMax, "keptCheckpoints", findings);
  if (bytes === "too long") return;
  if (bytes === undefined) {
    if (walk.listing === undefined) return;
    addFault(findings, faultAt("keptCheckpoints", path, "it is listed, but cannot be read"));
  } else checkKeptNote(walk, path, bytes, size, root);
}

function checkKeptNote(walk: Walk, path: string, bytes: Uint8Array, size: number, root: Hash): void {
  const { findings, head } = walk;
  const fault = (reason: string): void => addFault(findings, faultAt("keptCheckpoints", path, reason));
  try {
    const { checkpoint, opened } = openAt(walk, bytes);
    if (checkpoint.size !== size) return fault(`it covers ${checkpoint.size} records, not ${size}`);
    if (head.origin !== undefined && checkpoint.origin !== head.origin)
      return fault(`it is of the log ${checkpoint.origin}`);
    if (!hashesEqual(checkpoint.root, root)) {
      return fault(`its root is not that of the first ${size} records: one of them is not what was signed`);
    }
    if (opened !== undefined) {
      linkPeriods(walk.schedule, opened);
      noteQuorum(walk.quorum, head.trust, opened);
    }
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    return fault(error.message);
  }
  walk.keptChecked += 1;
}

function offsetOf(claim: RootClaim): { offset?: number } {
  return claim.offset === null ? {} : { offset: claim.offset };
}
