// SPDX-License-Identifier: Apache-2.0
// The header block of a mail or of a part: where it ends, and its fields.
import { headerBytesMax, headerFieldsMax } from "./limits.ts";

/** One field as it is written: the name in lower case, the value with its folding, one character a byte. */
export type HeaderField = { name: string; value: string };

/** A header block at the beginning of a source. */
export type HeaderBlock = {
  fields: readonly HeaderField[];
  /** Where the block begins, after an mbox line. */
  start: number;
  /** Where it ends: the start of the empty line or of the body. */
  end: number;
  bodyStart: number;
  /** The sender that a line `From SENDER DATE` of an mbox before the header names. */
  mboxSender: string | undefined;
};

/**
 * Reads the header block that a source begins with. It ends with an empty line. A line that is no field is
 * passed over as long as fields follow that only a header has; otherwise it is where the body begins, as a
 * mail without the empty line has it.
 *
 * @param source one character a byte
 */
export function readHeaderBlock(source: string): HeaderBlock {
  const fields: HeaderField[] = [];
  const limit = Math.min(source.length, headerBytesMax);
  let mboxSender: string | undefined;
  let blockStart = 0;
  let strangeAt = -1;
  let strangeFields = 0;
  let at = 0;
  while (at < limit) {
    const newline = source.indexOf("\n", at);
    const lineEnd = newline < 0 || newline >= limit ? limit : newline;
    const next = Math.min(source.length, lineEnd + 1);
    const line = source.slice(at, source.charCodeAt(lineEnd - 1) === carriageReturn ? lineEnd - 1 : lineEnd);
    if (line === "") {
      // A line that broke the header with nothing behind it that only a header has: the body began there.
      if (strangeAt >= 0) break;
      return { fields, start: blockStart, end: at, bodyStart: next, mboxSender };
    }
    const first = line.charCodeAt(0);
    const colon = first === space || first === tab ? 0 : fieldName(line);
    if (colon === 0 && fields.length > 0) {
      if (strangeAt < 0) appendLine(fields, line);
    } else if (colon > 0) {
      const name = line.slice(0, colon).trimEnd().toLowerCase();
      if (strangeAt >= 0 && onlyInHeaders.has(name)) strangeAt = -1;
      if (fields.length < headerFieldsMax) fields.push({ name, value: line.slice(colon + 1) });
    } else if (at === blockStart && mboxLine.test(line)) {
      mboxSender ??= line.split(" ", 2)[1];
      blockStart = next;
    } else if (strangeAt < 0) {
      strangeAt = at;
      strangeFields = fields.length;
    }
    at = next;
  }
  if (strangeAt < 0) return { fields, start: blockStart, end: at, bodyStart: at, mboxSender };
  fields.length = strangeFields;
  return { fields, start: blockStart, end: strangeAt, bodyStart: strangeAt, mboxSender };
}

/** The value of the first field of that name. */
export function fieldValue(fields: readonly HeaderField[], name: string): string | undefined {
  for (const field of fields) if (field.name === name) return field.value;
  return undefined;
}

const space = 0x20;
const tab = 0x09;
const carriageReturn = 0x0d;
const mboxLine = /^>?From \S/;
const fieldNameLengthMax = 128;

/** Fields that show that a header goes on: text hardly has lines that look so. */
const onlyInHeaders: ReadonlySet<string> = new Set([
  "content-disposition",
  "content-transfer-encoding",
  "content-type",
  "date",
  "delivered-to",
  "from",
  "message-id",
  "mime-version",
  "received",
  "return-path",
  "subject",
  "to",
]);

/**
 * Where the colon of a field stands; -1 if the line is none (RFC 5322 section 2.2, a space before it
 * forgiven).
 */
function fieldName(line: string): number {
  const length = Math.min(line.length, fieldNameLengthMax);
  for (let index = 0; index < length; index++) {
    const unit = line.charCodeAt(index);
    if (unit === 0x3a) return index === 0 ? -1 : index;
    if (unit === space || unit === tab) {
      return /^[ \t]*:/.test(line.slice(index, length)) ? line.indexOf(":", index) : -1;
    }
    if (unit < 0x21 || unit > 0x7e) return -1;
  }
  return -1;
}

function appendLine(fields: HeaderField[], line: string): void {
  const last = fields.at(-1);
  if (last !== undefined) last.value += `\n${line}`;
}
