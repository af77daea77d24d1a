// SPDX-License-Identifier: Apache-2.0
// Keys of signed notes (C2SP signed-note, "Verifier keys"):
//
//     verifier key = name "+" 8HEXDIG "+" base64(type || public key)
//     signer key   = "PRIVATE+KEY+" name "+" 8HEXDIG "+" base64(type || seed)
//     key id       = the first four bytes of SHA-256(name || 0x0A || type || public key), in hex above
//
//     type 0x01    Ed25519 over the note's text
//     type 0x04    Ed25519 cosignature (see cosignature.ts)
//     type 0x06    ML-DSA-44 cosignature of a subtree or checkpoint (see subtree-cosignature.ts)
//
// The key id only picks a key; it is far too short to identify one.
import { ed25519PublicKey, mlDsa44PublicKey, sha256 } from "#crypto";
import { decodeBase64, encodeBase64, encodeHex, utf8 } from "./base64.ts";
import { TlogError } from "./error.ts";
import { hashesEqual } from "./hash.ts";

/** What a key signs with: type 0x01, type 0x04, or type 0x06. */
export type KeyAlgorithm = "ed25519" | "ed25519-cosignature" | "ml-dsa-44";

/**
 * A verifier key: `publicKey` has 32 bytes, or 1,312 for ML-DSA-44; `keyId` is an unsigned 32-bit integer.
 */
export type VerifierKey = { name: string; keyId: number; algorithm: KeyAlgorithm; publicKey: Uint8Array };

/** A signer key: `seed` has 32 bytes and is secret. */
export type SignerKey = VerifierKey & { seed: Uint8Array };

/** Whether a name may stand in a key and a signature line: not empty, no Unicode space, control or `+`. */
export function isKeyName(name: string): boolean {
  return /^[^\p{White_Space}+]+$/u.test(name) && !hasControl(name) && name.isWellFormed();
}

/** Whether a text holds an ASCII control character, below U+0020. */
export function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20) return true;
  return false;
}

/**
 * Reads a verifier key without building a verifier.
 *
 * @throws TlogError `key` for a malformed one, or one whose key id is not that of its name and public key;
 *   `key-type` for a signature type that is not known here
 */
export function readVerifierKey(text: string): VerifierKey {
  const { name, keyId, type, key } = splitKey(text);
  const algorithm = algorithmOf(type);
  checkName(name, algorithm);
  checkKeyLength(key, publicKeyBytes(algorithm), "public key");
  checkKeyId(name, keyId, type, key);
  return { name, keyId, algorithm, publicKey: key };
}

/**
 * Reads a signer key without building a signer. Errors never contain the key.
 *
 * @throws TlogError `key`, `key-type` as for {@link readVerifierKey}
 */
export function readSignerKey(text: string): SignerKey {
  if (!text.startsWith(signerPrefix)) {
    throw new TlogError("key", `a signer key begins with ${signerPrefix}`);
  }
  const { name, keyId, type, key: seed } = splitKey(text.slice(signerPrefix.length));
  const algorithm = algorithmOf(type);
  checkName(name, algorithm);
  checkKeyLength(seed, seedBytes, "seed");
  const publicKey = publicKeyOf(algorithm, seed);
  checkKeyId(name, keyId, type, publicKey);
  return { name, keyId, algorithm, publicKey, seed };
}

/** Writes a verifier key. */
export function formatVerifierKey(key: VerifierKey): string {
  return formatKey(key.name, key.keyId, typeOf(key.algorithm), key.publicKey);
}

/**
 * Makes a key pair from a seed that the caller drew at random.
 *
 * @param seed 32 secret bytes
 * @throws TlogError `key` for a name that may not stand in a note
 * @throws RangeError for a seed of another length
 */
export function generateSignerKey(
  name: string,
  seed: Uint8Array,
  algorithm: KeyAlgorithm = "ed25519",
): { signerKey: string; verifierKey: string } {
  if (!isKeyName(name)) throw new TlogError("key", `${JSON.stringify(name)} may not name a key`);
  checkName(name, algorithm);
  const publicKey = publicKeyOf(algorithm, seed);
  const type = typeOf(algorithm);
  const keyId = keyIdOf(name, type, publicKey);
  return {
    signerKey: signerPrefix + formatKey(name, keyId, type, seed),
    verifierKey: formatKey(name, keyId, type, publicKey),
  };
}

/** A key id as it stands in a signature: four bytes, big-endian. */
export function keyIdBytes(keyId: number): Uint8Array {
  return Uint8Array.of(keyId >>> 24, keyId >>> 16, keyId >>> 8, keyId);
}

/** The key id in the first four of these bytes. */
export function readKeyId(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
}

/** The length of a seed, in bytes. */
const seedBytes = 32;

/** The longest name of an ML-DSA-44 key, in bytes of UTF-8: its length stands in one byte of the message. */
const mlDsaNameBytesMax = 255;

const signerPrefix = "PRIVATE+KEY+";

const typeOfAlgorithm: ReadonlyMap<KeyAlgorithm, number> = new Map([
  ["ed25519", 0x01],
  ["ed25519-cosignature", 0x04],
  ["ml-dsa-44", 0x06],
]);

function publicKeyBytes(algorithm: KeyAlgorithm): number {
  return algorithm === "ml-dsa-44" ? 1312 : 32;
}

function publicKeyOf(algorithm: KeyAlgorithm, seed: Uint8Array): Uint8Array {
  return algorithm === "ml-dsa-44" ? mlDsa44PublicKey(seed) : ed25519PublicKey(seed);
}

function typeOf(algorithm: KeyAlgorithm): number {
  const type = typeOfAlgorithm.get(algorithm);
  if (type === undefined) throw new RangeError(`no key has the algorithm ${algorithm}`);
  return type;
}

function algorithmOf(type: number): KeyAlgorithm {
  for (const [algorithm, known] of typeOfAlgorithm) if (known === type) return algorithm;
  throw new TlogError("key-type", `keys of type 0x${encodeHex(Uint8Array.of(type))} are not known here`);
}

/** Splits `name+keyid+base64`. The base64 may contain `+` itself; the name may not. */
function splitKey(text: string): { name: string; keyId: number; type: number; key: Uint8Array } {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([^\n]+)$/.exec(text);
  const [, name = "", hex = "", base64 = ""] = match ?? [];
  if (match === null || !isKeyName(name))
    throw new TlogError("key", "a malformed key: name+keyid+base64 is expected");
  const bytes = decodeKey(base64);
  return { name, keyId: Number.parseInt(hex, 16), type: bytes[0] as number, key: bytes.subarray(1) };
}

function decodeKey(base64: string): Uint8Array {
  try {
    return decodeBase64(base64);
  } catch (cause) {
    throw new TlogError("key", "a malformed key: its last part is not canonical base64", { cause });
  }
}

function checkName(name: string, algorithm: KeyAlgorithm): void {
  if (algorithm === "ml-dsa-44" && utf8(name).length > mlDsaNameBytesMax) {
    throw new TlogError("key", `the name of an ML-DSA-44 key has at most ${mlDsaNameBytesMax} bytes`);
  }
}

function checkKeyLength(key: Uint8Array, length: number, what: string): void {
  if (key.length !== length) {
    throw new TlogError("key", `a ${what} of this type has ${length} bytes, got ${key.length}`);
  }
}

function checkKeyId(name: string, keyId: number, type: number, publicKey: Uint8Array): void {
  if (keyIdOf(name, type, publicKey) !== keyId) {
    throw new TlogError("key", `the key id of ${name} does not belong to its name and public key`);
  }
}

function keyIdOf(name: string, type: number, publicKey: Uint8Array): number {
  return readKeyId(sha256(utf8(name), Uint8Array.of(0x0a, type), publicKey));
}

function formatKey(name: string, keyId: number, type: number, key: Uint8Array): string {
  const bytes = new Uint8Array(1 + key.length);
  bytes[0] = type;
  bytes.set(key, 1);
  return `${name}+${encodeHex(keyIdBytes(keyId))}+${encodeBase64(bytes)}`;
}

/** Whether two verifier keys are the same key. */
export function isSameKey(a: VerifierKey, b: VerifierKey): boolean {
  return a.name === b.name && a.algorithm === b.algorithm && hashesEqual(a.publicKey, b.publicKey);
}
