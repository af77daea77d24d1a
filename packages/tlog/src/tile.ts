// SPDX-License-Identifier: Apache-2.0
// Tiles: how a tree is stored and served (C2SP tlog-tiles).
//
// A tile is 256 hashes side by side, eight levels of the tree at once: hash i of tile n at tile level l is
// MTH(D[(n * 256 + i) * 256^l : (n * 256 + i + 1) * 256^l]). The right edge of a tree has partial tiles, of 1
// to 255 hashes; a partial tile is the beginning of every wider one. Level l has floor(size / 256^l) hashes,
// and no empty tile.
//
//     path       = "tile/" level "/" name [ ".p/" width ]         level 0-63, width 1-255
//     name       = *( "x" 3DIGIT "/" ) 3DIGIT                     index 1234067 is x001/x234/067
//     entry path = "tile/entries/" name [ ".p/" width ]
//
// An entry bundle holds the entries of a level-0 tile: for each a 16-bit length, big-endian, and its bytes.
import { TlogError } from "./error.ts";
import { hashBytes, rootOfRow, type Hash } from "./hash.ts";
import type { TreeNode } from "./tree.ts";

/** How many levels of the tree a tile spans. */
export const tileHeight = 8;

/** How many hashes a full tile has, and entries a full bundle. */
export const tileWidth = 256;

/** The highest tile level that a path may name. */
export const tileLevelMax = 63;

/** The longest entry that a bundle can hold, in bytes. */
export const entryBytesMax = 65_535;

/** Tile `index` of a tile level, with `width` hashes (1 to 256). */
export type Tile = { level: number; index: number; width: number };

/** What a path names: a tile of hashes, or a bundle of entries. */
export type TilePath = { kind: "hash"; tile: Tile } | { kind: "entries"; index: number; width: number };

/**
 * The path of a tile of hashes, such as `tile/0/x001/067.p/12`.
 *
 * @throws RangeError for a level, index or width that no tile has
 */
export function tilePath(tile: Tile): string {
  if (!Number.isInteger(tile.level) || tile.level < 0 || tile.level > tileLevelMax) {
    throw new RangeError(`no tile has level ${tile.level}`);
  }
  return `tile/${tile.level}/${bundleName(tile.index)}${widthSuffix(tile.width)}`;
}

/**
 * The path of an entry bundle, such as `tile/entries/x001/067.p/12`.
 *
 * @throws RangeError for an index or width that no bundle has
 */
export function entriesPath(index: number, width: number): string {
  return `tile/entries/${bundleName(index)}${widthSuffix(width)}`;
}

/**
 * The name of a bundle of 256 things: its index in groups of three digits, such as `x001/067`.
 *
 * @throws RangeError for an index that is not a safe non-negative integer
 */
export function bundleName(index: number): string {
  if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`no tile has index ${index}`);
  let name = threeDigits(index % 1000);
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    name = `x${threeDigits(rest % 1000)}/${name}`;
  }
  return name;
}

/** Reads a path as {@link tilePath} and {@link entriesPath} write it; undefined for any other text. */
export function parseTilePath(path: string): TilePath | undefined {
  const match = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (match === null) return undefined;
  const [, level = "", name = "", partial] = match;
  const index = Number(name.replaceAll(/[x/]/g, ""));
  const width = partial === undefined ? tileWidth : Number(partial);
  if (width < 1 || (partial !== undefined && width >= tileWidth)) return undefined;
  if (index > Number.MAX_SAFE_INTEGER || Number(level) > tileLevelMax) return undefined;
  // Written again, leading zeros and superfluous groups show.
  if (level === "entries") {
    return entriesPath(index, width) === path ? { kind: "entries", index, width } : undefined;
  }
  const tile = { level: Number(level), index, width };
  return tilePath(tile) === path ? { kind: "hash", tile } : undefined;
}

/**
 * All tiles of hashes of a tree, level by level from the leaves, each level from the left.
 *
 * @throws RangeError for a size that is not a safe non-negative integer
 */
export function* tilesOfSize(size: number): Generator<Tile, void, undefined> {
  yield* tilesBetween(0, size);
}

/**
 * The tiles of the tree of `newSize` leaves that the tree of `oldSize` does not have, or has narrower.
 *
 * @throws RangeError unless 0 <= oldSize <= newSize
 */
export function newTiles(oldSize: number, newSize: number): Tile[] {
  return [...tilesBetween(oldSize, newSize)];
}

/**
 * The tile that has a node's hash or, for a node between two tile levels, the hashes to compute it from:
 * the tile as wide as it is in a tree of that size.
 *
 * @throws RangeError for a node that is not complete in a tree of that size
 */
export function tileOfNode(node: TreeNode, size: number): Tile {
  checkSizes(0, size);
  const count = Math.floor(size / 2 ** node.level);
  if (!isNode(node) || node.index >= count) {
    throw new RangeError(`a tree of ${size} leaves has no node ${node.index} at level ${node.level}`);
  }
  const level = Math.floor(node.level / tileHeight);
  const span = 2 ** (tileHeight - (node.level % tileHeight));
  const index = Math.floor(node.index / span);
  const hashes = Math.floor(size / tileWidth ** level);
  return { level, index, width: Math.min(tileWidth, hashes - index * tileWidth) };
}

/**
 * The hash of a node, from its tile. The tile may be any that holds the node, not only the one of
 * `tileOfNode`.
 *
 * @throws TlogError `tile` for data whose length is not that of the tile
 * @throws RangeError for a node that is not in the tile
 */
export function nodeFromTile(tile: Tile, data: Uint8Array, node: TreeNode): Hash {
  if (data.length !== tile.width * hashBytes) {
    throw new TlogError("tile", `${tilePath(tile)} has ${data.length} bytes, not ${tile.width * hashBytes}`);
  }
  const height = node.level - tile.level * tileHeight;
  const width = 2 ** height;
  const first = node.index * width - tile.index * tileWidth;
  if (!isNode(node) || height < 0 || height >= tileHeight || first < 0 || first + width > tile.width) {
    throw new RangeError(`node ${node.index} of level ${node.level} is not in ${tilePath(tile)}`);
  }
  return rootOfRow(data.subarray(first * hashBytes, (first + width) * hashBytes));
}

/** The nodes whose hashes a tile lists, from the left. */
export function tileNodes(tile: Tile): TreeNode[] {
  const level = tile.level * tileHeight;
  const first = tile.index * tileWidth;
  return Array.from({ length: tile.width }, (_, i) => ({ level, index: first + i }));
}

/**
 * Encodes an entry bundle.
 *
 * @throws TlogError `bundle` for an entry over 65,535 bytes
 * @throws RangeError for no entries, or more than 256
 */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  checkWidth(entries.length);
  let length = 0;
  for (const entry of entries) {
    if (entry.length > entryBytesMax) {
      throw new TlogError("bundle", `an entry of ${entry.length} bytes is over ${entryBytesMax}`);
    }
    length += 2 + entry.length;
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const entry of entries) {
    bytes[offset] = entry.length >> 8;
    bytes[offset + 1] = entry.length & 0xff;
    bytes.set(entry, offset + 2);
    offset += 2 + entry.length;
  }
  return bytes;
}

/**
 * Decodes an entry bundle.
 *
 * @param count how many entries it must hold, 1 to 256
 * @returns the entries, as views on `bytes`
 * @throws TlogError `bundle` for a bundle that ends too early or too late
 * @throws RangeError for a count that no bundle has
 */
export function decodeEntryBundle(bytes: Uint8Array, count: number): Uint8Array[] {
  checkWidth(count);
  const entries: Uint8Array[] = [];
  let offset = 0;
  while (entries.length < count) {
    const [high, low] = [bytes[offset], bytes[offset + 1]];
    const start = offset + 2;
    const end = high === undefined || low === undefined ? Number.POSITIVE_INFINITY : start + high * 256 + low;
    if (end > bytes.length) {
      throw new TlogError("bundle", `the bundle ends within entry ${entries.length} of ${count}`);
    }
    entries.push(bytes.subarray(start, end));
    offset = end;
  }
  if (offset !== bytes.length) {
    throw new TlogError("bundle", `${bytes.length - offset} bytes follow the last of ${count} entries`);
  }
  return entries;
}

function* tilesBetween(oldSize: number, newSize: number): Generator<Tile, void, undefined> {
  checkSizes(oldSize, newSize);
  let [level, before, after] = [0, oldSize, newSize];
  while (before < after) {
    const full = Math.floor(after / tileWidth);
    for (let index = Math.floor(before / tileWidth); index < full; index++) {
      yield { level, index, width: tileWidth };
    }
    if (after % tileWidth > 0) yield { level, index: full, width: after % tileWidth };
    level += 1;
    before = Math.floor(before / tileWidth);
    after = full;
  }
}

function threeDigits(value: number): string {
  return value.toString().padStart(3, "0");
}

function widthSuffix(width: number): string {
  checkWidth(width);
  return width === tileWidth ? "" : `.p/${width}`;
}

function checkWidth(width: number): void {
  if (!Number.isInteger(width) || width < 1 || width > tileWidth) {
    throw new RangeError(`no tile or bundle has a width of ${width}`);
  }
}

function checkSizes(oldSize: number, newSize: number): void {
  if (!Number.isSafeInteger(oldSize) || !Number.isSafeInteger(newSize) || oldSize < 0 || oldSize > newSize) {
    throw new RangeError(`no tree grows from ${oldSize} to ${newSize} leaves`);
  }
}

function isNode(node: TreeNode): boolean {
  const { level, index } = node;
  return Number.isInteger(level) && level >= 0 && Number.isSafeInteger(index) && index >= 0;
}
