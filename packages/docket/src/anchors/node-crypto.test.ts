// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { constants, createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { test } from "node:test";
import type { DigestName, SignatureScheme } from "@docket/timestamp";
import { nodeTimestampCrypto as crypto } from "./node-crypto.ts";

const message = new TextEncoder().encode("a checkpoint");
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-384" });
const ed25519 = generateKeyPairSync("ed25519");

/** A scheme, a key pair of its kind, and a signature. */
const schemes: readonly [SignatureScheme, { publicKey: KeyObject }, Uint8Array][] = [
  [{ kind: "rsa-pkcs1", digest: "SHA-256" }, rsa, sign("sha256", message, rsa.privateKey)],
  [{ kind: "rsa-pss", digest: "SHA-512", saltBytes: 20 }, rsa, signPss("sha512", 20)],
  [{ kind: "ecdsa", digest: "SHA-384" }, ec, sign("sha384", message, ec.privateKey)],
  [{ kind: "ed25519" }, ed25519, sign(null, message, ed25519.privateKey)],
];

test("signatures verify with their own key, scheme and message, and with no other", () => {
  for (const [scheme, { publicKey }, signature] of schemes) {
    const spki = spkiOf(publicKey);
    assert.ok(crypto.verify(scheme, spki, message, signature), scheme.kind);
    assert.ok(!crypto.verify(scheme, spki, message.subarray(1), signature), scheme.kind);
    assert.ok(!crypto.verify(scheme, spki, message, signature.subarray(1)), scheme.kind);
    assert.ok(!crypto.verify(scheme, spki, message, new Uint8Array()), scheme.kind);
    for (const [other, { publicKey: otherKey }] of schemes) {
      if (other === scheme) continue;
      assert.ok(!crypto.verify(other, spki, message, signature), `${scheme.kind} as ${other.kind}`);
      assert.ok(!crypto.verify(other, spkiOf(otherKey), message, signature), `${scheme.kind}, other key`);
    }
  }
  const shorterSalt = { kind: "rsa-pss", digest: "SHA-512", saltBytes: 19 } as const;
  assert.ok(!crypto.verify(shorterSalt, spkiOf(rsa.publicKey), message, signPss("sha512", 20)));
});

test("a key that cannot be read verifies nothing", () => {
  for (const [scheme, { publicKey }, signature] of schemes) {
    for (const spki of [new Uint8Array(), new Uint8Array(80), spkiOf(publicKey).subarray(1)]) {
      assert.equal(crypto.verify(scheme, spki, message, signature), false);
    }
  }
});

test("digests are those of their names", () => {
  for (const name of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"] satisfies DigestName[]) {
    const expected = createHash(name.replace("-", "")).update(message).digest();
    assert.deepEqual(crypto.digest(name, message), Uint8Array.from(expected));
  }
});

function signPss(hash: string, saltLength: number): Uint8Array {
  const key = { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  return sign(hash, message, key);
}

function spkiOf(key: KeyObject): Uint8Array {
  return Uint8Array.from(key.export({ format: "der", type: "spki" }));
}
