// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { DecisionList } from "./decision-list.ts";
import type { DecisionsPage, ListedDecision } from "./decision-list.ts";

const pageRows = 500;
const plain = {
  at: "2026-11-23T00:00:00.000Z",
  actor: "a_x",
  outcome: "allow",
  rules: [],
  type: "comment",
  op: "create",
  late: false,
  lists: [],
  campaign: null,
  label: null,
};

/** Decisions `size - 1` down to 0, in pages; some of them looked for in vain. */
function server(size: number): {
  asked: (number | undefined)[];
  load: (before: number | undefined) => Promise<DecisionsPage>;
} {
  const asked: (number | undefined)[] = [];
  return {
    asked,
    load: async (before = size) => {
      asked.push(before);
      const count = Math.min(pageRows, before);
      const decisions = Array.from({ length: count }, (_, at): ListedDecision => ({
        ...plain,
        index: before - 1 - at,
      }));
      return { decisions, older: before > count ? before - count : null, newer: before - 1, partial: false };
    },
  };
}

const settled = async (list: DecisionList): Promise<void> => {
  while (list.state().isLoading) await new Promise((resolve) => setImmediate(resolve));
};

test("rows are asked for ahead of what is looked at, and no more", async () => {
  const { asked, load } = server(10_000);
  const list = new DecisionList(load);
  list.want(0, 20);
  await settled(list);
  assert.equal(list.state().length, 1000);
  assert.deepEqual(asked, [10_000, 9500]);
  assert.equal(list.row(0)?.index, 9999);
  assert.equal(list.row(999)?.index, 9000);
  assert.equal(list.row(1000), undefined);
  assert.equal(list.state().newer, 9999);
});

test("to the end and back: every row is there when it is looked at, and few are held", async () => {
  const size = 100_000;
  const { asked, load } = server(size);
  const list = new DecisionList(load);
  for (let at = 0; at < size; at += 400) {
    list.want(at, at + 40);
    await settled(list);
    assert.equal(list.row(at)?.index, size - 1 - at);
  }
  assert.ok(list.state().isWhole);
  assert.equal(list.state().length, size);
  assert.equal(asked.length, size / pageRows);
  assert.equal(list.row(0), undefined, "left behind");
  list.want(0, 40);
  await settled(list);
  assert.equal(list.row(0)?.index, size - 1);
  assert.equal(asked.at(-1), size);
});

test("pages without a row go on by themselves, and say how far they looked", async () => {
  let calls = 0;
  const list = new DecisionList(async (before = 1000) => {
    calls += 1;
    return before > 400
      ? { decisions: [], older: before - 200, newer: 999, partial: true }
      : { decisions: [{ ...plain, index: 7 }], older: null, newer: 999, partial: false };
  });
  const looked: (number | undefined)[] = [];
  list.subscribe(() => looked.push(list.state().lookedTo));
  list.want(0, 10);
  await settled(list);
  assert.equal(calls, 4);
  assert.equal(list.row(0)?.index, 7);
  assert.ok(looked.includes(800) && looked.includes(400));
  assert.equal(list.state().lookedTo, undefined);
});

test("an error stops it until it is asked again", async () => {
  let fails = true;
  const { load } = server(10);
  const list = new DecisionList(async (before) => {
    if (fails) throw new Error("away");
    return load(before);
  });
  list.want(0, 10);
  await settled(list);
  assert.equal(list.state().error?.message, "away");
  list.want(0, 10);
  await settled(list);
  fails = false;
  list.retry();
  await settled(list);
  assert.equal(list.state().length, 10);
});
