// SPDX-License-Identifier: Apache-2.0
// Logs in memory for the tests: records without parts, or opaque entries, published as a map from path to
// bytes, which a test changes as it likes.
import { encodeBody, encodeLeaf } from "@docket/protocol";
import type { RecordBody } from "@docket/protocol";
import {
  appendLeafHash,
  emptyFrontier,
  encodeBase64Url,
  encodeEntryBundle,
  entriesPath,
  formatCheckpoint,
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
import type { Hash, KeyAlgorithm, Signer, Verifier } from "@docket/tlog";
import { chainStart } from "../signer.ts";
import type { LogSource } from "../source.ts";

/** The origin of the logs of tests. */
export const origin = "docket-0123456789abcdef/main";

/** A key pair. */
export type TestKey = { signer: Signer; verifier: Verifier };

/** The key pair of a number; cosignatures say second 1,800,000,000. */
export function testKey(number: number, algorithm: KeyAlgorithm = "ed25519", name = origin): TestKey {
  const { signerKey, verifierKey } = generateSignerKey(name, new Uint8Array(32).fill(number), algorithm);
  return { signer: parseSignerKey(signerKey, () => 1_800_000_000), verifier: parseVerifierKey(verifierKey) };
}

/** When the first record of a log of tests is sealed, in ms since 1970. */
export const testStartMs: number = Date.UTC(2026, 10, 23);

/** The leaves of records with these bodies, chained, a second apart if nothing else is said. */
export function chainedLeaves(
  bodies: readonly RecordBody[],
  timeMs: (index: number) => number = (index) => testStartMs + index * 1000,
): Uint8Array[] {
  let prev: Hash = chainStart(origin);
  return bodies.map((body, index) => {
    const time = new Date(timeMs(index)).toISOString();
    const header = { v: 1, index, prev: encodeBase64Url(prev), time, uncertaintyMs: null } as const;
    const leaf = utf8(encodeLeaf(header, encodeBody(body)));
    prev = leafHash(leaf);
    return leaf;
  });
}

/** The bodies of an ordinary log of that many records, begun under these keys. */
export function ordinaryBodies(count: number, keys: readonly Verifier[]): RecordBody[] {
  const [key, mlDsaKey] = keys.map(({ vkey }) => vkey);
  const created: RecordBody = {
    kind: "created",
    by: "operator",
    origin,
    key: key ?? "",
    ...(mlDsaKey === undefined ? {} : { mlDsaKey }),
  };
  const rest = Array.from({ length: count - 1 }, (): RecordBody => ({ kind: "stop", by: "operator" }));
  return [created, ...rest];
}

/** Opaque entries, each another. */
export function opaqueEntries(count: number, seed = 0): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => utf8(`entry ${i} of ${seed}`));
}

/** The root over the first `size` entries. */
export function rootOf(entries: readonly Uint8Array[], size: number = entries.length): Hash {
  const frontier = emptyFrontier();
  for (const entry of entries.slice(0, size)) appendLeafHash(frontier, leafHash(entry));
  return frontierRoot(frontier);
}

/** A signed checkpoint over the first `size` entries. */
export function checkpointOf(
  entries: readonly Uint8Array[],
  signers: readonly Signer[],
  size: number = entries.length,
): Uint8Array {
  return signCheckpoint({ origin, size, root: rootOf(entries, size), extensions: [] }, signers);
}

/** The files of a published log: bundles, tiles, and the newest checkpoint. */
export function publish(entries: readonly Uint8Array[], signers: readonly Signer[]): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const levels: Hash[][] = [];
  const frontier = emptyFrontier();
  for (const entry of entries) {
    appendLeafHash(frontier, leafHash(entry), ({ level }, hash) => {
      if (level % 8 === 0) (levels[level / 8] ??= []).push(hash);
    });
  }
  for (const tile of tilesOfSize(entries.length)) {
    const start = tile.index * tileWidth;
    const hashes = levels[tile.level]?.slice(start, start + tile.width) ?? [];
    files.set(tilePath(tile), Uint8Array.from(hashes.flatMap((hash) => [...hash])));
    if (tile.level > 0) continue;
    const bundle = encodeEntryBundle(entries.slice(start, start + tile.width));
    files.set(entriesPath(tile.index, tile.width), bundle);
  }
  files.set("checkpoint", checkpointOf(entries, signers));
  return files;
}

/** A row of the last day's checkpoints, of the hours 500 and before. */
export function rowOf(entries: readonly Uint8Array[], signer: Signer, size: number): Uint8Array {
  const root = rootOf(entries, size);
  const row = new Uint8Array(112);
  const view = new DataView(row.buffer);
  view.setBigUint64(0, BigInt(size));
  view.setBigUint64(8, 500n * 3_600_000n);
  row.set(root, 16);
  row.set(signer.sign(utf8(formatCheckpoint({ origin, size, root, extensions: [] }))), 48);
  return row;
}

/** A source of these files. What it gives is the caller's to keep. */
export function sourceOf(files: ReadonlyMap<string, Uint8Array>): LogSource {
  return {
    hasParts: false,
    read: async (path) => files.get(path)?.slice(),
    list: async (directory) => {
      const prefix = `${directory}/`;
      const names = new Map<string, boolean>();
      for (const path of files.keys()) {
        if (!path.startsWith(prefix)) continue;
        const [name = "", ...rest] = path.slice(prefix.length).split("/");
        names.set(name, rest.length > 0);
      }
      return Array.from(names, ([name, isDirectory]) => ({ name, directory: isDirectory }));
    },
  };
}

/** Bytes one after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
