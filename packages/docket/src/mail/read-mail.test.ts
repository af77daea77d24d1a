// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { readMail } from "./read-mail.ts";

function mail(...lines: string[]): Uint8Array {
  return Buffer.from(lines.join("\r\n"), "latin1");
}

test("a mail of two alternatives gives subject, both texts, and a line for each part", () => {
  const read = readMail(
    mail(
      "Return-Path: <bounce@shop.example>",
      "From: =?utf-8?Q?M=C3=BCller?= <a@example.org>",
      "To: b@example.org, c@example.org",
      "Subject: =?iso-8859-1?q?Gr=FC?=",
      " =?iso-8859-1?q?=DFe?=",
      "Date: Mon, 25 Jun 2001 12:18:19 +0100",
      "MIME-Version: 1.0",
      'Content-Type: multipart/alternative; boundary="b 1"',
      "",
      "not shown",
      "--b 1",
      "Content-Type: text/plain; charset=windows-1251",
      "Content-Transfer-Encoding: base64",
      "",
      Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]).toString("base64"),
      "--b 1",
      "Content-Type: text/html; charset=utf-8",
      "Content-Transfer-Encoding: quoted-printable",
      "",
      "<p>gr=C3=BC=",
      "n</p>",
      "--b 1--",
    ),
  );
  assert.equal(read.title, "Grüße");
  assert.equal(read.text, "Привет\n<p>grün</p>");
  assert.equal(read.html, "<p>grün</p>");
  assert.deepEqual(read.parts, [
    "multipart/alternative; ; ; 1k",
    "text/plain; windows-1251; base64; 1k",
    "text/html; utf-8; quoted-printable; 1k",
  ]);
  assert.deepEqual(read.from, { name: "Müller", address: "a@example.org" });
  assert.equal(read.returnPath, "bounce@shop.example");
  assert.deepEqual(read.recipients, ["b@example.org", "c@example.org"]);
  assert.equal(read.date, Date.UTC(2001, 5, 25, 11, 18, 19));
});
