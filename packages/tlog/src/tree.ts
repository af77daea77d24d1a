// SPDX-License-Identifier: Apache-2.0
// Roots and proofs of a Merkle tree (RFC 6962 section 2.1, RFC 9162 section 2.1).
//
// A tree of n leaves is split at k, the largest power of two below n, and so on downwards. Roots and proofs
// are made of hashes of ranges of leaves; a range that the split can produce is itself a few complete
// subtrees side by side. Hence two steps, with the reading of hashes left to the caller:
//
//     nodes = inclusionNodes(index, size)              which hashes are needed
//     proof = inclusionFromNodes(index, size, hashes)  the proof, from the hashes of these nodes
//
// Sizes are safe integers; they exceed 32 bits, so there are no bit operators here. Recursion is as deep as
// the tree is high: at most 53.
import { emptyRoot, hashBytes, hashesEqual, nodeHash, type Hash } from "./hash.ts";

/**
 * A complete subtree: that of the 2^level leaves from index * 2^level on. Level 0 is a leaf.
 * Its hash never changes however far the tree grows, which is why these are what is stored.
 */
export type TreeNode = { level: number; index: number };

/**
 * The nodes that the root of a tree of that size is made of: one for each set bit of the size, largest first.
 *
 * @param size number of leaves; none gives an empty list
 * @throws RangeError for a size that is not a safe non-negative integer
 */
export function rootNodes(size: number): TreeNode[] {
  checkSize(size);
  return nodesOfRange({ start: 0, end: size });
}

/**
 * The root of a tree, from the hashes of {@link rootNodes}.
 *
 * @throws RangeError for another number of hashes than there are nodes
 */
export function rootFromNodes(size: number, hashes: readonly Hash[]): Hash {
  checkSize(size);
  const [root] = foldRanges([{ start: 0, end: size }], hashes);
  return root ?? emptyRoot;
}

/**
 * The nodes that a proof is made of that the leaf at `index` is in the tree of `size` leaves.
 *
 * @throws RangeError unless 0 <= index < size
 */
export function inclusionNodes(index: number, size: number): TreeNode[] {
  return inclusionRanges(index, size).flatMap(nodesOfRange);
}

/**
 * The inclusion proof (RFC 6962 section 2.1.1), from the leaf's sibling upward.
 *
 * @param hashes the hashes of {@link inclusionNodes}, in its order
 * @throws RangeError unless 0 <= index < size, or for another number of hashes than there are nodes
 */
export function inclusionFromNodes(index: number, size: number, hashes: readonly Hash[]): Hash[] {
  return foldRanges(inclusionRanges(index, size), hashes);
}

/**
 * The nodes that a proof is made of that the tree of `first` leaves is the beginning of the tree of `second`.
 *
 * @throws RangeError unless 0 < first <= second: from the empty tree there is nothing to prove
 */
export function consistencyNodes(first: number, second: number): TreeNode[] {
  return consistencyRanges(first, second).flatMap(nodesOfRange);
}

/**
 * The consistency proof (RFC 6962 section 2.1.2).
 *
 * @param hashes the hashes of {@link consistencyNodes}, in its order
 * @throws RangeError unless 0 < first <= second, or for another number of hashes than there are nodes
 */
export function consistencyFromNodes(first: number, second: number, hashes: readonly Hash[]): Hash[] {
  return foldRanges(consistencyRanges(first, second), hashes);
}

/**
 * Whether `proof` shows that `leaf` is the hash at `index` of the tree with `size` leaves and that root
 * (RFC 9162 section 2.1.3.2). Never throws: anything malformed is false.
 */
export function verifyInclusion(
  proof: readonly Uint8Array[],
  index: number,
  size: number,
  leaf: Uint8Array,
  root: Uint8Array,
): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  if (!areHashes(proof) || !isHash(leaf) || !isHash(root)) return false;
  const hashes = proof.values();
  const computed = rootOfInclusion(hashes, index, size, leaf);
  return computed !== undefined && hashes.next().done === true && hashesEqual(computed, root);
}

/**
 * Whether `proof` shows that the tree of `first` leaves with `firstRoot` is the beginning of the tree of
 * `second` leaves with `secondRoot` (RFC 9162 section 2.1.4.2). Never throws: anything malformed is false.
 *
 * Every tree begins with the empty one, but no proof can say so: `first` = 0 is false unless `second` is 0
 * too.
 */
export function verifyConsistency(
  proof: readonly Uint8Array[],
  first: number,
  second: number,
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
): boolean {
  if (!isCount(first) || !isCount(second) || first > second) return false;
  // Published vectors hold that nothing is asked of two equal roots, not even that they be hashes.
  if (first === second) return proof.length === 0 && hashesEqual(firstRoot, secondRoot);
  if (first === 0) return false;
  return verifySubtreeConsistency(proof, 0, first, second, firstRoot, secondRoot);
}

/**
 * Whether `proof` shows that `leaf` is the hash of the leaf at `index` (counted in the whole tree) of the
 * subtree [start, end) with that root (draft-ietf-plants-merkle-tree-certs section 4.3). Never throws.
 */
export function verifySubtreeInclusion(
  proof: readonly Uint8Array[],
  index: number,
  start: number,
  end: number,
  leaf: Uint8Array,
  subtreeRoot: Uint8Array,
): boolean {
  if (!isCount(index) || !isSubtree(start, end) || index < start) return false;
  return verifyInclusion(proof, index - start, end - start, leaf, subtreeRoot);
}

/**
 * Whether `proof` shows that the subtree [start, end) with `subtreeRoot` is part of the tree of `size` leaves
 * with `root` (draft-ietf-plants-merkle-tree-certs section 4.4). Never throws.
 *
 * The empty subtree is part of every tree: with an empty proof, and whatever `root` is.
 */
export function verifySubtreeConsistency(
  proof: readonly Uint8Array[],
  start: number,
  end: number,
  size: number,
  subtreeRoot: Uint8Array,
  root: Uint8Array,
): boolean {
  if (!isCount(size) || !isSubtree(start, end) || end > size) return false;
  if (start === end) return proof.length === 0 && hashesEqual(subtreeRoot, emptyRoot);
  if (!areHashes(proof) || !isHash(subtreeRoot) || !isHash(root)) return false;
  const hashes = proof.values();
  const roots = rootsOfConsistency(hashes, { start, end }, size, subtreeRoot);
  if (roots === undefined || hashes.next().done !== true) return false;
  return hashesEqual(roots.subtree, subtreeRoot) && hashesEqual(roots.tree, root);
}

/**
 * Whether the leaves from `start` up to `end` are a subtree (draft-ietf-plants-merkle-tree-certs section
 * 4.1): none at all, or `start` a multiple of the smallest power of two that is not below their number.
 */
export function isSubtree(start: number, end: number): boolean {
  if (!isCount(start) || !isCount(end) || start > end) return false;
  const width = end - start;
  if (width === 0) return true;
  const { width: power } = largestPower(width);
  return start % (power === width ? power : power * 2) === 0;
}

/** The leaves from `start` up to, not including, `end`. */
type Range = { start: number; end: number };

/** PATH(m, D[n]) of RFC 6962 section 2.1.1, as the ranges whose hashes it lists. */
function inclusionRanges(index: number, size: number): Range[] {
  checkSize(size);
  if (!isCount(index) || index >= size) {
    throw new RangeError(`index ${index} is outside a tree of ${size} leaves`);
  }
  const ranges: Range[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.toReversed();
}

/** PROOF(m, D[n]) of RFC 6962 section 2.1.2, as the ranges whose hashes it lists. */
function consistencyRanges(first: number, second: number): Range[] {
  checkSize(second);
  if (!isCount(first) || first === 0 || first > second) {
    throw new RangeError(`no consistency proof leads from ${first} to ${second} leaves`);
  }
  const ranges: Range[] = [];
  let [start, end] = [0, second];
  while (first < end) {
    const middle = start + splitPoint(end - start);
    if (first <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  // Where the walk never turned right, what is left is the first tree itself, whose root the verifier knows.
  if (start > 0) ranges.push({ start, end });
  return ranges.toReversed();
}

/** The complete subtrees that a range is made of, left to right: its start is a multiple of the widest. */
function nodesOfRange(range: Range): TreeNode[] {
  const nodes: TreeNode[] = [];
  let start = range.start;
  while (start < range.end) {
    const { level, width } = largestPower(range.end - start);
    nodes.push({ level, index: start / width });
    start += width;
  }
  return nodes;
}

/** The hash of each range that is not empty, given the hashes of all their nodes in order. */
function foldRanges(ranges: Range[], hashes: readonly Hash[]): Hash[] {
  const folded: Hash[] = [];
  let next = 0;
  for (const range of ranges) {
    const count = nodesOfRange(range).length;
    const root = foldRight(hashes.slice(next, next + count));
    if (root !== undefined) folded.push(root);
    next += count;
  }
  if (next !== hashes.length) throw new RangeError(`expected ${next} hashes, got ${hashes.length}`);
  return folded;
}

/** The root over complete subtrees side by side, largest first: the smaller ones are joined first. */
export function foldRight(hashes: readonly Hash[]): Hash | undefined {
  let root = hashes.at(-1);
  if (root === undefined) return undefined;
  for (let i = hashes.length - 2; i >= 0; i--) root = nodeHash(hashes[i] as Hash, root);
  return root;
}

/** Undoes PATH: the root that the remaining hashes lead to, or undefined where they run out. */
function rootOfInclusion(hashes: Iterator<Hash>, index: number, size: number, leaf: Hash): Hash | undefined {
  if (size === 1) return leaf;
  const middle = splitPoint(size);
  const inLeft = index < middle;
  const below = inLeft
    ? rootOfInclusion(hashes, index, middle, leaf)
    : rootOfInclusion(hashes, index - middle, size - middle, leaf);
  const sibling = takeHash(hashes);
  if (below === undefined || sibling === undefined) return undefined;
  return inLeft ? nodeHash(below, sibling) : nodeHash(sibling, below);
}

/**
 * Undoes SUBTREE_SUBPROOF (draft-ietf-plants-merkle-tree-certs section 4.4.1, of which PROOF in RFC 6962 is
 * the case start = 0): both roots that the remaining hashes lead to, or undefined where they run out.
 *
 * @param known the subtree's root while the walk is inside the subtree alone, else undefined
 */
function rootsOfConsistency(
  hashes: Iterator<Hash>,
  { start, end }: Range,
  size: number,
  known: Hash | undefined,
): { subtree: Hash; tree: Hash } | undefined {
  if (start === 0 && end === size) {
    const hash = known ?? takeHash(hashes);
    return hash && { subtree: hash, tree: hash };
  }
  const middle = splitPoint(size);
  if (end <= middle) {
    const below = rootsOfConsistency(hashes, { start, end }, middle, known);
    const right = takeHash(hashes);
    return below && right && { subtree: below.subtree, tree: nodeHash(below.tree, right) };
  }
  if (start >= middle) {
    const range = { start: start - middle, end: end - middle };
    const below = rootsOfConsistency(hashes, range, size - middle, known);
    const left = takeHash(hashes);
    return below && left && { subtree: below.subtree, tree: nodeHash(left, below.tree) };
  }
  // A subtree across the middle starts at 0, and its part to the right is not one whose root anybody was
  // given.
  const below = rootsOfConsistency(hashes, { start: 0, end: end - middle }, size - middle, undefined);
  const left = takeHash(hashes);
  return below && left && { subtree: nodeHash(left, below.subtree), tree: nodeHash(left, below.tree) };
}

function takeHash(hashes: Iterator<Hash>): Hash | undefined {
  const next = hashes.next();
  return next.done === true ? undefined : next.value;
}

/** The largest power of two below n, for n > 1: where RFC 6962 splits a tree. */
function splitPoint(n: number): number {
  return largestPower(n - 1).width;
}

/** The largest power of two that is at most n, for n > 0. */
function largestPower(n: number): { level: number; width: number } {
  let [level, width] = [0, 1];
  while (width * 2 <= n) {
    width *= 2;
    level += 1;
  }
  return { level, width };
}

/** Whether a tree can have the subtree [start, end): the start is a multiple of its width, rounded up. */
function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function checkSize(size: number): void {
  if (!isCount(size)) throw new RangeError(`${size} is not the size of a tree`);
}

function isHash(bytes: Uint8Array): bytes is Hash {
  return bytes.length === hashBytes;
}

function areHashes(proof: readonly Uint8Array[]): proof is readonly Hash[] {
  return proof.every(isHash);
}
