// SPDX-License-Identifier: Apache-2.0
// The hashes of a Merkle tree (RFC 6962 section 2.1):
//
//     MTH({})        = SHA-256("")
//     MTH({d})       = SHA-256(0x00 || d)
//     MTH(D[0:n])    = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))    k the largest power of two below n
//
// The prefixes keep leaves and nodes apart, so that no node can be passed off as an entry.
import { sha256 } from "#crypto";
import { TlogError } from "./error.ts";

/** The length of a hash, in bytes. */
export const hashBytes = 32;

declare const hashBrand: unique symbol;

/** A SHA-256 hash: 32 bytes. */
export type Hash = Uint8Array & { readonly [hashBrand]: true };

/**
 * Takes 32 bytes for a hash, without copying them.
 *
 * @throws TlogError `hash` for another length
 */
export function asHash(bytes: Uint8Array): Hash {
  if (bytes.length !== hashBytes) {
    throw new TlogError("hash", `a hash has ${hashBytes} bytes, got ${bytes.length}`);
  }
  return bytes as Hash;
}

/** The hash of an entry: SHA-256(0x00 || entry). */
export function leafHash(entry: Uint8Array): Hash {
  return sha256(leafPrefix, entry) as Hash;
}

/** The hash of a node over two subtrees: SHA-256(0x01 || left || right). */
export function nodeHash(left: Hash, right: Hash): Hash {
  nodeBytes.set(left, 1);
  nodeBytes.set(right, 1 + hashBytes);
  return sha256(nodeBytes) as Hash;
}

/** Whether two byte strings are the same. Hashes here are public; the comparison takes no constant time. */
export function hashesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const leafPrefix = Uint8Array.of(0x00);

/** Scratch space of nodeHash: 0x01, left, right. Reused, since a tree hashes one node for each entry. */
const nodeBytes = new Uint8Array(1 + 2 * hashBytes).fill(0x01, 0, 1);

/** The root of the empty tree: SHA-256(""). */
export const emptyRoot: Hash = sha256() as Hash;
