// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { sniffStream, splitMbox } from "./mbox.ts";

const box =
  "From a@b Mon Jun 25 13:11:28 2001\nSubject: 1\n\nx\nFrom here on\n>From quoted\n\n" +
  "From c@d Tue\r\nSubject: 2\r\n\r\nx\r\n";

async function split(text: string, size: number): Promise<string[]> {
  const mails: string[] = [];
  const chunks = (async function* () {
    for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size), "latin1");
  })();
  for await (const line of splitMbox(chunks)) {
    assert.equal(line.number, mails.length + 1);
    mails.push(Buffer.from(line.bytes).toString("latin1"));
  }
  return mails;
}

test("an mbox is split where a mail begins, however its bytes arrive", async () => {
  for (const size of [1, 7, 1_000]) {
    assert.deepEqual(await split(box, size), [
      "From a@b Mon Jun 25 13:11:28 2001\nSubject: 1\n\nx\nFrom here on\nFrom quoted\n\n",
      "From c@d Tue\r\nSubject: 2\r\n\r\nx\r\n",
    ]);
  }
  assert.deepEqual(await split("", 1), []);
});

test("a stream is told by its first bytes", () => {
  assert.equal(sniffStream(Buffer.from(box)), "mbox");
  assert.equal(sniffStream(Buffer.from("Return-Path: <a@b>\n")), "mail");
  assert.equal(sniffStream(Buffer.from("Subject:\r\n x\n")), "mail");
  assert.equal(sniffStream(Buffer.from('{"id":"1"}\n')), "lines");
  assert.equal(sniffStream(Buffer.from("")), "lines");
});
