// SPDX-License-Identifier: Apache-2.0
// What people write in a dispute: its bounds, and how it stands in parts. All of it is sealed with the key of
// the complainant.
import { ProtocolError } from "@docket/protocol";

/** Longest text of a dispute, a message or a ruling in one language, in characters. */
export const disputeTextLengthMax = 10_000;
/** Most attachments of one text, their bytes all together, and the longest name, in characters. */
export const attachmentsMax = 5;
export const attachmentBytesMax = 524_288;
export const attachmentNameLengthMax = 100;
/** Most languages that a ruling is told in. */
export const toldLanguagesMax = 10;
/** What a language tag looks like (BCP 47, without its rarer parts). */
export const languagePattern = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$";

/** What an attachment may be. */
export const attachmentTypes = [
  "image/png",
  "image/jpeg",
  "image/webp",
  "application/pdf",
  "text/plain",
] as const;
/** What an attachment may be. */
export type AttachmentType = (typeof attachmentTypes)[number];

/** A file that a complainant adds: `data` is base64. */
export type Attachment = { readonly name: string; readonly type: AttachmentType; readonly data: string };

/** What somebody writes: the objection itself, or a message. */
export type DisputeText = {
  readonly text: string;
  readonly language?: string | undefined;
  readonly attachments?: readonly Attachment[] | undefined;
};

/** A text by language tag. */
export type Told = Readonly<Record<string, string>>;

/** The plaintext of the part `content` of a dispute or a message. */
export function encodeDisputeText({ text, language, attachments = [] }: DisputeText): string {
  const files = attachments.map(({ name, type, data }) => ({ name, type, data }));
  return JSON.stringify({
    v: 1,
    text,
    ...(language === undefined ? {} : { language }),
    ...(files.length === 0 ? {} : { attachments: files }),
  });
}

/** Reads what {@link encodeDisputeText} wrote. */
export function decodeDisputeText(plaintext: string): DisputeText {
  const { text, language, attachments } = JSON.parse(plaintext) as DisputeText;
  return { text, language, attachments };
}

/** The plaintext of the part `disclosed` of a ruling. */
export function encodeTold(told: Told): string {
  const tags = Object.keys(told).sort();
  return JSON.stringify({ v: 1, told: Object.fromEntries(tags.map((tag) => [tag, told[tag]])) });
}

/** Reads what {@link encodeTold} wrote. */
export function decodeTold(plaintext: string): Told {
  return (JSON.parse(plaintext) as { told?: Told }).told ?? {};
}

/**
 * Checks what somebody wrote.
 *
 * @throws {ProtocolError} `schema_mismatch` with the place, `body_too_large` for attachments
 */
export function checkDisputeText({ text, language, attachments = [] }: DisputeText): void {
  checkText(text, "/text");
  if (language !== undefined && !languageTag.test(language)) {
    throw wrong("/language", "a language is a tag such as en or de-AT");
  }
  if (attachments.length > attachmentsMax) {
    throw wrong(
      "/attachments",
      `there are ${attachments.length} attachments, the most are ${attachmentsMax}`,
    );
  }
  let bytes = 0;
  for (const [place, attachment] of attachments.entries()) {
    bytes += checkAttachment(attachment, `/attachments/${place}`);
    if (bytes <= attachmentBytesMax) continue;
    throw new ProtocolError("body_too_large", `attachments have ${attachmentBytesMax} bytes at most`, {
      pointer: "/attachments",
      limit: attachmentBytesMax,
    });
  }
}

/**
 * Checks what a complainant is told: in one language at least.
 *
 * @throws {ProtocolError} `schema_mismatch` with the place
 */
export function checkTold(told: Told): void {
  const tags = Object.keys(told);
  if (tags.length === 0 || tags.length > toldLanguagesMax) {
    throw wrong("/told", `say why in 1 to ${toldLanguagesMax} languages: {"en": "…"}`);
  }
  for (const tag of tags) {
    if (!languageTag.test(tag)) throw wrong("/told", `${JSON.stringify(tag)} is no language such as en`);
    checkText(told[tag], `/told/${tag}`);
  }
}

const languageTag = new RegExp(languagePattern);
const nameForm = /^[^\p{Cc}\p{Cf}\p{Cs}/\\]+$/u;
const base64Form = /^[A-Za-z0-9+/]*={0,2}$/;

function checkText(text: unknown, pointer: string): void {
  if (typeof text !== "string" || text.trim() === "" || text.length > disputeTextLengthMax) {
    throw wrong(pointer, `a text has 1 to ${disputeTextLengthMax} characters`);
  }
}

// A file is what its first bytes say, or it is refused: nobody opens a page that was called a picture.
function checkAttachment({ name, type, data }: Attachment, pointer: string): number {
  if (name.length > attachmentNameLengthMax || name.startsWith(".") || !nameForm.test(name)) {
    throw wrong(`${pointer}/name`, `a name has 1 to ${attachmentNameLengthMax} characters, and no path`);
  }
  const bytes = Buffer.from(data, "base64");
  if (!base64Form.test(data) || bytes.length === 0 || bytes.toString("base64") !== data) {
    throw wrong(`${pointer}/data`, "data is base64 with its padding, of one byte at least");
  }
  if (!isOfType(bytes, type)) throw wrong(`${pointer}/data`, `the bytes are no ${type}`);
  return bytes.length;
}

function isOfType(bytes: Buffer, type: AttachmentType): boolean {
  switch (type) {
    case "image/png":
      return bytes.subarray(0, 8).equals(Buffer.from("89504e470d0a1a0a", "hex"));
    case "image/jpeg":
      return bytes.subarray(0, 3).equals(Buffer.from("ffd8ff", "hex"));
    case "image/webp":
      return bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WEBP";
    case "application/pdf":
      return bytes.toString("latin1", 0, 5) === "%PDF-";
    case "text/plain":
      return isPlainText(bytes);
  }
}

function isPlainText(bytes: Buffer): boolean {
  try {
    return !new TextDecoder("utf-8", { fatal: true }).decode(bytes).includes("\0");
  } catch {
    return false;
  }
}

function wrong(pointer: string, message: string): ProtocolError {
  return new ProtocolError("schema_mismatch", `${pointer}: ${message}`, { pointer });
}
