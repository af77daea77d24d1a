// SPDX-License-Identifier: Apache-2.0
// The tree as RFC 6962 section 2.1 defines it, recursive and slow: what the fast one is compared with.
import { sha256 } from "#crypto";
import { decodeHex, utf8 } from "../base64.ts";
import type { Hash } from "../hash.ts";
import { at } from "./at.ts";

/** The eight entries of RFC 6962's reference implementation. */
export const hexLeaves: Uint8Array[] = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map(decodeHex);

/** A hash of no meaning. */
export function testHash(n: number): Hash {
  return sha256(utf8(`test hash ${n}`)) as Hash;
}

/** MTH(D[n]) over leaf hashes. */
export function naiveRoot(leaves: Hash[]): Hash {
  if (leaves.length === 0) return sha256() as Hash;
  if (leaves.length === 1) return at(leaves, 0);
  const k = split(leaves.length);
  return sha256(Uint8Array.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k))) as Hash;
}

/** PATH(m, D[n]). */
export function naiveInclusion(leaves: Hash[], m: number): Hash[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...naiveInclusion(leaves.slice(0, k), m), naiveRoot(leaves.slice(k))]
    : [...naiveInclusion(leaves.slice(k), m - k), naiveRoot(leaves.slice(0, k))];
}

/** SUBTREE_SUBPROOF(start, end, D[n], known); with start = 0 it is SUBPROOF of RFC 6962. */
export function naiveSubtree(leaves: Hash[], start: number, end: number, known = true): Hash[] {
  const n = leaves.length;
  if (start <= 0 && end >= n) return known ? [] : [naiveRoot(leaves)];
  const k = split(n);
  if (end <= k) return [...naiveSubtree(leaves.slice(0, k), start, end, known), naiveRoot(leaves.slice(k))];
  const left = naiveRoot(leaves.slice(0, k));
  if (start >= k) return [...naiveSubtree(leaves.slice(k), start - k, end - k, known), left];
  return [...naiveSubtree(leaves.slice(k), 0, end - k, false), left];
}

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
