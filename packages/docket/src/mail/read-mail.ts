// SPDX-License-Identifier: Apache-2.0
// A mail read: what the classifier sees of it, and what an event says of it.
import { addressParser } from "postal-mime";
import { decodeField, decodeRaw } from "./encoded-words.ts";
import { fieldValue, type HeaderField } from "./header-block.ts";
import {
  addressLengthMax,
  fieldLengthMax,
  headersJsonBytesMax,
  htmlJsonBytesMax,
  listedMax,
  mailBytesMax,
  partLinesMax,
  plainJsonBytesMax,
  titleLengthMax,
} from "./limits.ts";
import { parseMailDate } from "./mail-date.ts";
import { partLine } from "./part-line.ts";
import { isHtml, readStructure, type MailPart } from "./structure.ts";
import { cutName, cutToJson } from "./cut.ts";

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
  /** The addresses in To, Cc and Bcc, the first of them; their number in `recipientCount`. */
  recipients: readonly string[];
  recipientCount: number;
  listId?: string;
  /** Whether List-Unsubscribe says how to leave. */
  listUnsubscribe: boolean;
  /** Date in milliseconds since 1970; absent where it is none or is before then. */
  date?: number;
  /** When the server that took it in last says that it did: the first Received, else `date`. */
  received?: number;
  messageId?: string;
  /** What it was written with, as X-Mailer or User-Agent say. */
  mailer?: string;
  attachments: readonly MailAttachment[];
  /** Whether something was left out: a limit of size, depth or parts was met. */
  truncated: boolean;
};

/**
 * Reads a mail (RFC 5322, MIME), of any bytes. Pure; never throws; time and memory grow with the bytes
 * read, of which there are at most {@link mailBytesMax}. The texts are cut to what an event holds, so
 * that what the classifier is given here and what it is given from the record are the same.
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
    ...(subject === undefined ? {} : { title: cutName(decodeField(subject, likely), titleLengthMax) }),
    ...(text === undefined ? {} : { text }),
    headers,
    parts: parts.slice(0, partLinesMax).map(partLine),
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

type Envelope = Omit<
  MailText,
  "title" | "text" | "headers" | "parts" | "plain" | "html" | "attachments" | "truncated"
>;

function readEnvelope(fields: readonly HeaderField[], mboxSender: string | undefined): Envelope {
  const address = (name: string): MailAddress | undefined => readAddresses(fieldValue(fields, name))[0];
  const text = (name: string, lengthMax: number): string | undefined => {
    const value = fieldValue(fields, name);
    return value === undefined ? undefined : cutName(decodeField(value), lengthMax);
  };
  const path = fieldValue(fields, "return-path");
  const returnPath = path === undefined ? mboxSender : path.replace(/[\s<>]+/g, "");
  const date = parseMailDate(fieldValue(fields, "date") ?? "");
  const took = fieldValue(fields, "received");
  const received = took === undefined ? undefined : parseMailDate(took.slice(took.lastIndexOf(";") + 1));
  const given = {
    from: address("from"),
    replyTo: address("reply-to"),
    sender: address("sender"),
    returnPath: returnPath === undefined ? undefined : decodeRaw(returnPath.slice(0, addressLengthMax)),
    listId: text("list-id", nameLengthMax),
    messageId: text("message-id", nameLengthMax),
    mailer: text("x-mailer", nameLengthMax) ?? text("user-agent", nameLengthMax),
    date,
    received: received ?? date,
  };
  return {
    ...present(given),
    ...readRecipients(fields),
    listUnsubscribe: fieldValue(fields, "list-unsubscribe") !== undefined,
  };
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}

/** Longest name that is told, in UTF-16 code units. */
const nameLengthMax = 256;

/** The addresses of a field; groups are taken apart. */
function readAddresses(written: string | undefined): MailAddress[] {
  if (written === undefined) return [];
  const value = decodeRaw(written.slice(0, fieldLengthMax).replace(/\s+/g, " ").trim());
  return addressParser(value, { flatten: true }).map((entry) => ({
    name: cutName(decodeField(Buffer.from(entry.name).toString("latin1")), nameLengthMax),
    address: cutName(entry.address ?? "", addressLengthMax),
  }));
}

/** Recipients are counted by their `@`: a list of ten thousand costs nothing, and the first are named. */
function readRecipients(fields: readonly HeaderField[]): Pick<MailText, "recipients" | "recipientCount"> {
  const recipients: string[] = [];
  let recipientCount = 0;
  for (const { name, value } of fields) {
    if (name !== "to" && name !== "cc" && name !== "bcc") continue;
    for (let at = value.indexOf("@"); at >= 0; at = value.indexOf("@", at + 1)) recipientCount += 1;
    if (recipients.length > listedMax) continue;
    const addresses = readAddresses(value.slice(0, recipientsLengthMax)).map(({ address }) => address);
    recipients.push(...addresses.filter((address) => address.includes("@")));
  }
  return { recipients: recipients.slice(0, listedMax), recipientCount };
}

/** As much of a field of recipients as is read for their addresses, in characters. */
const recipientsLengthMax = 4_096;

function listAttachments(parts: readonly MailPart[]): MailAttachment[] {
  return parts
    .filter(
      ({ attachment, name, type }) => (attachment || name !== undefined) && !type.startsWith("multipart/"),
    )
    .slice(0, listedMax)
    .map(({ name, type, size }) => ({
      name: name === undefined ? undefined : cutName(name, nameLengthMax),
      type: cutName(type, nameLengthMax),
      size,
    }));
}
