// SPDX-License-Identifier: Apache-2.0
// Every inclusion and consistency proof of every tree of up to 300 leaves, compared hash by hash with a twin
// that does what RFC 6962 section 2.1 says and nothing else, and refused once anything about it is wrong.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "#crypto";
import { utf8 } from "./base64.ts";
import { emptyRoot, hashesEqual, leafHash, type Hash } from "./hash.ts";
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

/** The largest tree. It is beyond one full tile, and no power of two. */
const sizeMax = 300;

/** The largest tree of which all subtrees are tried. */
const subtreeSizeMax = 48;

const leaves = Array.from({ length: sizeMax }, (_, i) => leafHash(utf8(`leaf ${i}`)));
const remembered = new Map<number, Hash>();
const hashAt = ({ level, index }: TreeNode): Hash => twinRoot(index * 2 ** level, (index + 1) * 2 ** level);
const roots = Array.from({ length: sizeMax + 1 }, (_, size) => twinRoot(0, size));
const wrong = leafHash(utf8("not in the tree"));

void test("every root is the twin's", () => {
  for (let size = 0; size <= sizeMax; size++) {
    assert.deepEqual(rootFromNodes(size, rootNodes(size).map(hashAt)), at(roots, size));
  }
});

void test("every inclusion proof is the twin's and verifies, and nothing near it does", () => {
  for (let size = 1; size <= sizeMax; size++) {
    const root = at(roots, size);
    for (let index = 0; index < size; index++) {
      const leaf = at(leaves, index);
      const proof = inclusionFromNodes(index, size, inclusionNodes(index, size).map(hashAt));
      assert.ok(isSame(proof, twinInclusion(index, 0, size)), `${index} of ${size}`);
      assert.ok(verifyInclusion(proof, index, size, leaf, root), `${index} of ${size}`);
      const near = (index + size) % 8;
      const isAccepted = [
        () => verifyInclusion(proof, index, size, leaf, wrong),
        () => verifyInclusion(proof, index, size, wrong, root),
        () => verifyInclusion(spoil(proof, index), index, size, leaf, root),
        () => verifyInclusion([...proof, wrong], index, size, leaf, root),
        () => proof.length > 0 && verifyInclusion(proof.slice(1), index, size, leaf, root),
        () => size > 1 && verifyInclusion(proof, (index + 1) % size, size, leaf, root),
        // One more or fewer leaf may leave the way of this one as it was; the root is another all the same.
        () => verifyInclusion(proof, index, size, leaf, at(roots, size - 1)),
        () => proof.length > 1 && verifyInclusion(proof.toReversed(), index, size, leaf, root),
      ][near];
      assert.equal(isAccepted?.(), false, `${index} of ${size}, wrong in way ${near}`);
    }
  }
});

void test("every consistency proof is the twin's and verifies, and nothing near it does", () => {
  for (let second = 1; second <= sizeMax; second++) {
    const root = at(roots, second);
    for (let first = 1; first <= second; first++) {
      const firstRoot = at(roots, first);
      const proof = consistencyFromNodes(first, second, consistencyNodes(first, second).map(hashAt));
      assert.ok(isSame(proof, twinConsistency(first, 0, second, true)), `${first} to ${second}`);
      assert.ok(verifyConsistency(proof, first, second, firstRoot, root), `${first} to ${second}`);
      const near = (first + second) % 8;
      const isAccepted = [
        () => verifyConsistency(proof, first, second, firstRoot, wrong),
        () => verifyConsistency(proof, first, second, wrong, root),
        () => verifyConsistency(spoil(proof, first), first, second, firstRoot, root),
        () => verifyConsistency([...proof, wrong], first, second, firstRoot, root),
        () => proof.length > 0 && verifyConsistency(proof.slice(0, -1), first, second, firstRoot, root),
        () => verifyConsistency(proof, first, second, at(roots, first - 1), root),
        () => verifyConsistency(proof, first, second, firstRoot, at(roots, second - 1)),
        () => verifyConsistency(proof, second + 1, first, firstRoot, root),
      ][near];
      assert.equal(isAccepted?.(), false, `${first} to ${second}, wrong in way ${near}`);
    }
  }
});

void test("a tree starts with the empty one, which no proof shows", () => {
  for (let size = 1; size <= sizeMax; size++) {
    assert.throws(() => consistencyNodes(0, size), RangeError);
    assert.equal(verifyConsistency([], 0, size, emptyRoot, at(roots, size)), false);
  }
});

void test("every subtree of small trees is shown to be in its tree, and nothing near it is", () => {
  let count = 0;
  for (let size = 1; size <= subtreeSizeMax; size++) {
    const root = at(roots, size);
    for (let end = 1; end <= size; end++) {
      for (let start = 0; start < end; start++) {
        const subtreeRoot = twinRoot(start, end);
        if (start % 2 ** Math.ceil(Math.log2(end - start)) !== 0) {
          assert.equal(verifySubtreeConsistency([], start, end, size, subtreeRoot, root), false);
          continue;
        }
        count += 1;
        const proof = twinSubtree(start, end, 0, size, true);
        const what = `[${start}, ${end}) of ${size}`;
        assert.ok(verifySubtreeConsistency(proof, start, end, size, subtreeRoot, root), what);
        assert.equal(verifySubtreeConsistency(proof, start, end, size, wrong, root), false, what);
        assert.equal(verifySubtreeConsistency(proof, start, end, size, subtreeRoot, wrong), false, what);
        const spoilt = spoil(proof, start + end);
        assert.equal(verifySubtreeConsistency(spoilt, start, end, size, subtreeRoot, root), false, what);
        const index = start + ((size * 7) % (end - start));
        const inside = twinInclusion(index, start, end);
        assert.ok(verifySubtreeInclusion(inside, index, start, end, at(leaves, index), subtreeRoot), what);
        assert.equal(verifySubtreeInclusion(inside, index, start, end, wrong, subtreeRoot), false, what);
      }
    }
  }
  assert.ok(count > 2_000, `${count} subtrees`);
});

/** MTH(D[start:end]). */
function twinRoot(start: number, end: number): Hash {
  if (start === end) return emptyRoot;
  const name = start * (2 * sizeMax) + end;
  let hash = remembered.get(name);
  if (hash === undefined) {
    hash = end - start === 1 ? at(leaves, start) : twinNode(start, end);
    remembered.set(name, hash);
  }
  return hash;
}

function twinNode(start: number, end: number): Hash {
  const middle = start + twinSplit(end - start);
  return sha256(Uint8Array.of(1), twinRoot(start, middle), twinRoot(middle, end)) as Hash;
}

/** PATH(index - start, D[start:end]). */
function twinInclusion(index: number, start: number, end: number): Hash[] {
  if (end - start === 1) return [];
  const middle = start + twinSplit(end - start);
  return index < middle
    ? [...twinInclusion(index, start, middle), twinRoot(middle, end)]
    : [...twinInclusion(index, middle, end), twinRoot(start, middle)];
}

/** SUBPROOF(first - start, D[start:end], known), of which PROOF(first, D) is the outermost. */
function twinConsistency(first: number, start: number, end: number, isKnown: boolean): Hash[] {
  if (first === end) return isKnown ? [] : [twinRoot(start, end)];
  const middle = start + twinSplit(end - start);
  return first <= middle
    ? [...twinConsistency(first, start, middle, isKnown), twinRoot(middle, end)]
    : [...twinConsistency(first, middle, end, false), twinRoot(start, middle)];
}

/** SUBTREE_SUBPROOF of draft-ietf-plants-merkle-tree-certs: [from, to) in the tree over [start, end). */
function twinSubtree(from: number, to: number, start: number, end: number, isKnown: boolean): Hash[] {
  if (from <= start && to >= end) return isKnown ? [] : [twinRoot(start, end)];
  const middle = start + twinSplit(end - start);
  if (to <= middle) return [...twinSubtree(from, to, start, middle, isKnown), twinRoot(middle, end)];
  const isCut = from < middle;
  return [...twinSubtree(from, to, middle, end, isKnown && !isCut), twinRoot(start, middle)];
}

function twinSplit(n: number): number {
  return n === 2 ? 1 : 2 ** (Math.ceil(Math.log2(n)) - 1);
}

function isSame(a: readonly Hash[], b: readonly Hash[]): boolean {
  return a.length === b.length && a.every((hash, i) => hashesEqual(hash, at(b, i)));
}

/** The proof with one bit of one hash flipped; with a hash too many where it has none. */
function spoil(proof: readonly Hash[], place: number): Hash[] {
  if (proof.length === 0) return [wrong];
  const spot = place % proof.length;
  const hash = at(proof, spot);
  return proof.with(spot, hash.with(place % hash.length, at(hash, place % hash.length) ^ 1) as Hash);
}
