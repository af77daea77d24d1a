// SPDX-License-Identifier: Apache-2.0
// ML-DSA-44 cosignatures (C2SP tlog-cosignature, type 0x06): a cosigner vouches for a subtree of a log, of
// which a checkpoint is the one from the first entry on.
//
//     signed message = "subtree/v1\n\0" || 8-bit length || cosigner's name || 64-bit seconds
//                      || 8-bit length || origin || 64-bit start || 64-bit end || hash
//     signature      = 64-bit seconds || ML-DSA-44 signature (FIPS 204, pure, empty context)
//
// Integers are big-endian. The time is zero where the cosigner does not say that the tree was the largest one
// it had seen: always so for a subtree that does not begin at the first entry, never so in a checkpoint here.
//
// A checkpoint's extension lines are not in the message. Whoever holds a cosigned checkpoint could give it
// any extension lines, and the cosignature would still verify; a reader of the note would take them for
// vouched for. So no checkpoint with extensions is cosigned here, and on one a line of this type is not
// counted as a signature, not even towards a quorum: a quorum is of a text, and this is no signature of it.
// Neither is the line an error: other cosigners may well write it, and vouch for the tree alone.
import { mlDsa44Sign, mlDsa44Verify } from "#crypto";
import { fromUtf8, utf8 } from "./base64.ts";
import { parseCheckpoint, type Checkpoint } from "./checkpoint-text.ts";
import {
  checkTime,
  cosignatureTimeBytes,
  readTime,
  subtreeCosignatureBytes,
  timedSignature,
} from "./cosignature.ts";
import { TlogError } from "./error.ts";
import { asHash, hashBytes, type Hash } from "./hash.ts";
import { isSubtree } from "./tree.ts";

/**
 * The entries from `start` up to, not including, `end` of the log with this origin, and the root over them.
 * `start` is a multiple of the smallest power of two that is not below `end - start`
 * (draft-ietf-plants-merkle-tree-certs section 4.1).
 */
export type Subtree = { origin: string; start: number; end: number; root: Hash };

/** A cosigner's key: its name is in what it signs. */
export type CosignerKey = { name: string; seed: Uint8Array };

/**
 * Cosigns a subtree.
 *
 * @param timeSeconds seconds since 1970, or 0 to say nothing of the largest tree seen; 0 if `start` is not 0
 * @throws TlogError `checkpoint` for an origin that is empty or over 255 bytes; `hash` for a root that is not
 *   32 bytes
 * @throws RangeError for what is no subtree, or a time that it cannot have
 */
export function signSubtree(key: CosignerKey, subtree: Subtree, timeSeconds: number): Uint8Array {
  if (!isSignable(subtree)) {
    throw new RangeError(`the entries from ${subtree.start} to ${subtree.end} are no subtree`);
  }
  if (timeSeconds !== 0) checkTime(timeSeconds);
  if (timeSeconds !== 0 && subtree.start !== 0) {
    throw new RangeError("a time says that a tree is the largest seen: a subtree inside one has none");
  }
  asHash(subtree.root);
  const message = cosignedMessage(key.name, subtree, timeSeconds);
  if (message === undefined) {
    throw new TlogError("checkpoint", `an origin of 1 to ${vectorBytesMax} bytes of UTF-8 is expected`);
  }
  return timedSignature(timeSeconds, mlDsa44Sign(key.seed, message));
}

/**
 * Whether `signature` (without the key id) is the cosignature of a subtree by the key of that name. Never
 * throws: false for anything malformed.
 */
export function verifySubtree(
  { name, publicKey }: { name: string; publicKey: Uint8Array },
  subtree: Subtree,
  signature: Uint8Array,
): boolean {
  if (signature.length !== subtreeCosignatureBytes) return false;
  if (!isSignable(subtree) || subtree.root.length !== hashBytes) return false;
  const timeSeconds = readTime(signature);
  if (timeSeconds === undefined || (timeSeconds !== 0 && subtree.start !== 0)) return false;
  const message = cosignedMessage(name, subtree, timeSeconds);
  if (message === undefined) return false;
  return mlDsa44Verify(publicKey, message, signature.subarray(cosignatureTimeBytes));
}

/**
 * Cosigns a checkpoint, given as the bytes of its text.
 *
 * @throws TlogError `checkpoint` for a text that is no checkpoint, or one with extension lines
 * @throws RangeError for a time that is not a safe positive integer
 */
export function signCheckpointText(key: CosignerKey, text: Uint8Array, timeSeconds: number): Uint8Array {
  const checkpoint = parseCheckpoint(fromUtf8(text));
  if (checkpoint.extensions.length > 0) {
    throw new TlogError(
      "checkpoint",
      "an ML-DSA-44 cosignature does not cover a checkpoint's extension lines",
    );
  }
  checkTime(timeSeconds);
  return signSubtree(key, wholeTree(checkpoint), timeSeconds);
}

/**
 * Whether `signature` is the key's cosignature of a checkpoint, given as the bytes of its text. Never throws:
 * false for anything malformed, for a checkpoint with extension lines, and without a time.
 */
export function verifyCheckpointText(
  key: { name: string; publicKey: Uint8Array },
  text: Uint8Array,
  signature: Uint8Array,
): boolean {
  const checkpoint = readCheckpoint(text);
  if (checkpoint === undefined || checkpoint.extensions.length > 0) return false;
  if (signature.length !== subtreeCosignatureBytes || readTime(signature) === 0) return false;
  return verifySubtree(key, wholeTree(checkpoint), signature);
}

/** Whether a note's text is a checkpoint with extension lines, which no line of this type covers. */
export function hasExtensions(text: string): boolean {
  try {
    return parseCheckpoint(text).extensions.length > 0;
  } catch {
    return false;
  }
}

/** "subtree/v1\n\0". */
const label = utf8("subtree/v1\n\0");

/** The longest name and origin, in bytes: their lengths stand in one byte each. */
const vectorBytesMax = 255;

/** Of the subtrees without any entry only the empty tree's checkpoint is signed. */
function isSignable({ start, end }: Subtree): boolean {
  return isSubtree(start, end) && (start < end || end === 0);
}

function wholeTree({ origin, size, root }: Checkpoint): Subtree {
  return { origin, start: 0, end: size, root };
}

function readCheckpoint(text: Uint8Array): Checkpoint | undefined {
  try {
    return parseCheckpoint(fromUtf8(text));
  } catch {
    return undefined;
  }
}

/** The signed message, or undefined where the name or the origin does not fit it. */
function cosignedMessage(name: string, subtree: Subtree, timeSeconds: number): Uint8Array | undefined {
  if (!name.isWellFormed() || !subtree.origin.isWellFormed()) return undefined;
  const [nameBytes, originBytes] = [utf8(name), utf8(subtree.origin)];
  if (!isVector(nameBytes) || !isVector(originBytes)) return undefined;
  const parts = [
    label,
    Uint8Array.of(nameBytes.length),
    nameBytes,
    uint64(timeSeconds),
    Uint8Array.of(originBytes.length),
    originBytes,
    uint64(subtree.start),
    uint64(subtree.end),
    subtree.root,
  ];
  const message = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    message.set(part, offset);
    offset += part.length;
  }
  return message;
}

function isVector(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.length <= vectorBytesMax;
}

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
