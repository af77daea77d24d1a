// SPDX-License-Identifier: Apache-2.0
// The walk over a log: the tree is recomputed record by record, and whatever the source holds is compared
// with it as soon as it is known.
import {
  appendLeafHash,
  emptyFrontier,
  encodeBase64,
  frontierRoot,
  formatCheckpoint,
  hashesEqual,
  noteBytesMax,
  tileHeight,
  tileWidth,
  TlogError,
  utf8,
} from "@docket/tlog";
import type { Frontier, Hash } from "@docket/tlog";
import { addFault, faultAt, readFile } from "./findings.ts";
import type { Findings } from "./findings.ts";
import { openUnder } from "./head.ts";
import type { Head } from "./head.ts";
import type { Listing } from "./listing.ts";
import { newChain } from "./records.ts";
import type { Chain } from "./records.ts";
import type { LogSource, RootClaim, WriterState } from "./source.ts";

/** A tile whose hashes are all known, or the right edge's at the end. */
export type KnownTile = { level: number; index: number; hashes: Hash[] };

/** All that the walk carries along. */
export type Walk = {
  source: LogSource;
  findings: Findings;
  head: Head;
  writer: WriterState | undefined;
  listing: Listing | undefined;
  frontier: Frontier;
  chain: Chain;
  /** For each level of tiles, the hashes of the tile that is not full yet. */
  edges: Hash[][];
  /** Tiles that became full and were not compared yet. */
  full: KnownTile[];
  /** Sizes at which the root is wanted, ascending, and those that were reached and not compared yet. */
  wanted: number[];
  reached: { size: number; root: Hash }[];
  claims: Map<number, RootClaim[]>;
  kept: Set<number>;
  keptChecked: number;
  /** Journal's copies of records, by index. */
  copies: Map<number, WriterState["copies"][number]>;
  /** Whether entries and parts can be read: a server may refuse them. */
  entriesOpen: boolean;
};

/** Begins a walk. */
export function newWalk(
  source: LogSource,
  findings: Findings,
  head: Head,
  writer: WriterState | undefined,
  listing: Listing | undefined,
): Walk {
  const claims = new Map<number, RootClaim[]>();
  for (const claim of writer?.roots ?? []) claims.set(claim.size, [...(claims.get(claim.size) ?? []), claim]);
  const kept = new Set(listing?.kept);
  const wanted = [...new Set([...claims.keys(), ...kept])].sort((a, b) => a - b);
  return {
    source,
    findings,
    head,
    writer,
    listing,
    frontier: emptyFrontier(),
    chain: newChain(head.origin, head.trust.keys),
    edges: [],
    full: [],
    wanted: wanted.filter((size) => size > 0).toReversed(),
    reached: wanted[0] === 0 ? [{ size: 0, root: frontierRoot(emptyFrontier()) }] : [],
    claims,
    kept,
    keptChecked: 0,
    copies: new Map(writer?.copies.map((copy) => [copy.index, copy])),
    entriesOpen: true,
  };
}

/** Appends a leaf's hash to the recomputed tree. */
export function appendToTree(walk: Walk, hash: Hash): void {
  const { frontier, edges, full, wanted } = walk;
  appendLeafHash(frontier, hash, (node, nodeHash) => {
    if (node.level % tileHeight !== 0) return;
    const level = node.level / tileHeight;
    const hashes = (edges[level] ??= []);
    hashes.push(nodeHash);
    if (hashes.length < tileWidth) return;
    full.push({ level, index: Math.floor(node.index / tileWidth), hashes });
    edges[level] = [];
  });
  if (wanted.at(-1) === frontier.size) {
    wanted.pop();
    walk.reached.push({ size: frontier.size, root: frontierRoot(frontier) });
  }
}

/** Compares the roots that were reached with what kept checkpoints, journal and state say of these sizes. */
export async function checkReachedRoots(walk: Walk): Promise<void> {
  for (const { size, root } of walk.reached.splice(0)) {
    for (const claim of walk.claims.get(size) ?? []) checkClaim(walk, claim, root);
    if (walk.kept.has(size)) await checkKept(walk, size, root);
  }
}

/** At the end: whatever speaks of more records than there are. */
export function checkUnreachedRoots(walk: Walk): void {
  const { size } = walk.frontier;
  for (const wanted of walk.wanted.toReversed()) {
    const reason = `it covers ${wanted} records, but the log ends after ${size}`;
    for (const claim of walk.claims.get(wanted) ?? []) {
      addFault(walk.findings, faultAt(claim.check, claim.place, reason, offsetOf(claim)));
    }
    if (walk.kept.has(wanted)) {
      walk.findings.beyond.push(faultAt("keptCheckpoints", `checkpoints/${wanted}`, reason));
    }
  }
}

function checkClaim(walk: Walk, claim: RootClaim, root: Hash): void {
  const { findings, head, chain } = walk;
  const { size, signature, place, check } = claim;
  const origin = head.origin ?? chain.origin;
  const keys = head.trust.keys.filter((key) => key.algorithm === "ed25519" && key.name === origin);
  if (signature !== undefined && keys.length > 0 && origin !== undefined) {
    const text = utf8(formatCheckpoint({ origin, size, root: claim.root as Hash, extensions: [] }));
    if (!keys.some((key) => key.verify(text, signature))) {
      addFault(
        findings,
        faultAt(check, place, `it names a root at size ${size} that the key did not sign`, offsetOf(claim)),
      );
      return;
    }
  }
  if (hashesEqual(claim.root, root)) return;
  addFault(
    findings,
    faultAt(
      check,
      place,
      `its root at size ${size} is not that of the records, ${encodeBase64(root)}`,
      offsetOf(claim),
    ),
  );
}

async function checkKept(walk: Walk, size: number, root: Hash): Promise<void> {
  const { findings, head, source } = walk;
  const path = `checkpoints/${size}`;
  const bytes = await readFile(source, path, noteBytesMax, "keptCheckpoints", findings);
  if (bytes === "too long") return;
  const fault = (reason: string): void => addFault(findings, faultAt("keptCheckpoints", path, reason));
  if (bytes === undefined) return fault("it is listed, but cannot be read");
  try {
    const kept = openUnder(head, bytes);
    if (kept.size !== size) return fault(`it covers ${kept.size} records, not ${size}`);
    if (head.origin !== undefined && kept.origin !== head.origin)
      return fault(`it is of the log ${kept.origin}`);
    if (!hashesEqual(kept.root, root)) {
      return fault(`its root is not that of the first ${size} records: one of them is not what was signed`);
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
