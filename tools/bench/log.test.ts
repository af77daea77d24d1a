// SPDX-License-Identifier: Apache-2.0
// That the benchmark of the log runs; how fast anything is, no test says.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { measureAppends } from "./log/append-table.ts";
import { isPresent } from "./log/contender.ts";
import { entrySource } from "./log/entries.ts";
import { groupCommit } from "./log/group-commit.ts";
import { table, writeSection } from "./log/markdown.ts";
import { openPostgresql } from "./log/postgresql.ts";
import { standings } from "./log/race.ts";
import type { Sample } from "./log/race.ts";
import { openRedis } from "./log/redis.ts";
import { openWorkplace } from "./log/workplace.ts";

void test("a tiny round of appends gives a row for each log, and leaves nothing behind", async (t) => {
  const parent = mkdtempSync(join(tmpdir(), "docket-bench-test-"));
  t.after(() => rmSync(parent, { recursive: true, force: true }));
  const workplace = openWorkplace(parent);
  try {
    const { data, text } = await measureAppends({
      workplace,
      rounds: 1,
      seconds: 0.05,
      writers: [1, 8],
      peers: "built-in",
      require: true,
      sizes: [],
      syncTimes: () => workplace.syncTimes(),
      progress: () => undefined,
    });
    assert.deepEqual(
      data.standings.map(({ writers, name }) => `${writers} ${name}`),
      ["1 Docket", "1 JSON lines", "1 SQLite", "8 Docket", "8 JSON lines", "8 SQLite"],
    );
    for (const { name, perSecond, p50Ms, failed, published } of data.standings) {
      assert.ok(perSecond > 0 && p50Ms > 0, name);
      assert.equal(failed, 0, name);
      assert.equal(published !== undefined, name === "Docket", name);
    }
    for (const name of ["Docket", "JSON lines", "SQLite"]) assert.ok(text.includes(`| ${name}`), text);
  } finally {
    await workplace.end();
  }
  assert.deepEqual(readdirSync(parent), []);
  assert.equal(existsSync(workplace.sockets), false);
});

const peers = { postgresql: openPostgresql, redis: openRedis };
for (const [name, openPeer] of Object.entries(peers)) {
  void test(`${name} is set up, takes entries and is stopped`, async (t) => {
    const workplace = openWorkplace(undefined);
    try {
      const peer = await openPeer(join(workplace.directory, name), workplace.sockets);
      if (!isPresent(peer)) {
        t.skip(peer.reason);
        return;
      }
      try {
        const next = entrySource();
        await Promise.all(Array.from({ length: 20 }, () => peer.append(next())));
        await peer.rest?.();
      } finally {
        await peer.close();
      }
    } finally {
      await workplace.end();
    }
  });
}

void test("entries that come while a group is committed share the next one", async () => {
  const groups: string[][] = [];
  const append = groupCommit<string>([
    async (group) => {
      groups.push([...group]);
      await new Promise((resolve) => setImmediate(resolve));
    },
  ]);
  const first = append("a");
  const second = append("b");
  await first;
  const later = ["c", "d", "e"].map(append);
  await Promise.all([second, ...later]);
  assert.deepEqual(groups, [
    ["a", "b"],
    ["c", "d", "e"],
  ]);
});

void test("whoever waits for a group that fails is told", async () => {
  let fail = true;
  const append = groupCommit<string>([
    () => (fail ? Promise.reject(new Error("the disk is full")) : Promise.resolve()),
  ]);
  await assert.rejects(Promise.all([append("a"), append("b")]), /the disk is full/);
  fail = false;
  await append("c");
});

void test("ratios are taken within each round", () => {
  const sample = (round: number, name: string, perSecond: number): Sample => ({
    round,
    writers: 1,
    name,
    syncs: { appendMs: 1, roomMs: 0.5, fileMs: 0.1 },
    measured: { perSecond, p50Ms: 2, p99Ms: 3, failed: 0 },
  });
  // The disk of the second round is ten times as slow.
  const samples = [
    sample(0, "ours", 1000),
    sample(0, "base", 2000),
    sample(1, "ours", 150),
    sample(1, "base", 200),
    sample(2, "ours", 600),
    sample(2, "base", 1000),
  ];
  const [ours] = standings(samples, "base");
  assert.deepEqual(
    { ratio: ours?.ratio, perAppendSync: ours?.perAppendSync, perRoomSync: ours?.perRoomSync },
    { ratio: 0.6, perAppendSync: 2, perRoomSync: 4 },
  );
});

void test("a table is put where its marks are, and nowhere else", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "docket-bench-test-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const page = join(directory, "page.md");
  writeFileSync(page, "before\n<!-- bench:append -->\nold\n<!-- /bench:append -->\nafter\n");
  const rows = table(
    [
      ["log", "entries/s"],
      ["one", "12"],
    ],
    1,
  );
  assert.equal(rows, "| log  | entries/s |\n| ---- | --------: |\n| one  |        12 |");
  writeSection(page, "append", rows);
  writeSection(page, "append", rows);
  const expected = `before\n<!-- bench:append -->\n${rows}\n<!-- /bench:append -->\nafter\n`;
  assert.equal(readFileSync(page, "utf8"), expected);
  assert.throws(() => writeSection(page, "http", rows), /has no <!-- bench:http -->/);
});
