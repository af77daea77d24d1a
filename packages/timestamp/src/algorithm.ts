// SPDX-License-Identifier: Apache-2.0
// Hash functions, signature schemes and public keys by their identifiers, and which are strong enough.
import type { DigestName, SignatureScheme } from "./crypto.ts";
import {
  constructed,
  expectTag,
  fieldsOf,
  onlyChild,
  readDer,
  readOid,
  readSmall,
  readUnsigned,
  readWholeBits,
  tags,
  type DerNode,
} from "./der.ts";
import { TimestampError } from "./error.ts";

/** An AlgorithmIdentifier: which, and its parameters as they stand. */
export interface Algorithm {
  readonly oid: string;
  readonly parameters: DerNode | undefined;
}

/**
 * Takes an AlgorithmIdentifier apart (RFC 5280 section 4.1.1.2).
 *
 * @throws TimestampError `malformed`
 */
export function readAlgorithm(node: DerNode, what: string): Algorithm {
  const fields = fieldsOf(node, tags.sequence, what);
  const oid = readOid(fields.next(tags.oid, "algorithm"));
  const parameters = fields.any();
  fields.end();
  return { oid, parameters };
}

/**
 * The hash function that an AlgorithmIdentifier names; its parameters are absent or NULL (RFC 5754
 * section 2).
 *
 * @throws TimestampError `algorithm`
 */
export function digestOf(algorithm: Algorithm): DigestName {
  const name = digestsByOid.get(algorithm.oid);
  if (name === undefined) return weak(`hash function ${algorithm.oid} is not known`);
  if (!isAbsentOrNull(algorithm.parameters)) return weak("a hash function has parameters");
  return name;
}

/**
 * How a signature is made. SHA-1 is refused.
 *
 * @param digest what the signer says the message was hashed with, for identifiers that leave that open;
 *   where the identifier names one too it must be the same. `undefined` in certificates.
 * @throws TimestampError `algorithm`, `malformed`
 */
export function schemeOf(algorithm: Algorithm, digest: DigestName | undefined): SignatureScheme {
  const scheme = namedScheme(algorithm, digest);
  const hashed = scheme.kind === "ed25519" ? "SHA-512" : scheme.digest;
  // RFC 8419 section 3.1: Ed25519 in CMS goes with SHA-512 of the content.
  if (digest !== undefined && hashed !== digest) {
    return weak(`the signature goes with ${hashed}, but the signer names ${digest}`);
  }
  if (hashed === "SHA-1") return weak("SHA-1 is not taken for signatures");
  return scheme;
}

/** A public key of a kind that is taken. */
export interface PublicKey {
  readonly kind: "rsa" | "ec" | "ed25519";
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
}

/** RSA keys below are broken sooner or later, above cost more time than any authority's key. Bits. */
const rsaBits = { min: 2048, max: 8192 } as const;

/**
 * Reads a SubjectPublicKeyInfo: RSA of 2,048 to 8,192 bits, a point of P-256, P-384 or P-521, or Ed25519.
 *
 * @throws TimestampError `algorithm` for another or a weaker key, `malformed`
 */
export function readPublicKey(spki: DerNode): PublicKey {
  const fields = fieldsOf(spki, tags.sequence, "public key");
  const { oid, parameters } = readAlgorithm(fields.next(tags.sequence, "key algorithm"), "key algorithm");
  const key = readWholeBits(fields.next(tags.bitString, "key"), "public key");
  fields.end();
  switch (oid) {
    case oids.rsa:
      if (!isNull(parameters)) return weak("the parameters of an RSA key are not NULL");
      checkRsaKey(key);
      return { kind: "rsa", spki: spki.bytes };
    case oids.ec:
      checkPoint(key, parameters);
      return { kind: "ec", spki: spki.bytes };
    case oids.ed25519:
      if (parameters !== undefined || key.length !== 32)
        return weak("an Ed25519 key has 32 bytes and no parameters");
      return { kind: "ed25519", spki: spki.bytes };
    default:
      return weak(`keys of the kind ${oid} are not taken`);
  }
}

/** Whether a key can have made a signature of the scheme. */
export function keyFits(key: PublicKey, scheme: SignatureScheme): boolean {
  const kinds = { "rsa-pkcs1": "rsa", "rsa-pss": "rsa", ecdsa: "ec", ed25519: "ed25519" } as const;
  return kinds[scheme.kind] === key.kind;
}

const oids = {
  rsa: "1.2.840.113549.1.1.1",
  pss: "1.2.840.113549.1.1.10",
  mgf1: "1.2.840.113549.1.1.8",
  ec: "1.2.840.10045.2.1",
  ed25519: "1.3.101.112",
} as const;

const digestsByOid: ReadonlyMap<string, DigestName> = new Map([
  ["1.3.14.3.2.26", "SHA-1"],
  ["2.16.840.1.101.3.4.2.1", "SHA-256"],
  ["2.16.840.1.101.3.4.2.2", "SHA-384"],
  ["2.16.840.1.101.3.4.2.3", "SHA-512"],
]);

/** Identifiers that name both a scheme and its hash (RFC 4055 section 5, RFC 5758 section 3.2). */
const combined: ReadonlyMap<string, { kind: "rsa-pkcs1" | "ecdsa"; digest: DigestName }> = new Map([
  ["1.2.840.113549.1.1.5", { kind: "rsa-pkcs1", digest: "SHA-1" }],
  ["1.2.840.113549.1.1.11", { kind: "rsa-pkcs1", digest: "SHA-256" }],
  ["1.2.840.113549.1.1.12", { kind: "rsa-pkcs1", digest: "SHA-384" }],
  ["1.2.840.113549.1.1.13", { kind: "rsa-pkcs1", digest: "SHA-512" }],
  ["1.2.840.10045.4.1", { kind: "ecdsa", digest: "SHA-1" }],
  ["1.2.840.10045.4.3.2", { kind: "ecdsa", digest: "SHA-256" }],
  ["1.2.840.10045.4.3.3", { kind: "ecdsa", digest: "SHA-384" }],
  ["1.2.840.10045.4.3.4", { kind: "ecdsa", digest: "SHA-512" }],
]);

/** Named curves, and how long an uncompressed point of each is. Bytes. */
const pointBytes: ReadonlyMap<string, number> = new Map([
  ["1.2.840.10045.3.1.7", 65],
  ["1.3.132.0.34", 97],
  ["1.3.132.0.35", 133],
]);

function namedScheme(algorithm: Algorithm, digest: DigestName | undefined): SignatureScheme {
  const { oid, parameters } = algorithm;
  const named = combined.get(oid);
  if (named !== undefined) {
    const fits = named.kind === "ecdsa" ? parameters === undefined : isAbsentOrNull(parameters);
    return fits ? named : weak(`signature algorithm ${oid} has parameters`);
  }
  // CMS lets a signer name RSA alone (RFC 3370 section 3.2); then the hash is the one it names besides.
  if (oid === oids.rsa && digest !== undefined) {
    return isAbsentOrNull(parameters) ? { kind: "rsa-pkcs1", digest } : weak("RSA has parameters");
  }
  if (oid === oids.pss) return pssScheme(parameters);
  if (oid === oids.ed25519 && parameters === undefined) return { kind: "ed25519" };
  return weak(`signature algorithm ${oid} is not taken`);
}

/** RSASSA-PSS-params (RFC 4055 section 3.1): one hash throughout, and a salt as long as the hash at most. */
function pssScheme(parameters: DerNode | undefined): SignatureScheme {
  if (parameters === undefined) return weak("RSASSA-PSS has no parameters");
  const fields = fieldsOf(parameters, tags.sequence, "RSASSA-PSS parameters");
  const hash = fields.optional(constructed(0));
  const mask = fields.optional(constructed(1));
  const salt = fields.optional(constructed(2));
  // A trailer that is not absent could only be the default, which DER leaves out.
  fields.end();
  // The defaults are SHA-1's.
  if (hash === undefined || mask === undefined) return weak("RSASSA-PSS with SHA-1 is not taken");
  const digest = digestOf(readAlgorithm(onlyChild(hash, "PSS hash"), "PSS hash"));
  const masking = readAlgorithm(onlyChild(mask, "PSS mask"), "PSS mask");
  if (masking.oid !== oids.mgf1 || masking.parameters === undefined) return weak("the PSS mask is not MGF1");
  if (digestOf(readAlgorithm(masking.parameters, "MGF1 hash")) !== digest) {
    return weak("RSASSA-PSS uses two hash functions");
  }
  const saltBytes = salt === undefined ? 20 : readSmallInteger(onlyChild(salt, "PSS salt"), "PSS salt", 64);
  return { kind: "rsa-pss", digest, saltBytes };
}

function readSmallInteger(node: DerNode, what: string, max: number): number {
  expectTag(node, tags.integer, what);
  return readSmall(node, what, max);
}

function checkRsaKey(der: Uint8Array): void {
  const fields = fieldsOf(readDer(der), tags.sequence, "RSA key");
  const modulus = readUnsigned(fields.next(tags.integer, "modulus"), "modulus", rsaBits.max / 8);
  // FIPS 186-5 section 5.1 asks for 2^16 < e; the upper bound here keeps checks quick.
  const exponent = readSmall(fields.next(tags.integer, "exponent"), "exponent", 2 ** 33 - 1);
  fields.end();
  const bits = modulus.length * 8 - Math.clz32(modulus[0] as number) + 24;
  if (bits < rsaBits.min) weak(`an RSA key of ${bits} bits is too short`);
  if (exponent < 65_537 || exponent % 2 === 0) weak(`an RSA exponent of ${exponent} is not taken`);
}

function checkPoint(key: Uint8Array, curve: DerNode | undefined): void {
  const bytes = curve?.tag === tags.oid ? pointBytes.get(readOid(curve)) : undefined;
  if (bytes === undefined) weak("the curve is not P-256, P-384 or P-521");
  // That it lies on the curve is checked by whoever verifies with it.
  if (key[0] !== 4 || key.length !== bytes) weak("a point is not in its uncompressed form");
}

function isNull(parameters: DerNode | undefined): boolean {
  return parameters?.tag === tags.null;
}

function isAbsentOrNull(parameters: DerNode | undefined): boolean {
  return parameters === undefined || isNull(parameters);
}

function weak(message: string): never {
  throw new TimestampError("algorithm", message);
}
