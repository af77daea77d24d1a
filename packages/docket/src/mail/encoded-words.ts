// SPDX-License-Identifier: Apache-2.0
// Encoded words of RFC 2047 in header fields, and the spellings of them that mail programs get wrong.
import { decodeBytes, decodeUnlabelled } from "./charsets.ts";
import { encodedWordsMax } from "./limits.ts";
import { decodeBase64 } from "./transfer.ts";

/**
 * Decodes the value of a field: unfolded, white space folded into one space, encoded words decoded. Spaces
 * inside a word and words inside quotes are forgiven; what is not a word stays as it is written.
 *
 * @param written one character a byte
 * @param likely the charset of the mail's text, for bytes of which nothing is said
 */
export function decodeField(written: string, likely?: string): string {
  const unfolded = written.replace(/\s+/g, " ").trim();
  if (!unfolded.includes("=?")) return decodeRaw(unfolded, likely);
  let text = "";
  let from = 0;
  let count = 0;
  let pending: { charset: string; bytes: Buffer[] } | undefined;
  for (const match of unfolded.matchAll(encodedWord)) {
    if ((count += 1) > encodedWordsMax) break;
    const between = unfolded.slice(from, match.index);
    const charset = (match[1] as string).toLowerCase();
    // A character may be split over two words of one charset: their bytes are put together first. White
    // space between words is folding (RFC 2047 section 6.2).
    if (pending !== undefined && (pending.charset !== charset || between.trim() !== "")) {
      text += flush(pending);
      pending = undefined;
    }
    if (between.trim() !== "" || from === 0) text += decodeRaw(between, likely);
    pending ??= { charset, bytes: [] };
    pending.bytes.push(decodeWord(match[2] as string, match[3] as string));
    from = match.index + match[0].length;
  }
  if (pending !== undefined) text += flush(pending);
  return (text + decodeRaw(unfolded.slice(from), likely)).replace(/\s+/g, " ").trim();
}

/** Decodes text of a header that is no encoded word: UTF-8 (RFC 6532) if it is, else as the mail's text. */
export function decodeRaw(written: string, likely?: string): string {
  return decodeUnlabelled(Buffer.from(written, "latin1"), likely);
}

// The charset may be followed by a language (RFC 2231 section 5).
const encodedWord = /=\?([^?\s*]{1,64})(?:\*[^?\s]{0,64})?\?([BbQq])\?([^?]*)\?=/g;

function decodeWord(encoding: string, written: string): Buffer {
  if (encoding === "B" || encoding === "b") return decodeBase64(written);
  const plain = written
    .replaceAll("_", " ")
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain, "latin1");
}

function flush({ charset, bytes }: { charset: string; bytes: Buffer[] }): string {
  return decodeBytes(bytes.length === 1 ? (bytes[0] as Buffer) : Buffer.concat(bytes), charset);
}
