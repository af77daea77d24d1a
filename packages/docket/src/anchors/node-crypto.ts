// SPDX-License-Identifier: Apache-2.0
// What outside time-stamps need of cryptography, over node:crypto.
import {
  constants,
  createPublicKey,
  hash,
  verify,
  type KeyObject,
  type VerifyKeyObjectInput,
} from "node:crypto";
import type { DigestName, SignatureScheme, TimestampCrypto } from "@docket/timestamp";

/** Hashes and signatures of Node. */
export const nodeTimestampCrypto: TimestampCrypto = {
  digest: (name, bytes) => Uint8Array.from(hash(nodeNames[name], bytes, "buffer")),
  verify: (scheme, spki, message, signature) => {
    try {
      const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
      if (!keyFits(scheme, key)) return false;
      const digest = scheme.kind === "ed25519" ? null : nodeNames[scheme.digest];
      return verify(digest, message, { key, ...paddingOf(scheme) }, signature);
    } catch {
      // A key that OpenSSL does not read: the bytes came from outside.
      return false;
    }
  },
};

const nodeNames: Readonly<Record<DigestName, string>> = {
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

/** Whether a key is of the kind that the scheme signs with. OpenSSL would take others by their own scheme. */
function keyFits(scheme: SignatureScheme, key: KeyObject): boolean {
  const type = key.asymmetricKeyType;
  switch (scheme.kind) {
    case "rsa-pkcs1":
      return type === "rsa";
    case "rsa-pss":
      return type === "rsa" || type === "rsa-pss";
    case "ecdsa":
      return type === "ec";
    case "ed25519":
      return type === "ed25519";
  }
}

function paddingOf(scheme: SignatureScheme): Omit<VerifyKeyObjectInput, "key"> {
  switch (scheme.kind) {
    case "rsa-pkcs1":
      return { padding: constants.RSA_PKCS1_PADDING };
    case "rsa-pss":
      return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.saltBytes };
    case "ecdsa":
      return { dsaEncoding: "der" };
    case "ed25519":
      return {};
  }
}
