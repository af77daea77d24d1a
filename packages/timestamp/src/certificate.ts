// SPDX-License-Identifier: Apache-2.0
// Certificates of X.509 version 3 (RFC 5280 section 4), as far as a path for time-stamping needs them.
import { readAlgorithm, type Algorithm } from "./algorithm.ts";
import {
  constructed,
  expectTag,
  fieldsOf,
  malformed,
  onlyChild,
  primitive,
  readDer,
  readOid,
  readSmall,
  readUnsigned,
  readWholeBits,
  sameBytes,
  tags,
  type DerNode,
} from "./der.ts";
import { TimestampError } from "./error.ts";
import { readName } from "./name.ts";
import { readCertificateTime } from "./time.ts";

/** A certificate, taken apart and not yet believed. */
export interface Certificate {
  /** The whole certificate. */
  readonly bytes: Uint8Array;
  /** What is signed. */
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: Algorithm;
  readonly signature: Uint8Array;
  /** Content of the serial number's INTEGER. */
  readonly serial: Uint8Array;
  /** Name of who issued it, DER. */
  readonly issuer: Uint8Array;
  /** Name of whom it is about, DER. */
  readonly subject: Uint8Array;
  /** `subject` for people. */
  readonly subjectText: string;
  /** Unix, ms. */
  readonly notBeforeMs: number;
  /** Unix, ms: the last moment at which it is valid. */
  readonly notAfterMs: number;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: DerNode;
  /** Basic constraints; `undefined` if it has none. */
  readonly authority: { readonly isAuthority: boolean; readonly pathLength: number | undefined } | undefined;
  /** Numbers of the key usage bits that are set; `undefined` if it says nothing. */
  readonly keyUsage: ReadonlySet<number> | undefined;
  /** Extended key usage; `undefined` if it says nothing. */
  readonly extendedUsage: { readonly critical: boolean; readonly purposes: readonly string[] } | undefined;
  /** Subject key identifier; `undefined` if it has none. */
  readonly subjectKeyId: Uint8Array | undefined;
  /** Critical extensions that are not among those above. */
  readonly unknownCritical: readonly string[];
}

/** Bits of key usage (RFC 5280 section 4.2.1.3). */
export const keyUsages = { digitalSignature: 0, contentCommitment: 1, keyCertSign: 5 } as const;

/** The most extensions in one certificate. */
const extensionsMax = 64;

/**
 * Takes a certificate apart.
 *
 * @throws TimestampError `malformed`; `version` for one of another version than 3
 */
export function readCertificate(node: DerNode): Certificate {
  const outer = fieldsOf(node, tags.sequence, "certificate");
  const tbs = outer.next(tags.sequence, "signed part");
  const algorithm = outer.next(tags.sequence, "signature algorithm");
  const signature = readWholeBits(outer.next(tags.bitString, "signature"), "signature");
  outer.end();
  const fields = fieldsOf(tbs, tags.sequence, "certificate");
  checkVersion(fields.optional(constructed(0)));
  const serial = fields.next(tags.integer, "serial number");
  // RFC 5280 section 4.1.2.2: positive, and of 20 bytes at most.
  readUnsigned(serial, "serial number", 20);
  // RFC 5280 section 4.1.1.2: both must be the same, or what is signed would not say how.
  if (!sameBytes(fields.next(tags.sequence, "signature algorithm").bytes, algorithm.bytes)) {
    malformed("a certificate names two signature algorithms");
  }
  const issuer = fields.next(tags.sequence, "issuer");
  const validity = fieldsOf(fields.next(tags.sequence, "validity"), tags.sequence, "validity");
  const [notBefore, notAfter] = [validity.any(), validity.any()];
  if (notBefore === undefined || notAfter === undefined) malformed("a validity has two times");
  validity.end();
  const subject = fields.next(tags.sequence, "subject");
  const publicKey = fields.next(tags.sequence, "public key");
  fields.optional(primitive(1));
  fields.optional(primitive(2));
  const extensions = fields.next(constructed(3), "extensions");
  fields.end();
  readName(issuer);
  return {
    bytes: node.bytes,
    tbs: tbs.bytes,
    signatureAlgorithm: readAlgorithm(algorithm, "signature algorithm"),
    signature,
    serial: serial.content,
    issuer: issuer.bytes,
    subject: subject.bytes,
    subjectText: readName(subject),
    notBeforeMs: readCertificateTime(notBefore),
    notAfterMs: readCertificateTime(notAfter),
    publicKey,
    ...readExtensions(onlyChild(extensions, "extensions")),
  };
}

/**
 * Reads a certificate by itself.
 *
 * @throws TimestampError as {@link readCertificate}
 */
export function parseCertificate(der: Uint8Array): Certificate {
  return readCertificate(readDer(der));
}

/**
 * A certificate that a path might use, or nothing: old roots of version 1 still come along with tokens, and
 * can't be used.
 *
 * @throws TimestampError `malformed`
 */
export function readUsableCertificate(node: DerNode): Certificate[] {
  try {
    return [readCertificate(node)];
  } catch (error) {
    if (error instanceof TimestampError && error.code === "version") return [];
    throw error;
  }
}

type Understood = Pick<
  Certificate,
  "authority" | "keyUsage" | "extendedUsage" | "subjectKeyId" | "unknownCritical"
>;

function checkVersion(explicit: DerNode | undefined): void {
  // Without the field it is version 1, which has no extensions and says nothing of what it may be used for.
  if (explicit === undefined) throw new TimestampError("version", "a certificate is of version 1, not 3");
  const version = onlyChild(explicit, "version");
  expectTag(version, tags.integer, "version");
  const number = readSmall(version, "version", 255);
  if (number !== 2) throw new TimestampError("version", `a certificate is of version ${number + 1}, not 3`);
}

function readExtensions(list: DerNode): Understood {
  expectTag(list, tags.sequence, "extensions");
  if (list.children.length > extensionsMax) malformed(`there are more than ${extensionsMax} extensions`);
  const found: { -readonly [K in keyof Understood]: Understood[K] } = {
    authority: undefined,
    keyUsage: undefined,
    extendedUsage: undefined,
    subjectKeyId: undefined,
    unknownCritical: [],
  };
  const seen = new Set<string>();
  const unknown: string[] = [];
  for (const extension of list.children) {
    const { oid, critical, value } = readExtension(extension);
    if (seen.has(oid)) malformed(`extension ${oid} is there twice`);
    seen.add(oid);
    switch (oid) {
      case "2.5.29.19":
        found.authority = readBasicConstraints(readDer(value));
        break;
      case "2.5.29.15":
        found.keyUsage = readKeyUsage(readDer(value));
        break;
      case "2.5.29.37":
        found.extendedUsage = { critical, purposes: readPurposes(readDer(value)) };
        break;
      case "2.5.29.14":
        found.subjectKeyId = readSubjectKeyId(readDer(value));
        break;
      default:
        if (critical) unknown.push(oid);
    }
  }
  return { ...found, unknownCritical: unknown };
}

/** One extension, here and in a stamp. An explicit FALSE is not DER, but certificates in use have it. */
export function readExtension(node: DerNode): { oid: string; critical: boolean; value: Uint8Array } {
  const fields = fieldsOf(node, tags.sequence, "extension");
  const oid = readOid(fields.next(tags.oid, "extension type"));
  const critical = fields.optional(tags.boolean)?.content[0] === 0xff;
  const value = fields.next(tags.octetString, "extension value").content;
  fields.end();
  return { oid, critical, value };
}

function readBasicConstraints(node: DerNode): NonNullable<Certificate["authority"]> {
  const fields = fieldsOf(node, tags.sequence, "basic constraints");
  const isAuthority = fields.optional(tags.boolean)?.content[0] === 0xff;
  const length = fields.optional(tags.integer);
  fields.end();
  // RFC 5280 section 4.2.1.9: only an authority's certificate may bound its path.
  if (length !== undefined && !isAuthority) malformed("basic constraints bound a path without an authority");
  return {
    isAuthority,
    pathLength: length === undefined ? undefined : readSmall(length, "path length", 255),
  };
}

function readKeyUsage(node: DerNode): ReadonlySet<number> {
  expectTag(node, tags.bitString, "key usage");
  const bits = new Set<number>();
  node.content.subarray(1).forEach((byte, i) => {
    for (let bit = 0; bit < 8; bit++) if ((byte & (0x80 >> bit)) !== 0) bits.add(8 * i + bit);
  });
  if (node.content.length > 3) malformed("a key usage has more than two bytes");
  return bits;
}

function readPurposes(node: DerNode): string[] {
  expectTag(node, tags.sequence, "extended key usage");
  return node.children.map((purpose) => {
    expectTag(purpose, tags.oid, "purpose");
    return readOid(purpose);
  });
}

function readSubjectKeyId(node: DerNode): Uint8Array {
  expectTag(node, tags.octetString, "subject key identifier");
  return node.content;
}
