// SPDX-License-Identifier: Apache-2.0
// The right edge of a growing tree: the hashes of the complete subtrees that its root is made of (a compact
// range from 0). It is all that appending needs: one hash for each set bit of the size, at most 53.
import { emptyRoot, nodeHash, type Hash } from "./hash.ts";
import { foldRight, rootNodes, type TreeNode } from "./tree.ts";

/** `hashes` are those of `rootNodes(size)`, largest subtree first. */
export type Frontier = { size: number; hashes: Hash[] };

/** The frontier of the empty tree. */
export function emptyFrontier(): Frontier {
  return { size: 0, hashes: [] };
}

/**
 * The frontier of a tree, from the hashes of `rootNodes(size)`.
 *
 * @throws RangeError for a size that is not a safe non-negative integer, or another number of hashes than
 *   nodes
 */
export function frontierFromNodes(size: number, hashes: readonly Hash[]): Frontier {
  const expected = rootNodes(size).length;
  if (hashes.length !== expected) throw new RangeError(`expected ${expected} hashes, got ${hashes.length}`);
  return { size, hashes: [...hashes] };
}

/**
 * Appends a leaf, in place.
 *
 * @param onNode called for each subtree that the leaf completes, from the leaf itself (level 0) upward
 * @throws RangeError for a tree that is full (2^53 - 1 leaves)
 */
export function appendLeafHash(
  frontier: Frontier,
  hash: Hash,
  onNode?: (node: TreeNode, hash: Hash) => void,
): void {
  if (frontier.size >= Number.MAX_SAFE_INTEGER) throw new RangeError("the tree is full");
  let node: TreeNode = { level: 0, index: frontier.size };
  let top = hash;
  onNode?.(node, top);
  // Each trailing set bit of the size is a subtree as large as the one just completed: the two are joined.
  while (node.index % 2 === 1) {
    top = nodeHash(frontier.hashes.pop() as Hash, top);
    node = { level: node.level + 1, index: (node.index - 1) / 2 };
    onNode?.(node, top);
  }
  frontier.hashes.push(top);
  frontier.size += 1;
}

/** The root of the tree. */
export function frontierRoot(frontier: Frontier): Hash {
  return foldRight(frontier.hashes) ?? emptyRoot;
}

/** A copy that can grow on its own. The hashes themselves are shared; nobody changes them. */
export function cloneFrontier(frontier: Frontier): Frontier {
  return { size: frontier.size, hashes: [...frontier.hashes] };
}
