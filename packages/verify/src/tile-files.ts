// SPDX-License-Identifier: Apache-2.0
// Tile files and entry bundles against the recomputed tree: each that must be there, and each that is.
import {
  decodeEntryBundle,
  entriesPath,
  hashBytes,
  hashesEqual,
  leafHash,
  tilePath,
  tileWidth,
  TlogError,
} from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import { addFault, faultAt, readFile } from "./findings.ts";
import { bundleBytesMax } from "./range.ts";
import { tileName } from "./listing.ts";
import type { KnownTile, Walk } from "./walk.ts";

/** Compares the tiles that became full, with all files that there are of each. */
export async function checkFullTiles(walk: Walk): Promise<void> {
  for (const tile of walk.full.splice(0)) await checkTile(walk, tile);
}

/** At the end: compares the tiles of the right edge, and names the files that no record explains. */
export async function checkEdgeTiles(walk: Walk): Promise<void> {
  for (const [level, hashes] of walk.edges.entries()) {
    const index = Math.floor(walk.frontier.size / tileWidth ** (level + 1));
    await checkTile(walk, { level, index, hashes });
  }
  const { listing, findings } = walk;
  if (listing === undefined) return;
  const left = [
    ...Array.from(listing.full, (name): [string, number] => [name, tileWidth]),
    ...Array.from(listing.partials).flatMap(([name, widths]) =>
      Array.from(widths, (width): [string, number] => [name, width]),
    ),
  ];
  for (const [name, width] of left) {
    findings.beyond.push(faultAt("files", pathOf(name, width), "no record explains this file"));
  }
}

/** How many hashes of a tile a tree of that size has: what its file must hold. */
export function requiredWidth(level: number, index: number, size: number): number {
  return Math.max(0, Math.min(tileWidth, Math.floor(size / tileWidth ** level) - index * tileWidth));
}

async function checkTile(walk: Walk, tile: KnownTile): Promise<void> {
  await checkFiles(walk, tile, tile.level);
  // Beyond what the walk itself read, bundles of entries lie beside the tiles of level 0.
  if (tile.level === 0 && walk.mode !== "tiles") await checkFiles(walk, tile, "entries");
}

async function checkFiles(walk: Walk, tile: KnownTile, kind: number | "entries"): Promise<void> {
  const { listing, head, writer } = walk;
  const { level, index, hashes } = tile;
  const name = tileName(kind, index);
  const published = requiredWidth(level, index, head.size);
  const materialised = requiredWidth(level, index, writer?.materialisedSize ?? 0);
  const widths = new Set([published, materialised, ...(listing?.partials.get(name) ?? [])]);
  if (listing?.full.delete(name) === true) widths.add(tileWidth);
  listing?.partials.delete(name);
  for (const width of widths) {
    if (width === 0 || (level === 0 && width === published)) continue;
    const path = pathOf(name, width);
    if (width > hashes.length) {
      walk.findings.beyond.push(faultAt("files", path, `the log has only ${walk.frontier.size} records`));
      continue;
    }
    const required = width === published || width === materialised;
    await (kind === "entries"
      ? checkBundleFile(walk, tile, width, required)
      : checkTileFile(walk, tile, width, required));
  }
}

async function checkTileFile(walk: Walk, tile: KnownTile, width: number, required: boolean): Promise<void> {
  const { level, index, hashes } = tile;
  const path = tilePath({ level, index, width });
  const bytes = await readTile(walk, level, index, width, required);
  if (bytes === undefined) return;
  const wrong = Array.from({ length: width }, (_, place) => place).find(
    (place) =>
      !hashesEqual(bytes.subarray(place * hashBytes, (place + 1) * hashBytes), hashes[place] as Hash),
  );
  if (wrong === undefined) return;
  const first = (index * tileWidth + wrong) * tileWidth ** level;
  const whose = level === 0 ? `record ${first}` : `the records from ${first} on`;
  const reason = `hash ${wrong} is not that of ${whose}`;
  addFault(
    walk.findings,
    faultAt("tree", path, reason, { offset: wrong * hashBytes, ...(level === 0 ? { index: first } : {}) }),
  );
}

async function checkBundleFile(walk: Walk, tile: KnownTile, width: number, required: boolean): Promise<void> {
  const path = entriesPath(tile.index, width);
  const entries = await readEntries(walk, tile.index, width, required);
  if (entries === undefined) return;
  const wrong = entries.findIndex(
    (entry, place) => !hashesEqual(leafHash(entry), tile.hashes[place] as Hash),
  );
  if (wrong < 0) return;
  const index = tile.index * tileWidth + wrong;
  addFault(
    walk.findings,
    faultAt("records", path, `its record ${index} is not the one in the tree`, {
      index,
      offset: entryOffset(entries, wrong),
    }),
  );
}

/**
 * The hashes of a tile's file, as bytes: from the partial tile or, where a log has grown meanwhile and
 * removed it, from the full one.
 *
 * @param required whether its absence is a fault
 */
export async function readTile(
  walk: Walk,
  level: number,
  index: number,
  width: number,
  required: boolean,
): Promise<Uint8Array | undefined> {
  const { source, findings } = walk;
  const path = tilePath({ level, index, width });
  let bytes = await readFile(source, path, tileWidth * hashBytes, "tree", findings);
  if (bytes === undefined && width < tileWidth) {
    const full = await readFile(
      source,
      tilePath({ level, index, width: tileWidth }),
      tileWidth * hashBytes,
      "tree",
      findings,
    );
    if (full instanceof Uint8Array && full.length === tileWidth * hashBytes)
      bytes = full.subarray(0, width * hashBytes);
  }
  if (bytes === "too long") return undefined;
  if (bytes === undefined) {
    if (required) addFault(findings, faultAt("tree", path, "it is missing", firstRecord(level, index)));
    return undefined;
  }
  if (bytes.length === width * hashBytes) return bytes;
  const reason = `it has ${bytes.length} bytes, not ${width * hashBytes}`;
  addFault(findings, faultAt("tree", path, reason, firstRecord(level, index)));
  return undefined;
}

/**
 * The entries of a bundle's file, or of the full one's beginning, as {@link readTile}.
 *
 * @throws {VerifyError} `refused`, `source`
 */
export async function readEntries(
  walk: Walk,
  index: number,
  width: number,
  required: boolean,
): Promise<Uint8Array[] | undefined> {
  const { source, findings } = walk;
  const path = entriesPath(index, width);
  const at = { index: index * tileWidth };
  let bytes = await readFile(source, path, bundleBytesMax, "records", findings);
  let count = width;
  if (bytes === undefined && width < tileWidth) {
    bytes = await readFile(source, entriesPath(index, tileWidth), bundleBytesMax, "records", findings);
    count = tileWidth;
  }
  if (bytes === "too long") return undefined;
  if (bytes === undefined) {
    if (required) addFault(findings, faultAt("records", path, "it is missing", at));
    return undefined;
  }
  try {
    return decodeEntryBundle(bytes, count).slice(0, width);
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    addFault(findings, faultAt("records", path, error.message, at));
    return undefined;
  }
}

/** Where an entry begins in its bundle, in bytes. */
export function entryOffset(entries: readonly Uint8Array[], place: number): number {
  return entries.slice(0, place).reduce((sum, entry) => sum + 2 + entry.length, 0);
}

function firstRecord(level: number, index: number): { index?: number } {
  return level === 0 ? { index: index * tileWidth } : {};
}

function pathOf(name: string, width: number): string {
  const [kind = "", index = ""] = name.split("/");
  return kind === "entries"
    ? entriesPath(Number(index), width)
    : tilePath({ level: Number(kind), index: Number(index), width });
}
