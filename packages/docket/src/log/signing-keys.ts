// SPDX-License-Identifier: Apache-2.0
// What signs for a log. Two kinds of signature, because they differ in how often they are made and in who
// waits for them:
//
//   roots       Ed25519, on the root of every batch. An answer waits for it, thousands may be made in a
//               second: the key is in this process, and signs without waiting.
//   published   ML-DSA-44, on published checkpoints only: at most ten a second, and no answer waits. The key
//               may be elsewhere (a KMS, an HSM), which answers when it can.
//
// Each list has one signer, or none of ML-DSA-44 in logs made before there was one; two of each while a key
// change is sealed, old before new (docs/operations/keys.md).
import { formatSignature, parseSignerKey, parseNote, utf8 } from "@docket/tlog";
import type { Signer } from "@docket/tlog";

/** Signer keys as text, as they cross between threads. The sequencer gets `roots`, the materialiser both. */
export type SignerKeys = { roots: readonly string[]; published: readonly string[] };

/** Signs published checkpoints; may be far away. `message` is the checkpoint's text. */
export type PublishedSigner = Omit<Signer, "sign"> & {
  sign: (message: Uint8Array) => Uint8Array | Promise<Uint8Array>;
};

/** Verifier keys in the order in which their lines stand in a published checkpoint. */
export type LogVerifierKeys = readonly string[];

/** The signers of every root, from keys in this process. */
export function rootSigners(keys: SignerKeys): Signer[] {
  return keys.roots.map((key) => parseSignerKey(key));
}

/**
 * The signers of published checkpoints, from keys in this process.
 *
 * @param nowSeconds seconds since 1970: an ML-DSA-44 line says when it was made
 */
export function publishedSigners(keys: SignerKeys, nowSeconds: () => number): PublishedSigner[] {
  return keys.published.map((key) => parseSignerKey(key, nowSeconds));
}

/** The verifier keys that belong to signer keys. */
export function verifierKeysOf(keys: SignerKeys): string[] {
  return [...rootSigners(keys), ...publishedSigners(keys, () => 0)].map((signer) => signer.vkey);
}

/**
 * Adds to a checkpoint that was signed for an answer the lines that a published one bears besides.
 *
 * @param checkpoint a signed note with the lines of {@link rootSigners}
 * @returns the published checkpoint: at once if all signers sign at once, else when the last has answered
 */
export function signPublished(
  checkpoint: Uint8Array,
  signers: readonly PublishedSigner[],
): Uint8Array | Promise<Uint8Array> {
  if (signers.length === 0) return checkpoint;
  const message = utf8(parseNote(checkpoint).text);
  const signatures = signers.map((signer) => signer.sign(message));
  if (!signatures.some((each) => each instanceof Promise)) {
    return withLines(checkpoint, signers, signatures as Uint8Array[]);
  }
  const answers = signatures.map(async (each) => each);
  return Promise.all(answers).then((all) => withLines(checkpoint, signers, all));
}

function withLines(
  checkpoint: Uint8Array,
  signers: readonly PublishedSigner[],
  signatures: readonly Uint8Array[],
): Uint8Array {
  const lines = signers.map(({ name, keyId }, place) =>
    formatSignature({ name, keyId, signature: signatures[place] as Uint8Array }),
  );
  return Buffer.concat([checkpoint, Buffer.from(lines.join(""), "utf8")]);
}
