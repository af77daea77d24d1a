// SPDX-License-Identifier: Apache-2.0
// The text encodings of the log's formats: base64 (RFC 4648 section 4, padded), base64url (section 5,
// unpadded), lower-case hex (section 8) and UTF-8. Decoders accept exactly what the encoders write: one value
// has one spelling, so that two texts that differ can never mean the same signed bytes.
import { TlogError } from "./error.ts";

/** Encodes bytes as padded base64 (RFC 4648 section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  const body = encode(bytes, base64Alphabet);
  return body + "=".repeat((4 - (body.length % 4)) % 4);
}

/**
 * Decodes padded base64 (RFC 4648 section 4).
 *
 * @throws TlogError `encoding` for anything but the canonical spelling: other characters, line breaks,
 *   missing or extra padding, unused bits that are not zero
 */
export function decodeBase64(text: string): Uint8Array {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  if (text.length % 4 !== 0) {
    throw new TlogError("encoding", `base64 of ${text.length} characters is not a multiple of four`);
  }
  const body = text.slice(0, text.length - padding);
  return decode(body, base64Values, "base64");
}

/** Encodes bytes as unpadded base64url (RFC 4648 section 5). */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encode(bytes, base64UrlAlphabet);
}

/**
 * Decodes unpadded base64url (RFC 4648 section 5).
 *
 * @throws TlogError `encoding` for anything but the canonical spelling
 */
export function decodeBase64Url(text: string): Uint8Array {
  return decode(text, base64UrlValues, "base64url");
}

/** Encodes bytes as lower-case hex. */
export function encodeHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += hexOfByte[byte];
  return text;
}

/**
 * Decodes lower-case hex.
 *
 * @throws TlogError `encoding` for an odd length or any character but `0-9a-f`
 */
export function decodeHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw new TlogError("encoding", "malformed hex: an even number of characters 0-9a-f is expected");
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/**
 * Encodes text as UTF-8.
 *
 * @throws TlogError `encoding` for a lone surrogate, which UTF-8 cannot carry
 */
export function utf8(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new TlogError("encoding", "text with a lone surrogate has no UTF-8 form");
  return encoder.encode(text);
}

/**
 * Decodes UTF-8; a byte order mark is kept as the character that it is.
 *
 * @throws TlogError `encoding` for bytes that are not valid UTF-8
 */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new TlogError("encoding", "invalid UTF-8", { cause });
  }
}

const encoder = new TextEncoder();
// Without ignoreBOM a leading byte order mark would vanish, and two different byte strings would read the
// same.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const base64Alphabet = `${common}+/`;
const base64UrlAlphabet = `${common}-_`;
const base64Values = valuesOf(base64Alphabet);
const base64UrlValues = valuesOf(base64UrlAlphabet);
const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Marks a character outside the alphabet. */
const notInAlphabet = 0xff;

function valuesOf(alphabet: string): Uint8Array {
  const values = new Uint8Array(128).fill(0xff);
  for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i;
  return values;
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += alphabet[(buffer >> bits) & 63];
    }
  }
  return bits > 0 ? text + alphabet[(buffer << (6 - bits)) & 63] : text;
}

function decode(body: string, values: Uint8Array, form: string): Uint8Array {
  if (body.length % 4 === 1) throw new TlogError("encoding", `malformed ${form}: impossible length`);
  const bytes = new Uint8Array(Math.floor((body.length * 6) / 8));
  let buffer = 0;
  let bits = 0;
  let length = 0;
  for (let i = 0; i < body.length; i++) {
    const value = values[body.charCodeAt(i)] ?? notInAlphabet;
    if (value === notInAlphabet) {
      throw new TlogError("encoding", `malformed ${form}: unexpected character at ${i}`);
    }
    buffer = ((buffer << 6) | value) & 0x3fff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[length++] = buffer >> bits;
    }
  }
  if ((buffer & ((1 << bits) - 1)) !== 0) {
    throw new TlogError("encoding", `malformed ${form}: the unused bits of the last character are not zero`);
  }
  return bytes;
}
