// SPDX-License-Identifier: Apache-2.0
// Internet addresses and networks as bytes, and their one text: dotted decimal, and RFC 5952 for IPv6.

/** An address: 4 or 16 bytes. An IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) is the IPv4 one. */
export type Address = Uint8Array;
/** A network: its address, zero beyond the prefix, and the prefix's length in bits. */
export type Network = { readonly address: Address; readonly prefix: number };

/**
 * Reads an address: dotted decimal without leading zeros (others read those as octal), or IPv6 in any of its
 * forms (RFC 4291, section 2.2), without a zone; brackets around it are taken off.
 */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(":")) return parseAddress4(text);
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  const address = parseAddress6(bare);
  return address !== undefined && isMapped(address) ? address.slice(12) : address;
}

/**
 * Reads a network, `ADDRESS/PREFIX` or an address alone. A text says what is wrong, in the form "expected …".
 */
export function parseNetwork(text: string): Network | string {
  const slash = text.indexOf("/");
  const host = slash < 0 ? text : text.slice(0, slash);
  const address = parseAddress(host);
  if (address === undefined) {
    return "expected an IPv4 or IPv6 address, or a network such as 192.0.2.0/24 or 2001:db8::/32";
  }
  const bits = address.length * 8;
  if (slash < 0) return { address, prefix: bits };
  const written = /^(?:0|[1-9]\d{0,2})$/.exec(text.slice(slash + 1));
  const mapped = host.includes(":") && address.length === 4 ? 96 : 0;
  const prefix = written === null ? Number.NaN : Number(written[0]) - mapped;
  if (!(prefix >= 1 && prefix <= bits)) {
    return `expected a prefix of ${1 + mapped} to ${bits + mapped} bits after the slash`;
  }
  const network = masked(address, prefix);
  if (network.some((byte, index) => byte !== address[index])) {
    const meant = formatNetwork({ address: network, prefix });
    return `expected no bits beyond the prefix of ${prefix}: write ${meant}, or the address alone`;
  }
  return { address, prefix };
}

/** The one text of a network: the address alone if it is one address. */
export function formatNetwork({ address, prefix }: Network): string {
  const text = address.length === 4 ? address.join(".") : formatAddress6(address);
  return prefix === address.length * 8 ? text : `${text}/${prefix}`;
}

/** The address with all bits beyond the prefix zero. */
export function masked(address: Address, prefix: number): Address {
  const out = new Uint8Array(address.length);
  const whole = prefix >> 3;
  out.set(address.subarray(0, whole));
  if (whole < out.length) out[whole] = (address[whole] ?? 0) & (0xff00 >> (prefix & 7));
  return out;
}

function parseAddress4(text: string): Address | undefined {
  if (text.length < 7 || text.length > 15) return undefined;
  const address = new Uint8Array(4);
  let part = 0;
  let value = -1;
  for (let index = 0; index <= text.length; index++) {
    const unit = index === text.length ? dot : text.charCodeAt(index);
    if (unit === dot) {
      if (value < 0 || part > 3) return undefined;
      address[part] = value;
      part += 1;
      value = -1;
      continue;
    }
    // No digit after a leading zero.
    if (unit < 0x30 || unit > 0x39 || value === 0) return undefined;
    value = Math.max(0, value) * 10 + unit - 0x30;
    if (value > 255) return undefined;
  }
  return part === 4 ? address : undefined;
}

const dot = 0x2e;

/** Longest text of an IPv6 address: six groups and an IPv4 address. */
const address6LengthMax = 45;

function parseAddress6(text: string): Address | undefined {
  if (text.length > address6LengthMax || !/^[0-9A-Fa-f:.]+$/.test(text)) return undefined;
  const halves = text.split("::", 3);
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? "", true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  // "::" stands for at least one group.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (/^[0-9A-Fa-f]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const address = last && index === parts.length - 1 ? parseAddress4(part) : undefined;
    if (address === undefined) return undefined;
    groups.push(((address[0] ?? 0) << 8) | (address[1] ?? 0), ((address[2] ?? 0) << 8) | (address[3] ?? 0));
  }
  return groups;
}

function isMapped(address: Address): boolean {
  return address.every((byte, index) => index >= 12 || byte === (index < 10 ? 0 : 0xff));
}

/** RFC 5952, section 4: the first longest run of two or more zero groups is "::". */
function formatAddress6(address: Address): string {
  const groups = Array.from(
    { length: 8 },
    (_, at) => ((address[2 * at] ?? 0) << 8) | (address[2 * at + 1] ?? 0),
  );
  let from = -1;
  let longest = 1;
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > longest) {
      from = start;
      longest = end - start;
    }
    if (end > start) start = end - 1;
  }
  const texts = groups.map((group) => group.toString(16));
  if (from < 0) return texts.join(":");
  return `${texts.slice(0, from).join(":")}::${texts.slice(from + longest).join(":")}`;
}
