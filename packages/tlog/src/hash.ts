// SPDX-License-Identifier: Apache-2.0
// The hashes of a Merkle tree (RFC 6962 section 2.1):
//
//     MTH({})        = SHA-256("")
//     MTH({d})       = SHA-256(0x00 || d)
//     MTH(D[0:n])    = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))    k the largest power of two below n
//
// The prefixes keep leaves and nodes apart, so that no node can be passed off as an entry.
import { sha256, sha256Into } from "#crypto";
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
  return sha256(leafBytesOf(entry)) as Hash;
}

/** The hash of a node over two subtrees: SHA-256(0x01 || left || right). */
export function nodeHash(left: Hash, right: Hash): Hash {
  nodeBytes.set(left, 1);
  nodeBytes.set(right, 1 + hashBytes);
  return sha256(nodeBytes) as Hash;
}

/**
 * Writes the hash of an entry into a row of hashes, without an object for each.
 *
 * @param at where in `out`, in bytes
 * @throws RangeError where `out` has less than 32 bytes there
 */
export function leafHashInto(entry: Uint8Array, out: Uint8Array, at: number): void {
  sha256Into(out, at, leafBytesOf(entry));
}

/**
 * Writes the hashes of a row of nodes' parents: of the first two nodes, of the next two, and so on. A last
 * one without a neighbour is left out.
 *
 * @param hashes nodes of one level side by side, 32 bytes each
 * @param out where the parents go, from its beginning on; it may be `hashes` itself
 * @returns how many parents there are
 * @throws RangeError for a length that is not a multiple of 32, or an `out` that is too short
 */
export function nodeHashesInto(hashes: Uint8Array, out: Uint8Array): number {
  const parents = Math.floor(hashCount(hashes) / 2);
  for (let parent = 0; parent < parents; parent++) {
    const from = parent * 2 * hashBytes;
    // Byte by byte: faster than `set` of a `subarray`, which makes an object.
    for (let i = 0; i < 2 * hashBytes; i++) nodeBytes[1 + i] = hashes[from + i] as number;
    sha256Into(out, parent * hashBytes, nodeBytes);
  }
  return parents;
}

/**
 * The root over nodes of one level side by side, whose first is the first of its tree or of a subtree: that
 * of a tile, for example. The root of no nodes is the empty tree's.
 *
 * @param hashes 32 bytes each; not changed
 * @throws RangeError for a length that is not a multiple of 32
 */
export function rootOfRow(hashes: Uint8Array): Hash {
  let count = hashCount(hashes);
  if (count === 0) return emptyRoot;
  // A copy by hand: of a Buffer `slice` is a view.
  const row = new Uint8Array(hashes);
  while (count > 1) {
    const parents = nodeHashesInto(row.subarray(0, count * hashBytes), row);
    // One without a neighbour has none on the next level up either: it stands there itself.
    if (count % 2 === 1) row.copyWithin(parents * hashBytes, (count - 1) * hashBytes, count * hashBytes);
    count = parents + (count % 2);
  }
  // Again a copy, since a view would keep the whole row alive.
  return row.slice(0, hashBytes) as Hash;
}

/** Whether two byte strings are the same. Hashes here are public; the comparison takes no constant time. */
export function hashesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The longest leaf that is put together in scratch space, its prefix included, in bytes. */
const scratchBytes = 4096;

/** Scratch space of leafBytesOf: 0x00, entry. */
const leafBytes = new Uint8Array(scratchBytes);

/** The beginnings of the scratch space, by their length. */
const leafViews: (Uint8Array | undefined)[] = [];

/** Scratch space of nodeHash: 0x01, left, right. Reused, since a tree hashes one node for each entry. */
const nodeBytes = new Uint8Array(1 + 2 * hashBytes).fill(0x01, 0, 1);

/** 0x00 || entry, in scratch space that the next call overwrites. */
function leafBytesOf(entry: Uint8Array): Uint8Array {
  const length = 1 + entry.length;
  if (length > scratchBytes) {
    const bytes = new Uint8Array(length);
    bytes.set(entry, 1);
    return bytes;
  }
  leafBytes.set(entry, 1);
  // Making a view costs as much as hashing some hundred bytes: one for each length is kept.
  return (leafViews[length] ??= leafBytes.subarray(0, length));
}

function hashCount(hashes: Uint8Array): number {
  if (hashes.length % hashBytes !== 0) throw new RangeError(`${hashes.length} bytes are no row of hashes`);
  return hashes.length / hashBytes;
}

/** The root of the empty tree: SHA-256(""). */
export const emptyRoot: Hash = sha256() as Hash;
