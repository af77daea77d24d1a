// SPDX-License-Identifier: Apache-2.0
// Requests of Roughtime (draft-ietf-ntp-roughtime-19 section 5.1).
import type { TimestampCrypto } from "../crypto.ts";
import { concatenate } from "../der-write.ts";
import { sameBytes } from "../der.ts";
import { TimestampError } from "../error.ts";
import {
  encodeMessage,
  encodePacket,
  malformed,
  readPacket,
  readUint32,
  readVersions,
  uint32,
  valueOf,
  type RoughtimeTag,
} from "./message.ts";

/** What a server is asked. */
export interface RoughtimeQuestion {
  /** 32 bytes. What the reply must be later than: a digest of it, or random bytes. */
  readonly nonce: Uint8Array;
  /** The server's long-term Ed25519 key: 32 bytes. */
  readonly serverKey: Uint8Array;
  readonly crypto: TimestampCrypto;
}

/**
 * The versions that are asked for: 1, as it will be registered, and the number that stands for the drafts
 * until then (section 5). Both mean the same bytes.
 */
export const roughtimeVersions: readonly number[] = [1, 0x8000_000c];

/**
 * The request packet: 1,036 bytes, to be sent as one datagram.
 *
 * @throws RangeError for a nonce or key that has not 32 bytes
 */
export function encodeRoughtimeRequest(question: RoughtimeQuestion): Uint8Array {
  const { nonce, serverKey, crypto } = question;
  if (nonce.length !== 32) throw new RangeError(`a nonce has 32 bytes, got ${nonce.length}`);
  if (serverKey.length !== 32) throw new RangeError(`an Ed25519 key has 32 bytes, got ${serverKey.length}`);
  const values: [RoughtimeTag, Uint8Array][] = [
    ["VER", concatenate(...roughtimeVersions.map(uint32))],
    ["SRV", serverName(serverKey, crypto)],
    ["NONC", nonce],
    ["TYPE", uint32(0)],
  ];
  const bare = encodeMessage([...values, ["ZZZZ", new Uint8Array()]]);
  // Padded, since servers answer with nothing that is larger than what they were asked (section 9.7).
  return encodePacket(encodeMessage([...values, ["ZZZZ", new Uint8Array(messageBytes - bare.length)]]));
}

/** What a request that was sent asked. */
export interface SentRequest {
  readonly nonce: Uint8Array;
  readonly versions: readonly number[];
}

/**
 * Takes a request apart that a reply is to be checked against.
 *
 * @throws TimestampError `request` for one that is malformed, or meant for another server
 */
export function readRequest(packet: Uint8Array, serverKey: Uint8Array, crypto: TimestampCrypto): SentRequest {
  try {
    const message = readPacket(packet);
    const type = message.get("TYPE");
    // Drafts before the fifteenth had no TYPE in requests; a NONC and a VER at this level are in no reply.
    if (type !== undefined && (type.length !== 4 || readUint32(type, 0) !== 0))
      malformed("its TYPE is not 0");
    const server = message.get("SRV");
    if (server !== undefined && !sameBytes(server, serverName(serverKey, crypto))) {
      malformed("it is meant for another server's key");
    }
    return { nonce: valueOf(message, "NONC", 32), versions: readVersions(valueOf(message, "VER")) };
  } catch (error) {
    if (!(error instanceof TimestampError)) throw error;
    throw new TimestampError("request", `the request is not one: ${error.message}`, { cause: error });
  }
}

/** H(x) of the protocol: the first 32 bytes of SHA-512. */
export function shortHash(crypto: TimestampCrypto, ...parts: readonly Uint8Array[]): Uint8Array {
  return crypto.digest("SHA-512", concatenate(...parts)).subarray(0, 32);
}

/** The size that servers answer without further ado (section 5.1). Bytes, without the packet's head. */
const messageBytes = 1024;

/** Section 5.1.4. */
function serverName(serverKey: Uint8Array, crypto: TimestampCrypto): Uint8Array {
  return shortHash(crypto, Uint8Array.of(0xff), serverKey);
}
