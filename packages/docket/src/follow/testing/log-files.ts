// SPDX-License-Identifier: Apache-2.0
// Logs of a few entries as the files that a server publishes, and servers that give them, or lie.
import {
  appendLeafHash,
  asHash,
  emptyFrontier,
  encodeEntryBundle,
  entriesPath,
  frontierRoot,
  generateSignerKey,
  leafHash,
  parseSignerKey,
  parseVerifierKey,
  signCheckpoint,
  tilePath,
  tilesOfSize,
  tileWidth,
  utf8,
} from "@docket/tlog";
import type { Hash, Signer, Verifier } from "@docket/tlog";
import { logServer } from "../server.ts";
import type { Fetch, LogServer } from "../server.ts";

/** Name and keys of the logs here. */
export const followedOrigin = "log.example/followed";
const { signerKey } = generateSignerKey(followedOrigin, new Uint8Array(32).fill(3));
export const followedSigner: Signer = parseSignerKey(signerKey);
export const followedKey: Verifier = parseVerifierKey(followedSigner.vkey);

/** What a server publishes: contents by path. */
export type PublishedFiles = Map<string, Uint8Array>;

/** Entries of a log; those of another `history` are others from `forkedAt` on. */
export function testEntries(count: number, history = 0, forkedAt = 0): Uint8Array[] {
  return Array.from({ length: count }, (_, at) => utf8(`entry ${at} of ${at < forkedAt ? 0 : history}`));
}

/** The root over entries. */
export function rootOf(entries: readonly Uint8Array[]): Hash {
  return rootOfHashes(entries.map(leafHash));
}

/** All that a log publishes of these entries. */
export function publish(
  entries: readonly Uint8Array[],
  signers: readonly Signer[] = [followedSigner],
): PublishedFiles {
  const files: PublishedFiles = new Map();
  const size = entries.length;
  const tiles = [...tilesOfSize(size)];
  let level = 0;
  let hashes = entries.map(leafHash);
  while (hashes.length > 0) {
    for (const tile of tiles.filter((each) => each.level === level)) {
      const from = tile.index * tileWidth;
      files.set(tilePath(tile), Buffer.concat(hashes.slice(from, from + tile.width)));
      if (level > 0) continue;
      const bundle = encodeEntryBundle(entries.slice(from, from + tile.width));
      files.set(entriesPath(tile.index, tile.width), bundle);
    }
    const below = hashes;
    hashes = Array.from({ length: Math.floor(below.length / tileWidth) }, (_, at) =>
      rootOfHashes(below.slice(at * tileWidth, (at + 1) * tileWidth)),
    );
    level += 1;
  }
  const checkpoint = { origin: signers[0]?.name ?? "", size, root: rootOf(entries), extensions: [] };
  files.set("checkpoint", signCheckpoint(checkpoint, signers));
  return files;
}

/** A published file, which must be there. */
export function fileOf(files: PublishedFiles, path: string): Buffer {
  const bytes = files.get(path);
  if (bytes === undefined) throw new Error(`${path} is not published`);
  return Buffer.from(bytes);
}

/** A platform's fetch that gives these files and counts what was asked for. */
export function fetchOf(files: () => PublishedFiles, asked: string[] = []): Fetch {
  return async (url) => {
    const path = url.pathname.slice(1);
    asked.push(path);
    const bytes = files().get(path);
    return bytes === undefined
      ? new Response(null, { status: 404 })
      : new Response(Uint8Array.from(bytes), { status: 200 });
  };
}

/** A log's server with a given fetch, which never really waits. */
export function serverOf(fetch: Fetch, signal: AbortSignal = new AbortController().signal): LogServer {
  const wait = async (): Promise<void> => signal.throwIfAborted();
  return logServer({ base: new URL("http://log.example/"), fetch, wait, signal, userAgent: "test" });
}

function rootOfHashes(hashes: readonly Uint8Array[]): Hash {
  const frontier = emptyFrontier();
  for (const hash of hashes) appendLeafHash(frontier, asHash(hash));
  return frontierRoot(frontier);
}
