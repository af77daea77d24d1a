// SPDX-License-Identifier: Apache-2.0
// The tree of RFC 6962 section 2.1 and the subtrees of draft-ietf-plants-merkle-tree-certs section 4, by
// definition, and the verifying loops of RFC 9162 turned round: given a proof, what roots does it lead to?
import { at, sha256, type Bytes } from "./kit.ts";

/** The hash of an entry. */
export function leaf(entry: Bytes): Uint8Array {
  return sha256(Uint8Array.of(0), entry);
}

/** The hash of a node over two subtrees. */
export function node(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(1), left, right);
}

/** MTH(D[n]) of leaf hashes. */
export function root(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256("");
  if (leaves.length === 1) return at(leaves, 0);
  const k = split(leaves.length);
  return node(root(leaves.slice(0, k)), root(leaves.slice(k)));
}

/** PATH(m, D[n]). */
export function inclusion(index: number, leaves: Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...inclusion(index, leaves.slice(0, k)), root(leaves.slice(k))]
    : [...inclusion(index - k, leaves.slice(k)), root(leaves.slice(0, k))];
}

/** SUBTREE_SUBPROOF(start, end, D[n], known). With start 0 it is PROOF(end, D[n]) of RFC 6962. */
export function consistency(start: number, end: number, leaves: Uint8Array[], isKnown = true): Uint8Array[] {
  if (start <= 0 && end >= leaves.length) return isKnown ? [] : [root(leaves)];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  if (end <= k) return [...consistency(start, end, left, isKnown), root(right)];
  if (start >= k) return [...consistency(start - k, end - k, right, isKnown), root(left)];
  return [...consistency(0, end - k, right, false), root(left)];
}

/** The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2), for trees beyond all storage. */
export function rootOfInclusion(
  index: bigint,
  size: bigint,
  leafHash: Uint8Array,
  proof: Uint8Array[],
): Uint8Array {
  let [fn, sn, hash] = [index, size - 1n, leafHash];
  for (const sibling of proof) {
    if ((fn & 1n) === 1n || fn === sn) {
      hash = node(sibling, hash);
      while ((fn & 1n) === 0n && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      hash = node(hash, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n) throw new RangeError("the proof is too short");
  return hash;
}

/** How many hashes the inclusion proof of an index has. */
export function inclusionLength(index: bigint, size: bigint): number {
  let [fn, sn, length] = [index, size - 1n, 0];
  while (sn !== 0n) {
    if ((fn & 1n) === 1n || fn !== sn) length += 1;
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  return length;
}

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
