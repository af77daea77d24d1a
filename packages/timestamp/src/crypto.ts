// SPDX-License-Identifier: Apache-2.0
// What this package asks of whoever uses it: hashes and signatures. It has none of its own.

/** A hash function. SHA-1 names certificates in old tokens (RFC 2634) and is trusted for nothing else. */
export type DigestName = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

/** How a signature is made. The hash is that of the message, where the scheme takes one. */
export type SignatureScheme =
  /** RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2). */
  | { readonly kind: "rsa-pkcs1"; readonly digest: DigestName }
  /** RSASSA-PSS (RFC 8017 section 8.1), with the same hash in MGF1. */
  | { readonly kind: "rsa-pss"; readonly digest: DigestName; readonly saltBytes: number }
  /** ECDSA; the signature is the DER form, which this package has checked to be strict. */
  | { readonly kind: "ecdsa"; readonly digest: DigestName }
  /** Ed25519 (RFC 8032), over the message itself. */
  | { readonly kind: "ed25519" };

/**
 * Hashes and signatures. Neither throws for what came from outside: a key that cannot be read, or a
 * signature of another length, is one that does not verify.
 */
export interface TimestampCrypto {
  /** The digest of `bytes`. */
  readonly digest: (name: DigestName, bytes: Uint8Array) => Uint8Array;
  /**
   * Whether `signature` is one of `message` by a key.
   *
   * @param spki the public key, a SubjectPublicKeyInfo in DER
   */
  readonly verify: (
    scheme: SignatureScheme,
    spki: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean;
}
