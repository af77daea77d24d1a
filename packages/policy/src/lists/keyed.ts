// SPDX-License-Identifier: Apache-2.0
// Lists whose entries are looked up, not searched for: how an entry is written as a key, and which keys are
// asked for when somebody asks for a value.
import { parse } from "tldts";
import { isAddress, readHostName } from "../signals/host.ts";
import { formatNetwork, masked, parseAddress, parseNetwork } from "./addresses.ts";
import type { Address } from "./addresses.ts";
import { hashKey, hashStart, hashStep } from "./byte-table.ts";

/** Asks for the key that `text` is from `start` on, whose {@link hashKey} is `hash`: is it in force? */
export type Probe = (text: string, start: number, hash: number) => boolean;

/** A kind of list whose entries are keys. */
export type Keying = {
  /** An entry's canonical text as a key: code units below 256. */
  readonly keyOf: (text: string) => string;
  readonly textOf: (key: string) => string;
  /** The text of the most specific entry in force that has the value. */
  readonly find: (value: string, probe: Probe, prefixes: Prefixes) => string | undefined;
};

/** Which lengths of prefix a list of networks has, each longest first. */
export type Prefixes = { readonly four: readonly number[]; readonly six: readonly number[] };

/** No prefixes: for lists that are not of networks. */
export const noPrefixes: Prefixes = { four: [], six: [] };

/** Domains: the host, each domain above it, up to the suffix. */
export const domainKeying: Keying = {
  keyOf: (text) => (text.startsWith("*.") ? text.slice(2) : text),
  textOf: domainText,
  find: (value, probe) => {
    const host = readHostName(hostPart(value));
    if (host === undefined) return undefined;
    if (isAddress(host)) return probe(host, 0, hashKey(host)) ? host : undefined;
    const start = longestEnding(host, 0, probe);
    return start === undefined ? undefined : domainText(host.slice(start));
  },
};

/** Hosts of e-mail addresses: the host itself; with `*.` before, those below it too. */
export const emailHostKeying: Keying = {
  keyOf: (text) => (text.startsWith("*.") ? text.slice(1) : text),
  textOf: (key) => (key.startsWith(".") ? `*${key}` : key),
  find: (value, probe) => {
    const host = readHostName(value.slice(value.lastIndexOf("@") + 1));
    if (host === undefined) return undefined;
    if (probe(host, 0, hashKey(host))) return host;
    const dotted = `.${host}`;
    const start = longestEnding(dotted, 1, probe);
    return start === undefined ? undefined : `*${dotted.slice(start)}`;
  },
};

/** Networks: the longest prefix of the address. */
export const networkKeying: Keying = {
  keyOf: (text) => {
    const network = parseNetwork(text);
    if (typeof network === "string") throw new RangeError(`${text} is not a network: ${network}`);
    return networkKey(network.address, network.prefix);
  },
  textOf: networkText,
  find: (value, probe, prefixes) => {
    const address = parseAddress(value);
    if (address === undefined) return undefined;
    for (const prefix of address.length === 4 ? prefixes.four : prefixes.six) {
      const key = networkKey(address, prefix);
      if (probe(key, 0, hashKey(key))) return networkText(key);
    }
    return undefined;
  },
};

/** Hashes and fingerprints: the same text; of hexadecimal digits case is folded. */
export const hashKeying: Keying = {
  keyOf: packHash,
  textOf: unpackHash,
  find: (value, probe) => {
    const text = canonicalHash(value);
    const key = packHash(text);
    return probe(key, 0, hashKey(key)) ? text : undefined;
  },
};

/** Actors: the keyed hash of the account id, which the caller computes. */
export function actorKeying(hashActor: (accountId: string) => string): Keying {
  return {
    keyOf: utf8Of,
    textOf: (key) => new TextDecoder().decode(Uint8Array.from(key, (unit) => unit.charCodeAt(0))),
    find: (value, probe) => {
      const text = hashActor(value);
      const key = utf8Of(text);
      return probe(key, 0, hashKey(key)) ? text : undefined;
    },
  };
}

/** What lengths of prefix the keys of networks have. */
export function prefixesOf(keys: Iterable<string>, already: Prefixes = noPrefixes): Prefixes {
  const four = new Set(already.four);
  const six = new Set(already.six);
  for (const key of keys) {
    const code = key.charCodeAt(0);
    if (code >= sixFrom) six.add(code - sixFrom);
    else four.add(code);
  }
  return { four: descending(four), six: descending(six) };
}

/** The longest text that a value may have and still be looked at: a link's, in UTF-16 code units. */
const valueLengthMax = 4_096;

/** The host in a link, an e-mail address, or a host with a port; what is none of these comes out as it is. */
export function hostPart(value: string): string {
  if (value.length > valueLengthMax) return "";
  if (/^[a-z0-9._-]*$/.test(value)) return value;
  const scheme = value.indexOf("://");
  const from = scheme < 0 ? 0 : scheme + 3;
  const [authority = ""] = value.slice(from).split(/[/?#\\]/, 1);
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  return host.replace(/:\d*$/, "");
}

/** Whether a host is a suffix under which the public registers names, such as `com` or `co.uk`. */
export function isRegistrySuffix(host: string): boolean {
  const found = parse(host, { extractHostname: false, detectIp: false });
  return found.isIcann === true && found.publicSuffix === host;
}

/** A hash as it is compared. */
export function canonicalHash(text: string): string {
  return hexLengths.has(text.length) && /^[0-9A-Fa-f]+$/.test(text) ? text.toLowerCase() : text;
}

/** MD5, SHA-1, SHA-256, SHA-384, SHA-512 in hexadecimal digits. */
const hexLengths = new Set([32, 40, 64, 96, 128]);
/** No ASCII text starts with it. */
const packed = "\xff";

function domainText(key: string): string {
  return isRegistrySuffix(key) ? `*.${key}` : key;
}

const dot = 0x2e;

/** Where the longest ending in force starts: those that start `lead` before a label of the host. */
function longestEnding(host: string, lead: 0 | 1, probe: Probe): number | undefined {
  let longest: number | undefined;
  let hash = hashStart;
  for (let index = host.length - 1; index >= 0; index--) {
    const unit = host.charCodeAt(index);
    hash = hashStep(hash, unit);
    const starts = lead === 1 ? unit === dot : index === 0 || host.charCodeAt(index - 1) === dot;
    if (starts && probe(host, index, hash)) longest = index;
  }
  return longest;
}

/** Keys of IPv4 networks start with their prefix, those of IPv6 with their prefix and so much. */
const sixFrom = 64;

function networkKey(address: Address, prefix: number): string {
  let key = String.fromCharCode(address.length === 4 ? prefix : sixFrom + prefix);
  const whole = prefix >> 3;
  for (let index = 0; index < whole; index++) key += String.fromCharCode(address[index] ?? 0);
  const rest = prefix & 7;
  return rest === 0 ? key : key + String.fromCharCode((address[whole] ?? 0) & (0xff00 >> rest) & 0xff);
}

function networkText(key: string): string {
  const code = key.charCodeAt(0);
  const six = code >= sixFrom;
  const address = new Uint8Array(six ? 16 : 4);
  for (let index = 1; index < key.length; index++) address[index - 1] = key.charCodeAt(index);
  const prefix = six ? code - sixFrom : code;
  return formatNetwork({ address: masked(address, prefix), prefix });
}

function packHash(text: string): string {
  if (!hexLengths.has(text.length) || !/^[0-9a-f]+$/.test(text)) return text;
  return packed + text.replaceAll(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));
}

function unpackHash(key: string): string {
  if (!key.startsWith(packed)) return key;
  return Array.from(key.slice(1), (unit) => unit.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

function utf8Of(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text;
  return String.fromCharCode(...new TextEncoder().encode(text));
}

function descending(numbers: ReadonlySet<number>): number[] {
  return [...numbers].sort((left, right) => right - left);
}
