// SPDX-License-Identifier: Apache-2.0
// The way from a record to the root of the tree, step by step, to be drawn: RFC 9162 section 2.1.3.2.
import {
  hashesEqual,
  leafHash,
  nodeHash,
  parseCheckpoint,
  parseNote,
  parseProof,
  TlogError,
} from "@docket/tlog";
import type { Checkpoint, Hash } from "@docket/tlog";

/** One step up: the hash that stands beside, on which side, and what both amount to. */
export type PathStep = { side: "left" | "right"; sibling: Hash; result: Hash };
/** The whole way. `arrives` is whether it ends at the root that was signed. */
export type MerklePath = {
  leaf: Hash;
  index: number;
  size: number;
  steps: PathStep[];
  root: Hash;
  arrives: boolean;
};

/** Follows a proof; `undefined` where the index is not in a tree of that size. */
export function pathOf(
  leaf: Hash,
  index: number,
  hashes: readonly Hash[],
  { size, root }: Pick<Checkpoint, "size" | "root">,
): MerklePath | undefined {
  if (index >= size) return undefined;
  const steps: PathStep[] = [];
  let result = leaf;
  let node = index;
  let last = size - 1;
  for (const sibling of hashes) {
    const isLeft = node % 2 === 1 || node === last;
    result = isLeft ? nodeHash(sibling, result) : nodeHash(result, sibling);
    steps.push({ side: isLeft ? "left" : "right", sibling, result });
    // A node without a neighbour rises until it has one.
    if (isLeft) {
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return { leaf, index, size, steps, root, arrives: last === 0 && hashesEqual(result, root) };
}

/**
 * The way that a tlog-proof goes, from an entry.
 *
 * @returns `undefined` where the text is no proof, or names an entry beyond its own checkpoint
 */
export function pathIn(proofText: string, entry: Uint8Array): MerklePath | undefined {
  try {
    const proof = parseProof(proofText);
    const checkpoint = parseCheckpoint(parseNote(proof.checkpoint).text);
    return pathOf(leafHash(entry), proof.index, proof.hashes, checkpoint);
  } catch (error) {
    if (error instanceof TlogError) return undefined;
    throw error;
  }
}
