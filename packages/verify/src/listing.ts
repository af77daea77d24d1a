// SPDX-License-Identifier: Apache-2.0
// Which files a source holds under tile/, parts/ and checkpoints/. Of the full tiles, only those that the
// checkpoint does not cover are remembered, so that memory does not grow with the log.
import { bundleName, parseTilePath, tileWidth } from "@docket/tlog";
import { addFault, faultAt } from "./findings.ts";
import type { Findings } from "./findings.ts";
import type { LogSource } from "./source.ts";

/** The deepest directory under `tile/`: level, five groups of three digits, a partial tile's. */
const directoryDepthMax = 8;

/** The ending of a file that was being put in place; a crash may leave one behind, and nothing reads it. */
const temporarySuffix = ".tmp";

/** What lies there. Tiles are named `level/index`, entry bundles `entries/index`. */
export type Listing = {
  /** Widths of the partial tiles and bundles, by name. */
  partials: Map<string, Set<number>>;
  /** Full tiles and bundles beyond the checkpoint. */
  full: Set<string>;
  /** Numbers of the parts files for records beyond the checkpoint only. */
  parts: Set<number>;
  /** Sizes of the kept checkpoints, ascending. */
  kept: number[];
  /** Hours of the last day's checkpoints, ascending. */
  recent: number[];
  /** How many full tiles of level 0, bundles of entries and parts files lie there, in all. */
  fullTiles: number;
  fullBundles: number;
  partsFiles: number;
};

/** The name of a tile, or of a bundle of entries, in a listing. */
export function tileName(level: number | "entries", index: number): string {
  return `${level}/${index}`;
}

/**
 * Lists a source's files. A file that no log has is a fault.
 *
 * @param size records that the checkpoint covers
 */
export async function listFiles(
  source: LogSource,
  size: number,
  findings: Findings,
): Promise<Listing | undefined> {
  if (source.list === undefined) return undefined;
  const listing: Listing = {
    partials: new Map(),
    full: new Set(),
    parts: new Set(),
    kept: [],
    recent: [],
    fullTiles: 0,
    fullBundles: 0,
    partsFiles: 0,
  };
  const unexpected = (path: string): void => {
    if (path.endsWith(temporarySuffix)) {
      findings.notes.push(`${path} was left behind by a crash; nothing reads it`);
      return;
    }
    addFault(findings, faultAt("files", path, "no file of a log has this name"));
  };
  for await (const path of filesBelow(source, "tile", 0)) {
    if (!addTile(listing, path, size)) unexpected(path);
  }
  for await (const path of filesBelow(source, "parts", 0)) {
    const bundle = Number(path.slice("parts/".length).replaceAll(/[x/]/g, ""));
    if (!Number.isSafeInteger(bundle) || path !== `parts/${bundleName(bundle)}`) unexpected(path);
    else {
      listing.partsFiles += 1;
      if (bundle * tileWidth >= size) listing.parts.add(bundle);
    }
  }
  for await (const path of filesBelow(source, "checkpoints", 0)) {
    const name = path.slice("checkpoints/".length);
    if (/^[1-9]\d{0,15}$/.test(name) && Number.isSafeInteger(Number(name))) listing.kept.push(Number(name));
    else unexpected(path);
  }
  for await (const path of filesBelow(source, "recent", 0)) {
    const name = path.slice("recent/".length);
    if (/^(0|[1-9]\d{0,8})$/.test(name)) listing.recent.push(Number(name));
    else unexpected(path);
  }
  listing.kept.sort((a, b) => a - b);
  listing.recent.sort((a, b) => a - b);
  return listing;
}

function addTile(listing: Listing, path: string, size: number): boolean {
  const parsed = parseTilePath(path);
  if (parsed === undefined) return false;
  const { index, width } = parsed.kind === "hash" ? parsed.tile : parsed;
  const level = parsed.kind === "hash" ? parsed.tile.level : "entries";
  const name = tileName(level, index);
  if (width === tileWidth && level === 0) listing.fullTiles += 1;
  if (width === tileWidth && level === "entries") listing.fullBundles += 1;
  if (width < tileWidth) {
    const widths = listing.partials.get(name) ?? new Set<number>();
    listing.partials.set(name, widths.add(width));
  } else if ((index + 1) * tileWidth > Math.floor(size / tileWidth ** (level === "entries" ? 0 : level))) {
    listing.full.add(name);
  }
  return true;
}

async function* filesBelow(
  source: LogSource,
  directory: string,
  depth: number,
): AsyncGenerator<string, void, undefined> {
  for (const { name, directory: isDirectory } of (await source.list?.(directory)) ?? []) {
    const path = `${directory}/${name}`;
    if (isDirectory && depth < directoryDepthMax) yield* filesBelow(source, path, depth + 1);
    else yield path;
  }
}
