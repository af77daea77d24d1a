// SPDX-License-Identifier: Apache-2.0
/**
 * A transparency log's formats: the Merkle tree of RFC 6962, and C2SP's tiles, signed notes, checkpoints,
 * cosignatures and proofs. Functions over values: no clock, no input or output, and no randomness but that
 * which an ML-DSA signature is hedged with.
 */
export {
  decodeBase64,
  decodeBase64Url,
  decodeHex,
  encodeBase64,
  encodeBase64Url,
  encodeHex,
  fromUtf8,
  utf8,
} from "./base64.ts";
export * from "./checkpoint.ts";
export { cosignatureBytes, cosignatureTime, subtreeCosignatureBytes } from "./cosignature.ts";
export {
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
  hmacSha256,
  mlDsa44PublicKey,
  mlDsa44Sign,
  mlDsa44Verify,
  sha256,
  sha256Into,
} from "#crypto";
export * from "./error.ts";
export * from "./frontier.ts";
export * from "./hash.ts";
export { generateSignerKey, type KeyAlgorithm, type VerifierKey } from "./key.ts";
export * from "./note.ts";
export * from "./policy.ts";
export * from "./proof.ts";
export type { Subtree } from "./subtree-cosignature.ts";
export * from "./tile.ts";
export {
  consistencyFromNodes,
  consistencyNodes,
  inclusionFromNodes,
  inclusionNodes,
  isSubtree,
  rootFromNodes,
  rootNodes,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
  type TreeNode,
} from "./tree.ts";
export * from "./witness.ts";
