// SPDX-License-Identifier: Apache-2.0
// The host of a link in the one form in which hosts are compared, and the domain that somebody registered.
import { parse } from "tldts";
import { formatNetwork, parseAddress } from "../lists/addresses.ts";
import { normaliseText } from "../text/normalise.ts";
import { encodePunycode } from "./punycode.ts";

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

/** In the form of RFC 5952; an IPv4 address that is mapped into IPv6 is that address. */
function readAddress6(host: string): string | undefined {
  const address = host.endsWith("]") ? parseAddress(host) : undefined;
  if (address === undefined) return undefined;
  const text = formatNetwork({ address, prefix: address.length * 8 });
  return address.length === 4 ? text : `[${text}]`;
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
