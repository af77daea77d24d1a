// SPDX-License-Identifier: Apache-2.0
// Writing DER: for requests, which are small.

/** A value: identifier octet, length, and the parts one after the other. */
export function encodeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return concatenate(Uint8Array.from([tag, ...encodeLength(length)]), ...parts);
}

/** The content of an INTEGER that is not negative, from its big-endian bytes. */
export function unsignedContent(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = bytes.subarray(start);
  return ((digits[0] ?? 0) & 0x80) === 0 ? digits : concatenate(Uint8Array.of(0), digits);
}

/**
 * The content of an OBJECT IDENTIFIER.
 *
 * @throws RangeError for a text that is none
 */
export function oidContent(dotted: string): Uint8Array {
  const wrong = (): never => {
    throw new RangeError(`not an object identifier: ${JSON.stringify(dotted)}`);
  };
  if (!/^[0-2](\.(0|[1-9]\d{0,18})){1,20}$/.test(dotted)) wrong();
  const [top, second, ...rest] = dotted.split(".").map(BigInt) as [bigint, bigint, ...bigint[]];
  if (top < 2n && second >= 40n) wrong();
  return Uint8Array.from([top * 40n + second, ...rest].flatMap(arcBytes));
}

/** The parts, one after the other. */
export function concatenate(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function arcBytes(arc: bigint): number[] {
  const bytes = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) bytes.unshift(Number(rest & 0x7fn) | 0x80);
  return bytes;
}

function encodeLength(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}
