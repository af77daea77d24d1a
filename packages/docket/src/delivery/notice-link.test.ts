// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePosition } from "./notice.ts";
import type { Notice } from "./notice.ts";
import { noticePage, noticeText } from "./notice-text.ts";
import { DeliveryWorld } from "./testing/delivery-world.ts";

const nowMs = Date.UTC(2026, 10, 23, 12);

async function firstNotice(publicUrl?: string): Promise<Notice> {
  const world = new DeliveryWorld(nowMs, publicUrl);
  await world.ready;
  const after = parsePosition("-1");
  assert.ok(after !== undefined);
  const { notices } = await world.delivery.notices.page(after, 1);
  const [notice] = notices;
  assert.ok(notice !== undefined);
  return notice;
}

void test("a notice names the page where its user objects, if the server's address is known", async () => {
  const notice = await firstNotice("https://docket.example.org");
  const link = "https://docket.example.org/dispute#dt1.0";
  assert.equal(notice.objections[0]?.link, link);
  assert.match(noticeText(notice, "en"), /open this page; it takes no account: https:.*dispute#dt1\.0\n/);
  assert.match(noticeText(notice, "de"), /genügt diese Seite.*dispute#dt1\.0\n/);
  assert.ok(noticePage(notice, "en").includes(link));
});

void test("else it names the token", async () => {
  const notice = await firstNotice();
  assert.deepEqual(Object.keys(notice.objections[0] ?? {}), ["record", "until", "token"]);
  assert.match(noticeText(notice, "en"), /give this token; it takes no account: dt1\.0\n/);
});
