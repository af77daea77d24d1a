// SPDX-License-Identifier: Apache-2.0
// The worked examples of docs/formats/tlog.md come out of this package as they stand there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { encodeBase64, encodeHex, fromUtf8, utf8 } from "./base64.ts";
import { signCheckpoint } from "./checkpoint.ts";
import { appendLeafHash, emptyFrontier, frontierRoot } from "./frontier.ts";
import { leafHash, nodeHash, type Hash } from "./hash.ts";
import { generateSignerKey, type KeyAlgorithm } from "./key.ts";
import { parseSignerKey } from "./note.ts";
import { formatProof } from "./proof.ts";
import { at } from "./testing/at.ts";
import { encodeEntryBundle, tilePath, tilesOfSize } from "./tile.ts";
import { inclusionFromNodes, inclusionNodes, type TreeNode } from "./tree.ts";

void test("every example in docs/formats/tlog.md is what this package computes", () => {
  const page = readFileSync(new URL("../../../docs/formats/tlog.md", import.meta.url), "utf8");
  const blocks = Array.from(page.matchAll(/^```text\n(.*?)^```$/gms), (match) => match[1]);
  assert.deepEqual(blocks, examples());
});

/** The page's blocks, in its order. */
function examples(): string[] {
  const entries = ["one", "two", "three"].map(utf8);
  const leaves = entries.map(leafHash);
  const frontier = emptyFrontier();
  const hashes = new Map<string, Hash>();
  for (const leaf of leaves) {
    appendLeafHash(frontier, leaf, (node, hash) => hashes.set(`${node.level}/${node.index}`, hash));
  }
  const root = frontierRoot(frontier);
  const log = keyOf("example.com/log", 0, "ed25519");
  const witness = keyOf("witness.example", 32, "ed25519-cosignature");
  const signers = [parseSignerKey(log.signerKey), parseSignerKey(witness.signerKey, () => 1_767_225_600)];
  const checkpoint = signCheckpoint({ origin: "example.com/log", size: 3, root, extensions: [] }, signers);
  const hashOf = ({ level, index }: TreeNode): Hash => at([hashes.get(`${level}/${index}`)], 0) as Hash;
  const proof = { index: 1, hashes: inclusionFromNodes(1, 3, inclusionNodes(1, 3).map(hashOf)), checkpoint };
  return [
    linesOf([
      ...leaves.map((leaf, i) => `leaf ${i}   ${encodeBase64(leaf)}`),
      `node 0-1 ${encodeBase64(nodeHash(at(leaves, 0), at(leaves, 1)))}`,
      `root     ${encodeBase64(root)}`,
    ]),
    linesOf([...tilesOfSize(70_000)].map(tilePath).filter((_, i) => i === 0 || i > 271)),
    linesOf([encodeHex(encodeEntryBundle(entries))]),
    linesOf([log.signerKey, log.verifierKey, witness.verifierKey]),
    fromUtf8(checkpoint),
    formatProof(proof),
  ];
}

/** A key whose seed is the 32 bytes from `first` on: for examples, and for nothing else. */
function keyOf(
  name: string,
  first: number,
  algorithm: KeyAlgorithm,
): { signerKey: string; verifierKey: string } {
  return generateSignerKey(
    name,
    Uint8Array.from({ length: 32 }, (_, i) => first + i),
    algorithm,
  );
}

function linesOf(lines: string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
