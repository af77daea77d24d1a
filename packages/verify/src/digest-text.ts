// SPDX-License-Identifier: Apache-2.0

/**
 * Whether `text` is the canonical unpadded base64url (RFC 4648 section 5) of `bytes`. It compares without
 * encoding: a record has several digests, and making a text for each costs more than hashing it.
 */
export function isBase64UrlOf(text: string, bytes: Uint8Array): boolean {
  if (text.length !== Math.ceil((bytes.length * 4) / 3)) return false;
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const first = bytes[i] as number;
    const second = bytes[i + 1] ?? 0;
    const third = bytes[i + 2] ?? 0;
    if (text.charCodeAt(at++) !== codes[first >> 2]) return false;
    if (text.charCodeAt(at++) !== codes[((first & 3) << 4) | (second >> 4)]) return false;
    if (at < text.length && text.charCodeAt(at++) !== codes[((second & 15) << 2) | (third >> 6)])
      return false;
    if (at < text.length && text.charCodeAt(at++) !== codes[third & 63]) return false;
  }
  return true;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const codes = Uint8Array.from(alphabet, (character) => character.charCodeAt(0));
