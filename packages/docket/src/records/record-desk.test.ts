// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBody, encodeLeaf, formatTime } from "@docket/protocol";
import type { BodyWithoutParts } from "@docket/protocol";
import { RecordDesk } from "./record-desk.ts";

const hourMs = 3_600_000;

/** A log of so many records, one an hour, and what was asked of its views. */
function world(size: number): { desk: RecordDesk; asked: object[]; read: number[] } {
  const asked: object[] = [];
  const read: number[] = [];
  const desk = new RecordDesk({
    size: () => size,
    leaf: async (index) => {
      read.push(index);
      const time = formatTime(index * hourMs);
      const body: BodyWithoutParts =
        index % 2 === 0
          ? { kind: "stop", by: "operator" }
          : { kind: "approval", by: "operator", of: 0, alone: true };
      return encodeLeaf({ v: 1, index, prev: "A".repeat(43), time, uncertaintyMs: null }, encodeBody(body));
    },
    numbers: async (query) => {
      asked.push(query);
      return [9, 7, 5].filter((index) => index < query.before).slice(0, query.limit);
    },
    settled: async () => undefined,
  });
  return { desk, asked, read };
}

const indexes = ({ records }: { records: { record: { index: number } }[] }): number[] =>
  records.map(({ record }) => record.index);

void test("without conditions the log itself is the list, the newest first, a page at a time", async () => {
  const { desk, asked } = world(10);
  const first = await desk.list({ limit: 4 });
  assert.deepEqual([indexes(first), first.next, first.size], [[9, 8, 7, 6], 6, 10]);
  const last = await desk.list({ limit: 6, before: 6 });
  assert.deepEqual([indexes(last), last.next], [[5, 4, 3, 2, 1, 0], null]);
  assert.deepEqual(indexes(await desk.list({ limit: 6, before: 0 })), []);
  assert.deepEqual(indexes(await desk.list({ limit: 2, before: 999 })), [9, 8], "nothing lies beyond");
  assert.deepEqual(asked, [], "the views are not asked");
  assert.equal(first.records[0]?.says, "record 0 was approved, by whoever proposed it");
  assert.equal(first.records[1]?.says, "docket stopped");
});

void test("with a condition the views find them, and one more says whether others follow", async () => {
  const { desk, asked } = world(10);
  const page = await desk.list({ kinds: ["approval"], of: 0, limit: 2 });
  assert.deepEqual([indexes(page), page.next], [[9, 7], 7]);
  assert.deepEqual(asked, [{ kinds: ["approval"], of: 0, before: 10, limit: 3 }]);
  const rest = await desk.list({ kinds: ["approval"], limit: 2, before: 7 });
  assert.deepEqual([indexes(rest), rest.next], [[5], null]);
});

void test("a time finds its place in few reads", async () => {
  const { desk, read } = world(1000);
  assert.deepEqual(indexes(await desk.list({ untilMs: 500 * hourMs, limit: 1 })), [500]);
  assert.ok(read.length <= 12, `${read.length} leaves were read`);
  assert.deepEqual(indexes(await desk.list({ untilMs: 500 * hourMs + 1, limit: 1 })), [500]);
  assert.deepEqual(indexes(await desk.list({ untilMs: -1, limit: 1 })), []);
  assert.deepEqual(indexes(await desk.list({ untilMs: 9e12, limit: 1 })), [999]);
  assert.deepEqual(indexes(await desk.list({ untilMs: 500 * hourMs, before: 3, limit: 1 })), [2]);
});
