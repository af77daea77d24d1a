// SPDX-License-Identifier: Apache-2.0
// A mail read: what the classifier sees of it, and what an event says of it.
import { addressParser } from "postal-mime";
import { decodeField, decodeRaw } from "./encoded-words.ts";
import { fieldValue, type HeaderField } from "./header-block.ts";
import {
  attachmentsMax,
  fieldLengthMax,
  headersJsonBytesMax,
  htmlJsonBytesMax,
  mailBytesMax,
  plainJsonBytesMax,
  titleLengthMax,
} from "./limits.ts";
import { parseMailDate } from "./mail-date.ts";
import { partLine } from "./part-line.ts";
import { isHtml, readStructure, type MailPart } from "./structure.ts";
import { cutToJson } from "./cut.ts";

/** An address with the name that stands before it. */
export type MailAddress = { name: string; address: string };

/** A file that a mail carries. */
export type MailAttachment = { name: string | undefined; type: string; size: number };

/** What is read of a mail. Its first four are what the classifier takes (`ModelText`). */
export type MailText = {
  /** The subject, decoded; absent where there is no such field. */
  title?: string;
  /** All `text/*` parts, decoded, pages as they are written: `plain`, then `html`, a line end between. */
  text?: string;
  /** The header block as it is written, lines ending in `\n`, without an mbox line. */
  headers: string;
  /** One line a part, see `partLine`. */
  parts: readonly string[];
  /** The text parts that are no pages, joined by line ends; absent if there is none. */
  plain?: string;
  /** The pages, joined by line ends; absent if there is none. */
  html?: string;
  from?: MailAddress;
  replyTo?: MailAddress;
  sender?: MailAddress;
  /** The address in Return-Path or in an mbox line; empty for `<>`. */
  returnPath?: string;
  /** Recipients in To, Cc and Bcc. */
  recipients: number;
  listId?: string;
  /** Date in milliseconds since 1970; absent where it is none or is before then. */
  date?: number;
  messageId?: string;
  attachments: readonly MailAttachment[];
  /** Whether something was left out: a limit of size, depth or parts was met. */
  truncated: boolean;
};

/**
 * Reads a mail (RFC 5322, MIME), of any bytes. Pure; never throws; time and memory grow with the bytes read,
 * of which there are at most {@link mailBytesMax}. The texts are cut to what an event holds, so that what the
 * classifier is given here and what it is given from the record are the same.
 */
export function readMail(bytes: Uint8Array): MailText {
  const length = Math.min(bytes.length, mailBytesMax);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, length);
  const source = { bytes: buffer, text: buffer.toString("latin1") };
  const { header, parts, truncated } = readStructure(source);
  const texts = joinTexts(parts);
  // Headers should name the charset of each word; where they don't, it is the text's more often than not.
  const likely = parts.find((part) => part.charset !== undefined && part.text !== undefined)?.charset;
  const headers = cutToJson(
    decodeRaw(source.text.slice(header.start, header.end), likely).replace(/\r\n?/g, "\n"),
    headersJsonBytesMax,
  );
  const subject = fieldValue(header.fields, "subject");
  const text = joinDefined(texts.plain, texts.html);
  return {
    ...(subject === undefined ? {} : { title: cutTitle(decodeField(subject, likely)) }),
    ...(text === undefined ? {} : { text }),
    headers,
    parts: parts.map(partLine),
    ...(texts.plain === undefined ? {} : { plain: texts.plain }),
    ...(texts.html === undefined ? {} : { html: texts.html }),
    ...readEnvelope(header.fields, header.mboxSender),
    attachments: listAttachments(parts),
    truncated: truncated || texts.cut || bytes.length > length,
  };
}

function joinTexts(parts: readonly MailPart[]): { plain?: string; html?: string; cut: boolean } {
  const plain: string[] = [];
  const html: string[] = [];
  for (const part of parts) {
    if (part.text !== undefined) (isHtml(part) ? html : plain).push(part.text);
  }
  const plainText = plain.join("\n");
  const htmlText = html.join("\n");
  const plainCut = cutToJson(plainText, plainJsonBytesMax);
  const htmlCut = cutToJson(htmlText, htmlJsonBytesMax);
  return {
    ...(plain.length === 0 ? {} : { plain: plainCut }),
    ...(html.length === 0 ? {} : { html: htmlCut }),
    cut: plainCut.length < plainText.length || htmlCut.length < htmlText.length,
  };
}

function joinDefined(first: string | undefined, second: string | undefined): string | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return `${first}\n${second}`;
}

/** Cut to its limit in UTF-16 units, which are at least as many as code points. */
function cutTitle(title: string): string {
  return title.length <= titleLengthMax
    ? title
    : title.slice(0, titleLengthMax).replace(/[\uD800-\uDBFF]$/, "");
}

type Envelope = Pick<
  MailText,
  "from" | "replyTo" | "sender" | "returnPath" | "recipients" | "listId" | "date" | "messageId"
>;

function readEnvelope(fields: readonly HeaderField[], mboxSender: string | undefined): Envelope {
  const address = (name: string): MailAddress | undefined => readAddresses(fieldValue(fields, name))[0];
  const from = address("from");
  const replyTo = address("reply-to");
  const sender = address("sender");
  const path = fieldValue(fields, "return-path");
  const returnPath = path === undefined ? mboxSender : path.replace(/[\s<>]+/g, "").slice(0, 320);
  const listId = fieldValue(fields, "list-id");
  const date = parseMailDate(fieldValue(fields, "date") ?? "");
  const messageId = fieldValue(fields, "message-id");
  return {
    ...(from === undefined ? {} : { from }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(sender === undefined ? {} : { sender }),
    ...(returnPath === undefined ? {} : { returnPath: decodeRaw(returnPath) }),
    recipients: countRecipients(fields),
    ...(listId === undefined ? {} : { listId: decodeField(listId).slice(0, 512) }),
    ...(date === undefined ? {} : { date }),
    ...(messageId === undefined ? {} : { messageId: decodeRaw(messageId.trim()).slice(0, 998) }),
  };
}

/** The addresses of a field; groups are taken apart. */
function readAddresses(written: string | undefined): MailAddress[] {
  if (written === undefined) return [];
  const value = decodeRaw(written.slice(0, fieldLengthMax).replace(/\s+/g, " ").trim());
  return addressParser(value, { flatten: true }).map((entry) => ({
    name: decodeField(Buffer.from(entry.name).toString("latin1")),
    address: entry.address ?? "",
  }));
}

/** Recipients by their `@`: a count needs no more, and a list of ten thousand costs nothing. */
function countRecipients(fields: readonly HeaderField[]): number {
  let count = 0;
  for (const { name, value } of fields) {
    if (name !== "to" && name !== "cc" && name !== "bcc") continue;
    for (let at = value.indexOf("@"); at >= 0; at = value.indexOf("@", at + 1)) count += 1;
  }
  return count;
}

function listAttachments(parts: readonly MailPart[]): MailAttachment[] {
  return parts
    .filter(
      ({ attachment, name, type }) => (attachment || name !== undefined) && !type.startsWith("multipart/"),
    )
    .slice(0, attachmentsMax)
    .map(({ name, type, size }) => ({ name: name?.toWellFormed().slice(0, 256).toWellFormed(), type, size }));
}
