// SPDX-License-Identifier: Apache-2.0
// A signed message of CMS (RFC 5652 section 5) with one signer, as RFC 3161 wants it. Read as DER throughout:
// CMS would allow BER, but RFC 3161 section 2.4.2 asks for DER.
import { digestOf, readAlgorithm, type Algorithm } from "./algorithm.ts";
import { readUsableCertificate, type Certificate } from "./certificate.ts";
import type { DigestName } from "./crypto.ts";
import { concatenate } from "./der-write.ts";
import {
  constructed,
  expectTag,
  fieldsOf,
  malformed,
  onlyChild,
  primitive,
  readOid,
  readSmall,
  sameBytes,
  tags,
  type DerNode,
  type Fields,
} from "./der.ts";
import { TimestampError } from "./error.ts";

/** A signed message, taken apart and not yet believed. */
export interface SignedMessage {
  /** What kind of content is signed. */
  readonly contentType: string;
  /** The content. */
  readonly content: Uint8Array;
  /** Certificates that came with it, in their order. */
  readonly certificates: readonly Certificate[];
  readonly signer: SignerInfo;
}

/** The signer of a message. */
export interface SignerInfo {
  /** Who it is: issuer and serial number of a certificate, or a subject key identifier. */
  readonly identifier:
    | { readonly issuer: Uint8Array; readonly serial: Uint8Array }
    | { readonly subjectKeyId: Uint8Array };
  readonly digest: DigestName;
  /** The signed attributes as a SET OF, which is what the signature covers. */
  readonly signedBytes: Uint8Array;
  /** The signed attributes by their type: each type once, with its values. */
  readonly attributes: ReadonlyMap<string, readonly DerNode[]>;
  readonly signatureAlgorithm: Algorithm;
  readonly signature: Uint8Array;
}

/** The most certificates in one token. */
const certificatesMax = 32;
/** The most signed attributes. */
const attributesMax = 32;
const signedData = "1.2.840.113549.1.7.2";

/**
 * Takes a ContentInfo with SignedData apart.
 *
 * @throws TimestampError `malformed`, `content`, `version`, `signers`, `attributes`, `algorithm`
 */
export function readSignedMessage(node: DerNode): SignedMessage {
  const info = fieldsOf(node, tags.sequence, "token");
  const type = readOid(info.next(tags.oid, "content type"));
  if (type !== signedData)
    throw new TimestampError("content", `the token is of type ${type}, not signed data`);
  const data = onlyChild(info.next(constructed(0), "content"), "content");
  info.end();
  const fields = fieldsOf(data, tags.sequence, "signed data");
  // RFC 5652 section 5.1: version 3, since the content is of another type than id-data.
  checkVersion(fields, 3, "signed data");
  const digests = fields
    .next(tags.set, "digest algorithms")
    .children.map((each) => readAlgorithm(each, "digest algorithm"));
  const encapsulated = fieldsOf(fields.next(tags.sequence, "content"), tags.sequence, "content");
  const contentType = readOid(encapsulated.next(tags.oid, "content type"));
  const content = onlyChild(encapsulated.next(constructed(0), "content"), "content");
  expectTag(content, tags.octetString, "content");
  encapsulated.end();
  const certificates = readCertificates(fields.optional(constructed(0)));
  fields.optional(constructed(1)); // Lists of revoked certificates, which are not asked.
  const signers = fields.next(tags.set, "signers").children;
  fields.end();
  const [first, second] = signers;
  if (first === undefined || second !== undefined) {
    throw new TimestampError("signers", `the token has ${signers.length} signers, not one`);
  }
  const signer = readSigner(first);
  if (!digests.some((algorithm) => digestOf(algorithm) === signer.digest)) {
    throw new TimestampError("algorithm", "the signer's hash function is not among the token's");
  }
  return { contentType, content: content.content, certificates, signer };
}

/** Whether a certificate is the one that a signer names. */
export function isNamed(signer: SignerInfo, certificate: Certificate): boolean {
  const { identifier } = signer;
  if ("subjectKeyId" in identifier) {
    const { subjectKeyId } = certificate;
    return subjectKeyId !== undefined && sameBytes(subjectKeyId, identifier.subjectKeyId);
  }
  return sameBytes(certificate.issuer, identifier.issuer) && sameBytes(certificate.serial, identifier.serial);
}

/**
 * The one value of a signed attribute that must be there.
 *
 * @throws TimestampError `attributes`
 */
export function attributeOf(signer: SignerInfo, oid: string, what: string): DerNode {
  const [value, second] = signer.attributes.get(oid) ?? [];
  if (value === undefined || second !== undefined) {
    throw new TimestampError("attributes", `the signed attributes must have exactly one ${what}`);
  }
  return value;
}

function readCertificates(list: DerNode | undefined): Certificate[] {
  if (list === undefined) return [];
  if (list.children.length > certificatesMax)
    malformed(`there are more than ${certificatesMax} certificates`);
  // Other kinds, such as attribute certificates, have tags of their own and are of no use here.
  return list.children.filter(({ tag }) => tag === tags.sequence).flatMap(readUsableCertificate);
}

function readSigner(node: DerNode): SignerInfo {
  const fields = fieldsOf(node, tags.sequence, "signer");
  const version = fields.next(tags.integer, "version");
  const named = fields.optional(tags.sequence);
  const keyed = named === undefined ? fields.next(primitive(0), "signer identifier") : undefined;
  const expected = named === undefined ? 3 : 1;
  if (readSmall(version, "version", 255) !== expected) {
    throw new TimestampError("version", `the signer's version is not ${expected}`);
  }
  const digest = digestOf(readAlgorithm(fields.next(tags.sequence, "digest algorithm"), "digest algorithm"));
  const attributes = fields.optional(constructed(0));
  if (attributes === undefined) throw new TimestampError("attributes", "there are no signed attributes");
  const signatureAlgorithm = readAlgorithm(
    fields.next(tags.sequence, "signature algorithm"),
    "signature algorithm",
  );
  const signature = fields.next(tags.octetString, "signature").content;
  fields.optional(constructed(1)); // Unsigned attributes: they prove nothing.
  fields.end();
  return {
    identifier:
      named === undefined ? { subjectKeyId: (keyed as DerNode).content } : readIssuerAndSerial(named),
    digest,
    // RFC 5652 section 5.4: what is signed has the tag of a SET OF in place of [0].
    signedBytes: concatenate(Uint8Array.of(tags.set), attributes.bytes.subarray(1)),
    attributes: readAttributes(attributes),
    signatureAlgorithm,
    signature,
  };
}

function readIssuerAndSerial(node: DerNode): { issuer: Uint8Array; serial: Uint8Array } {
  const fields = fieldsOf(node, tags.sequence, "signer identifier");
  const issuer = fields.next(tags.sequence, "issuer").bytes;
  const serial = fields.next(tags.integer, "serial number").content;
  fields.end();
  return { issuer, serial };
}

function readAttributes(set: DerNode): Map<string, readonly DerNode[]> {
  const { children } = set;
  if (children.length === 0 || children.length > attributesMax)
    malformed("no signed attributes, or too many");
  const attributes = new Map<string, readonly DerNode[]>();
  children.forEach((child, i) => {
    const before = children[i - 1];
    // RFC 5652 section 5.3: these are DER, and DER sorts a SET OF (X.690 section 11.6).
    if (before !== undefined && compareBytes(before.bytes, child.bytes) > 0) {
      malformed("the signed attributes are not in order");
    }
    const fields = fieldsOf(child, tags.sequence, "attribute");
    const oid = readOid(fields.next(tags.oid, "attribute type"));
    const values = fields.next(tags.set, "attribute values").children;
    fields.end();
    if (attributes.has(oid)) throw new TimestampError("attributes", `attribute ${oid} is there twice`);
    attributes.set(oid, values);
  });
  return attributes;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function checkVersion(fields: Fields, expected: number, what: string): void {
  const version = readSmall(fields.next(tags.integer, "version"), "version", 255);
  if (version !== expected) {
    throw new TimestampError("version", `the version of the ${what} is ${version}, not ${expected}`);
  }
}
