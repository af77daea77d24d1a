// SPDX-License-Identifier: Apache-2.0
// Logs and notes that others wrote, read with this package.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { sharedPath, skipReason } from "../../../tools/shared-data.ts";
import { utf8 } from "./base64.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { appendLeafHash, emptyFrontier, frontierRoot } from "./frontier.ts";
import { asHash, hashBytes, leafHash, type Hash } from "./hash.ts";
import { openNote, parseVerifierKey } from "./note.ts";
import { at } from "./testing/at.ts";
import { naiveRoot } from "./testing/naive.ts";
import { decodeEntryBundle, entriesPath, nodeFromTile, tilePath, type Tile } from "./tile.ts";
import {
  consistencyFromNodes,
  consistencyNodes,
  inclusionFromNodes,
  inclusionNodes,
  rootFromNodes,
  rootNodes,
  verifyConsistency,
  verifyInclusion,
  type TreeNode,
} from "./tree.ts";

void test("Tessera's test log is read at all its sizes: checkpoints, bundles, tiles and proofs", (t) => {
  const folder = sharedPath("vectors/tlog-tessera-testlog");
  if (folder === undefined) return t.skip(skipReason("vectors/tlog-tessera-testlog"));
  const origin = "example.com/log/testdata";
  const verifier = parseVerifierKey(`${origin}+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx`);
  const roots: Hash[] = [];
  for (let size = 0; size <= 15; size++) {
    const note = readFileSync(`${folder}/checkpoint.${size}`);
    const { checkpoint, verified } = openCheckpoint(note, [verifier], origin);
    assert.equal(checkpoint.size, size);
    assert.equal(verified.length, 1);
    roots.push(checkpoint.root);
    const frontier = emptyFrontier();
    if (size > 0) {
      const tile: Tile = { level: 0, index: 0, width: size };
      const data = readFileSync(`${folder}/${tilePath(tile)}`);
      const entries = decodeEntryBundle(readFileSync(`${folder}/${entriesPath(0, size)}`), size);
      const hashOf = (node: TreeNode): Hash => nodeFromTile(tile, data, node);
      entries.forEach((entry, index) => {
        appendLeafHash(frontier, leafHash(entry), (node, hash) => assert.deepEqual(hash, hashOf(node)));
        const proof = inclusionFromNodes(index, size, inclusionNodes(index, size).map(hashOf));
        assert.ok(verifyInclusion(proof, index, size, leafHash(entry), checkpoint.root));
        const steps = consistencyFromNodes(index + 1, size, consistencyNodes(index + 1, size).map(hashOf));
        assert.ok(verifyConsistency(steps, index + 1, size, at(roots, index + 1), checkpoint.root));
      });
      assert.deepEqual(rootFromNodes(size, rootNodes(size).map(hashOf)), checkpoint.root);
    }
    assert.deepEqual(frontierRoot(frontier), checkpoint.root);
  }
});

void test("a real CT log's hash tiles are those of its entries", (t) => {
  const folder = sharedPath("vectors/tlog-sunlight-navigli2025h2");
  if (folder === undefined) return t.skip(skipReason("vectors/tlog-sunlight-navigli2025h2"));
  const leaves: Hash[] = [];
  const above = new Uint8Array(4 * hashBytes);
  for (let index = 0; index < 4; index++) {
    const tile: Tile = { level: 0, index, width: 256 };
    const data = readFileSync(`${folder}/${tilePath(tile)}`);
    const name = String(index).padStart(3, "0");
    const entries = ctEntries(gunzipSync(readFileSync(`${folder}/tile/data/${name}.gz`)));
    assert.equal(entries.length, 256);
    entries.forEach((entry, i) => {
      assert.deepEqual(leafHash(entry), nodeFromTile(tile, data, { level: 0, index: index * 256 + i }));
      leaves.push(leafHash(entry));
    });
    const halves = [0, 1].map((half) => nodeFromTile(tile, data, { level: 7, index: index * 2 + half }));
    above.set(naiveRoot(halves), index * hashBytes);
  }
  const partial = readFileSync(`${folder}/${tilePath({ level: 0, index: 3, width: 10 })}`);
  assert.deepEqual(partial, readFileSync(`${folder}/tile/0/003`).subarray(0, 10 * hashBytes));
  const tile: Tile = { level: 1, index: 0, width: 4 };
  assert.deepEqual(nodeFromTile(tile, above, { level: 10, index: 0 }), naiveRoot(leaves));
  assert.deepEqual(asHash(above.slice(32, 64)), naiveRoot(leaves.slice(256, 512)));
});

void test("notes that others signed open, and with a changed text they don't", (t) => {
  const path = sharedPath("vectors/signed-notes/notes.jsonl");
  if (path === undefined) return t.skip(skipReason("vectors/signed-notes"));
  type Line = { vkey: string; text: string; sig_line: string; sig_alg: number };
  const algorithms = new Set<string>();
  for (const { vkey, text, sig_line } of jsonLines<Line>(path)) {
    const verifier = parseVerifierKey(vkey);
    algorithms.add(verifier.algorithm);
    const opened = openNote(utf8(`${text}\n${sig_line}\n`), [verifier]);
    assert.equal(opened.text, text);
    assert.equal(opened.verified.length, 1);
    assert.throws(() => openNote(utf8(`${text}more\n\n${sig_line}\n`), [verifier]), { code: "signature" });
  }
  assert.deepEqual([...algorithms].sort(), ["ed25519", "ed25519-cosignature"]);
});

void test("verifier keys met elsewhere are read, or named as a type that is not known here", (t) => {
  const path = sharedPath("vectors/signed-notes/vkeys.jsonl");
  if (path === undefined) return t.skip(skipReason("vectors/signed-notes"));
  const algorithms = new Map([
    [1, { algorithm: "ed25519", bytes: 32 }],
    [4, { algorithm: "ed25519-cosignature", bytes: 32 }],
    [6, { algorithm: "ml-dsa-44", bytes: 1312 }],
  ]);
  for (const { vkey, alg, len } of jsonLines<{ vkey: string; alg: number; len: number }>(path)) {
    const known = algorithms.get(alg);
    if (known === undefined) {
      assert.throws(() => parseVerifierKey(vkey), { code: "key-type" }, vkey);
    } else if (len !== known.bytes) {
      assert.throws(() => parseVerifierKey(vkey), { code: "key" }, vkey);
    } else {
      const verifier = parseVerifierKey(vkey);
      assert.equal(verifier.algorithm, known.algorithm);
      assert.equal(verifier.vkey, vkey);
    }
  }
});

function jsonLines<T>(path: string): T[] {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  assert.ok(lines.length > 0);
  return lines.map((line) => JSON.parse(line) as T);
}

/** The hashed entries (RFC 6962 section 3.4, MerkleTreeLeaf) of a static-ct-api data tile. */
function ctEntries(tile: Uint8Array): Uint8Array[] {
  const view = new DataView(tile.buffer, tile.byteOffset, tile.length);
  const entries: Uint8Array[] = [];
  const skip24 = (offset: number): number =>
    offset + 3 + view.getUint8(offset) * 65536 + view.getUint16(offset + 1);
  const skip16 = (offset: number): number => offset + 2 + view.getUint16(offset);
  for (let start = 0; start < tile.length;) {
    const isPrecertificate = view.getUint16(start + 8) === 1;
    const signedEntry = start + 10 + (isPrecertificate ? 32 : 0);
    const end = skip16(skip24(signedEntry));
    entries.push(Uint8Array.of(0, 0, ...tile.subarray(start, end)));
    start = skip16(isPrecertificate ? skip24(end) : end);
  }
  return entries;
}
