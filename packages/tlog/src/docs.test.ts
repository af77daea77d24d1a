// SPDX-License-Identifier: Apache-2.0
// The worked examples of the log's pages in docs/formats come out of this package as they stand there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { encodeBase64, encodeHex, fromUtf8, utf8 } from "./base64.ts";
import { signCheckpoint } from "./checkpoint.ts";
import { formatCheckpoint } from "./checkpoint-text.ts";
import { appendLeafHash, emptyFrontier, frontierRoot } from "./frontier.ts";
import { leafHash, nodeHash, type Hash } from "./hash.ts";
import { generateSignerKey, type KeyAlgorithm } from "./key.ts";
import { addSignatures, openNote, parseSignerKey, parseVerifierKey, signNote } from "./note.ts";
import { formatPolicy, parsePolicy, policySatisfied, type TlogPolicy } from "./policy.ts";
import { formatProof } from "./proof.ts";
import { at } from "./testing/at.ts";
import { answerOf } from "./testing/witness-model.ts";
import { encodeEntryBundle, tilePath, tilesOfSize } from "./tile.ts";
import {
  consistencyFromNodes,
  consistencyNodes,
  inclusionFromNodes,
  inclusionNodes,
  type TreeNode,
} from "./tree.ts";
import { formatAddCheckpoint, parseCosignatures } from "./witness.ts";

const origin = "example.com/log";
const timeSeconds = 1_767_225_600; // 2026-01-01T00:00:00Z
const log = keyOf(origin, 0, "ed25519");
const witness = keyOf("witness.example", 32, "ed25519-cosignature");
const entries = ["one", "two", "three"].map(utf8);
const leaves = entries.map(leafHash);
const hashes = new Map<string, Hash>();
const roots = [emptyFrontier()].flatMap((frontier) =>
  leaves.map((leaf) => {
    appendLeafHash(frontier, leaf, (node, hash) => hashes.set(`${node.level}/${node.index}`, hash));
    return frontierRoot(frontier);
  }),
);
const hashOf = ({ level, index }: TreeNode): Hash => at([hashes.get(`${level}/${index}`)], 0) as Hash;
const signers = [parseSignerKey(log.signerKey), parseSignerKey(witness.signerKey, () => timeSeconds)];
const checkpointOf = (size: number): Uint8Array =>
  signCheckpoint({ origin, size, root: at(roots, size - 1), extensions: [] }, signers.slice(0, 1));
const text = formatCheckpoint({ origin, size: 3, root: at(roots, 2), extensions: [] });
const cosigned = signCheckpoint({ origin, size: 3, root: at(roots, 2), extensions: [] }, signers);
const inclusion = inclusionFromNodes(1, 3, inclusionNodes(1, 3).map(hashOf));
const consistency = consistencyFromNodes(2, 3, consistencyNodes(2, 3).map(hashOf));

/** The blocks of each page, in its order. */
const pages: Readonly<Record<string, () => string[]>> = {
  tree: treeBlocks,
  tiles: tileBlocks,
  note: noteBlocks,
  checkpoint: () => [linesOf([witness.verifierKey]), fromUtf8(cosigned)],
  cosignature: cosignatureBlocks,
  proof: () => [formatProof({ index: 1, hashes: inclusion, checkpoint: cosigned })],
  "tlog-policy": policyBlocks,
  witness: witnessBlocks,
};

for (const [name, blocksOf] of Object.entries(pages)) {
  void test(`the example in docs/formats/${name}.md is what this package computes`, () => {
    const page = readFileSync(new URL(`../../../docs/formats/${name}.md`, import.meta.url), "utf8");
    const blocks = Array.from(page.matchAll(/^```text\n(.*?)^```$/gms), (match) => match[1]);
    assert.deepEqual(blocks, blocksOf());
  });
}

function treeBlocks(): string[] {
  return [
    linesOf([
      ...leaves.map((leaf, i) => `leaf ${i}           ${encodeBase64(leaf)}`),
      `node 0-1         ${encodeBase64(nodeHash(at(leaves, 0), at(leaves, 1)))}`,
      `root             ${encodeBase64(at(roots, 2))}`,
      ...inclusion.map((hash) => `inclusion of 1   ${encodeBase64(hash)}`),
      ...consistency.map((hash) => `consistency 2-3  ${encodeBase64(hash)}`),
    ]),
  ];
}

function tileBlocks(): string[] {
  return [
    linesOf([...tilesOfSize(70_000)].map(tilePath).filter((_, i) => i === 0 || i > 270)),
    linesOf([encodeHex(encodeEntryBundle(entries)), ...leaves.map(encodeHex)]),
  ];
}

function noteBlocks(): string[] {
  const note = signNote("Blank lines\n\nare text.\n", signers.slice(0, 1));
  return [linesOf([log.signerKey, log.verifierKey]), fromUtf8(note)];
}

function cosignatureBlocks(): string[] {
  const lattice = parseSignerKey(keyOf("witness.example", 32, "ml-dsa-44").signerKey, () => timeSeconds);
  const message = Buffer.concat([
    utf8("subtree/v1\n\0"),
    lengthPrefixed(lattice.name),
    uint64(timeSeconds),
    lengthPrefixed(origin),
    uint64(0),
    uint64(3),
    at(roots, 2),
  ]);
  const verifier = parseVerifierKey(lattice.vkey);
  assert.equal(openNote(signNote(text, [lattice]), [verifier]).verified.length, 1);
  const rows = encodeHex(message).match(/.{1,64}/g) ?? [];
  return [
    `cosignature/v1\ntime ${timeSeconds}\n${text}`,
    fromUtf8(cosigned).slice(fromUtf8(cosigned).lastIndexOf("\u{2014}")),
    linesOf([...rows, "", `key id ${verifier.keyId.toString(16).padStart(8, "0")}`]),
  ];
}

function policyBlocks(): string[] {
  const keys = ["a1", "a2", "a3", "b1"].map((name, i) => ({
    name,
    vkey: keyOf(`${name}.example`, 64 + 32 * i, "ed25519-cosignature").verifierKey,
  }));
  const policy: TlogPolicy = {
    logs: [{ vkey: log.verifierKey, url: "https://example.com/log/" }],
    witnesses: keys,
    groups: [
      { name: "A", threshold: 2, members: ["a1", "a2", "a3"] },
      { name: "both", threshold: 2, members: ["A", "b1"] },
    ],
    quorum: "both",
  };
  const written = `# Two of the three witnesses of A, and the one of B.\n${formatPolicy(policy)}`;
  assert.deepEqual(parsePolicy(written), policy);
  const sets = [
    ["a1", "a2"],
    ["a1", "b1"],
    ["a1", "a3", "b1"],
    ["a1", "a2", "a3", "b1"],
  ];
  const rows = sets.map((names) => {
    const verified = keys.filter(({ name }) => names.includes(name));
    return `${names.join(" ")}: ${policySatisfied(policy, verified).satisfied ? "yes" : "no"}`;
  });
  return [written, linesOf(rows)];
}

function witnessBlocks(): string[] {
  const request = formatAddCheckpoint({ oldSize: 2, proof: consistency, checkpoint: checkpointOf(3) });
  const model = {
    logs: new Map([[origin, [parseVerifierKey(log.verifierKey)]]]),
    before: { size: "2", root: encodeBase64(at(roots, 1)) },
    signers: signers.slice(1),
  };
  const first = answerOf(model, request);
  assert.equal(first.status, 200);
  assert.deepEqual(addSignatures(checkpointOf(3), parseCosignatures(first.answer)), cosigned);
  const second = answerOf({ ...model, before: first.after }, request);
  assert.equal(second.status, 409);
  return [fromUtf8(request), fromUtf8(first.answer), fromUtf8(second.answer)];
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

function lengthPrefixed(text: string): Uint8Array {
  return Uint8Array.of(utf8(text).length, ...utf8(text));
}

function uint64(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function linesOf(lines: string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
