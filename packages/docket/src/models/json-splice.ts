// SPDX-License-Identifier: Apache-2.0
// Adds fields to an object of JSON in its own bytes: whatever else the line holds stays as it was written,
// numbers beyond 2^53, the order of keys and bytes that aren't UTF-8 included.

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const open = new Set([0x7b, 0x5b]);
const close = new Set([0x7d, 0x5d]);
const blank = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Where a value stands: from its first byte up to the one behind its last. */
type Span = { from: number; to: number };

/**
 * The bytes of an object with `fields` set. One that is there already gets its new value in its place, the
 * others come last.
 *
 * @param bytes an object of JSON that was parsed without an error, with blanks around it at most
 * @param fields by key, in order; values are numbers, booleans or null
 */
export function withFields(
  bytes: Uint8Array,
  fields: Readonly<Record<string, number | boolean | null>>,
): Uint8Array {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { members, end, empty } = topLevel(whole, fields);
  const pieces: Buffer[] = [];
  let at = 0;
  const added: string[] = [];
  const inOrder = Object.keys(fields)
    .flatMap((key) => (members.get(key) ?? []).map((span) => ({ key, span })))
    .toSorted((one, other) => one.span.from - other.span.from);
  for (const { key, span } of inOrder) {
    pieces.push(whole.subarray(at, span.from), Buffer.from(String(fields[key])));
    at = span.to;
  }
  for (const [key, value] of Object.entries(fields)) {
    if (!members.has(key)) added.push(`${JSON.stringify(key)}:${String(value)}`);
  }
  const tail = added.length === 0 ? "" : `${empty ? "" : ","}${added.join(",")}`;
  pieces.push(whole.subarray(at, end), Buffer.from(tail), whole.subarray(end));
  return Buffer.concat(pieces);
}

/** Where the values of the wanted members stand, and the closing brace. A key may stand there twice. */
function topLevel(
  bytes: Buffer,
  wanted: Readonly<Record<string, unknown>>,
): { members: Map<string, Span[]>; end: number; empty: boolean } {
  const members = new Map<string, Span[]>();
  let at = bytes.indexOf(0x7b) + 1;
  let empty = true;
  for (;;) {
    at = past(bytes, at, blank);
    if (bytes[at] === comma) {
      at++;
      continue;
    }
    if (bytes[at] !== quote) return { members, end: at, empty };
    empty = false;
    const keyEnd = stringEnd(bytes, at);
    const key = keyOf(bytes.subarray(at, keyEnd));
    // A colon stands between, with blanks around it.
    const from = past(bytes, past(bytes, keyEnd, blank) + 1, blank);
    at = valueEnd(bytes, from);
    if (!Object.hasOwn(wanted, key)) continue;
    const spans = members.get(key);
    if (spans === undefined) members.set(key, [{ from, to: at }]);
    else spans.push({ from, to: at });
  }
}

function keyOf(bytes: Buffer): string {
  return JSON.parse(bytes.toString()) as string;
}

function past(bytes: Buffer, from: number, set: ReadonlySet<number>): number {
  let at = from;
  while (at < bytes.length && set.has(bytes[at] as number)) at++;
  return at;
}

/** Behind the closing quote of the string that begins at `from`. */
function stringEnd(bytes: Buffer, from: number): number {
  for (let at = from + 1; at < bytes.length; at++) {
    if (bytes[at] === backslash) at++;
    else if (bytes[at] === quote) return at + 1;
  }
  return bytes.length;
}

function valueEnd(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === quote) {
      at = stringEnd(bytes, at) - 1;
      if (depth === 0) return at + 1;
    } else if (open.has(byte)) depth++;
    else if (close.has(byte)) {
      if (depth === 0) return at;
      depth--;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (byte === comma || blank.has(byte))) return at;
  }
  return bytes.length;
}
