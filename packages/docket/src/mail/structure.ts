// SPDX-License-Identifier: Apache-2.0
// The parts of a mail: multiparts and nested messages taken apart, texts decoded. Thin on purpose: what a
// filter needs of MIME, bounded, and forgiving as mail programs are.
import { decodeBytes } from "./charsets.ts";
import { fieldValue, readHeaderBlock, type HeaderBlock } from "./header-block.ts";
import { depthMax, partsMax } from "./limits.ts";
import { firstWord, readParameters } from "./parameters.ts";
import { decodeTransfer, uuBegin } from "./transfer.ts";

/** One part, in the order in which they stand in the mail; containers come before what they hold. */
export type MailPart = {
  /** Media type in lower case, as the mail names it or as the standard takes it to be. */
  type: string;
  charset: string | undefined;
  /** Content-Transfer-Encoding in lower case; empty where none is given. */
  encoding: string;
  /** Size as it is written in the mail, in bytes. */
  size: number;
  attachment: boolean;
  name: string | undefined;
  /** The text of a `text/*` part, decoded, lines ending in `\n`; absent for anything else. */
  text?: string;
};

/** A mail taken apart. */
export type MailStructure = { header: HeaderBlock; parts: readonly MailPart[]; truncated: boolean };

/** Bytes, and the same with one character a byte: searching is faster in the one, decoding in the other. */
export type Source = { bytes: Buffer; text: string };

/** Takes a mail apart. Never throws, for any bytes; time grows with size and depth only. */
export function readStructure(source: Source): MailStructure {
  const walk: Walk = { parts: [], truncated: false };
  const header = readHeaderBlock(source.text, 0, source.text.length);
  readEntity(walk, source, header, source.text.length, 0, "text/plain");
  return { header, parts: walk.parts, truncated: walk.truncated };
}

type Walk = { parts: MailPart[]; truncated: boolean };

function readEntity(
  walk: Walk,
  source: Source,
  header: HeaderBlock,
  end: number,
  depth: number,
  defaultType: string,
): void {
  if (walk.parts.length >= partsMax) {
    walk.truncated = true;
    return;
  }
  const { fields, bodyStart } = header;
  const contentType = readParameters(fieldValue(fields, "content-type"));
  const disposition = readParameters(fieldValue(fields, "content-disposition"));
  const written = contentType.parameters.get("charset");
  const charset = written === undefined ? undefined : firstWord(written);
  const part: MailPart = {
    type: /^[^/\s]+\/[^/\s]+$/.test(contentType.value)
      ? contentType.value
      : guessType(contentType.value, defaultType),
    charset: charset === "" ? undefined : charset,
    encoding: firstWord(fieldValue(fields, "content-transfer-encoding") ?? "").toLowerCase(),
    size: Math.max(0, end - bodyStart),
    attachment: disposition.value === "attachment",
    name: disposition.parameters.get("filename") ?? contentType.parameters.get("name"),
  };
  walk.parts.push(part);
  if (part.type.startsWith("multipart/")) {
    const boundary = contentType.parameters.get("boundary");
    if (depth < depthMax && readMultipart(walk, source, bodyStart, end, depth, boundary, part.type)) return;
    walk.truncated ||= depth >= depthMax;
    readText(walk, source, bodyStart, end, { ...part, type: "text/plain" }, part);
  } else if (part.type === "message/rfc822" || part.type === "message/global") {
    readMessage(walk, source, bodyStart, end, depth, part);
  } else if (part.type.startsWith("text/") || isPage(part.name)) {
    readText(walk, source, bodyStart, end, part, part);
  }
}

/** A Content-Type that is no media type: some programs write `text` or `html` alone. */
function guessType(value: string, defaultType: string): string {
  if (value === "") return defaultType;
  if (value.includes("html")) return "text/html";
  return value.startsWith("multipart") ? "multipart/mixed" : "text/plain";
}

/** Pages are sent as files of an unknown type to get past filters; mail programs open them all the same. */
function isPage(name: string | undefined): boolean {
  return name !== undefined && /\.(?:s?html?|xhtml?|svg)$/i.test(name.trim());
}

function readMessage(
  walk: Walk,
  source: Source,
  start: number,
  end: number,
  depth: number,
  part: MailPart,
): void {
  if (depth >= depthMax) {
    walk.truncated = true;
    return;
  }
  const decoded = decodeTransfer(source.text.slice(start, end), part.encoding);
  const inner = decoded === undefined ? source : { bytes: decoded, text: decoded.toString("latin1") };
  const from = decoded === undefined ? start : 0;
  const to = decoded === undefined ? end : decoded.length;
  const header = readHeaderBlock(inner.text, from, to);
  readEntity(walk, inner, header, to, depth + 1, "text/plain");
}

/** @returns false if the body has no part: there is no boundary, or it doesn't occur */
function readMultipart(
  walk: Walk,
  source: Source,
  start: number,
  end: number,
  depth: number,
  named: string | undefined,
  type: string,
): boolean {
  const given = named?.trim() ?? "";
  let delimiter = given === "" ? -1 : findDelimiter(source.text, given, start, end).at;
  const boundary = delimiter >= 0 ? given : sniffBoundary(source.text, start, end);
  if (boundary === undefined) return false;
  if (delimiter < 0) delimiter = findDelimiter(source.text, boundary, start, end).at;
  if (delimiter < 0) return false;
  // What stands before the first part is not shown by mail programs, so it is left out here.
  const defaultType = type === "multipart/digest" ? "message/rfc822" : "text/plain";
  let found = findDelimiter(source.text, boundary, delimiter, end);
  while (found.at >= 0 && !found.closing) {
    const following = findDelimiter(source.text, boundary, found.next, end);
    const partEnd = following.at < 0 ? end : beforeLineEnd(source.text, following.at, found.next);
    const header = readHeaderBlock(source.text, found.next, partEnd);
    readEntity(walk, source, header, partEnd, depth + 1, defaultType);
    if (walk.parts.length >= partsMax) walk.truncated ||= following.at >= 0 && !following.closing;
    if (walk.truncated && walk.parts.length >= partsMax) break;
    found = following;
  }
  return true;
}

type Delimiter = { at: number; next: number; closing: boolean };

/** The next line that is the boundary (RFC 2046 section 5.1.1); `at` is -1 if there is none. */
function findDelimiter(text: string, boundary: string, from: number, end: number): Delimiter {
  const mark = `--${boundary}`;
  let at = text.startsWith(mark, from) ? from : nextMark(text, mark, from);
  while (at >= 0 && at + mark.length <= end) {
    let after = at + mark.length;
    const closing = text.startsWith("--", after);
    if (closing) after += 2;
    while (after < end && (text[after] === " " || text[after] === "\t" || text[after] === "\r")) after += 1;
    if (after >= end || text[after] === "\n") return { at, next: Math.min(end, after + 1), closing };
    at = nextMark(text, mark, at + 1);
  }
  return { at: -1, next: end, closing: true };
}

function nextMark(text: string, mark: string, from: number): number {
  const newline = text.indexOf(`\n${mark}`, from);
  return newline < 0 ? -1 : newline + 1;
}

/** The line end before a boundary belongs to the boundary. */
function beforeLineEnd(text: string, at: number, from: number): number {
  let end = at;
  if (end > from && text[end - 1] === "\n") end -= 1;
  if (end > from && text[end - 1] === "\r") end -= 1;
  return end;
}

const sniffedBytesMax = 4_096;

/** The boundary of a multipart that names none or another: a line `--X` before a line of a part's header. */
function sniffBoundary(text: string, start: number, end: number): string | undefined {
  const head = text.slice(start, Math.min(end, start + sniffedBytesMax));
  return /^--([^\r\n]{1,70}?)[ \t]*\r?\n(?:[ \t\r]*\n)?content-/im.exec(head)?.[1];
}

function readText(
  walk: Walk,
  source: Source,
  start: number,
  end: number,
  read: MailPart,
  part: MailPart,
): void {
  const written = decodeTransfer(source.text.slice(start, end), read.encoding);
  const bytes = written ?? source.bytes.subarray(start, end);
  const html = isHtml(read);
  const text = cleanLines(decodeBytes(bytes, read.charset ?? (html ? declaredCharset(bytes) : undefined)));
  part.text = html ? text : takeUuencoded(walk, text);
}

/** Whether the text of a part is a page. */
export function isHtml(part: MailPart): boolean {
  return part.type === "text/html" || part.type === "application/xhtml+xml" || isPage(part.name);
}

function declaredCharset(bytes: Buffer): string | undefined {
  const head = bytes.toString("latin1", 0, 2_048);
  return /<meta[^>]{0,256}?charset\s{0,8}=\s{0,8}["']?([A-Za-z0-9_:-]{1,64})/i.exec(head)?.[1];
}

/** Line ends as `\n`; no lone surrogates, which no JSON may hold. */
function cleanLines(text: string): string {
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  return lines.isWellFormed() ? lines : lines.toWellFormed();
}

/** Files in uuencode are taken out of a text and become parts. */
function takeUuencoded(walk: Walk, text: string): string {
  if (!text.includes("begin")) return text;
  let rest = text;
  for (let begin = uuBegin.exec(rest); begin !== null; begin = uuBegin.exec(rest)) {
    if (walk.parts.length >= partsMax) {
      walk.truncated = true;
      break;
    }
    const close = rest.indexOf("\nend", begin.index);
    const end = close < 0 ? rest.length : close + "\nend".length;
    const name = (begin[1] as string).trim();
    walk.parts.push({
      type: "application/octet-stream",
      charset: undefined,
      encoding: "x-uuencode",
      size: end - begin.index,
      attachment: true,
      name,
    });
    rest = rest.slice(0, begin.index) + rest.slice(end);
  }
  return rest;
}
