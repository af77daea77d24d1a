// SPDX-License-Identifier: Apache-2.0
// The distinguished encoding rules (X.690), read strictly: one value has one encoding, and anything else is
// refused. There are no tags above 30, no indefinite lengths, and nothing after the value.
import { TimestampError } from "./error.ts";

/** One value. `bytes` and `content` are views of what was read, not copies. */
export interface DerNode {
  /** The identifier octet: class, constructed bit and tag number. */
  readonly tag: number;
  /** The whole value: identifier, length and content. */
  readonly bytes: Uint8Array;
  /** The content alone. */
  readonly content: Uint8Array;
  /** The values that a constructed one holds; empty for a primitive one. */
  readonly children: readonly DerNode[];
}

/** Identifier octets of the universal types that are used here. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The identifier octet of a context-specific value that holds others: `[number] { … }`. */
export function constructed(number: number): number {
  return 0xa0 | number;
}

/** The identifier octet of a context-specific value that holds none: `[number] IMPLICIT INTEGER`, for one. */
export function primitive(number: number): number {
  return 0x80 | number;
}

/** The most bytes that are read as one value: an answer with certificates and lists of revoked ones. */
export const derBytesMax: number = 256 * 1024;
/** How deep values may lie in values. A token's certificates need eleven. */
const depthMax = 24;
/** The most values in one. A token with five certificates has about 700. */
const nodesMax = 20_000;

/**
 * Reads one value, which must be all of `bytes`.
 *
 * @throws TimestampError `malformed`
 */
export function readDer(bytes: Uint8Array): DerNode {
  if (bytes.length > derBytesMax) malformed(`${bytes.length} bytes are more than ${derBytesMax}`);
  const node = readNode(bytes, 0, bytes.length, 0, { nodes: 0 });
  if (node.bytes.length !== bytes.length) malformed("bytes follow after the end of the value");
  return node;
}

/** The fields of a SEQUENCE, one after the other. */
export interface Fields {
  /** The next field, which must be there. `what` names it in the error. */
  readonly next: (tag: number, what: string) => DerNode;
  /** The next field if it has this tag. */
  readonly optional: (tag: number) => DerNode | undefined;
  /** The next field whatever its tag, if there is one. */
  readonly any: () => DerNode | undefined;
  /** Refuses what is left. */
  readonly end: () => void;
}

/**
 * The fields of a value that has `tag`.
 *
 * @throws TimestampError `malformed`, as its functions do
 */
export function fieldsOf(node: DerNode, tag: number, what: string): Fields {
  expectTag(node, tag, what);
  let at = 0;
  const { children } = node;
  return {
    next: (wanted, name) => {
      const child = children[at];
      if (child === undefined) malformed(`${what} has no ${name}`);
      expectTag(child, wanted, name);
      at += 1;
      return child;
    },
    optional: (wanted) => (children[at]?.tag === wanted ? children[at++] : undefined),
    any: () => children[at++],
    end: () => {
      if (at < children.length) malformed(`${what} has a field too many`);
    },
  };
}

/**
 * The only value within an explicit tag, or in a set of one.
 *
 * @throws TimestampError `malformed`
 */
export function onlyChild(node: DerNode, what: string): DerNode {
  const [child, second] = node.children;
  if (child === undefined || second !== undefined) malformed(`${what} must hold exactly one value`);
  return child;
}

/** Refuses a value of another type. */
export function expectTag(node: DerNode, tag: number, what: string): void {
  if (node.tag !== tag) malformed(`${what} has tag 0x${hex(node.tag)}, not 0x${hex(tag)}`);
}

/**
 * The content of an INTEGER that is not negative, without a leading zero; zero itself is one zero byte.
 *
 * @throws TimestampError `malformed` for a negative one, or one of more than `bytesMax` bytes
 */
export function readUnsigned(node: DerNode, what: string, bytesMax: number): Uint8Array {
  const { content } = node;
  if (((content[0] as number) & 0x80) !== 0) malformed(`${what} is negative`);
  const digits = content.length > 1 && content[0] === 0 ? content.subarray(1) : content;
  if (digits.length > bytesMax) malformed(`${what} has more than ${bytesMax} bytes`);
  return digits;
}

/**
 * An INTEGER from 0 to `max`.
 *
 * @throws TimestampError `malformed`
 */
export function readSmall(node: DerNode, what: string, max: number): number {
  const value = readUnsigned(node, what, 6).reduce((sum, byte) => sum * 256 + byte, 0);
  if (value > max) malformed(`${what} is ${value}, more than ${max}`);
  return value;
}

/** The dotted form of an OBJECT IDENTIFIER, whose content was checked when it was read. */
export function readOid(node: DerNode): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of node.content) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if ((byte & 0x80) === 0) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const first = arcs[0] as bigint;
  const top = first < 40n ? 0n : first < 80n ? 1n : 2n;
  return [top, first - top * 40n, ...arcs.slice(1)].join(".");
}

/**
 * The bytes of a BIT STRING that holds whole bytes: a key or a signature.
 *
 * @throws TimestampError `malformed`
 */
export function readWholeBits(node: DerNode, what: string): Uint8Array {
  if (node.content[0] !== 0) malformed(`${what} does not end at a byte`);
  return node.content.subarray(1);
}

/** Refuses malformed bytes. */
export function malformed(message: string): never {
  throw new TimestampError("malformed", message);
}

/** Whether two runs of bytes are the same. Nothing here is secret. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Bytes as hex. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, hex).join("");
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function readNode(
  all: Uint8Array,
  start: number,
  end: number,
  depth: number,
  count: { nodes: number },
): DerNode {
  if (depth > depthMax) malformed(`values lie deeper than ${depthMax}`);
  count.nodes += 1;
  if (count.nodes > nodesMax) malformed(`there are more than ${nodesMax} values`);
  if (end - start < 2) malformed("a value breaks off in its head");
  const tag = all[start] as number;
  if ((tag & 0x1f) === 0x1f) malformed("a tag number is above 30");
  const { length, at } = readLength(all, start + 1, end);
  if (length > end - at) malformed("a value is longer than what holds it");
  const content = all.subarray(at, at + length);
  const children: DerNode[] = [];
  if ((tag & 0x20) !== 0) {
    for (let next = at; next < at + length;) {
      const child = readNode(all, next, at + length, depth + 1, count);
      children.push(child);
      next += child.bytes.length;
    }
  }
  const node = { tag, bytes: all.subarray(start, at + length), content, children };
  if ((tag & 0xc0) === 0) checkUniversal(node);
  return node;
}

/** X.690 sections 8.1.3 and 10.1: a length in its shortest form. */
function readLength(all: Uint8Array, start: number, end: number): { length: number; at: number } {
  const first = all[start] as number;
  if (first < 0x80) return { length: first, at: start + 1 };
  const count = first & 0x7f;
  if (count === 0) malformed("a length is indefinite, which DER does not have");
  if (count > 4 || end - start - 1 < count) malformed("a length breaks off, or has more than four bytes");
  let length = 0;
  for (let i = 1; i <= count; i++) length = length * 256 + (all[start + i] as number);
  if (length < 0x80 || all[start + 1] === 0) malformed("a length is not in its shortest form");
  return { length, at: start + 1 + count };
}

/** What DER says of each universal type (X.690 sections 8 and 11). */
function checkUniversal(node: DerNode): void {
  const { tag, content } = node;
  const first = content[0];
  switch (tag) {
    case tags.boolean:
      if (content.length !== 1 || (first !== 0 && first !== 0xff)) malformed("a BOOLEAN is not 00 or FF");
      return;
    case tags.integer:
      checkInteger(content);
      return;
    case tags.null:
      if (content.length > 0) malformed("a NULL has content");
      return;
    case tags.oid:
      checkOid(content);
      return;
    case tags.bitString:
      checkBits(content);
      return;
    default:
      // Strings and times are checked by whoever reads them. A string type in constructed form is BER's.
      if ((tag & 0x20) !== 0 && tag !== tags.sequence && tag !== tags.set) {
        malformed(`universal type 0x${hex(tag)} is constructed`);
      }
      if (tag === 0x10 || tag === 0x11 || tag === 0) malformed(`universal type 0x${hex(tag)} is primitive`);
  }
}

/** Also what context-specific tags hold as INTEGER is checked with this. */
export function checkInteger(content: Uint8Array): void {
  const [first, second] = content;
  if (first === undefined) malformed("an INTEGER is empty");
  if (second === undefined) return;
  if ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)) {
    malformed("an INTEGER is not in its shortest form");
  }
}

function checkOid(content: Uint8Array): void {
  /** No identifier in use has an arc that is longer: seven bits a byte. */
  const arcBytesMax = 10;
  if (content.length === 0 || content.length > 64) malformed("an OBJECT IDENTIFIER is empty or too long");
  let arcBytes = 0;
  for (const byte of content) {
    if (arcBytes === 0 && byte === 0x80) malformed("an arc is not in its shortest form");
    arcBytes = (byte & 0x80) === 0 ? 0 : arcBytes + 1;
    if (arcBytes > arcBytesMax) malformed("an arc is too long");
  }
  if (arcBytes !== 0) malformed("an OBJECT IDENTIFIER breaks off");
}

function checkBits(content: Uint8Array): void {
  const unused = content[0];
  if (unused === undefined || unused > 7) malformed("a BIT STRING says nothing of its last byte");
  if (unused === 0) return;
  const last = content.at(-1) as number;
  if (content.length === 1 || (last & ((1 << unused) - 1)) !== 0) {
    malformed("a BIT STRING has bits after its end");
  }
}
