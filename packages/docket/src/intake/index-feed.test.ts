// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { IndexEntry, SiteIndex } from "../views/site-index.ts";
import { IndexFeed } from "./index-feed.ts";

const entry = (index: number): IndexEntry => ({
  index,
  sealedMs: 0,
  decidedMs: 0,
  event: Buffer.from(`event ${index}`),
  body: Buffer.from(`body ${index}`),
  actors: [],
  standing: undefined,
  release: undefined,
});

function feedOf(apply: (entries: readonly IndexEntry[]) => Promise<void>): IndexFeed {
  return new IndexFeed({ apply } as unknown as SiteIndex, 0, () => undefined);
}

void test("records go to the index together and in order, and a stop does not wait for more", async () => {
  const batches: number[][] = [];
  const feed = feedOf((entries) => {
    batches.push(entries.map(({ index }) => index));
    return Promise.resolve();
  });
  feed.add(entry(0));
  await Promise.resolve();
  feed.add(entry(1));
  assert.deepEqual(batches, []);
  assert.equal(feed.waiting, 2);
  await feed.stop();
  assert.deepEqual(batches, [[0, 1]]);
  assert.equal(feed.size, 2);
  feed.add(entry(2));
  await feed.stop();
  assert.deepEqual(batches, [[0, 1], [2]]);
});

void test("a repeat is found as long as the index does not have it", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const feed = feedOf(() => promise);
  feed.add(entry(7));
  assert.equal(feed.recent(Buffer.from("event 7"))?.index, 7);
  const stopped = feed.stop();
  assert.equal(feed.recent(Buffer.from("event 7"))?.index, 7);
  resolve();
  await stopped;
  assert.equal(feed.recent(Buffer.from("event 7")), undefined);
});

void test("many waiting records are not held back", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const feed = feedOf((entries) => {
    resolve(entries.length);
    return Promise.resolve();
  });
  for (let index = 0; index < 1000; index++) feed.add(entry(index));
  assert.equal(await promise, 1000);
  await feed.stop();
});

void test("whoever reads what was just sealed waits for the index, and for nothing else", async () => {
  const taken: (() => void)[] = [];
  const feed = feedOf(() => new Promise((resolve) => taken.push(resolve)));
  await feed.caughtUp();
  feed.add(entry(0));
  const first = feed.caughtUp();
  await new Promise(setImmediate);
  assert.equal(taken.length, 1, "the index is asked at once where somebody waits");
  feed.add(entry(1));
  const second = feed.caughtUp();
  taken[0]?.();
  await first;
  assert.equal(feed.size, 1);
  await new Promise(setImmediate);
  taken[1]?.();
  await second;
  assert.equal(feed.size, 2);
});

void test("an index that stands still keeps no reader waiting", async () => {
  const feed = feedOf(() => Promise.reject(new Error("disk full")));
  feed.add(entry(0));
  await feed.caughtUp();
  assert.equal(feed.fault?.message, "disk full");
  await feed.caughtUp();
  await feed.stop();
});
