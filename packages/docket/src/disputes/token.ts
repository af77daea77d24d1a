// SPDX-License-Identifier: Apache-2.0
// Dispute tokens: with one of these the affected user objects, without an account. `dt1.` and the base64url
// of these bytes:
//   the record's index (6) | end of the period, ms since 1970 (6) | generation (4) | HMAC-SHA256 (32)
// Numbers are big-endian. The HMAC is over the origin and what stands before it, under a key derived from the
// site's hashing key: a token of another site, or for another purpose, is none of ours. Nothing is stored: a
// token is taken back by raising the generation of its record (`token-revoked`).
import { createHmac, timingSafeEqual } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { keyedHash } from "../evidence/keyed-hash.ts";

const prefix = "dt1.";
const numberBytes = 6;
const generationBytes = 4;
const macBytes = 32;
const signedBytes = 2 * numberBytes + generationBytes;
/** Characters of a token: 48 bytes fill their base64url, so that no bit of it is free. */
const tokenLength: number = prefix.length + ((signedBytes + macBytes) / 3) * 4;
const purpose = "docket-dispute-token/v1";
/** The largest number of 6 bytes. */
const numberMax = 2 ** (8 * numberBytes) - 1;

/** What a token says. */
export type TokenClaims = {
  /** The record that it lets its holder object to. */
  readonly index: number;
  /** Until when, in ms since 1970. */
  readonly untilMs: number;
  /** How many times tokens of this record had been revoked when it was made. */
  readonly generation: number;
};

/** Makes dispute tokens, and reads those that it made. */
export class DisputeTokens {
  readonly #key: Buffer;
  readonly #origin: string;

  constructor(hashing: KeyObject, origin: string) {
    this.#key = keyedHash(hashing, "dispute token key", origin);
    this.#origin = origin;
  }

  /** The token of some claims: the same claims give the same token. */
  issue({ index, untilMs, generation }: TokenClaims): string {
    for (const value of [index, untilMs]) {
      if (!Number.isSafeInteger(value) || value < 0 || value > numberMax) {
        throw new RangeError(`a token holds whole numbers up to ${numberMax}, got ${value}`);
      }
    }
    const bytes = Buffer.alloc(signedBytes + macBytes);
    bytes.writeUIntBE(index, 0, numberBytes);
    bytes.writeUIntBE(untilMs, numberBytes, numberBytes);
    bytes.writeUInt32BE(generation, 2 * numberBytes);
    this.#mac(bytes.subarray(0, signedBytes)).copy(bytes, signedBytes);
    return `${prefix}${bytes.toString("base64url")}`;
  }

  /**
   * What a token says, if it is one of ours; whether its time is over, or it was revoked, is the caller's to
   * ask. A text that is none takes as long as one that nearly is: the HMAC is compared in constant time.
   */
  read(token: string): TokenClaims | undefined {
    if (!isDisputeToken(token)) return undefined;
    const bytes = Buffer.from(token.slice(prefix.length), "base64url");
    const signed = bytes.subarray(0, signedBytes);
    if (bytes.length !== signedBytes + macBytes) return undefined;
    if (!timingSafeEqual(bytes.subarray(signedBytes), this.#mac(signed))) return undefined;
    return {
      index: signed.readUIntBE(0, numberBytes),
      untilMs: signed.readUIntBE(numberBytes, numberBytes),
      generation: signed.readUInt32BE(2 * numberBytes),
    };
  }

  #mac(signed: Buffer): Buffer {
    return createHmac("sha256", this.#key).update(`${purpose}\n${this.#origin}\n`).update(signed).digest();
  }
}

/** Whether a text has the form of a dispute token. */
export function isDisputeToken(text: string): boolean {
  return text.length === tokenLength && /^dt1\.[A-Za-z0-9_-]+$/.test(text);
}
