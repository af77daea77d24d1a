// SPDX-License-Identifier: Apache-2.0
// What the headers and parts of a mail say of it, whatever its words: the marks of mail that was made to
// deceive or to be sent to many.
import { readHost } from "./host.ts";
import { mailAddress, decodedName } from "./mail-address.ts";

/** Every trait, in the order in which the signal names them. */
export const mailTraits = [
  /** No From, or none with an address. */
  "noFrom",
  "noDate",
  "noMessageId",
  "noSubject",
  /** To, Cc and Bcc name nobody. */
  "noRecipient",
  /** Reply-To leads to another host than From: answers go to somebody else. */
  "replyElsewhere",
  /** Return-Path names another host than From, and no list or sender explains it. */
  "bounceElsewhere",
  /** The name shown for From holds another address than the one behind it. */
  "nameIsAddress",
  /** A page without any text part. */
  "htmlOnly",
  /** Several From, Subject, Date or Message-ID, of which only one may be. */
  "repeatedField",
  /** A charset of no known name. */
  "unknownCharset",
  /** A text in base64 that is in a charset which needs none. */
  "base64Text",
  /** Precedence bulk, List-Id, List-Unsubscribe, or Auto-Submitted. */
  "bulk",
] as const;

/** One of {@link mailTraits}. */
export type MailTrait = (typeof mailTraits)[number];

/** What a part that is no text is, by type and extension. */
export const attachmentKinds = [
  "archive",
  "audio",
  "calendar",
  "document",
  "encrypted",
  "image",
  "macro",
  "message",
  "page",
  "program",
  "script",
  "video",
  "other",
] as const;

/** One of {@link attachmentKinds}. */
export type AttachmentKind = (typeof attachmentKinds)[number];

/** Values of the signals of mail. */
export type MailSignals = {
  mailTraits: readonly MailTrait[];
  mailHops: number;
  attachmentKinds: readonly AttachmentKind[];
};

/** Longest header block that is read, in UTF-16 code units. */
export const mailHeadersLengthMax = 200_000;
/** Most lines about parts that are read. */
export const mailPartsMax = 1_000;

/**
 * Reads the header block and the lines about the parts of a mail. Pure; never throws, for any text; linear.
 *
 * @param headers fields as they are written, lines ending in `\n`
 * @param parts one line each: `TYPE; CHARSET; ENCODING; SIZE[; attachment][; .EXTENSION]`
 */
export function mailSignals(headers: string, parts: readonly string[] | undefined): MailSignals {
  const fields = readFields(headers.slice(0, mailHeadersLengthMax));
  const read = (parts ?? []).slice(0, mailPartsMax).map(readPart);
  const traits = new Set<MailTrait>([
    ...fieldTraits(fields),
    ...(parts === undefined ? [] : partTraits(read)),
  ]);
  const kinds = new Set(read.map(kindOf));
  return {
    mailTraits: mailTraits.filter((trait) => traits.has(trait)),
    mailHops: fields.get("received")?.length ?? 0,
    attachmentKinds: attachmentKinds.filter((kind) => kinds.has(kind)),
  };
}

type Fields = ReadonlyMap<string, readonly string[]>;

/** Values by name in lower case, unfolded. */
function readFields(headers: string): Fields {
  const fields = new Map<string, string[]>();
  let values: string[] | undefined;
  for (const line of headers.split("\n")) {
    if (line.startsWith(" ") || line.startsWith("\t")) {
      const last = (values?.length ?? 0) - 1;
      if (values !== undefined && last >= 0) values[last] += ` ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trimEnd().toLowerCase();
    values = fields.get(name) ?? [];
    values.push(line.slice(colon + 1).trim());
    fields.set(name, values);
  }
  return fields;
}

function* fieldTraits(fields: Fields): Generator<MailTrait> {
  const first = (name: string): string | undefined => fields.get(name)?.[0];
  const from = mailAddress(first("from") ?? "");
  const host = hostOf(from);
  if (from === undefined) yield "noFrom";
  if (!first("date")) yield "noDate";
  if (!first("message-id")) yield "noMessageId";
  if (!first("subject")) yield "noSubject";
  const recipients = ["to", "cc", "bcc"].flatMap((name) => fields.get(name) ?? []);
  if (!recipients.some((value) => value.includes("@"))) yield "noRecipient";
  const elsewhere = (name: string): boolean => {
    const other = hostOf(mailAddress(first(name) ?? ""));
    return host !== undefined && other !== undefined && !sameSite(host, other);
  };
  const bulk = isBulk(fields);
  if (elsewhere("reply-to")) yield "replyElsewhere";
  if (elsewhere("return-path") && !fields.has("list-id") && !fields.has("sender")) yield "bounceElsewhere";
  const shown = mailAddress(decodedName(first("from") ?? ""));
  if (from !== undefined && shown !== undefined && !sameSite(hostOf(shown) ?? "", host ?? ""))
    yield "nameIsAddress";
  if (once.some((name) => (fields.get(name)?.length ?? 0) > 1)) yield "repeatedField";
  if (bulk) yield "bulk";
}

/** RFC 5322 section 3.6: fields that may stand once. */
const once: readonly string[] = ["from", "subject", "date", "message-id", "reply-to"];

function isBulk(fields: Fields): boolean {
  const submitted = fields.get("auto-submitted")?.[0] ?? "no";
  return (
    fields.has("list-id") ||
    fields.has("list-unsubscribe") ||
    submitted.toLowerCase() !== "no" ||
    /^\s*(?:bulk|junk|list)\b/i.test(fields.get("precedence")?.[0] ?? "")
  );
}

function hostOf(address: string | undefined): string | undefined {
  return address?.slice(address.lastIndexOf("@") + 1);
}

/** Whether hosts are of the same registrable domain: `bounces.example.org` answers for `mail.example.org`. */
function sameSite(a: string, b: string): boolean {
  return a === b || (readHost(a)?.domain ?? a) === (readHost(b)?.domain ?? b);
}

type Part = { type: string; charset: string; encoding: string; attachment: boolean; extension: string };

function readPart(line: string): Part {
  const [type = "", charset = "", encoding = "", , ...rest] = line.split(";").map((piece) => piece.trim());
  const extension = rest.find((piece) => piece.startsWith("."))?.slice(1) ?? "";
  return { type, charset, encoding, attachment: rest.includes("attachment"), extension };
}

function* partTraits(parts: readonly Part[]): Generator<MailTrait> {
  const texts = parts.filter(({ type, attachment }) => type.startsWith("text/") && !attachment);
  if (texts.length > 0 && texts.every(({ type }) => type === "text/html")) yield "htmlOnly";
  if (texts.some(({ charset }) => charset.startsWith("?"))) yield "unknownCharset";
  if (texts.some(({ charset, encoding }) => encoding === "base64" && latin.test(charset))) yield "base64Text";
}

const latin = /^(?:us-ascii|windows-1252|iso-8859-1|)$/;

function kindOf({ type, extension, attachment }: Part): AttachmentKind | undefined {
  const byExtension = kindsByExtension.get(extension);
  if (byExtension !== undefined && (byExtension !== "page" || attachment || !type.startsWith("text/"))) {
    return byExtension;
  }
  if (type.startsWith("multipart/encrypted") || type === "application/pgp-encrypted") return "encrypted";
  if (type.startsWith("multipart/")) return undefined;
  if (type.startsWith("message/")) return "message";
  const family = /^(image|audio|video)\//.exec(type)?.[1] as "image" | "audio" | "video" | undefined;
  if (family !== undefined) return family;
  if (type === "text/calendar") return "calendar";
  if (type.startsWith("text/")) return attachment ? (type === "text/html" ? "page" : "document") : undefined;
  return kindsByType.find(([pattern]) => pattern.test(type))?.[1] ?? "other";
}

const kindsByType: readonly (readonly [RegExp, AttachmentKind])[] = [
  [/pdf|msword|officedocument|opendocument|ms-(?:excel|powerpoint)|rtf/, "document"],
  [/zip|compressed|x-(?:tar|rar|7z)|gzip/, "archive"],
  [/javascript|x-sh|x-python/, "script"],
  [/x-ms(?:dos|dow)|executable|x-dosexec|java-archive/, "program"],
  [/ics|calendar/, "calendar"],
];

const extensionsOf: Readonly<Partial<Record<AttachmentKind, string>>> = {
  archive: "zip rar 7z gz tgz tar bz2 xz ace arj cab lzh iso img vhd zst",
  audio: "mp3 wav ogg m4a flac",
  calendar: "ics vcs",
  document: "pdf doc docx xls xlsx ppt pptx odt ods odp rtf txt csv",
  encrypted: "pgp gpg p7m",
  image: "jpg jpeg png gif bmp webp tif tiff heic",
  macro: "docm dotm xlsm xltm xlam pptm ppsm xlsb one",
  message: "eml msg",
  page: "htm html shtml xhtml svg mht mhtml",
  program: "exe scr com pif dll msi msix cpl jar apk app dmg deb rpm lnk sys gadget",
  script: "js jse vbs vbe ws wsf wsh hta ps1 bat cmd sh py reg scf url",
  video: "mp4 avi mov mkv wmv webm",
};

const kindsByExtension: ReadonlyMap<string, AttachmentKind> = new Map(
  attachmentKinds.flatMap((kind) =>
    (extensionsOf[kind]?.split(" ") ?? []).map((extension): [string, AttachmentKind] => [extension, kind]),
  ),
);
