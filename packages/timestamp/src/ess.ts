// SPDX-License-Identifier: Apache-2.0
// The signed attribute that says which certificate the signer used: ESSCertID (RFC 2634 section 5.4) and
// ESSCertIDv2 (RFC 5035, RFC 5816). Without it a token could be passed off under another certificate with
// the same key.
import { digestOf, readAlgorithm } from "./algorithm.ts";
import type { Certificate } from "./certificate.ts";
import { attributeOf, type SignerInfo } from "./cms.ts";
import type { DigestName, TimestampCrypto } from "./crypto.ts";
import { constructed, fieldsOf, malformed, onlyChild, sameBytes, tags, type DerNode } from "./der.ts";
import { TimestampError } from "./error.ts";

/** What the attributes say. */
export interface Binding {
  /** Whether the first of each attribute's certificates, the signer's, is this one. */
  readonly isSigner: (certificate: Certificate, crypto: TimestampCrypto) => boolean;
  /** All certificates that are named. */
  readonly ids: readonly CertificateId[];
}

/** A certificate as an attribute names it. */
interface CertificateId {
  readonly digestName: DigestName;
  readonly digest: Uint8Array;
  /** Name of the issuer and serial number, if it says. */
  readonly issued: { readonly issuer: Uint8Array; readonly serial: Uint8Array } | undefined;
}

/** The most certificates that one attribute names. */
const idsMax = 16;

/**
 * Reads the attributes; one of the two must be there, and if both are, both count.
 *
 * @throws TimestampError `binding`, `malformed`, `algorithm`, `attributes`
 */
export function readBinding(signer: SignerInfo): Binding {
  const lists = (["1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"] as const)
    .filter((oid) => signer.attributes.has(oid))
    .map((oid) => readIds(attributeOf(signer, oid, "signing certificate"), oid.endsWith(".12")));
  if (lists.length === 0) refuse("the signed attributes do not say which certificate the signer used");
  return {
    isSigner: (certificate, crypto) =>
      lists.every(([first]) => first !== undefined && isMeant(first, certificate, crypto)),
    ids: lists.flat(),
  };
}

/**
 * Refuses a path without a certificate that the attributes name: those after the first restrict which
 * certificates may be used (RFC 2634 section 5.4).
 *
 * @throws TimestampError `binding`
 */
export function checkBinding(binding: Binding, path: readonly Certificate[], crypto: TimestampCrypto): void {
  const missing = binding.ids.some((id) => !path.some((certificate) => isMeant(id, certificate, crypto)));
  if (missing) refuse("the signed attributes name a certificate that is not on the path");
}

function isMeant(id: CertificateId, certificate: Certificate, crypto: TimestampCrypto): boolean {
  if (!sameBytes(id.digest, crypto.digest(id.digestName, certificate.bytes))) return false;
  const { issued } = id;
  return (
    issued === undefined ||
    (sameBytes(issued.issuer, certificate.issuer) && sameBytes(issued.serial, certificate.serial))
  );
}

/** SigningCertificate and SigningCertificateV2: a list of identifiers, and policies, which are not used. */
function readIds(node: DerNode, first: boolean): CertificateId[] {
  const fields = fieldsOf(node, tags.sequence, "signing certificate");
  const list = fields.next(tags.sequence, "certificate identifiers").children;
  fields.optional(tags.sequence);
  fields.end();
  if (list.length === 0 || list.length > idsMax) malformed("no certificate is named, or too many");
  return list.map((id) => readId(id, first));
}

function readId(node: DerNode, first: boolean): CertificateId {
  const fields = fieldsOf(node, tags.sequence, "certificate identifier");
  const algorithm = first ? undefined : fields.optional(tags.sequence);
  const digest = fields.next(tags.octetString, "certificate digest").content;
  const issued = fields.optional(tags.sequence);
  fields.end();
  // RFC 5035 section 4: SHA-256 is the default. Some authorities write it out all the same.
  const digestName = first
    ? "SHA-1"
    : algorithm === undefined
      ? "SHA-256"
      : digestOf(readAlgorithm(algorithm, "hash function"));
  if (!first && digestName === "SHA-1") {
    throw new TimestampError("algorithm", "the second form of the signing certificate uses SHA-1");
  }
  return { digestName, digest, issued: issued === undefined ? undefined : readIssued(issued) };
}

/** IssuerSerial: one name, a directory's, and the serial number. */
function readIssued(node: DerNode): NonNullable<CertificateId["issued"]> {
  const fields = fieldsOf(node, tags.sequence, "issuer and serial number");
  const names = fields.next(tags.sequence, "issuer");
  const serial = fields.next(tags.integer, "serial number").content;
  fields.end();
  const name = onlyChild(names, "issuer");
  if (name.tag !== constructed(4)) malformed("the issuer is not a directory name");
  return { issuer: onlyChild(name, "directory name").bytes, serial };
}

function refuse(message: string): never {
  throw new TimestampError("binding", message);
}
