// SPDX-License-Identifier: Apache-2.0
// A mail as an event: what a policy, signals and models are given of it.
import { hash } from "node:crypto";
import { formatTime, nameLengthMax } from "@docket/protocol";
import type { Event } from "@docket/protocol";
import { cutName, cutToJson, firstNames } from "./cut.ts";
import { htmlToText } from "./html-text.ts";
import { addressLengthMax, htmlTextJsonBytesMax, listedLengthMax, listedMax } from "./limits.ts";
import type { MailText } from "./read-mail.ts";

/** What the server that took a mail in knows of it, which the mail itself can't say, or not truthfully. */
export type MailEnvelope = {
  /** The event's id; without one it is made of the mail and its envelope. */
  id?: string | undefined;
  /** The app's own id of the account that sends it. */
  actor?: string | undefined;
  /** The address of MAIL FROM; empty for the null sender. */
  mailFrom?: string | undefined;
  /** The addresses of RCPT TO. */
  rcptTo?: readonly string[] | undefined;
  /** The address of the client that delivered it. */
  ip?: string | undefined;
  /** Whether it answers something that a recipient wrote: In-Reply-To is easily written by anybody. */
  reply?: boolean | undefined;
  /** When it was taken in, RFC 3339. */
  time?: string | undefined;
  spf?: string | undefined;
  dkim?: string | undefined;
  dmarc?: string | undefined;
};

/** Who is taken for the actor where the envelope names no account. */
export type MailActor = "envelope" | "from";

/** The actor of a mail that names no sender at all. */
const unknownSender = "unknown-sender";

/**
 * Makes an event of type `email`. The actor is the account that the envelope names; else the address of
 * MAIL FROM or of From, as `actor` says, the other one where that is missing.
 *
 * @param bytes the mail as it came, of which the event's id is made
 */
export function mailEvent(
  bytes: Uint8Array,
  mail: MailText,
  envelope: MailEnvelope,
  actor: MailActor = "envelope",
): Event {
  const account = envelope.actor ?? senderOf(mail, envelope, actor);
  const email = emailAddress(mail.from?.address);
  const name = mail.from?.name ?? "";
  return {
    id: envelope.id ?? derivedId(bytes, envelope),
    type: "email",
    ...(envelope.time === undefined ? {} : { time: envelope.time }),
    actor: {
      id: cutName(account, nameLengthMax),
      ...(name === "" ? {} : { name: cutName(name, nameLengthMax) }),
      ...(envelope.ip === undefined ? {} : { ip: envelope.ip }),
      ...(email === undefined ? {} : { email }),
    },
    content: contentOf(mail),
    fields: fieldsOf(mail, envelope),
  };
}

/** When a mail of a file was taken in, as its topmost Received or its Date says. */
export function mailTime(mail: MailText): string | undefined {
  return mail.received === undefined ? undefined : formatTime(mail.received);
}

/**
 * The texts of a mail. `text` is what a reader sees: of a page if there is one, with its links' targets
 * behind them, and what stands beside the page in plain text is kept apart.
 */
export function contentOf(mail: MailText): NonNullable<Event["content"]> {
  const { title, plain, html, headers, parts } = mail;
  const text = html === undefined ? plain : cutToJson(htmlToText(html), htmlTextJsonBytesMax);
  return {
    ...(text === undefined ? {} : { text }),
    ...(title === undefined ? {} : { title }),
    ...(html === undefined || plain === undefined ? {} : { plain }),
    ...(html === undefined ? {} : { html }),
    headers,
    parts: [...parts],
  };
}

function senderOf(mail: MailText, { mailFrom }: MailEnvelope, actor: MailActor): string {
  const envelopeSender = emailAddress(mailFrom ?? mail.returnPath);
  const from = emailAddress(mail.from?.address);
  return (actor === "from" ? (from ?? envelopeSender) : (envelopeSender ?? from)) ?? unknownSender;
}

/** An address as an event takes it, its host in lower case; `undefined` for what is none. */
function emailAddress(written: string | undefined): string | undefined {
  const at = written?.lastIndexOf("@") ?? -1;
  if (written === undefined || at <= 0 || written.length > addressLengthMax) return undefined;
  const address = `${written.slice(0, at)}@${written.slice(at + 1).toLowerCase()}`;
  return /^[^@\s]+@[^@\s]+$/.test(address) ? address : undefined;
}

function fieldsOf(mail: MailText, envelope: MailEnvelope): NonNullable<Event["fields"]> {
  const all = (envelope.rcptTo ?? mail.recipients).map((each) => cutName(each, addressLengthMax));
  const recipients = firstNames(all, listedMax, listedLengthMax);
  const hosts = new Set(recipients.map((each) => each.slice(each.lastIndexOf("@") + 1).toLowerCase()));
  const types = new Set(mail.attachments.map(({ type }) => type));
  const { spf, dkim, dmarc } = envelope;
  const given: Record<string, string | undefined> = {
    from: mail.from?.address,
    replyTo: mail.replyTo?.address,
    envelopeFrom: envelope.mailFrom ?? mail.returnPath,
    listId: mail.listId,
    userAgent: mail.mailer,
    spf,
    dkim,
    dmarc,
  };
  return {
    ...Object.fromEntries(
      Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    recipients,
    recipientCount: envelope.rcptTo?.length ?? mail.recipientCount,
    recipientHosts: [...hosts],
    reply: envelope.reply ?? false,
    listUnsubscribe: mail.listUnsubscribe,
    attachments: mail.attachments.length,
    attachmentTypes: firstNames(types, listedMax, listedLengthMax),
  };
}

/** The same mail with the same envelope is the same attempt. */
function derivedId(bytes: Uint8Array, envelope: MailEnvelope): string {
  const { actor, mailFrom, rcptTo, ip, time } = envelope;
  const about = JSON.stringify([actor, mailFrom, rcptTo, ip, time]);
  return `mail-${hash("sha256", hash("sha256", bytes, "hex") + about, "hex").slice(0, 32)}`;
}
