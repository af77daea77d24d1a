// SPDX-License-Identifier: Apache-2.0
// What whoever holds the log's key can do: everything is well-formed, consistent and signed. It shows only to
// those who have a checkpoint, a receipt or an answer from before.
import {
  appendLeafHash,
  decodeEntryBundle,
  emptyFrontier,
  encodeEntryBundle,
  entriesPath,
  frontierRoot,
  leafHash,
  signCheckpoint,
  tilePath,
  tilesOfSize,
  tileWidth,
} from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import * as log from "../writer.ts";
import { makeBase } from "./bases.ts";
import type { Base, Twist } from "./bases.ts";
import { contentOf, edited, pick, placesOf } from "./mutation.ts";
import type { Mutation, MutationKind } from "./mutation.ts";
import type { Random } from "../seeded-random.ts";

/** All that shows by `--seen` alone. */
export const wholeKinds: readonly MutationKind[] = [
  { name: "rolled back to an older state", weight: 5, make: rolledBack },
  { name: "forked: another record, all written and signed anew", weight: 4, make: forked("other record") },
  { name: "forked: another time, all written and signed anew", weight: 4, make: forked("other time") },
  { name: "forked: a record left out", weight: 3, make: forked("record left out") },
  { name: "forked: a record put in", weight: 3, make: forked("record put in") },
  { name: "a fork's checkpoint seen, the log untouched", weight: 2, make: forkSeen },
];

/** What shows in itself, though the key signed it. */
export const resignedKinds: readonly MutationKind[] = [
  { name: "a record changed, tree and roots signed anew, not the chain", weight: 6, make: resigned(changed) },
  { name: "two records swapped, tree and roots signed anew", weight: 4, make: resigned(swapped) },
  { name: "a record left out, tree and roots signed anew", weight: 4, make: resigned(leftOut) },
  { name: "time set back, tree and roots signed anew", weight: 4, make: resigned(setBack) },
];

function rolledBack(base: Base, random: Random): Mutation | undefined {
  const earlier = makeBase(base.shape, random.below(base.shape.steps.length));
  // One who saw all of what was there then has nothing to say: what was taken back is what came later.
  const seen = [...base.published, ...base.answers].filter(([size]) => size > earlier.total);
  const [size, note] = pick(random, seen) ?? [];
  if (note === undefined) return undefined;
  return {
    what: `as it was at ${earlier.size} of ${base.size} records; seen: size ${size}`,
    image: earlier.image,
    places: new Set(["rollback", "checkpoint"]),
    seen: [{ place: "rollback", note }],
  };
}

function forked(kind: Twist["kind"]): MutationKind["make"] {
  return (base, random) => {
    const first = base.shape.kind === "opaque" ? 0 : 1;
    if (base.total <= first || (base.shape.kind === "opaque" && kind === "other time")) return undefined;
    const at = first + random.below(base.total - first);
    const fork = makeBase(base.shape, undefined, { kind, at });
    const seen = [...base.published, ...base.answers].filter(
      ([size, note]) => size > at && fork.answers.get(size)?.equals(note) !== true,
    );
    const [size, note] = pick(random, seen) ?? [];
    if (note === undefined) return undefined;
    const place = fork.total < (size ?? 0) ? "rollback" : "fork";
    return {
      what: `${kind} at ${at}; seen: size ${size}`,
      image: fork.image,
      places: new Set([place]),
      seen: [{ place, note }],
    };
  };
}

function forkSeen(base: Base, random: Random): Mutation | undefined {
  if (base.size < 2) return undefined;
  const at = 1 + random.below(base.size - 1);
  const fork = makeBase(base.shape, undefined, { kind: "other record", at });
  const [size, note] =
    pick(
      random,
      [...fork.published].filter(([each]) => each > at),
    ) ?? [];
  if (note === undefined) return undefined;
  const what = `the checkpoint of a fork at ${at}, of size ${size}`;
  return { what, image: base.image, places: new Set(["fork"]), seen: [{ place: "fork", note }] };
}

type Edit = (
  leaves: readonly string[],
  random: Random,
) => { leaves: readonly string[]; from: number; to: number } | undefined;

/** Of a copy, which has no journal: records edited, and every hash and signature made anew to fit. */
function resigned(edit: Edit): MutationKind["make"] {
  return (base, random) => {
    if (!base.shape.copy || base.shape.kind === "opaque") return undefined;
    const edit_ = edit(publishedLeaves(base), random);
    if (edit_ === undefined) return undefined;
    const mutation = edited(base, `records ${edit_.from} to ${edit_.to}`, rebuilt(base, edit_.leaves));
    return mutation && { ...mutation, records: [edit_.from, edit_.to + 1] };
  };
}

function publishedLeaves(base: Base): string[] {
  const leaves: string[] = [];
  for (let first = 0; first < base.size; first += tileWidth) {
    const width = Math.min(tileWidth, base.size - first);
    const bytes = contentOf(base, entriesPath(first / tileWidth, width)) as Buffer;
    leaves.push(...decodeEntryBundle(bytes, width).map((entry) => Buffer.from(entry).toString("utf8")));
  }
  return leaves;
}

/** Files of a log with these entries, as far as the old log had them. */
function rebuilt(base: Base, leaves: readonly string[]): Map<string, Uint8Array | undefined> {
  const entries = leaves.map((leaf) => Buffer.from(leaf));
  const levels: Hash[][] = [];
  const roots: Hash[] = [];
  const frontier = emptyFrontier();
  for (const entry of entries) {
    const hash = leafHash(entry);
    (levels[0] ??= []).push(hash);
    appendLeafHash(frontier, hash, (node, nodeHash) => {
      if (node.level % 8 === 0 && node.level > 0) (levels[node.level / 8] ??= []).push(nodeHash);
    });
    roots[frontier.size] = frontierRoot(frontier);
  }
  const changes = new Map<string, Uint8Array | undefined>();
  for (const place of placesOf(base)) {
    // Tiles of earlier sizes would tell; whoever rewrites a log does not leave them.
    if (place.startsWith("tile/") || place.startsWith("recent/")) changes.set(place, undefined);
    const size = place === "checkpoint" ? entries.length : Number(/^checkpoints\/(\d+)$/.exec(place)?.[1]);
    if (Number.isNaN(size)) continue;
    const root = roots[size];
    const note = root === undefined ? undefined : sign(size, root);
    changes.set(place, note);
  }
  for (const tile of tilesOfSize(entries.length)) {
    const first = tile.index * tileWidth;
    changes.set(tilePath(tile), Buffer.concat((levels[tile.level] ?? []).slice(first, first + tile.width)));
    if (tile.level > 0) continue;
    const bundle = encodeEntryBundle(entries.slice(first, first + tile.width));
    changes.set(entriesPath(tile.index, tile.width), bundle);
  }
  return changes;
}

function sign(size: number, root: Hash): Uint8Array {
  const checkpoint = { origin: log.origin, size, root, extensions: [] };
  return signCheckpoint(checkpoint, [log.signer, log.publishedSigner]);
}

function changed(leaves: readonly string[], random: Random): ReturnType<Edit> {
  // The last record has none after it that would tell.
  const at = random.below(leaves.length - 1);
  const leaf = leaves[at] ?? "";
  const other = leaf.replace(/"role":"ingest"/, '"role":"admin"').replace(/"time":"2026/, '"time":"2025');
  return { leaves: leaves.with(at, other), from: at, to: at + 1 };
}

function swapped(leaves: readonly string[], random: Random): ReturnType<Edit> {
  const [one, other] = [random.below(leaves.length), random.below(leaves.length)].sort((a, b) => a - b);
  if (one === undefined || other === undefined || one === other) return undefined;
  const both = leaves.with(one, leaves[other] ?? "").with(other, leaves[one] ?? "");
  return { leaves: both, from: one, to: other + 1 };
}

function leftOut(leaves: readonly string[], random: Random): ReturnType<Edit> {
  const at = random.below(leaves.length - 1);
  return { leaves: leaves.toSpliced(at, 1), from: at, to: leaves.length };
}

function setBack(leaves: readonly string[], random: Random): ReturnType<Edit> {
  const at = 1 + random.below(leaves.length - 1);
  const other = (leaves[at] ?? "").replace(/"time":"[^"]*"/, '"time":"2026-01-01T00:00:00.000Z"');
  return { leaves: leaves.with(at, other), from: at, to: at + 1 };
}
