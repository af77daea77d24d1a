// SPDX-License-Identifier: Apache-2.0
// Whether a log may go from the checkpoint that a witness cosigned last to the one that it asks to have
// cosigned (C2SP tlog-witness, add-checkpoint).
import { emptyRoot, hashesEqual, verifyConsistency } from "@docket/tlog";
import type { Hash } from "@docket/tlog";

/** A size with the root at that size. */
export type TreeHead = { size: number; root: Hash };

/** What was found. `fork`: the log signed two roots of one size, and both checkpoints prove it. */
export type Transition =
  | { kind: "consistent" }
  | { kind: "conflict"; size: number }
  | { kind: "inconsistent"; why: string; fork: boolean };

/**
 * Checks one step of a log.
 *
 * @param last the latest tree head that was cosigned; `undefined` before the first
 * @param oldSize what the request says that this was
 */
export function checkTransition(
  last: TreeHead | undefined,
  oldSize: number,
  next: TreeHead,
  proof: readonly Uint8Array[],
): Transition {
  const size = last?.size ?? 0;
  if (oldSize !== size) return { kind: "conflict", size };
  if (next.size === 0 && !hashesEqual(next.root, emptyRoot)) {
    return inconsistent("a checkpoint of size 0 has the root of the empty tree");
  }
  if (oldSize === 0) {
    // Every tree begins with the empty one: there is nothing to prove.
    return proof.length === 0 ? { kind: "consistent" } : inconsistent("a proof from size 0 is empty");
  }
  if (oldSize === next.size && !hashesEqual(next.root, (last as TreeHead).root)) {
    return { ...inconsistent("the root is another than the one cosigned at this size"), fork: true };
  }
  if (verifyConsistency(proof, oldSize, next.size, (last as TreeHead).root, next.root)) {
    return { kind: "consistent" };
  }
  return inconsistent(`the proof does not show that the tree of ${oldSize} is the beginning of this one`);
}

function inconsistent(why: string): { kind: "inconsistent"; why: string; fork: boolean } {
  return { kind: "inconsistent", why, fork: false };
}
