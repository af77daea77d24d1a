// SPDX-License-Identifier: Apache-2.0
// The name under which a list in the DNS has an entry, and what its addresses say (RFC 5782).
import { isIP } from "node:net";

/** The longest name in octets (RFC 1035, section 2.3.4). */
const nameLengthMax = 253;

/**
 * The name that is asked for, or `undefined` for what no public list can say anything about: an address of a
 * private network, a name that is none, an address where names are listed.
 *
 * @param value a host name in lower-case ASCII, or an address
 * @param addresses whether the list is one of addresses (RFC 5782, sections 2.1 and 2.4); else of names
 */
export function listName(value: string, zone: string, addresses: boolean): string | undefined {
  const prefix = addresses ? reversedAddress(value) : hostName(value);
  if (prefix === undefined) return undefined;
  const name = `${prefix}.${zone}`;
  return name.length <= nameLengthMax ? name : undefined;
}

/** What an A record of a list says. */
export type Meaning = "listed" | "refused" | "garbage";

/**
 * What an answer says. Addresses in 127.255.255.0/24 are errors (a refused resolver, a mistyped zone), and so
 * are 127.0.0.1, by which lists refuse, and 127.0.1.255, by which a list of names refuses addresses. None of
 * them is ever a listing. An address outside 127.0.0.0/8 comes from a resolver that makes answers up.
 */
export function meaningOf(address: string): Meaning {
  if (!address.startsWith("127.")) return "garbage";
  const refused = address.startsWith("127.255.255.") || address === "127.0.0.1" || address === "127.0.1.255";
  return refused ? "refused" : "listed";
}

function hostName(value: string): string | undefined {
  return isIP(value) === 0 && /^(?:[a-z0-9_-]{1,63}\.)+[a-z0-9-]{2,63}$/.test(value) ? value : undefined;
}

function reversedAddress(value: string): string | undefined {
  const version = isIP(value);
  if (version === 4) return isPrivate4(value) ? undefined : value.split(".").reverse().join(".");
  if (version !== 6) return undefined;
  const groups = groupsOf(value);
  if (groups === undefined || isPrivate6(groups)) return undefined;
  const [, , , , , mapped, high = 0, low = 0] = groups;
  if (mapped === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    const address = [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
    return reversedAddress(address);
  }
  const nibbles = groups.map((group) => group.toString(16).padStart(4, "0")).join("");
  return Array.from(nibbles).reverse().join(".");
}

/** Private, shared, loopback, link-local, multicast and reserved (RFC 6890). */
function isPrivate4(address: string): boolean {
  const [first = 0, second = 0] = address.split(".").map(Number);
  if (first === 0 || first === 10 || first === 127 || first >= 224) return true;
  if (first === 100) return second >= 64 && second <= 127;
  if (first === 169) return second === 254;
  if (first === 172) return second >= 16 && second <= 31;
  return first === 192 && second === 168;
}

/** Unspecified, loopback, unique local, link-local, multicast. */
function isPrivate6(groups: readonly number[]): boolean {
  const [first = 0] = groups;
  if ((first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80 || first >= 0xff00) return true;
  return groups.slice(0, 7).every((group) => group === 0);
}

/** The eight groups of an IPv6 address that `isIP` took. */
function groupsOf(value: string): number[] | undefined {
  const bare = value.split("%")[0] ?? "";
  const [head = "", tail] = bare.split("::");
  const read = (text: string): number[] =>
    text === ""
      ? []
      : text.split(":").flatMap((part) => (part.includes(".") ? quad(part) : [Number.parseInt(part, 16)]));
  const before = read(head);
  if (tail === undefined) return before.length === 8 ? before : undefined;
  const after = read(tail);
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

function quad(part: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
  return [(a << 8) | b, (c << 8) | d];
}
