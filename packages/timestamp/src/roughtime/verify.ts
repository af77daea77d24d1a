// SPDX-License-Identifier: Apache-2.0
// Whether a packet is a server's reply to a request (draft-ietf-ntp-roughtime-19 section 5.4).
import type { TimestampCrypto } from "../crypto.ts";
import { concatenate } from "../der-write.ts";
import { sameBytes } from "../der.ts";
import { TimestampError, type RoughtimeFault } from "../error.ts";
import {
  malformed,
  readMessage,
  readPacket,
  readUint32,
  readUint64,
  readVersions,
  valueOf,
  type RoughtimeMessage,
} from "./message.ts";
import { readRequest, roughtimeVersions, shortHash } from "./request.ts";

/** A request and what came back. */
export interface RoughtimeExpectation {
  /** The request packet as it was sent. */
  readonly request: Uint8Array;
  /** The packet that came back. */
  readonly reply: Uint8Array;
  /** The server's long-term Ed25519 key: 32 bytes. */
  readonly serverKey: Uint8Array;
  readonly crypto: TimestampCrypto;
}

/** A reply that holds, or the first thing that is wrong with it. */
export type RoughtimeVerdict = GoodRoughtime | BadRoughtime;

/** A reply that holds. The server vouches that it made it within `midpointMs` ± `radiusMs`. */
export interface GoodRoughtime {
  readonly ok: true;
  /** Unix, ms; whole seconds. */
  readonly midpointMs: number;
  /** ms; whole seconds, at least one. */
  readonly radiusMs: number;
  /** The version that the server chose: 1, or 0x8000000c for the drafts. */
  readonly version: number;
  /** The request's nonce: 32 bytes. */
  readonly nonce: Uint8Array;
}

/** A reply that does not hold. */
export interface BadRoughtime {
  readonly ok: false;
  readonly code: RoughtimeFault;
  /** One sentence, for people. */
  readonly why: string;
}

/**
 * Checks a reply: its form, that it answers this very request, and both signatures.
 *
 * @throws RangeError for a key that has not 32 bytes
 */
export function verifyRoughtime(expectation: RoughtimeExpectation): RoughtimeVerdict {
  const { serverKey } = expectation;
  if (serverKey.length !== 32) throw new RangeError(`an Ed25519 key has 32 bytes, got ${serverKey.length}`);
  try {
    return judge(expectation);
  } catch (error) {
    if (!(error instanceof TimestampError)) throw error;
    // The functions below throw faults of Roughtime only.
    return { ok: false, code: error.code as RoughtimeFault, why: error.message };
  }
}

/** Contexts of signatures (sections 5.2.1 and 5.2.6). Each ends with a zero byte. */
const contexts = {
  reply: asciiOf("RoughTime v1 response signature\0"),
  delegation: asciiOf("RoughTime v1 delegation signature\0"),
} as const;

/** SubjectPublicKeyInfo of an Ed25519 key up to the key (RFC 8410 section 4). */
const ed25519Prefix = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

/** Times after the year 9999 are refused. Unix, s. */
const secondsMax = 253_402_300_799n;

function judge({ request, reply, serverKey, crypto }: RoughtimeExpectation): GoodRoughtime {
  const asked = readRequest(request, serverKey, crypto);
  const message = readPacket(reply);
  const { midpoint, radius, version, root, signed } = readReply(message);
  if (!asked.versions.includes(version) || !roughtimeVersions.includes(version)) {
    refuse("version", `version ${version} was not asked for`);
  }
  if (!sameBytes(valueOf(message, "NONC", 32), asked.nonce)) refuse("nonce", "it repeats another nonce");
  const key = checkDelegation(readMessage(valueOf(message, "CERT")), midpoint, serverKey, crypto);
  if (!isSigned(crypto, key, contexts.reply, signed, valueOf(message, "SIG", 64))) {
    refuse("signature", "the delegated key did not sign the reply");
  }
  checkInclusion(message, root, request, crypto);
  return {
    ok: true,
    midpointMs: Number(midpoint) * 1000,
    radiusMs: radius * 1000,
    version,
    nonce: asked.nonce,
  };
}

/** What the signed part of a reply says (section 5.2.5). */
interface SignedReply {
  /** Unix, s. */
  readonly midpoint: bigint;
  /** s */
  readonly radius: number;
  readonly version: number;
  readonly root: Uint8Array;
  /** The bytes that are signed. */
  readonly signed: Uint8Array;
}

function readReply(message: RoughtimeMessage): SignedReply {
  if (readUint32(valueOf(message, "TYPE", 4), 0) !== 1) refuse("type", "its TYPE is not 1, a response");
  const signed = valueOf(message, "SREP");
  const reply = readMessage(signed);
  const version = readUint32(valueOf(reply, "VER", 4), 0);
  if (!readVersions(valueOf(reply, "VERS")).includes(version)) {
    refuse("version", `the server does not list version ${version} among its own`);
  }
  const midpoint = readUint64(valueOf(reply, "MIDP", 8));
  if (midpoint > secondsMax) malformed("its time is after the year 9999");
  const radius = readUint32(valueOf(reply, "RADI", 4), 0);
  if (radius === 0) refuse("radius", "its radius is zero");
  return { midpoint, radius, version, root: valueOf(reply, "ROOT", 32), signed };
}

/** Section 5.2.6. Returns the key that may sign replies. */
function checkDelegation(
  certificate: RoughtimeMessage,
  midpoint: bigint,
  serverKey: Uint8Array,
  crypto: TimestampCrypto,
): Uint8Array {
  const signed = valueOf(certificate, "DELE");
  if (!isSigned(crypto, serverKey, contexts.delegation, signed, valueOf(certificate, "SIG", 64))) {
    refuse("delegation", "the server's long-term key did not sign the delegation");
  }
  const delegation = readMessage(signed);
  const [from, to] = [readUint64(valueOf(delegation, "MINT", 8)), readUint64(valueOf(delegation, "MAXT", 8))];
  if (midpoint < from || midpoint > to) {
    refuse("window", "its time is outside of the span for which the delegated key is trusted");
  }
  return valueOf(delegation, "PUBK", 32);
}

/** Section 5.3.1: the path from the request, as a leaf, to the signed root. */
function checkInclusion(
  message: RoughtimeMessage,
  root: Uint8Array,
  request: Uint8Array,
  crypto: TimestampCrypto,
): void {
  const path = valueOf(message, "PATH");
  /** Hashes of 32 bytes; the index has a bit for each. */
  const stepsMax = 32;
  if (path.length % 32 !== 0 || path.length > 32 * stepsMax) malformed("PATH is not of 0 to 32 hashes");
  let rest = readUint32(valueOf(message, "INDX", 4), 0);
  let hash = shortHash(crypto, Uint8Array.of(0), request);
  for (let at = 0; at < path.length; at += 32) {
    const sibling = path.subarray(at, at + 32);
    const [left, right] = (rest & 1) === 0 ? [hash, sibling] : [sibling, hash];
    hash = shortHash(crypto, Uint8Array.of(1), left, right);
    rest >>>= 1;
  }
  if (rest !== 0) refuse("inclusion", "its index is beyond what the path covers");
  if (!sameBytes(hash, root)) refuse("inclusion", "the signed root does not cover the request");
}

function isSigned(
  crypto: TimestampCrypto,
  key: Uint8Array,
  context: Uint8Array,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean {
  const spki = concatenate(ed25519Prefix, key);
  return crypto.verify({ kind: "ed25519" }, spki, concatenate(context, signed), signature);
}

function asciiOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function refuse(code: RoughtimeFault, message: string): never {
  throw new TimestampError(code, message);
}
