// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { modelTextOf } from "@docket/policy";
import { checkDecisionRequest, encodeEvent, eventBytesMax, mailPartsMax } from "@docket/protocol/events";
import type { Event, JsonValue } from "@docket/protocol";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { mailEvent, mailTime, type MailEnvelope } from "./mail-event.ts";
import { readMail } from "./read-mail.ts";

const written = Buffer.from(
  [
    "Return-Path: <bounce@Shop.Example>",
    "Received: from a.example by b.example; Mon, 25 Jun 2001 12:18:19 +0100 (IST)",
    'From: "Anna" <anna@Example.org>',
    "Reply-To: other@example.net",
    "To: b@example.com, C <c@Example.COM>",
    "Subject: Hi",
    "Date: Sun, 24 Jun 2001 12:00:00 +0000",
    "In-Reply-To: <1@x>",
    "List-Unsubscribe: <mailto:x@example.org>",
    "X-Mailer: Outlook",
    "MIME-Version: 1.0",
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    "plain",
    "--b",
    "Content-Type: text/html",
    "",
    '<p>Go <a href="https://evil.example/">home</a></p>',
    "--b",
    "Content-Type: application/pdf; name=a.pdf",
    "Content-Disposition: attachment",
    "",
    "x",
    "--b--",
  ].join("\r\n"),
);

function eventOf(envelope: MailEnvelope, actor?: "envelope" | "from"): Event {
  const event = mailEvent(written, readMail(written), envelope, actor);
  return checkDecisionRequest(event).event;
}

test("a mail is an event of type email with what readers see as its text", () => {
  const { id, content, fields, ...rest } = eventOf({});
  assert.match(id, /^mail-[0-9a-f]{32}$/);
  assert.deepEqual(rest, {
    type: "email",
    actor: { id: "bounce@shop.example", name: "Anna", email: "anna@example.org" },
  });
  assert.equal(content?.title, "Hi");
  assert.equal(content.text, "Go home <https://evil.example/>");
  assert.equal(content.plain, "plain");
  assert.equal(content.html, '<p>Go <a href="https://evil.example/">home</a></p>');
  assert.deepEqual(fields, {
    from: "anna@Example.org",
    replyTo: "other@example.net",
    envelopeFrom: "bounce@Shop.Example",
    userAgent: "Outlook",
    recipients: ["b@example.com", "c@Example.COM"],
    recipientCount: 2,
    recipientHosts: ["example.com"],
    reply: false,
    listUnsubscribe: true,
    attachments: 1,
    attachmentTypes: ["application/pdf"],
  });
  assert.equal(mailTime(readMail(written)), "2001-06-25T11:18:19.000Z");
});

test("the actor is the envelope's account, its sender, or From, as the caller says", () => {
  assert.equal(eventOf({}, "from").actor.id, "anna@example.org");
  assert.equal(eventOf({ mailFrom: "x@Y.example" }).actor.id, "x@y.example");
  assert.equal(eventOf({ actor: "account 7", mailFrom: "x@y.example" }).actor.id, "account 7");
  const nobody = Buffer.from("\n\n");
  assert.equal(mailEvent(nobody, readMail(nobody), {}).actor.id, "unknown-sender");
});

test("the id is that of the mail and its envelope, or the one that is given", () => {
  assert.equal(eventOf({}).id, eventOf({}).id);
  assert.notEqual(eventOf({}).id, eventOf({ rcptTo: ["z@example.org"] }).id);
  assert.equal(eventOf({ id: "queue-1" }).id, "queue-1");
});

test("whether it is an answer is for the envelope to say", () => {
  assert.equal(eventOf({}).fields?.["reply"], false);
  assert.equal(eventOf({ reply: true }).fields?.["reply"], true);
});

test("what a model is given is the same of a mail and of its recorded event, for real mails", (t) => {
  const corpus = sharedPath("data/email-spamassassin/data.jsonl.gz");
  if (corpus === undefined) return t.skip(skipReason("data/email-spamassassin"));
  const rows = gunzipSync(readFileSync(corpus)).toString("utf8").split("\n");
  for (const row of rows.filter((_, index) => index % 20 === 0 && index + 1 < rows.length)) {
    const { raw_latin1: raw } = JSON.parse(row) as { raw_latin1: string };
    assertSameForModel(Buffer.from(raw, "latin1"));
  }
});

test("the fullest mail fits into an event", () => {
  const wide = "\u4e2d".repeat(200_000);
  const addresses = Array.from({ length: 300 }, (_, n) => `${"x".repeat(60)}${n}@${"y".repeat(80)}.example`);
  const part = (type: string, text: string): string =>
    `--b\nContent-Type: ${type}; charset=utf-8; name="${"n".repeat(300)}.${"e".repeat(10)}"\n\n${text}\n`;
  const mail = [
    `Subject: ${"\x01".repeat(5_000)}`,
    `From: "${wide.slice(0, 1_000)}" <${"f".repeat(60)}@${"g".repeat(250)}.example>`,
    `Reply-To: ${"f".repeat(60)}@${"g".repeat(250)}.example`,
    `To: ${addresses.join(",\n ")}`,
    `List-Id: ${wide.slice(0, 3_000)}`,
    "Content-Type: multipart/mixed; boundary=b",
    ...Array.from({ length: 100 }, (_, n) => `X-${n}: ${wide.slice(0, 100)}`),
    "",
    part("text/plain", wide),
    part("text/html", `<p>${wide}`),
    ...Array.from({ length: 100 }, (_, n) => part(`application/${"t".repeat(200)}${n}`, "x")),
    "--b--",
  ].join("\n");
  const { parts, plain = "", html = "" } = readMail(Buffer.from(mail));
  assert.deepEqual([parts.length, plain.length > 10_000, html.length > 10_000], [mailPartsMax, true, true]);
  assertSameForModel(Buffer.from(mail));
  assertSameForModel(Buffer.from(mail.replaceAll("\u4e2d", "\x02")));
  assertSameForModel(Buffer.from(mail.replaceAll("\u4e2d", "<a href=http://x>")));
});

function assertSameForModel(bytes: Buffer): void {
  const mail = readMail(bytes);
  const event = mailEvent(bytes, mail, {});
  const encoded = encodeEvent(event);
  assert.ok(Buffer.byteLength(encoded) <= eventBytesMax, `${Buffer.byteLength(encoded)} bytes`);
  const recorded = checkDecisionRequest(JSON.parse(encoded) as JsonValue).event;
  const { title, text, headers, parts } = mail;
  assert.deepEqual(modelTextOf(recorded.content), {
    ...(title === undefined ? {} : { title }),
    ...(text === undefined ? {} : { text }),
    headers,
    parts,
  });
}
