// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import type { Form } from "./forms.ts";
import { detectForm } from "./forms.ts";
import { openAnyInput, readItem } from "./input.ts";
import type { Input } from "./input.ts";

const first = "From: a@b.example\nSubject: one\nDate: Mon, 25 Jun 2001 12:18:19 +0100\n\nhello\n";
const second = "From: c@d.example\nSubject: two\nReturn-Path: <r@d.example>\n\nhello\n";
const box = `From x Mon\n${first}\nFrom y Tue\n${second}`;
const mail: Form = { kind: "mail", actorFrom: "envelope" };

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "docket-mails-test-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function eventsOf(input: Input, form: Form): Promise<string[]> {
  const found: string[] = [];
  for await (const line of input.lines) {
    const item = readItem(line, form);
    assert.ok("event" in item, JSON.stringify(item));
    const { actor, content, time } = item.event;
    found.push(`${item.line} ${actor.id} ${content?.title} ${time}`);
  }
  return found;
}

const fromFirst = "1 a@b.example one 2001-06-25T11:18:19.000Z";

test("a mail's file, an mbox and a directory are told by themselves, packed too", async (t) => {
  const path = directory(t);
  const nowhere = new PassThrough();
  writeFileSync(join(path, "one.eml"), first);
  writeFileSync(join(path, "box.gz"), gzipSync(box));
  const one = openAnyInput(join(path, "one.eml"), nowhere);
  assert.deepEqual(await eventsOf(one, mail), [fromFirst]);
  assert.equal(one.isMail?.(), true);
  const both = [fromFirst, "2 r@d.example two undefined"];
  assert.deepEqual(await eventsOf(openAnyInput(join(path, "box.gz"), nowhere), mail), both);
  assert.deepEqual(await eventsOf(openAnyInput("-", Readable.from([Buffer.from(box)])), mail), both);
  mkdirSync(join(path, "mails/below"), { recursive: true });
  writeFileSync(join(path, "mails/1"), first);
  writeFileSync(join(path, "mails/below/2"), second);
  writeFileSync(join(path, "mails/.hidden"), second);
  assert.deepEqual(await eventsOf(openAnyInput(join(path, "mails"), nowhere), mail), both);
});

test("rows with a mail are told by their field, and say id, account and time themselves", async () => {
  const row = { id: "r1", actor: "u7", ts: "2020-01-01T00:00:00Z", label: "spam", raw_latin1: first };
  const line = JSON.stringify(row);
  const form = detectForm([Buffer.from(line)], "from");
  assert.deepEqual(form, { kind: "mail-rows", actorFrom: "from" });
  const input = openAnyInput("-", Readable.from([Buffer.from(line)]));
  assert.deepEqual(await eventsOf(input, form), ["1 u7 one 2020-01-01T00:00:00.000Z"]);
  assert.equal(input.isMail?.(), false);
  for (const [wrong, code] of [
    ['{"raw_latin1":1}', "schema_mismatch"],
    ["[1]", "schema_mismatch"],
    ["{", "json_syntax"],
  ] as const) {
    const item = readItem({ number: 1, bytes: Buffer.from(wrong) }, form);
    assert.equal("error" in item && item.error.code, code);
  }
});

test("lines are given out as they come, before more is there", async () => {
  const waiting = new PassThrough();
  const input = openAnyInput("-", waiting);
  waiting.write('{"a":1}\n');
  assert.equal((await input.lines.next()).value?.number, 1);
  input.close();
});
