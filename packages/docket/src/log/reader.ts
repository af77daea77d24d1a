// SPDX-License-Identifier: Apache-2.0
// Reads published records and proofs from the log's files, without disturbing the writer.
import { hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseLeaf, parseManifest } from "@docket/protocol";
import {
  bundleName,
  decodeEntryBundle,
  entriesPath,
  formatProof,
  hashBytes,
  inclusionFromNodes,
  inclusionNodes,
  nodeFromTile,
  parseCheckpoint,
  parseNote,
  tileOfNode,
  tilePath,
  tileWidth,
} from "@docket/tlog";
import type { Tile } from "@docket/tlog";
import { decodeRecordParts, recordOffsets } from "./parts-bundle.ts";
import type { RecordParts } from "./parts-bundle.ts";
import { damaged } from "./materialised.ts";
import type { LogPaths } from "./paths.ts";

/** How many bundles of 256 records are kept in memory. */
const bundlesCachedMax = 8;
/** How many bundles' leaves alone: 256 leaves are about 100 KB. */
const leavesCachedMax = 32;

/** A record as the files hold it. */
export type StoredRecord = { leaf: string; parts: RecordParts };
type Bundle = { leaves: string[]; parts: RecordParts[] };

/** Reads the files of one log. Every index that is asked for must be below the published size. */
export class LogReader {
  readonly #paths: LogPaths;
  readonly #bundles = new Map<string, Promise<Bundle>>();
  readonly #leaves = new Map<string, Promise<string[]>>();

  constructor(paths: LogPaths) {
    this.#paths = paths;
  }

  /**
   * The record of an index.
   *
   * @param publishedSize the published size, above `index`
   * @throws {DocketError} `directory_damaged` if its parts are not those that its leaf commits to
   */
  async record(index: number, publishedSize: number): Promise<StoredRecord> {
    const number = Math.floor(index / tileWidth);
    const width = Math.min(tileWidth, publishedSize - number * tileWidth);
    const bundle = await this.#bundle(number, width);
    const place = index % tileWidth;
    const leaf = bundle.leaves[place] as string;
    const parts = bundle.parts[place];
    checkParts(index, leaf, parts);
    return { leaf, parts };
  }

  /**
   * The leaf of a record alone, as the entry bundles have it.
   *
   * @param publishedSize the published size, above `index`
   */
  async leaf(index: number, publishedSize: number): Promise<string> {
    const number = Math.floor(index / tileWidth);
    const width = Math.min(tileWidth, publishedSize - number * tileWidth);
    const leaves = await remembered(this.#leaves, `${number}/${width}`, leavesCachedMax, async () => {
      const entries = await this.#either(entriesPath(number, width), entriesPath(number, tileWidth));
      return decodePrefix(entries, width).map((entry) => Buffer.from(entry).toString("utf8"));
    });
    return leaves[index % tileWidth] as string;
  }

  /** The parts file of a bundle is another: what is remembered of it is read again. */
  forget(bundle: number): void {
    for (const key of this.#bundles.keys()) if (key.startsWith(`${bundle}/`)) this.#bundles.delete(key);
  }

  /** The proof (C2SP tlog-proof) of a record to the newest published checkpoint. */
  async proof(index: number): Promise<string> {
    const checkpoint = await readFile(this.#paths.checkpoint);
    const { size } = parseCheckpoint(parseNote(checkpoint).text);
    const nodes = inclusionNodes(index, size);
    const tiles = new Map<string, Promise<Uint8Array>>();
    const hashes = await Promise.all(
      nodes.map(async (node) => {
        const tile = tileOfNode(node, size);
        const path = tilePath(tile);
        if (!tiles.has(path)) tiles.set(path, this.#tile(tile));
        return nodeFromTile(tile, await (tiles.get(path) as Promise<Uint8Array>), node);
      }),
    );
    return formatProof({ index, hashes: inclusionFromNodes(index, size, hashes), checkpoint });
  }

  // A partial tile goes when its full one is there, which begins with the same hashes.
  async #tile(tile: Tile): Promise<Uint8Array> {
    const bytes = await this.#either(tilePath(tile), tilePath({ ...tile, width: tileWidth }));
    return bytes.subarray(0, tile.width * hashBytes);
  }

  #bundle(number: number, width: number): Promise<Bundle> {
    const read = (): Promise<Bundle> => this.#readBundle(number, width);
    return remembered(this.#bundles, `${number}/${width}`, bundlesCachedMax, read);
  }

  async #readBundle(number: number, width: number): Promise<Bundle> {
    const full = entriesPath(number, tileWidth);
    const [entries, parts] = await Promise.all([
      this.#either(entriesPath(number, width), full),
      readFile(join(this.#paths.parts, bundleName(number))),
    ]);
    const offsets = recordOffsets(parts, width);
    if (offsets === undefined) throw damaged(`parts/${bundleName(number)} holds fewer than ${width} records`);
    return {
      leaves: decodePrefix(entries, width).map((entry) => Buffer.from(entry).toString("utf8")),
      parts: offsets.slice(0, -1).map((offset, place) => {
        const record = decodeRecordParts(parts.subarray(offset, offsets[place + 1]));
        if (record === "malformed") throw damaged(`parts/${bundleName(number)} is malformed`);
        return record;
      }),
    };
  }

  async #either(path: string, other: string): Promise<Buffer> {
    try {
      return await readFile(join(this.#paths.site, path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return readFile(join(this.#paths.site, other));
    }
  }
}

// A part's key and name say nothing of the record that it belongs to: only the manifest does, and the leaf of
// it.
/**
 * Checks that a record's parts are those that its leaf commits to; some of them may be gone.
 *
 * @throws {DocketError} `directory_damaged` if not
 */
export function checkParts(index: number, text: string, parts: RecordParts): void {
  const leaf = parseLeaf(text);
  const named = "parts" in leaf ? leaf.parts : undefined;
  const manifest = parts && hash("sha256", parts.manifest, "base64url");
  if (leaf.index !== index || manifest !== named)
    throw damaged(`record ${index} and its parts do not belong together`);
  if (parts === undefined) return;
  const lines = new Map(
    parseManifest(parts.manifest.toString("utf8")).parts.map((line) => [line.name, line.hash]),
  );
  for (const { name, bytes } of parts.parts) {
    if (hash("sha256", bytes, "base64url") === lines.get(name)) continue;
    throw damaged(`the ${name} of record ${index} are not what its manifest names`);
  }
}

function remembered<Value>(
  known: Map<string, Promise<Value>>,
  key: string,
  most: number,
  read: () => Promise<Value>,
): Promise<Value> {
  let value = known.get(key);
  if (value !== undefined) return value;
  value = read();
  known.set(key, value);
  value.catch(() => known.delete(key));
  const [oldest] = known.keys();
  if (known.size > most && oldest !== undefined) known.delete(oldest);
  return value;
}

// The full bundle may have taken the partial one's place meanwhile: then only its beginning is wanted.
function decodePrefix(bytes: Buffer, count: number): Uint8Array[] {
  let end = 0;
  for (let i = 0; i < count && end + 2 <= bytes.length; i++) end += 2 + bytes.readUInt16BE(end);
  return decodeEntryBundle(bytes.subarray(0, end), count);
}
