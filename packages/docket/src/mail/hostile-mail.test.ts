// SPDX-License-Identifier: Apache-2.0
// Any bytes as mail: odd and hostile mails of others, and mutations of real ones.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import PostalMime from "postal-mime";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { at } from "../testing/at.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import {
  headersJsonBytesMax,
  htmlJsonBytesMax,
  mailBytesMax,
  partLinesMax,
  plainJsonBytesMax,
  titleLengthMax,
} from "./limits.ts";
import { readMail, type MailText } from "./read-mail.ts";

const messages = sharedPath("vectors/mime-rspamd");
const corpus = sharedPath("data/email-spamassassin/data.jsonl.gz");

test("the odd and hostile mails of rspamd's tests are read", (t) => {
  if (messages === undefined) return t.skip(skipReason("vectors/mime-rspamd"));
  let texts = 0;
  const files = readdirSync(messages, { recursive: true, withFileTypes: true }).filter((file) =>
    file.isFile(),
  );
  for (const file of files) {
    const read = readMail(readFileSync(join(file.parentPath, file.name)));
    assertWithinLimits(read);
    if (read.text !== undefined && read.text.trim() !== "") texts += 1;
  }
  assert.ok(texts > 150, `${texts} of ${files.length} have a text`);
});

test("mutations of real mails are read, and none of them takes more than its bytes", (t) => {
  if (corpus === undefined) return t.skip(skipReason("data/email-spamassassin"));
  const random = seededRandom(5);
  const mails = gunzipSync(readFileSync(corpus))
    .toString("utf8")
    .split("\n", 400)
    .map((line) => Buffer.from(JSON.parse(line).raw_latin1 as string, "latin1"));
  for (let round = 0; round < 3_000; round++) {
    const bytes = mutate(mails, random);
    const read = readMail(bytes);
    assertWithinLimits(read);
  }
});

test("what a general reader of mail finds is found too, in every tenth real mail", async (t) => {
  if (corpus === undefined) return t.skip(skipReason("data/email-spamassassin"));
  const lines = gunzipSync(readFileSync(corpus)).toString("utf8").split("\n");
  let compared = 0;
  for (const [place, line] of lines.entries()) {
    if (place % 10 !== 0 || line === "") continue;
    const bytes = Buffer.from((JSON.parse(line) as { raw_latin1: string }).raw_latin1, "latin1");
    const twin = await PostalMime.parse(bytes);
    const read = readMail(bytes);
    const folded = (text = ""): string => text.replace(/\s+/g, " ").trim();
    const theirs = read.html === undefined ? twin.text : twin.html;
    // It takes bytes that nothing is said of for UTF-8, and puts several texts together in its own way.
    if (read.parts.length > 1 || read.truncated || folded(theirs).includes("\uFFFD")) continue;
    assert.ok(folded(read.text) === folded(theirs), `mail ${place}`);
    compared += 1;
  }
  assert.ok(compared > 500, `${compared} were compared`);
});

function assertWithinLimits(read: MailText): void {
  const jsonBytes = (text: string | undefined): number => Buffer.byteLength(JSON.stringify(text ?? "")) - 2;
  assert.ok(jsonBytes(read.plain) <= plainJsonBytesMax);
  assert.ok(jsonBytes(read.html) <= htmlJsonBytesMax);
  assert.ok(jsonBytes(read.headers) <= headersJsonBytesMax);
  assert.ok((read.title ?? "").length <= titleLengthMax);
  assert.ok(read.parts.length >= 1 && read.parts.length <= partLinesMax);
  for (const text of [read.text, read.title, read.headers, read.from?.name, read.messageId]) {
    assert.ok(text === undefined || (text.isWellFormed() && !text.includes("\r")));
  }
}

/** Bytes changed, stretches cut, doubled, swapped between mails, and what parsers look at put in. */
function mutate(mails: readonly Buffer[], random: () => number): Buffer {
  const below = (count: number): number => Math.floor(random() * count);
  let bytes = Buffer.from(at(mails, below(mails.length)));
  for (let change = below(6) + 1; change > 0; change--) {
    const start = below(bytes.length);
    const to = Math.min(bytes.length, start + below(400));
    const other = at(mails, below(mails.length));
    const from = below(other.length);
    switch (below(5)) {
      case 0:
        bytes.fill(below(256), start, Math.min(to, start + 3));
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, start), bytes.subarray(to)]);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(start)]);
        break;
      case 3:
        bytes = Buffer.concat([
          bytes.subarray(0, start),
          other.subarray(from, from + 2_000),
          bytes.subarray(start),
        ]);
        break;
      default: {
        const piece = at(pieces, below(pieces.length));
        bytes = Buffer.concat([
          bytes.subarray(0, start),
          Buffer.from(piece, "latin1"),
          bytes.subarray(start),
        ]);
      }
    }
  }
  return bytes;
}

const pieces: readonly string[] = [
  "\r\n\r\n",
  "\n\n--",
  '\nContent-Type: multipart/mixed; boundary=""\n',
  "\nContent-Type: multipart/mixed; boundary=x\n\n--x\n--x\n--x--\n",
  "\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n",
  "\nContent-Type: text/html; charset=utf-7\n",
  "\nContent-Type: text/plain; charset*0*=iso-2022-jp''%1b; charset*99999999*=x\n",
  "\nContent-Transfer-Encoding: quoted-printable\n",
  "\nContent-Disposition: attachment; filename*=utf-8''%ff%fe%00.htm\n",
  "begin 644 a.exe\n#0V%T\n`\nend\n",
  "=?utf-8?B?////?= =?iso-2022-jp?B?GyRC?=",
  "\x1B$B\x1B(B\x0E\x0F~{~}",
  "\xff\xfe\x00\xed\xa0\x80",
];

const mebibyte = 1_048_576;
const heavy: Readonly<Record<string, () => string>> = {
  "spaces before junk in base64": () =>
    `Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n${" ".repeat(mebibyte)}!`,
  "a parameter of spaces": () => `Content-Type: text/plain;${" ".repeat(mebibyte)}x`,
  "open comments": () => `Content-Type: ${"(".repeat(mebibyte)}\n\nx`,
  "a header without an end": () => "a: b\n".repeat(mebibyte / 5),
  "one field folded for ever": () => `Subject: x\n${" y\n".repeat(mebibyte / 3)}`,
  "encoded words without an end": () => `Subject: ${"=?utf-8?q?".repeat(100_000)}`,
  "addresses without an end": () => `From: ${'<("'.repeat(300_000)}\nTo: ${"a@b,".repeat(300_000)}\n\nx`,
  "files in uuencode": () => `\n\n${"begin 644 a\n#0V%T\n".repeat(mebibyte / 18)}`,
  "boundaries that almost are": () =>
    `Content-Type: multipart/mixed; boundary=${"a".repeat(200)}\n\n` +
    `--${"a".repeat(199)}b\n`.repeat(5_000),
  "a boundary of one letter in its own repetition": () =>
    `Content-Type: multipart/mixed; boundary=${"-".repeat(200)}\n\n\n${"-".repeat(mebibyte)}`,
  "multiparts in multiparts": () =>
    Array.from(
      { length: 2_000 },
      (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\n\n--b${n}\n`,
    ).join(""),
  "messages in messages": () => "Content-Type: message/rfc822\n\n".repeat(50_000),
  "messages in messages, each encoded": () => {
    let mail = `Subject: inner\n\n${"x".repeat(100_000)}`;
    for (let depth = 0; depth < 12; depth++) {
      const encoded = Buffer.from(mail, "latin1").toString("base64");
      mail = `Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n${encoded}`;
    }
    return mail;
  },
  "more parts than are read": () =>
    `Content-Type: multipart/mixed; boundary=b\n\n${"--b\n\nx\n".repeat(100_000)}--b--`,
  "tags in a page": () => `Content-Type: text/html\n\n${"<meta ".repeat(mebibyte / 6)}`,
  "equals signs": () => `Content-Transfer-Encoding: quoted-printable\n\n${"=  ".repeat(mebibyte / 3)}`,
  "shifts in UTF-7": () => `Content-Type: text/plain; charset=utf-7\n\n${"+".repeat(mebibyte)}`,
};

for (const [name, build] of Object.entries(heavy)) {
  test(`heavy mail is read within its limits: ${name}`, () => {
    assertWithinLimits(readMail(Buffer.from(build(), "latin1")));
  });
}

test("a mail over the limit of bytes is read up to it, and said to be cut", () => {
  const bytes = Buffer.alloc(mailBytesMax + 1, "Subject: a\n\nb c d ");
  const read = readMail(bytes);
  assertWithinLimits(read);
  assert.equal(read.truncated, true);
});

test("no bytes at all are a mail without anything", () => {
  const read = readMail(new Uint8Array());
  assert.deepEqual(read.parts, ["text/plain; ; ; 1k"]);
  assert.equal(read.title, undefined);
  assert.equal(read.headers, "");
});
