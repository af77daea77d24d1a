// SPDX-License-Identifier: Apache-2.0
// Servers that contradict each other (draft-ietf-ntp-roughtime-19 sections 8.2 and 8.4): each request's nonce
// covers the reply before it, so the order of the replies is proven, and times that run against it convict.
import type { TimestampCrypto } from "../crypto.ts";
import { sameBytes } from "../der.ts";
import { TimestampError } from "../error.ts";
import { malformed } from "./message.ts";
import { shortHash } from "./request.ts";
import { verifyRoughtime, type GoodRoughtime } from "./verify.ts";

/** A request, what came back, and how the request follows from the exchange before it. */
export interface RoughtimeExchange {
  /** The server's long-term Ed25519 key: 32 bytes. */
  readonly serverKey: Uint8Array;
  /** The request packet. */
  readonly request: Uint8Array;
  /** The reply packet. */
  readonly reply: Uint8Array;
  /** 32 random bytes, from which the nonce was made; only the first exchange may be without. */
  readonly rand?: Uint8Array;
}

/** Proof that of two servers at least one was wrong. */
export interface Malfeasance {
  /** Pairs of exchanges, by their place: the earlier one's whole interval is after the later one's. */
  readonly pairs: readonly (readonly [number, number])[];
  /** The report of section 8.4.1, JSON (`application/roughtime-malfeasance+json`). */
  readonly report: string;
}

/** The most exchanges that are looked at. Three servers asked twice make six. */
export const exchangesMax = 64;

/**
 * The nonce of the next request of a sequence (section 8.2): it covers the reply before it.
 *
 * @param rand 32 random bytes, to be kept with the exchange
 */
export function nextRoughtimeNonce(
  previousReply: Uint8Array,
  rand: Uint8Array,
  crypto: TimestampCrypto,
): Uint8Array {
  if (rand.length !== 32) throw new RangeError(`the random part has 32 bytes, got ${rand.length}`);
  return shortHash(crypto, previousReply, rand);
}

/**
 * Looks for replies whose times run against their order.
 *
 * @param chain exchanges in the order in which they were made
 * @returns `undefined` if all times go together
 * @throws TimestampError if a reply does not hold, or `nonce` if a request does not follow from the reply
 *   before it: that proves nothing about anyone
 */
export function findMalfeasance(
  chain: readonly RoughtimeExchange[],
  crypto: TimestampCrypto,
): Malfeasance | undefined {
  if (chain.length > exchangesMax) throw new RangeError(`at most ${exchangesMax} exchanges`);
  const times = chain.map((exchange, i) => checkLink(exchange, chain[i - 1], crypto));
  const pairs: [number, number][] = [];
  times.forEach((earlier, i) => {
    times.forEach((later, j) => {
      const [from, to] = [earlier.midpointMs - earlier.radiusMs, later.midpointMs + later.radiusMs];
      if (i < j && from > to) pairs.push([i, j]);
    });
  });
  return pairs.length === 0 ? undefined : { pairs, report: reportOf(chain) };
}

/**
 * The exchanges of a report, not yet believed.
 *
 * @throws TimestampError `malformed`
 */
export function readMalfeasanceReport(text: string): RoughtimeExchange[] {
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch (error) {
    throw new TimestampError("malformed", "the report is not JSON", { cause: error });
  }
  const responses = propertyOf(report, "responses");
  if (!Array.isArray(responses) || responses.length > exchangesMax) malformed("the report has no responses");
  return responses.map((each: unknown, i) => {
    const rand = propertyOf(each, "rand");
    if (rand === undefined && i > 0) malformed("only the first response may be without rand");
    return {
      serverKey: bytesOf(propertyOf(each, "publicKey"), 32),
      request: bytesOf(propertyOf(each, "request")),
      reply: bytesOf(propertyOf(each, "response")),
      ...(rand === undefined ? {} : { rand: bytesOf(rand, 32) }),
    };
  });
}

function checkLink(
  exchange: RoughtimeExchange,
  previous: RoughtimeExchange | undefined,
  crypto: TimestampCrypto,
): GoodRoughtime {
  const verdict = verifyRoughtime({ ...exchange, crypto });
  if (!verdict.ok) throw new TimestampError(verdict.code, verdict.why);
  if (previous !== undefined) {
    const { rand } = exchange;
    if (rand === undefined || !sameBytes(verdict.nonce, nextRoughtimeNonce(previous.reply, rand, crypto))) {
      throw new TimestampError("nonce", "a request does not follow from the reply before it");
    }
  }
  return verdict;
}

function reportOf(chain: readonly RoughtimeExchange[]): string {
  const responses = chain.map(({ rand, serverKey, request, reply }) => ({
    ...(rand === undefined ? {} : { rand: base64(rand) }),
    publicKey: base64(serverKey),
    request: base64(request),
    response: base64(reply),
  }));
  return JSON.stringify({ responses });
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function bytesOf(value: unknown, length?: number): Uint8Array {
  if (typeof value !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 !== 0) {
    malformed("a value of the report is not base64");
  }
  const bytes = Uint8Array.from(atob(value), (letter) => letter.charCodeAt(0));
  if (length !== undefined && bytes.length !== length) malformed("a value of the report has another length");
  return bytes;
}

function propertyOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) malformed("the report is not as it should be");
  return (value as Readonly<Record<string, unknown>>)[name];
}
