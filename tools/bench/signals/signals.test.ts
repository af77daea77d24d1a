// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Item } from "../../accuracy/corpora.ts";
import { docketContestants } from "./docket.ts";

const texts = Array.from({ length: 20 }, (_, place): Item => {
  const spam = place % 2 === 0;
  const text = spam ? `claim your prize ${place}` : `see you at lunch ${place}`;
  return { id: `${place}`, spam, copy: `${place}`, text };
});

test("posts and mails are looked at whole and in parts", async () => {
  const mails = texts.map((item): Item => ({ ...item, raw: `Subject: ${item.id}\n\n${item.text}\n` }));
  for (const contestants of [
    docketContestants({ name: "posts", kind: "comment", taught: texts, texts }),
    docketContestants({ name: "mails", kind: "email", taught: mails, texts: mails }),
  ]) {
    for (const { name, run } of contestants) {
      const { texts: count, processorSeconds } = await run();
      assert.equal(count, texts.length, name);
      assert.ok(processorSeconds >= 0);
    }
  }
});
