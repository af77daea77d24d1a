// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as fc from "fast-check";
import { sharedPath, skipReason } from "../../../tools/shared-data.ts";
import { decodeBase64, encodeBase64, utf8 } from "./base64.ts";
import { emptyRoot, leafHash, nodeHash, type Hash } from "./hash.ts";
import { hexLeaves, naiveInclusion, naiveRoot, naiveSubtree, testHash } from "./testing/naive.ts";
import { at } from "./testing/at.ts";
import {
  consistencyFromNodes,
  consistencyNodes,
  inclusionFromNodes,
  inclusionNodes,
  rootFromNodes,
  rootNodes,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
  type TreeNode,
} from "./tree.ts";

/** The largest tree. All pairs of larger ones, against the definition, are in pairs.test.ts. */
const sizeMax = 130;

const leaves = Array.from({ length: sizeMax }, (_, i) => leafHash(utf8(`leaf ${i}`)));
const hashAt = memoise(({ level, index }) =>
  naiveRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)),
);
const roots = Array.from({ length: sizeMax + 1 }, (_, size) =>
  rootFromNodes(size, rootNodes(size).map(hashAt)),
);

void test("the eight trees of RFC 6962's reference implementation have their published roots", () => {
  const published = [
    "bjQLnP+z",
    "+sVCA+fM",
    "rra8/idL",
    "037kGJdt",
    "Tju7H3tH",
    "duZ9rbzf",
    "3bib5AOA",
    "XcnaeacG",
  ];
  const hashes = hexLeaves.map(leafHash);
  published.forEach((start, i) => {
    const size = i + 1;
    const root = rootFromNodes(
      size,
      rootNodes(size).map((node) => naiveNode(hashes, node)),
    );
    assert.ok(encodeBase64(root).startsWith(start));
    assert.deepEqual(root, naiveRoot(hashes.slice(0, size)));
  });
  assert.equal(encodeBase64(emptyRoot), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  assert.deepEqual(rootFromNodes(0, []), emptyRoot);
});

void test("a proof that is changed, shortened, lengthened or of something else is refused", () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: sizeMax }), fc.nat(sizeMax - 1), fc.nat(), fc.nat());
  fc.assert(
    fc.property(sizes, ([size, any, place, bit]) => {
      const index = any % size;
      const root = at(roots, size);
      const leaf = at(leaves, index);
      const proof = inclusionFromNodes(index, size, inclusionNodes(index, size).map(hashAt));
      for (const changed of mutations(proof, place, bit)) {
        assert.equal(verifyInclusion(changed, index, size, leaf, root), false);
      }
      if (proof.length > 0) assert.equal(verifyInclusion(proof, (index + 1) % size, size, leaf, root), false);
      assert.equal(verifyInclusion(proof, index, size, flip(leaf, bit), root), false);
      assert.equal(verifyInclusion(proof, index, size, leaf, flip(root, bit)), false);
      assert.equal(verifyInclusion(proof, size, size, leaf, root), false);

      const first = index + 1;
      const steps = consistencyFromNodes(first, size, consistencyNodes(first, size).map(hashAt));
      const firstRoot = at(roots, first);
      for (const changed of mutations(steps, place, bit)) {
        assert.equal(verifyConsistency(changed, first, size, firstRoot, root), false);
      }
      assert.equal(verifyConsistency(steps, first, size, flip(firstRoot, bit), root), false);
      assert.equal(verifyConsistency(steps, first, size, firstRoot, flip(root, bit)), false);
    }),
    { numRuns: 200 },
  );
});

void test("the consistency verifier agrees with the loop of RFC 9162 on large trees", () => {
  const size = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(size, size, fc.nat(), (a, b, seed) => {
      const [first, second] = a < b ? [a, b] : [b, a];
      const count = consistencyNodes(first, second).length;
      // Hashes out of thin air: the roots they lead to are computed by the RFC's loop, then checked by ours.
      const hashes = Array.from({ length: count }, (_, i) => testHash(seed + i));
      const proof = consistencyFromNodes(first, second, hashes);
      const twin = loopOfConsistency(first, second, proof, testHash(seed - 1));
      if (twin === undefined) return assert.equal(first, second);
      assert.ok(verifyConsistency(proof, first, second, twin.first, twin.second));
      assert.equal(verifyConsistency(proof.slice(1), first, second, twin.first, twin.second), false);
      assert.equal(verifyConsistency([...proof, testHash(0)], first, second, twin.first, twin.second), false);
    }),
    { numRuns: 300 },
  );
});

void test("sizes beyond 32 and up to 53 bits keep their exact nodes", () => {
  const size = Number.MAX_SAFE_INTEGER;
  assert.equal(rootNodes(size).length, 53);
  assert.deepEqual(rootNodes(2 ** 52 + 1), [
    { level: 52, index: 0 },
    { level: 0, index: 2 ** 52 },
  ]);
  const nodes = inclusionNodes(2 ** 40 + 12345, 2 ** 52);
  assert.equal(nodes.length, 52);
  nodes.forEach(({ level, index }, i) => {
    assert.equal(level, i);
    assert.equal(BigInt(index), ((2n ** 40n + 12345n) >> BigInt(i)) ^ 1n);
  });
});

void test("subtrees of all sizes and places are part of their tree, and proofs of others are refused", () => {
  const total = 24;
  for (let size = 1; size <= total; size++) {
    const tree = leaves.slice(0, size);
    const root = at(roots, size);
    for (let start = 0; start < size; start++) {
      for (let end = start + 1; end <= size; end++) {
        const subtreeRoot = naiveRoot(tree.slice(start, end));
        const proof = naiveSubtree(tree, start, end);
        // [start, end) is a subtree where the tree's splitting can produce it; the definition goes wrong
        // elsewhere.
        const valid = start % 2 ** Math.ceil(Math.log2(end - start)) === 0;
        if (!valid) {
          assert.equal(verifySubtreeConsistency([], start, end, size, subtreeRoot, root), false);
          continue;
        }
        assert.ok(verifySubtreeConsistency(proof, start, end, size, subtreeRoot, root));
        assert.equal(verifySubtreeConsistency(proof, start, end, size, testHash(1), root), false);
        const inside = naiveInclusion(tree.slice(start, end), 0);
        assert.ok(verifySubtreeInclusion(inside, start, start, end, at(tree, start), subtreeRoot));
      }
    }
  }
});

void test("verifiers refuse what is no size, no index and no hash, and never throw", () => {
  const hash = testHash(1);
  const odd = [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 2 ** 64];
  for (const n of odd) {
    assert.equal(verifyInclusion([], n, 1, hash, hash), false);
    assert.equal(verifyInclusion([], 0, n, hash, hash), false);
    assert.equal(verifyConsistency([], n, 1, hash, hash), false);
    assert.equal(verifyConsistency([], 1, n, hash, hash), false);
    assert.equal(verifySubtreeConsistency([], 0, 1, n, hash, hash), false);
    assert.equal(verifySubtreeInclusion([], n, 0, 1, hash, hash), false);
  }
  assert.equal(verifyInclusion([], 0, 1, hash, hash), true);
  assert.equal(verifyInclusion([], 0, 1, hash.subarray(1), hash.subarray(1)), false);
  assert.equal(verifyInclusion([new Uint8Array(31)], 0, 2, hash, hash), false);
  assert.equal(verifyConsistency([], 0, 5, emptyRoot, hash), false);
  assert.equal(verifyConsistency([], 0, 0, emptyRoot, emptyRoot), true);
});

void test("proofs of what is not in the tree are a caller's mistake", () => {
  assert.throws(() => rootNodes(2 ** 53), RangeError);
  assert.throws(() => rootNodes(-1), RangeError);
  assert.throws(() => inclusionNodes(3, 3), RangeError);
  assert.throws(() => inclusionNodes(-1, 3), RangeError);
  assert.throws(() => consistencyNodes(0, 3), RangeError);
  assert.throws(() => consistencyNodes(4, 3), RangeError);
  assert.throws(() => rootFromNodes(3, [testHash(1)]), RangeError);
  assert.throws(() => inclusionFromNodes(0, 2, []), RangeError);
  assert.throws(() => consistencyFromNodes(2, 3, [testHash(1), testHash(2)]), RangeError);
});

type Probe = {
  path: string;
  wantErr: boolean;
  proof: string[] | null;
  leafIdx: number;
  treeSize: number;
  leafHash: string;
  root: string;
  size1: number;
  size2: number;
  root1: string;
  root2: string;
  start: number;
  end: number;
  size: number;
};

const checks: Record<string, (probe: Probe, proof: Uint8Array[]) => boolean> = {
  inclusion: (p, proof) => verifyInclusion(proof, p.leafIdx, p.treeSize, bytes(p.leafHash), bytes(p.root)),
  consistency: (p, proof) => verifyConsistency(proof, p.size1, p.size2, bytes(p.root1), bytes(p.root2)),
  subtreeinclusion: (p, proof) =>
    verifySubtreeInclusion(proof, p.leafIdx, p.start, p.end, bytes(p.leafHash), bytes(p.root)),
  subtreeconsistency: (p, proof) =>
    verifySubtreeConsistency(proof, p.start, p.end, p.size, bytes(p.root1), bytes(p.root2)),
};

for (const [name, check] of Object.entries(checks)) {
  void test(`published ${name} probes are judged as their authors judge them`, (t) => {
    const path = sharedPath(`vectors/merkle-proofs/${name}.jsonl`);
    if (path === undefined) return t.skip(skipReason("vectors/merkle-proofs"));
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    assert.ok(lines.length > 10);
    for (const line of lines) {
      const probe = JSON.parse(line) as Probe;
      assert.equal(check(probe, (probe.proof ?? []).map(bytes)), !probe.wantErr, probe.path);
    }
  });
}

function bytes(base64: string | null): Uint8Array {
  return decodeBase64(base64 ?? "");
}

function memoise(hashOf: (node: TreeNode) => Hash): (node: TreeNode) => Hash {
  const known = new Map<string, Hash>();
  return (node) => {
    const name = `${node.level}/${node.index}`;
    const hash = known.get(name) ?? hashOf(node);
    known.set(name, hash);
    return hash;
  };
}

function naiveNode(hashes: Hash[], { level, index }: TreeNode): Hash {
  return naiveRoot(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level));
}

function flip(hash: Hash, bit: number): Hash {
  const copy = Uint8Array.from(hash) as Hash;
  copy[(bit >> 3) % 32] = at(copy, (bit >> 3) % 32) ^ (1 << (bit & 7));
  return copy;
}

function* mutations(proof: Hash[], place: number, bit: number): Generator<Hash[]> {
  yield [...proof, testHash(bit)];
  yield [testHash(bit), ...proof];
  if (proof.length === 0) return;
  const spot = place % proof.length;
  yield proof.slice(1);
  yield proof.slice(0, -1);
  yield proof.toSpliced(spot, 1);
  yield proof.toSpliced(spot, 1, flip(at(proof, spot), bit));
}

/** The algorithm of RFC 9162 section 2.1.4.2 over bigints: gives the roots instead of comparing them. */
function loopOfConsistency(
  first: number,
  second: number,
  proof: Hash[],
  firstRoot: Hash,
): { first: Hash; second: Hash } | undefined {
  if (first === second) return undefined;
  const isPower = (BigInt(first) & (BigInt(first) - 1n)) === 0n;
  const path = isPower ? [firstRoot, ...proof] : proof;
  let [fn, sn] = [BigInt(first) - 1n, BigInt(second) - 1n];
  while ((fn & 1n) === 1n) [fn, sn] = [fn >> 1n, sn >> 1n];
  let [fr, sr] = [at(path, 0), at(path, 0)];
  for (const c of path.slice(1)) {
    assert.notEqual(sn, 0n);
    if ((fn & 1n) === 1n || fn === sn) {
      [fr, sr] = [nodeHash(c, fr), nodeHash(c, sr)];
      while ((fn & 1n) === 0n && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      sr = nodeHash(sr, c);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  assert.equal(sn, 0n);
  return { first: fr, second: sr };
}
