// SPDX-License-Identifier: Apache-2.0
// Transfer encodings of RFC 2045, as mail has them: with junk in between, cut off, or not there at all.

/**
 * Decodes a body. Never throws; what can't be decoded stays as it is written. One character of `written` is
 * one byte.
 *
 * @param encoding the value of Content-Transfer-Encoding in lower case
 */
export function decodeTransfer(written: string, encoding: string): Buffer | undefined {
  if (encoding.includes("base64")) return decodeBase64(written);
  if (encoding.includes("quoted")) return Buffer.from(decodeQuoted(written), "latin1");
  if (encoding.includes("uu")) return decodeUu(written);
  return undefined;
}

/** Decodes base64; what isn't of its alphabet is skipped, and padding in the middle starts a new run. */
export function decodeBase64(written: string): Buffer {
  const padding = written.indexOf("=");
  if (padding < 0 || !/[A-Za-z0-9+/]/.test(written.slice(padding))) return Buffer.from(written, "base64");
  const runs = written.replace(/[^A-Za-z0-9+/=]+/g, "").split(/=+/);
  return Buffer.concat(runs.map((run) => Buffer.from(run, "base64")));
}

/** Decodes quoted-printable to one character a byte. An `=` that begins nothing stands for itself. */
export function decodeQuoted(written: string): string {
  if (!written.includes("=")) return written;
  return written.replace(/=(?:([0-9A-Fa-f]{2})|[ \t]*(?:\r?\n|$))/g, (_, hex: string | undefined) =>
    hex === undefined ? "" : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/**
 * The first line of a file in uuencode, of which the next is a line of one; the name is group 1. Sticky
 * searches start where `lastIndex` says.
 */
export function uuBegin(): RegExp {
  return /^begin(?:-base64)? [0-7]{3,4} ([^\n]{1,255})\n(?=[ -`]{1,86}\r?\n)/gm;
}

/** Decodes the lines of a file in uuencode. */
export function decodeUu(written: string): Buffer {
  const begin = uuBegin().exec(written);
  const lines = begin === null ? written : written.slice(begin.index + begin[0].length);
  const bytes: number[] = [];
  for (const line of lines.split("\n")) {
    if (line.startsWith("end")) break;
    let left = (line.charCodeAt(0) - 0x20) & 0x3f;
    for (let at = 1; left > 0 && at < line.length; at += 4) {
      let word = 0;
      for (let index = at; index < at + 4; index++) word = (word << 6) | sixBits(line, index);
      for (let shift = 16; shift >= 0 && left > 0; shift -= 8, left--) bytes.push((word >> shift) & 0xff);
    }
  }
  return Buffer.from(bytes);
}

function sixBits(line: string, index: number): number {
  return index < line.length ? (line.charCodeAt(index) - 0x20) & 0x3f : 0;
}
