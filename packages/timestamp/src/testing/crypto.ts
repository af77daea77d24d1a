// SPDX-License-Identifier: Apache-2.0
// Cryptography for the tests of this package, which has none of its own. The product's is in
// packages/docket/src/anchors/node-crypto.ts.
import { constants, createHash, createPublicKey, verify } from "node:crypto";
import type { SignatureScheme, TimestampCrypto } from "../crypto.ts";

/** Hashes and signatures of Node. */
export const testCrypto: TimestampCrypto = {
  digest: (name, bytes) => Uint8Array.from(createHash(name.replace("-", "")).update(bytes).digest()),
  verify: (scheme, spki, message, signature) => {
    try {
      const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
      const hash = scheme.kind === "ed25519" ? null : scheme.digest.replace("-", "");
      return verify(hash, message, { key, ...pssOf(scheme) }, signature);
    } catch {
      return false;
    }
  },
};

function pssOf(scheme: SignatureScheme): { padding?: number; saltLength?: number } {
  return scheme.kind === "rsa-pss"
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.saltBytes }
    : {};
}
