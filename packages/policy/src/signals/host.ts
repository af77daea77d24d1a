// SPDX-License-Identifier: Apache-2.0
// The host of a link in the one form in which hosts are compared, and the domain that somebody registered.
import { parse } from "tldts";
import { normaliseText } from "../text/normalise.ts";

/** What is known of the host of a link. */
export type Host = {
  /** Lower-case ASCII: a name, in punycode where it needs it, or an address, an IPv6 one in brackets. */
  ascii: string;
  /** The registrable domain, or the address; absent for a name without dot or one that is a suffix itself. */
  domain: string | undefined;
  /** Whether the name ends in a suffix on the Public Suffix List; false for an address. */
  listed: boolean;
  /** Whether that suffix is one of the list's private part: a host of many people's names. */
  shared: boolean;
  /** The suffix, listed or not; empty for an address. */
  suffix: string;
};

/** The longest name in octets (RFC 1035, section 2.3.4). */
export const hostLengthMax = 253;
/** The longest label in octets (RFC 1035, section 2.3.4). */
const labelLengthMax = 63;

/**
 * Reads the host of a link, or `undefined` if there can be no such host.
 *
 * Suffixes of the private part of the Public Suffix List count, so that `foo.blogspot.com` and
 * `bar.blogspot.com` are two domains: they are two people's, and a list that names one of them must not hit
 * the other. A host that is such a suffix itself (`blogspot.com`) is its own domain.
 *
 * @param host as written: any case, Unicode or punycode, an IPv6 address in brackets; no port, no user
 */
export function readHost(host: string): Host | undefined {
  const ascii = readHostName(host);
  if (ascii === undefined) return undefined;
  if (isAddress(ascii)) return addressHost(ascii);
  const found = parse(ascii, { allowPrivateDomains: true, extractHostname: false, detectIp: false });
  const suffix = found.publicSuffix ?? "";
  const shared = found.isPrivate === true;
  const listed = shared || found.isIcann === true;
  if (found.domain !== null || !shared)
    return { ascii, domain: found.domain ?? undefined, listed, shared, suffix };
  const own = parse(ascii, { extractHostname: false, detectIp: false });
  return { ascii, domain: own.domain ?? undefined, listed, shared: false, suffix: own.publicSuffix ?? "" };
}

/**
 * The host of a link in the form in which hosts are compared, as in {@link Host}, without what the Public
 * Suffix List says of it; `undefined` if there can be no such host.
 *
 * @param host as for {@link readHost}
 */
export function readHostName(host: string): string | undefined {
  if (host.startsWith("[")) return readAddress6(host);
  if (host.length > hostLengthMax) return undefined;
  const ascii = toAscii(host.endsWith(".") ? host.slice(0, -1) : host);
  if (ascii === undefined || !/(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/.test(ascii)) return ascii;
  return readAddress4(ascii);
}

/** Whether a host in the form of {@link readHostName} is an address. */
export function isAddress(ascii: string): boolean {
  return ascii.startsWith("[") || /\.[0-9]+$/.test(ascii);
}

function readAddress6(host: string): string | undefined {
  return /^\[[0-9A-Fa-f:.]{2,45}\]$/.test(host) ? host.toLowerCase() : undefined;
}

function addressHost(ascii: string): Host {
  return { ascii, domain: ascii, listed: false, shared: false, suffix: "" };
}

/**
 * Browsers take `http://0x7f.1` and `http://2130706433` for 127.0.0.1 (WHATWG URL, "IPv4 parser"), so we do.
 *
 * @param host a name whose last label is a number: it is an address, or no browser goes there
 */
function readAddress4(host: string): string | undefined {
  const parts = host.split(".");
  if (parts.length > 4) return undefined;
  const numbers = parts.map(addressPart);
  const last = numbers.pop() ?? Number.NaN;
  if (!(last < 256 ** (5 - parts.length)) || numbers.some((number) => !(number < 256))) return undefined;
  const value = numbers.reduce((sum, number, index) => sum + number * 256 ** (3 - index), last);
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

function addressPart(part: string): number {
  if (/^0x[0-9a-f]*$/.test(part)) return part === "0x" ? 0 : Number.parseInt(part.slice(2), 16);
  if (/^0[0-7]+$/.test(part)) return Number.parseInt(part, 8);
  return /^(?:0|[1-9][0-9]*)$/.test(part) ? Number(part) : Number.NaN;
}

/** Most hosts: nothing to encode, and each label within {@link labelLengthMax}. */
const plainHost = /^(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}$/;

/** A host name in lower-case ASCII (IDNA, UTS #46 without transitional processing), or `undefined`. */
function toAscii(host: string): string | undefined {
  if (plainHost.test(host)) return host.toLowerCase();
  const folded = foldHost(host);
  // Folding lengthens some characters up to 18 times, and the encoding is quadratic.
  if (folded.length > hostLengthMax) return undefined;
  const labels = folded.split(".");
  const encoded = labels.map((label) => (/[^\0-\x7f]/.test(label) ? `xn--${encodePunycode(label)}` : label));
  const usable = encoded.every((label) => label.length <= labelLengthMax && /^[a-z0-9_-]+$/.test(label));
  const ascii = encoded.join(".");
  return usable && ascii.length <= hostLengthMax ? ascii : undefined;
}

/** The mapping of UTS #46 is NFKC_Casefold but for ß and ς, which are letters of their own in a name. */
function foldHost(host: string): string {
  if (/^[a-z0-9._-]+$/.test(host)) return host;
  const folded = /[ßς]/.test(host)
    ? host.split(/([ßς])/).map((part) => (part === "ß" || part === "ς" ? part : normaliseText(part)))
    : [normaliseText(host)];
  return folded.join("").replaceAll("\u3002", ".");
}

// Punycode's parameters (RFC 3492, section 5).
const base = 36;
const tMin = 1;
const tMax = 26;
const skew = 38;
const damp = 700;
const initialBias = 72;
const initialCodePoint = 128;

/** Punycode of one label (RFC 3492, section 6.3); quadratic, so {@link hostLengthMax} comes first. */
function encodePunycode(label: string): string {
  const points = Array.from(label, (character) => character.codePointAt(0) ?? 0);
  const basic = points.filter((point) => point < initialCodePoint);
  let out = String.fromCodePoint(...basic) + (basic.length > 0 ? "-" : "");
  let done = basic.length;
  let current = initialCodePoint;
  let delta = 0;
  let bias = initialBias;
  while (done < points.length) {
    const next = Math.min(...points.filter((point) => point >= current));
    delta += (next - current) * (done + 1);
    for (const point of points) {
      if (point < next) delta += 1;
      if (point !== next) continue;
      out += encodeDelta(delta, bias);
      bias = adapt(delta, done + 1, done === basic.length);
      delta = 0;
      done += 1;
    }
    delta += 1;
    current = next + 1;
  }
  return out;
}

function encodeDelta(delta: number, bias: number): string {
  let rest = delta;
  let out = "";
  for (let k = base; ; k += base) {
    const threshold = Math.min(Math.max(k - bias, tMin), tMax);
    if (rest < threshold) return out + rest.toString(base).replace(/./, punycodeDigit);
    out += punycodeDigit((threshold + ((rest - threshold) % (base - threshold))).toString(base));
    rest = Math.floor((rest - threshold) / (base - threshold));
  }
}

/** Punycode's digits are a to z, then 0 to 9; base 36 of the language has them the other way round. */
function punycodeDigit(digit: string): string {
  return "abcdefghijklmnopqrstuvwxyz0123456789"[Number.parseInt(digit, base)] ?? "";
}

function adapt(delta: number, count: number, first: boolean): number {
  let rest = first ? Math.floor(delta / damp) : Math.floor(delta / 2);
  rest += Math.floor(rest / count);
  let k = 0;
  for (; rest > ((base - tMin) * tMax) / 2; k += base) rest = Math.floor(rest / (base - tMin));
  return k + Math.floor(((base - tMin + 1) * rest) / (rest + skew));
}
