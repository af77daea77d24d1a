// SPDX-License-Identifier: Apache-2.0
// Tokens made by hand, so that each can be wrong in one thing only.
import { constants, createHash, sign } from "node:crypto";
import { parseCertificate } from "../../../packages/timestamp/src/certificate.ts";
import { readDer } from "../../../packages/timestamp/src/der.ts";
import { encodeDer, oidContent, unsignedContent } from "../../../packages/timestamp/src/der-write.ts";
import type { Made } from "./certificates.ts";

/** What goes into a stamp; what is left out is as in a good one. */
export interface StampParts {
  readonly version?: number;
  readonly policy?: string;
  /** Identifier of the hash function. */
  readonly imprintOid?: string;
  readonly digest?: Uint8Array;
  readonly time?: string;
  readonly accuracy?: Uint8Array;
  readonly ordering?: Uint8Array;
  readonly nonce?: Uint8Array | null;
  readonly extensions?: Uint8Array;
}

/** How a token is made; what is left out is as in a good one. */
export interface TokenParts {
  readonly signer: Made;
  readonly stamp?: StampParts;
  readonly certificates?: readonly Made[];
  readonly hash?: "sha1" | "sha256" | "sha384" | "sha512";
  readonly scheme?: "pss" | "pss-sha1";
  /** Which signed attribute names the certificate: by SHA-1, SHA-256, both or none. */
  readonly binding?: "v1" | "v2" | "both" | "none";
  /** The certificate that it names, and further ones. */
  readonly bound?: readonly Made[];
  readonly contentType?: string;
  /** The content type of the signed attribute. */
  readonly attributeType?: string;
  readonly dataVersion?: number;
  readonly signerVersion?: number;
  readonly signers?: number;
  readonly byKeyId?: boolean;
  /** Changes the list of signed attributes before it is signed. */
  readonly attributes?: (attributes: Uint8Array[]) => Uint8Array[];
  /** Changes what is sent after it was signed. */
  readonly content?: (content: Uint8Array) => Uint8Array;
  readonly sentAttributes?: (attributes: Uint8Array) => Uint8Array;
  readonly signature?: (signature: Uint8Array) => Uint8Array;
  readonly signatureAlgorithm?: Uint8Array;
}

/** What good stamps say. */
export const usual = {
  time: "20260601120000Z",
  policy: "1.2.3.4.1",
  digest: Uint8Array.from(createHash("sha256").update("a checkpoint").digest()),
  nonce: Uint8Array.of(0x5a, 0x17, 0xc0, 0x01, 0x23, 0x45, 0x67, 0x89),
} as const;

const [integer, bits, octets, nil, oid, utf8, sequence, set] = [2, 3, 4, 5, 6, 12, 0x30, 0x31];
const sha256Oid = "2.16.840.1.101.3.4.2.1";
const hashOids = {
  sha1: "1.3.14.3.2.26",
  sha256: sha256Oid,
  sha384: "2.16.840.1.101.3.4.2.2",
  sha512: "2.16.840.1.101.3.4.2.3",
} as const;
const stampType = "1.2.840.113549.1.9.16.1.4";

/** An answer that grants the request. */
export function answer(token: Uint8Array | undefined, status = 0, failure?: Uint8Array): Uint8Array {
  const text = status < 2 ? [] : [der(sequence, der(utf8, new TextEncoder().encode("Not today.")))];
  const info = der(sequence, int(status), ...text, ...(failure === undefined ? [] : [der(bits, failure)]));
  return der(sequence, info, ...(token === undefined ? [] : [token]));
}

/** A token. */
export function makeToken(parts: TokenParts): Uint8Array {
  const { signer, hash = "sha256", contentType = stampType } = parts;
  const info = stampInfo(parts.stamp ?? {});
  const signerInfo = makeSigner(parts, info);
  const certificates = parts.certificates ?? [signer];
  const content = (parts.content ?? same)(info);
  const data = der(
    sequence,
    int(parts.dataVersion ?? 3),
    der(set, algorithm(hashOids[hash])),
    der(sequence, id(contentType), der(0xa0, der(octets, content))),
    ...(certificates.length === 0 ? [] : [der(0xa0, ...certificates.map((each) => each.der))]),
    der(set, ...Array.from({ length: parts.signers ?? 1 }, () => signerInfo)),
  );
  return der(sequence, id("1.2.840.113549.1.7.2"), der(0xa0, data));
}

/** DER: a value with these parts. */
export const der = encodeDer;

/** An OBJECT IDENTIFIER. */
export function id(dotted: string): Uint8Array {
  return der(oid, oidContent(dotted));
}

/** An attribute with one value. */
export function attribute(type: string, ...values: Uint8Array[]): Uint8Array {
  return der(sequence, id(type), der(set, ...values));
}

function stampInfo(stamp: StampParts): Uint8Array {
  const nonce = stamp.nonce === undefined ? usual.nonce : stamp.nonce;
  const imprint = der(
    sequence,
    algorithm(stamp.imprintOid ?? sha256Oid),
    der(octets, stamp.digest ?? usual.digest),
  );
  return der(
    sequence,
    int(stamp.version ?? 1),
    id(stamp.policy ?? usual.policy),
    imprint,
    int(0x1f2e3d),
    der(0x18, new TextEncoder().encode(stamp.time ?? usual.time)),
    stamp.accuracy ?? der(sequence, int(1), der(0x80, Uint8Array.of(0x01, 0xf4))),
    ...(stamp.ordering === undefined ? [] : [stamp.ordering]),
    ...(nonce === null ? [] : [der(integer, unsignedContent(nonce))]),
    ...(stamp.extensions === undefined ? [] : [der(0xa1, stamp.extensions)]),
  );
}

function makeSigner(parts: TokenParts, info: Uint8Array): Uint8Array {
  const { signer, hash = "sha256" } = parts;
  const attributes = [
    attribute("1.2.840.113549.1.9.3", id(parts.attributeType ?? parts.contentType ?? stampType)),
    attribute("1.2.840.113549.1.9.4", der(octets, digestOf(hash, info))),
    ...bindings(parts),
  ];
  const listed = (parts.attributes ?? sorted)(sorted(attributes));
  const signed = der(set, ...listed);
  const signature = signWith(parts, signed);
  const sent = (parts.sentAttributes ?? same)(Uint8Array.from([0xa0, ...signed.subarray(1)]));
  const identifier =
    parts.byKeyId === true
      ? der(0x80, parseCertificate(signer.der).subjectKeyId ?? new Uint8Array())
      : der(sequence, ...issuerAndSerial(signer.der));
  return der(
    sequence,
    int(parts.signerVersion ?? (parts.byKeyId === true ? 3 : 1)),
    identifier,
    algorithm(hashOids[hash]),
    sent,
    parts.signatureAlgorithm ?? signatureAlgorithm(parts),
    der(octets, (parts.signature ?? same)(signature)),
  );
}

/** Issuer and serial number of a certificate, whatever its version. */
function issuerAndSerial(certificate: Uint8Array): Uint8Array[] {
  const fields = readDer(certificate).children.at(0)?.children ?? [];
  const [serial, , issuer] = fields.filter(({ tag }) => tag !== 0xa0);
  return [issuer?.bytes ?? new Uint8Array(), serial?.bytes ?? new Uint8Array()];
}

function bindings({ signer, binding = "v2", bound = [signer] }: TokenParts): Uint8Array[] {
  const list = (hash: "sha1" | "sha256"): Uint8Array =>
    der(
      sequence,
      der(sequence, ...bound.map((each) => der(sequence, der(octets, digestOf(hash, each.der))))),
    );
  return [
    ...(binding === "v1" || binding === "both"
      ? [attribute("1.2.840.113549.1.9.16.2.12", list("sha1"))]
      : []),
    ...(binding === "v2" || binding === "both"
      ? [attribute("1.2.840.113549.1.9.16.2.47", list("sha256"))]
      : []),
  ];
}

function signWith({ signer, hash = "sha256", scheme }: TokenParts, signed: Uint8Array): Uint8Array {
  const { key } = signer;
  if (key.asymmetricKeyType === "ed25519") return Uint8Array.from(sign(null, signed, key));
  const padding = scheme === undefined ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return Uint8Array.from(sign(hash, signed, { key, ...padding }));
}

function signatureAlgorithm({ signer, hash = "sha256", scheme }: TokenParts): Uint8Array {
  if (scheme === "pss-sha1") return der(sequence, id("1.2.840.113549.1.1.10"), der(sequence));
  if (scheme === "pss") return pssAlgorithm(hash);
  const { asymmetricKeyType } = signer.key;
  if (asymmetricKeyType === "rsa") return algorithm("1.2.840.113549.1.1.1", der(nil));
  if (asymmetricKeyType === "ed25519") return algorithm("1.3.101.112");
  const ecdsa = {
    sha1: "1.2.840.10045.4.1",
    sha256: "1.2.840.10045.4.3.2",
    sha384: "1.2.840.10045.4.3.3",
    sha512: "1.2.840.10045.4.3.4",
  };
  return algorithm(ecdsa[hash]);
}

function pssAlgorithm(hash: keyof typeof hashOids): Uint8Array {
  const inner = algorithm(hashOids[hash], der(nil));
  const mask = algorithm("1.2.840.113549.1.1.8", inner);
  return algorithm(
    "1.2.840.113549.1.1.10",
    der(sequence, der(0xa0, inner), der(0xa1, mask), der(0xa2, int(32))),
  );
}

function algorithm(dotted: string, ...parameters: Uint8Array[]): Uint8Array {
  return der(sequence, id(dotted), ...parameters);
}

function int(value: number): Uint8Array {
  const bytes = [value & 0xff];
  for (let rest = value >>> 8; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return der(integer, unsignedContent(Uint8Array.from(bytes)));
}

function digestOf(hash: string, bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash(hash).update(bytes).digest());
}

/** X.690 section 11.6. */
function sorted(values: Uint8Array[]): Uint8Array[] {
  return [...values].sort((a, b) => Buffer.compare(a, b));
}

function same(bytes: Uint8Array): Uint8Array {
  return bytes;
}
