// SPDX-License-Identifier: Apache-2.0
// A part of a mail in one line, for the classifier and for signals: of what kind it is, nothing it says.
import { charsetName } from "./charsets.ts";
import type { MailPart } from "./structure.ts";

/**
 * `TYPE; CHARSET; ENCODING; SIZE[; attachment][; .EXTENSION]`, as in `text/html; windows-1252;
 * quoted-printable; 4k` or `application/octet-stream; ; base64; 64k; attachment; .exe`. A charset has its
 * name of the Encoding Standard where it has one; SIZE is the next of 1k, 4k, 16k, 64k, 256k, 1m, 4m, or
 * `more`.
 */
export function partLine(part: MailPart): string {
  const charset = part.charset === undefined ? "" : (charsetName(part.charset) ?? `?${token(part.charset)}`);
  const line = `${token(part.type)}; ${charset}; ${token(part.encoding)}; ${sizeClass(part.size)}`;
  const extension =
    part.name === undefined ? undefined : /\.([A-Za-z0-9]{1,10})$/.exec(part.name.trim())?.[1];
  return (
    line +
    (part.attachment ? "; attachment" : "") +
    (extension === undefined ? "" : `; .${extension.toLowerCase()}`)
  );
}

/** Longest type, charset or encoding in a line, in characters. */
const tokenLengthMax = 60;

function token(written: string): string {
  return written
    .toLowerCase()
    .replace(/[^!#-'*+\-./0-9:=^-~]+/g, "")
    .slice(0, tokenLengthMax);
}

function sizeClass(bytes: number): string {
  const found = sizeClasses.find(([, most]) => bytes <= most);
  return found === undefined ? "more" : found[0];
}

const sizeClasses: readonly (readonly [string, number])[] = [
  ...([
    ["1k", 1_024],
    ["4k", 4_096],
    ["16k", 16_384],
    ["64k", 65_536],
  ] as const),
  ...([
    ["256k", 262_144],
    ["1m", 1_048_576],
    ["4m", 4_194_304],
  ] as const),
];
