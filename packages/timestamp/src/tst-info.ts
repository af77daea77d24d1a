// SPDX-License-Identifier: Apache-2.0
// TSTInfo (RFC 3161 section 2.4.2): what an authority signs.
import { digestOf, readAlgorithm } from "./algorithm.ts";
import { readExtension } from "./certificate.ts";
import {
  checkInteger,
  constructed,
  fieldsOf,
  malformed,
  primitive,
  readDer,
  readOid,
  readSmall,
  readUnsigned,
  tags,
  toHex,
  type DerNode,
} from "./der.ts";
import { TimestampError } from "./error.ts";
import { readStampTime, type StampTime } from "./time.ts";

/** What a stamp says. */
export interface StampInfo {
  readonly policy: string;
  /** SHA-256 of what is stamped: 32 bytes. */
  readonly digest: Uint8Array;
  /** Hex, with a minus before it where it is negative. */
  readonly serial: string;
  readonly time: StampTime;
  /** µs; `undefined` if it does not say. */
  readonly accuracyMicros: number | undefined;
  /** The number's bytes, big-endian, without leading zeros; `undefined` if it has none. */
  readonly nonce: Uint8Array | undefined;
}

/** id-ct-TSTInfo. */
export const stampContent = "1.2.840.113549.1.9.16.1.4";
/** RFC 3161 section 2.4.2: at least 160 bits are to be expected. */
const serialBytesMax = 64;
const nonceBytesMax = 64;
/** A stamp whose authority is not sure of the year is of no use. s */
const accuracySecondsMax = 366 * 24 * 3600;

/**
 * Takes a TSTInfo apart.
 *
 * @throws TimestampError `malformed`, `version`, `imprint`, `critical`
 */
export function readStampInfo(der: Uint8Array): StampInfo {
  const fields = fieldsOf(readDer(der), tags.sequence, "stamp");
  const version = readSmall(fields.next(tags.integer, "version"), "version", 255);
  if (version !== 1) throw new TimestampError("version", `the stamp's version is ${version}, not 1`);
  const policy = readOid(fields.next(tags.oid, "policy"));
  const digest = readImprint(fields.next(tags.sequence, "imprint"));
  const serial = readSerial(fields.next(tags.integer, "serial number"));
  const time = readStampTime(fields.next(tags.generalizedTime, "time"));
  const accuracy = fields.optional(tags.sequence);
  // The default, FALSE, is not written (X.690 section 11.5).
  if (fields.optional(tags.boolean)?.content[0] === 0) malformed("ordering is FALSE and yet written");
  const nonce = fields.optional(tags.integer);
  fields.optional(constructed(0)); // The authority's name: a hint. Who signed is what the certificate says.
  readStampExtensions(fields.optional(constructed(1)));
  fields.end();
  return {
    policy,
    digest,
    serial,
    time,
    accuracyMicros: accuracy === undefined ? undefined : readAccuracy(accuracy),
    nonce: nonce === undefined ? undefined : readUnsigned(nonce, "nonce", nonceBytesMax),
  };
}

/** Some authorities count with random bytes, and so below zero, which RFC 3161 does not rule out. */
function readSerial({ content }: DerNode): string {
  if (content.length > serialBytesMax) malformed(`the serial number has more than ${serialBytesMax} bytes`);
  return BigInt.asIntN(8 * content.length, BigInt(`0x${toHex(content)}`)).toString(16);
}

function readImprint(node: DerNode): Uint8Array {
  const fields = fieldsOf(node, tags.sequence, "imprint");
  const algorithm = readAlgorithm(fields.next(tags.sequence, "hash function"), "hash function");
  const digest = fields.next(tags.octetString, "digest").content;
  fields.end();
  // Which function, before how long: another one's digest may have 32 bytes, too.
  if (algorithm.oid !== "2.16.840.1.101.3.4.2.1" || digestOf(algorithm) !== "SHA-256") {
    throw new TimestampError("imprint", "the stamped digest is not of SHA-256");
  }
  if (digest.length !== 32) throw new TimestampError("imprint", "the stamped digest has not 32 bytes");
  return digest;
}

/** Accuracy: seconds, milliseconds and microseconds, each of which may be left out. µs */
function readAccuracy(node: DerNode): number {
  const fields = fieldsOf(node, tags.sequence, "accuracy");
  const seconds = fields.optional(tags.integer);
  const millis = fields.optional(primitive(0));
  const micros = fields.optional(primitive(1));
  fields.end();
  return (
    (seconds === undefined ? 0 : readSmall(seconds, "accuracy", accuracySecondsMax)) * 1_000_000 +
    readThousandth(millis) * 1000 +
    readThousandth(micros)
  );
}

/** An implicit INTEGER from 1 to 999, or nothing. */
function readThousandth(node: DerNode | undefined): number {
  if (node === undefined) return 0;
  checkInteger(node.content);
  const value = readSmall(node, "accuracy", 999);
  if (value === 0) malformed("a part of the accuracy is zero and yet written");
  return value;
}

function readStampExtensions(list: DerNode | undefined): void {
  for (const extension of list?.children ?? []) {
    const { oid, critical } = readExtension(extension);
    if (critical) throw new TimestampError("critical", `the stamp has the critical extension ${oid}`);
  }
}
