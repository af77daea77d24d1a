// SPDX-License-Identifier: Apache-2.0
// Times of ASN.1, in the one form each that DER, X.509 and RFC 3161 leave of them.
import { malformed, tags, type DerNode } from "./der.ts";

/**
 * The time of a certificate (RFC 5280 section 4.1.2.5): UTCTime until 2049, GeneralizedTime from 2050 on,
 * seconds, `Z`, no fraction.
 *
 * @returns Unix, ms
 * @throws TimestampError `malformed`
 */
export function readCertificateTime(node: DerNode): number {
  const text = ascii(node.content);
  if (node.tag === tags.utcTime) {
    const match = /^(\d\d)(\d{10})Z$/.exec(text);
    if (match === null) malformed("a UTCTime is not YYMMDDHHMMSSZ");
    const [, year, rest] = match as unknown as [string, string, string];
    return timeOf(`${Number(year) < 50 ? "20" : "19"}${year}${rest}`);
  }
  if (node.tag !== tags.generalizedTime) malformed("a time is neither UTCTime nor GeneralizedTime");
  if (!/^\d{14}Z$/.test(text)) malformed("a GeneralizedTime is not YYYYMMDDHHMMSSZ");
  if (Number(text.slice(0, 4)) < 2050) malformed("a year before 2050 must be a UTCTime");
  return timeOf(text.slice(0, 14));
}

/** A stamp's time, to the microsecond; what is finer is rounded to `below`. */
export interface StampTime {
  /** Unix, µs, rounded down. A safe integer up to the year 2255. */
  readonly micros: number;
  /** Whether there was something finer. */
  readonly finer: boolean;
}

/** Stamps of later years are refused: their microseconds would not be exact. */
const yearMax = 2250;

/**
 * The time of a stamp (RFC 3161 section 2.4.2): seconds, a fraction without zeros at its end, `Z`.
 *
 * @throws TimestampError `malformed`
 */
export function readStampTime(node: DerNode): StampTime {
  const match = /^(\d{14})(?:\.(\d{0,15}[1-9]))?Z$/.exec(ascii(node.content));
  if (match === null) malformed("the time is not YYYYMMDDHHMMSS[.s…]Z");
  const [, seconds, fraction = ""] = match as unknown as [string, string, string | undefined];
  if (Number(seconds.slice(0, 4)) > yearMax) malformed(`the time is after the year ${yearMax}`);
  const micros = Number(fraction.slice(0, 6).padEnd(6, "0"));
  return { micros: timeOf(seconds) * 1000 + micros, finer: fraction.length > 6 };
}

/** From fourteen digits. A date would carry a 31st of April on into May: what it makes must read the same. */
function timeOf(digits: string): number {
  const part = (start: number, end: number): number => Number(digits.slice(start, end));
  const [year, month, day] = [part(0, 4), part(4, 6), part(6, 8)];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(part(8, 10), part(10, 12), part(12, 14));
  const time = date.getTime();
  if (Number.isNaN(time) || date.toISOString().replace(/\D/g, "").slice(0, 14) !== digits) {
    malformed(`${digits} is no time`);
  }
  return time;
}

function ascii(bytes: Uint8Array): string {
  /** The longest time: a GeneralizedTime with a fraction of sixteen digits. */
  if (bytes.length > 32) malformed("a time is too long");
  return String.fromCharCode(...bytes);
}
