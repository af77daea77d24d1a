// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as fc from "fast-check";
import { decodedName, mailAddress } from "./mail-address.ts";
import { attachmentKinds, mailSignals, mailTraits } from "./mail.ts";

const ordinary = [
  "Received: from a by b",
  "Received: from c",
  "\tby d; Mon, 25 Jun 2001 12:18:19 +0100",
  "From: Anna <anna@example.org>",
  "To: bob@example.com",
  "Subject: Lunch",
  "Date: Mon, 25 Jun 2001 12:18:19 +0100",
  "Message-ID: <1@example.org>",
].join("\n");

test("an ordinary mail has no traits", () => {
  assert.deepEqual(mailSignals(ordinary, ["text/plain; us-ascii; 7bit; 1k"]), {
    mailTraits: [],
    mailHops: 2,
    attachmentKinds: [],
  });
});

const headerTraits: readonly (readonly [trait: string, headers: string])[] = [
  ["noFrom", ordinary.replace("anna@example.org", "")],
  ["noDate", ordinary.replace("Date:", "X:")],
  ["noMessageId", ordinary.replace("Message-ID:", "X:")],
  ["noSubject", ordinary.replace("Subject:", "X:")],
  ["noRecipient", ordinary.replace("bob@example.com", "undisclosed-recipients:;")],
  ["replyElsewhere", `${ordinary}\nReply-To: x@evil.example`],
  ["bounceElsewhere", `Return-Path: <x@evil.example>\n${ordinary}`],
  ["nameIsAddress", ordinary.replace("Anna", '"service@bank.example"')],
  ["nameIsAddress", ordinary.replace("Anna", "=?utf-8?B?c2VydmljZUBiYW5rLmV4YW1wbGU=?=")],
  ["repeatedField", `${ordinary}\nSubject: Another`],
  ["bulk", `${ordinary}\nPrecedence: bulk`],
];

for (const [trait, headers] of headerTraits) {
  test(`a mail shows the trait ${trait}`, () => {
    assert.deepEqual(mailSignals(headers, undefined).mailTraits, [trait]);
  });
}

test("hosts under one another are the same sender's", () => {
  const headers = `Return-Path: <bounce@mail.example.org>\nReply-To: anna@lists.example.org\n${ordinary}`;
  assert.deepEqual(mailSignals(headers, undefined).mailTraits, []);
});

test("parts show how the text is sent and of what kind the files are", () => {
  const parts = [
    "multipart/mixed; ; ; 64k",
    "text/html; ?klingon; base64; 1k",
    "text/html; windows-1252; base64; 1k",
    "application/octet-stream; ; base64; 64k; attachment; .exe",
    "image/png; ; base64; 4k; .png",
    "application/octet-stream; ; base64; 4k; attachment; .html",
    "application/vnd.ms-excel; ; base64; 4k",
    "message/rfc822; ; ; 4k",
    "application/x-nobody-knows; ; ; 1k",
  ];
  const { mailTraits, attachmentKinds } = mailSignals(ordinary, parts);
  assert.deepEqual(mailTraits, ["htmlOnly", "unknownCharset", "base64Text"]);
  assert.deepEqual(attachmentKinds, ["document", "image", "message", "page", "program", "other"]);
});

test("addresses and names are found in what mail programs write", () => {
  assert.equal(mailAddress('"a <x@y.example>" <B@Example.ORG>'), "b@example.org");
  assert.equal(mailAddress("b@example.org (Bob)"), "b@example.org");
  assert.equal(mailAddress("nobody"), undefined);
  assert.equal(mailAddress("a@localhost"), undefined);
  assert.equal(decodedName("=?iso-8859-1?Q?a=40b?= <c@d.example>"), "a@b ");
});

test("the reference lists every trait and every kind of file", () => {
  const page = readFileSync(new URL("../../../../docs/reference/signals.md", import.meta.url), "utf8");
  const [section = ""] = /^## Mail\n(?:.*\n)*?(?=## )/m.exec(page) ?? [];
  const rows = [...section.matchAll(/^\| `(\w+)` \| [^`|]+ \|$/gm)].map(([, name]) => name);
  assert.deepEqual(rows, mailTraits);
  const kinds = /by media type and extension: ([\w, ]+)\./.exec(page)?.[1]?.split(", ");
  assert.deepEqual(kinds, attachmentKinds);
});

test("any headers and parts are read", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.array(fc.string()), (headers, parts) => {
      const { mailHops } = mailSignals(`From: ${headers}`, parts);
      assert.ok(mailHops >= 0);
    }),
  );
});
