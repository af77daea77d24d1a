// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyRoot } from "./hash.ts";
import { appendLeafHash, cloneFrontier, emptyFrontier, frontierFromNodes, frontierRoot } from "./frontier.ts";
import { at } from "./testing/at.ts";
import { naiveRoot, testHash } from "./testing/naive.ts";
import { rootNodes, type TreeNode } from "./tree.ts";

const leaves = Array.from({ length: 130 }, (_, i) => testHash(i));

void test("a growing frontier has the root, the nodes and the order that the definition gives", () => {
  const frontier = emptyFrontier();
  assert.deepEqual(frontierRoot(frontier), emptyRoot);
  const seen = new Map<string, Uint8Array>();
  leaves.forEach((leaf, i) => {
    const completed: TreeNode[] = [];
    appendLeafHash(frontier, leaf, (node, hash) => {
      completed.push(node);
      assert.equal(seen.has(nameOf(node)), false);
      seen.set(nameOf(node), hash);
      const width = 2 ** node.level;
      assert.deepEqual(hash, naiveRoot(leaves.slice(node.index * width, (node.index + 1) * width)));
    });
    assert.deepEqual(at(completed, 0), { level: 0, index: i });
    assert.deepEqual(frontierRoot(frontier), naiveRoot(leaves.slice(0, i + 1)));
    assert.deepEqual(
      frontier.hashes,
      rootNodes(i + 1).map((node) => seen.get(nameOf(node))),
    );
    assert.deepEqual(frontierFromNodes(i + 1, frontier.hashes), frontier);
  });
});

void test("a copy grows on its own", () => {
  const original = emptyFrontier();
  leaves.slice(0, 7).forEach((leaf) => appendLeafHash(original, leaf));
  const copy = cloneFrontier(original);
  appendLeafHash(copy, at(leaves, 7));
  assert.equal(original.size, 7);
  assert.deepEqual(frontierRoot(original), naiveRoot(leaves.slice(0, 7)));
  assert.deepEqual(frontierRoot(copy), naiveRoot(leaves.slice(0, 8)));
});

void test("a frontier of the wrong shape, and a leaf too many, are a caller's mistake", () => {
  assert.throws(() => frontierFromNodes(3, [testHash(1)]), RangeError);
  assert.throws(() => frontierFromNodes(-1, []), RangeError);
  const full = { size: Number.MAX_SAFE_INTEGER, hashes: Array.from({ length: 53 }, (_, i) => testHash(i)) };
  assert.throws(() => appendLeafHash(full, testHash(0)), RangeError);
});

function nameOf(node: TreeNode): string {
  return `${node.level}/${node.index}`;
}
