// SPDX-License-Identifier: Apache-2.0
// The parts of a mail: multiparts and nested messages taken apart, texts decoded. Thin on purpose: what a
// filter needs of MIME, bounded, and forgiving as mail programs are.
import { decodeBytes } from "./charsets.ts";
import { fieldValue, readHeaderBlock, type HeaderBlock } from "./header-block.ts";
import { boundaryLengthMax, depthMax, nestedBytesMax, partsMax, textWrittenMax } from "./limits.ts";
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
  const walk: Walk = { parts: [], nestedBytes: 0, truncated: false };
  const header = readEntity(walk, source, 0, "text/plain");
  return { header, parts: walk.parts, truncated: walk.truncated };
}

/** Whether the text of a part is a page. */
export function isHtml(part: MailPart): boolean {
  return part.type === "text/html" || part.type === "application/xhtml+xml" || isPage(part.name);
}

type Walk = { parts: MailPart[]; nestedBytes: number; truncated: boolean };

function readEntity(walk: Walk, source: Source, depth: number, defaultType: string): HeaderBlock {
  const header = readHeaderBlock(source.text);
  if (walk.parts.length >= partsMax) {
    walk.truncated = true;
    return header;
  }
  const contentType = readParameters(fieldValue(header.fields, "content-type"));
  const disposition = readParameters(fieldValue(header.fields, "content-disposition"));
  const charset = firstWord(contentType.parameters.get("charset") ?? "");
  const body = slice(source, header.bodyStart, source.text.length);
  const part: MailPart = {
    type: mediaType(contentType.value, defaultType),
    charset: charset === "" ? undefined : charset,
    encoding: firstWord(fieldValue(header.fields, "content-transfer-encoding") ?? "").toLowerCase(),
    size: body.text.length,
    attachment: disposition.value === "attachment",
    name: disposition.parameters.get("filename") ?? contentType.parameters.get("name"),
  };
  walk.parts.push(part);
  if (part.type.startsWith("multipart/")) {
    const boundary = contentType.parameters.get("boundary")?.trim() ?? "";
    // A multipart without parts is read as the text it then is.
    if (!readMultipart(walk, body, depth, boundary, part.type)) readText(walk, body, part);
  } else if (part.type === "message/rfc822" || part.type === "message/global") {
    readMessage(walk, body, depth, part);
  } else if (part.type.startsWith("text/") || isHtml(part)) {
    readText(walk, body, part);
  }
  return header;
}

/** The media type; some programs write `text` or `html` alone. */
function mediaType(value: string, defaultType: string): string {
  if (value === "") return defaultType;
  if (/^[^/]+\/[^/]+$/.test(value)) return value;
  if (value.includes("html")) return "text/html";
  return value.startsWith("multipart") ? "multipart/mixed" : "text/plain";
}

/** Pages are sent as files of an unknown type to get past filters; mail programs open them all the same. */
function isPage(name: string | undefined): boolean {
  return name !== undefined && /\.(?:s?html?|xhtml?|svg)$/i.test(name.trim());
}

function readMessage(walk: Walk, body: Source, depth: number, part: MailPart): void {
  const decoded = decodeTransfer(body.text, part.encoding);
  walk.nestedBytes += decoded?.length ?? 0;
  if (depth >= depthMax || walk.nestedBytes > nestedBytesMax) {
    walk.truncated = true;
    return;
  }
  const inner = decoded === undefined ? body : { bytes: decoded, text: decoded.toString("latin1") };
  readEntity(walk, inner, depth + 1, "text/plain");
}

/**
 * @returns false if nothing of it could be read as parts: there is no boundary, it doesn't occur, or too
 * deep
 */
function readMultipart(walk: Walk, body: Source, depth: number, named: string, type: string): boolean {
  if (depth >= depthMax) {
    walk.truncated = true;
    return false;
  }
  const usable = named !== "" && named.length <= boundaryLengthMax;
  let boundary: string | undefined = named;
  let found = usable ? findDelimiter(body.text, named, 0) : undefined;
  if (found === undefined) {
    boundary = sniffBoundary(body.text);
    if (boundary === undefined) return false;
    found = findDelimiter(body.text, boundary, 0);
  }
  // What stands before the first part and after the last is not shown by mail programs: it is left out.
  const defaultType = type === "multipart/digest" ? "message/rfc822" : "text/plain";
  const before = walk.parts.length;
  while (found !== undefined && !found.closing) {
    const following = findDelimiter(body.text, boundary, found.next);
    const end =
      following === undefined ? body.text.length : beforeLineEnd(body.text, following.at, found.next);
    readEntity(walk, slice(body, found.next, end), depth + 1, defaultType);
    if (walk.parts.length >= partsMax) {
      walk.truncated ||= following !== undefined && !following.closing;
      break;
    }
    found = following;
  }
  return walk.parts.length > before;
}

type Delimiter = { at: number; next: number; closing: boolean };

/** The next line that is the boundary (RFC 2046 section 5.1.1). */
function findDelimiter(text: string, boundary: string, from: number): Delimiter | undefined {
  const mark = `--${boundary}`;
  let at = text.startsWith(mark, from) ? from : nextMark(text, mark, from);
  while (at >= 0) {
    let after = at + mark.length;
    const closing = text.startsWith("--", after);
    if (closing) after += 2;
    while (text[after] === " " || text[after] === "\t" || text[after] === "\r") after += 1;
    if (after >= text.length || text[after] === "\n") {
      return { at, next: Math.min(text.length, after + 1), closing };
    }
    at = nextMark(text, mark, at + 1);
  }
  return undefined;
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

/**
 * The boundary of a multipart that names none or another: a line `--X` before a line of a part's header.
 */
function sniffBoundary(text: string): string | undefined {
  const head = text.slice(0, sniffedBytesMax);
  return /^--([^\r\n]{1,70}?)[ \t]*\r?\n(?:[ \t\r]*\n)?content-/im.exec(head)?.[1];
}

function readText(walk: Walk, body: Source, part: MailPart): void {
  walk.truncated ||= body.text.length > textWrittenMax;
  const written = slice(body, 0, textWrittenMax);
  // A multipart has no encoding of its own (RFC 2045 section 6.4); one read as text is taken by its word.
  const bytes = decodeTransfer(written.text, part.encoding) ?? written.bytes;
  const html = isHtml(part);
  const text = cleanLines(decodeBytes(bytes, part.charset ?? (html ? declaredCharset(bytes) : undefined)));
  part.text = html ? text : takeUuencoded(walk, text);
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
  const search = uuBegin();
  let rest = "";
  let from = 0;
  for (let begin = search.exec(text); begin !== null; begin = search.exec(text)) {
    if (walk.parts.length >= partsMax) {
      walk.truncated = true;
      break;
    }
    const close = text.indexOf("\nend", search.lastIndex);
    const end = close < 0 ? text.length : close + "\nend".length;
    const name = (begin[1] as string).trim();
    const size = end - begin.index;
    const file = { type: "application/octet-stream", charset: undefined, encoding: "x-uuencode", size };
    walk.parts.push({ ...file, attachment: true, name });
    rest += text.slice(from, begin.index);
    from = end;
    search.lastIndex = end;
  }
  return from === 0 ? text : rest + text.slice(from);
}

/** A view: neither bytes nor text are copied. */
function slice({ bytes, text }: Source, start: number, end: number): Source {
  return { bytes: bytes.subarray(start, end), text: text.slice(start, end) };
}
