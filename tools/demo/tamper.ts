// SPDX-License-Identifier: Apache-2.0
// What a dishonest operator may try on the files of a log: change a record, or change it and make the whole
// tree anew. The third, an older state, is a copy put back.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  appendLeafHash,
  decodeEntryBundle,
  emptyFrontier,
  encodeBase64,
  encodeEntryBundle,
  entriesPath,
  frontierRoot,
  leafHash,
  tilePath,
  tilesOfSize,
  tileWidth,
} from "@docket/tlog";
import type { Hash } from "@docket/tlog";

const siteFolder = "sites/main";

/** Copies a data directory, so that what is done to it can be taken back. */
export function copyData(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}

/**
 * Replaces a text in the files that hold the records, byte for byte of the same length, as an editor does.
 *
 * @returns the files that were changed, from the data directory
 */
export function editRecords(data: string, from: string, to: string): string[] {
  const changed: string[] = [];
  for (const path of entryFiles(data)) {
    const before = readFileSync(join(data, path), "latin1");
    if (!before.includes(from)) continue;
    writeFileSync(join(data, path), before.replaceAll(from, to), "latin1");
    changed.push(path);
  }
  return changed;
}

/**
 * Replaces a text in the records and makes all that follows from them anew: each record's link to the one
 * before, every tile, and the root in the checkpoint. What is left is the signature, which takes the key.
 *
 * @returns how many records are others than before
 */
export function rewriteTree(data: string, from: string, to: string): number {
  const site = join(data, siteFolder);
  const note = readFileSync(join(site, "checkpoint"), "utf8");
  const [origin = "", sizeText = "0", root = ""] = note.split("\n");
  const size = Number(sizeText);
  const before = readEntries(site, size);
  const after = chained(before, from, to);
  const tree = emptyFrontier();
  const hashes = new Map<string, Hash>();
  for (const leaf of after) {
    appendLeafHash(tree, leafHash(leaf), (node, hash) => hashes.set(`${node.level}/${node.index}`, hash));
  }
  for (const tile of tilesOfSize(size)) {
    const first = tile.index * tileWidth;
    const nodes = Array.from(
      { length: tile.width },
      (_, place) => hashes.get(`${tile.level * 8}/${first + place}`) as Hash,
    );
    writeFileSync(join(site, tilePath(tile)), Buffer.concat(nodes));
    if (tile.level > 0) continue;
    const bundle = encodeEntryBundle(after.slice(first, first + tile.width));
    writeFileSync(join(site, entriesPath(tile.index, tile.width)), bundle);
  }
  const forged = note.replace(
    `${origin}\n${sizeText}\n${root}`,
    `${origin}\n${sizeText}\n${encodeBase64(frontierRoot(tree))}`,
  );
  writeFileSync(join(site, "checkpoint"), forged);
  return after.filter((leaf, place) => Buffer.compare(leaf, before[place] ?? leaf) !== 0).length;
}

function readEntries(site: string, size: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let index = 0; index * tileWidth < size; index++) {
    const width = Math.min(tileWidth, size - index * tileWidth);
    entries.push(...decodeEntryBundle(readFileSync(join(site, entriesPath(index, width))), width));
  }
  return entries;
}

function chained(entries: readonly Uint8Array[], from: string, to: string): Uint8Array[] {
  const made: Uint8Array[] = [];
  for (const entry of entries) {
    let text = Buffer.from(entry).toString("utf8").replaceAll(from, to);
    const previous = made.at(-1);
    if (previous !== undefined) {
      const link = Buffer.from(leafHash(previous)).toString("base64url");
      text = text.replace(/"prev":"[^"]*"/, `"prev":"${link}"`);
    }
    made.push(Buffer.from(text, "utf8"));
  }
  return made;
}

function entryFiles(data: string): string[] {
  const folder = `${siteFolder}/tile/entries`;
  const found = readdirSync(join(data, folder), { recursive: true, withFileTypes: true });
  return found
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name).slice(data.length + 1))
    .sort();
}
