// SPDX-License-Identifier: Apache-2.0
// The small files beside a log, which are copied whole, and its parts' files.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { tileWidth } from "@docket/tlog";
import { accessFile, copiedSite, identityFile, isCopiedFile } from "./contract.ts";

/** Where they lie, in a data directory. */
const places: readonly string[] = [
  "",
  "policy",
  ...["", "checkpoints", "releases", "lists", "models", "webhooks"].map((each) =>
    each === "" ? `sites/${copiedSite}` : `sites/${copiedSite}/${each}`,
  ),
];
const partsPlace = `sites/${copiedSite}/parts`;
/** Directories below directories that are looked into. */
const depthMax = 6;

/** SHA-256 of a file, base64url. */
export async function hashFile(path: string): Promise<string> {
  const digest = createHash("sha256");
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return digest.digest("base64url");
}

/** Those of the places in which lie what records name: they are copied before the records. */
const namedPlaces: readonly string[] = ["releases", "lists", "models"].map(
  (each) => `sites/${copiedSite}/${each}`,
);

/**
 * The files beside the log that are copied, by path in the data directory; the databases apart.
 *
 * @param named only those that records may name
 */
export async function listFiles(data: string, named = false): Promise<string[]> {
  const found: string[] = [];
  for (const place of named ? namedPlaces : places) {
    const flat = place === "" || place === `sites/${copiedSite}`;
    for (const path of await walk(data, place, flat ? 0 : depthMax)) {
      if (path !== identityFile && path !== accessFile && isCopiedFile(path)) found.push(path);
    }
  }
  return found;
}

/** The parts' files all of whose records lie below a size, by path in the data directory. */
export async function listPartsFiles(data: string, size: number): Promise<string[]> {
  const whole = Math.floor(size / tileWidth);
  const paths = await walk(data, partsPlace, depthMax);
  return paths.filter((path) => isCopiedFile(path) && bundleOf(path) < whole);
}

// parts/x001/x234/067 is bundle 1,234,067.
function bundleOf(path: string): number {
  return Number(path.slice(partsPlace.length).replaceAll(/[x/]/g, ""));
}

async function walk(data: string, place: string, depth: number): Promise<string[]> {
  const entries = await readdir(join(data, place), { withFileTypes: true }).catch(noneIfAbsent);
  const paths: string[] = [];
  for (const entry of entries) {
    const path = place === "" ? entry.name : `${place}/${entry.name}`;
    if (entry.isFile()) paths.push(path);
    else if (entry.isDirectory() && depth > 0) paths.push(...(await walk(data, path, depth - 1)));
  }
  return paths.sort();
}

function noneIfAbsent(error: unknown): [] {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return [];
  throw error;
}

/** Files of a data directory as they were seen last, so that only those are read again that changed. */
export class WatchedFiles {
  readonly #data: string;
  readonly #seen = new Map<string, { stamp: string; hash: string }>();

  constructor(data: string) {
    this.#data = data;
  }

  /** The hashes of the files as they are now, as {@link listFiles}. One that goes meanwhile is left out. */
  async hashes(named = false): Promise<Map<string, string>> {
    const hashes = new Map<string, string>();
    for (const path of await listFiles(this.#data, named)) {
      const hash = await this.#hashOf(path).catch(goneIfAbsent);
      if (hash !== undefined) hashes.set(path, hash);
    }
    return hashes;
  }

  async #hashOf(path: string): Promise<string> {
    const full = join(this.#data, path);
    const { size, mtimeNs, ino } = await stat(full, { bigint: true });
    const stamp = `${size} ${mtimeNs} ${ino}`;
    const seen = this.#seen.get(path);
    if (seen?.stamp === stamp) return seen.hash;
    const hash = await hashFile(full);
    this.#seen.set(path, { stamp, hash });
    return hash;
  }
}

function goneIfAbsent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
  throw error;
}
