// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { encodeBody, encodeLeaf } from "@docket/protocol";
import type { Outcome } from "@docket/protocol";
import { plainRow } from "../testing/plain-row.ts";
import type { DecisionRow } from "../views/decision-row.ts";
import type { Tallies } from "../views/tallies.ts";
import { backlogMax, batchMs, batchRowsMax, followersMax, pulseMs, pulsesMax } from "./contract.ts";
import type { LiveNews } from "./contract.ts";
import { LiveDesk } from "./live-desk.ts";
import type { LiveListener } from "./live-desk.ts";

const startMs = Date.UTC(2026, 10, 23, 12);

function row(index: number, outcome: Outcome = "allow"): DecisionRow {
  const at = startMs + index;
  return { ...plainRow, index, actor: "a_one", decidedMs: at, sealedMs: at, outcome, fired: ["p/link"] };
}

class World {
  readonly sealed: DecisionRow[] = [];
  readonly listeners = new Set<LiveListener>();
  readonly timers: { atMs: number; run: () => void }[] = [];
  nowMs = startMs;
  counted = 0;
  reading: Promise<void> = Promise.resolve();
  tallies: Tallies = { fromMs: 0, decisions: 0, outcomes: {}, buckets: [], rules: [] };
  kept: Record<string, string[]> = {};
  readonly desk: LiveDesk = new LiveDesk({
    listen: (listener) => {
      this.listeners.add(listener);
      return () => this.listeners.delete(listener);
    },
    index: {
      decisions: async ({ after = -1, limit, order }) => {
        await this.reading;
        const rows = this.sealed.filter(({ index }) => index > after);
        if (order === "descending") rows.reverse();
        return rows.slice(0, limit);
      },
      decisionTallies: async () => {
        this.counted += 1;
        return this.tallies;
      },
      keptPage: async ({ kind }) => this.kept[kind] ?? [],
    },
    indexed: async () => undefined,
    latestMs: async () => this.sealed.at(-1)?.decidedMs ?? 0,
    rules: () => ({ enforced: 2, shadow: 1 }),
    clock: () => this.nowMs,
    timer: (ms, run) => {
      const timer = { atMs: this.nowMs + ms, run };
      this.timers.push(timer);
      return () => void (this.timers.includes(timer) && this.timers.splice(this.timers.indexOf(timer), 1));
    },
  });

  seal(decided: DecisionRow): void {
    this.sealed.push(decided);
    for (const { onDecision } of this.listeners) onDecision(decided);
  }

  pass(ms: number): void {
    const end = this.nowMs + ms;
    for (;;) {
      const due = this.timers.filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.timers.splice(this.timers.indexOf(due), 1);
      this.nowMs = due.atMs;
      due.run();
    }
    this.nowMs = end;
  }

  async follow(after?: number): Promise<{ news: LiveNews[]; end: () => void }> {
    const news: LiveNews[] = [];
    const end = this.desk.follow(after, (each) => void news.push(each));
    for (let at = 0; at < 5; at++) await turn();
    return { news, end };
  }
}

test("a follower is told of the newest decisions, then of what comes, half a second at a time", async () => {
  const world = new World();
  for (let index = 0; index < backlogMax + 10; index++) world.seal(row(index));
  const { news, end } = await world.follow();
  assert.ok(news[0]?.kind === "backlog");
  assert.deepEqual(
    [news[0].decisions.length, news[0].decisions[0]?.index, news[0].last, news[0].missed],
    [backlogMax, 10, backlogMax + 9, false],
  );
  world.seal(row(60, "reject"));
  world.seal(row(61));
  for (const { onRecord } of world.listeners) onRecord({ index: 62, kind: "review" });
  assert.equal(news.length, 1);
  world.pass(batchMs);
  assert.ok(news[1]?.kind === "batch");
  assert.deepEqual(news[1].batch, {
    last: 62,
    decisions: [60, 61].map((index) => ({
      index,
      at: new Date(startMs + index).toISOString(),
      outcome: index === 60 ? "reject" : "allow",
      type: "comment",
      op: "create",
      actor: "a_one",
      fired: ["p/link"],
      campaign: null,
      refusedBy: null,
      points: 0,
    })),
    outcomes: { reject: 1, allow: 1 },
    records: { review: 1 },
    skipped: 0,
  });
  world.pass(batchMs);
  assert.equal(news.length, 2, "nothing came");
  end();
  assert.equal(world.listeners.size, 0, "while nobody follows, nothing is gathered");
  world.seal(row(63));
  world.pass(10 * pulseMs);
  assert.equal(news.length, 2);
  assert.equal(world.timers.length, 0);
});

test("a busy half second names the newest decisions and counts the others", async () => {
  const world = new World();
  const { news } = await world.follow();
  for (let index = 0; index < 3000; index++) world.seal(row(index));
  world.pass(batchMs);
  const told = news[1];
  assert.ok(told?.kind === "batch");
  assert.deepEqual([told.batch.decisions.length, told.batch.skipped], [batchRowsMax, 3000 - batchRowsMax]);
  assert.deepEqual([told.batch.decisions.at(-1)?.index, told.batch.outcomes], [2999, { allow: 3000 }]);
  world.desk.close();
});

test("whoever comes again is told of what they have not seen, once, or that there was too much", async () => {
  const world = new World();
  for (let index = 0; index < 5; index++) world.seal(row(index));
  const { promise, resolve } = Promise.withResolvers<void>();
  world.reading = promise;
  const { news } = await world.follow(2);
  world.seal(row(5));
  world.pass(batchMs);
  assert.equal(news.length, 0, "what comes waits for what was before");
  resolve();
  for (let at = 0; at < 5; at++) await turn();
  assert.deepEqual(
    news.map((each) => each.kind === "backlog" && each.decisions.map(({ index }) => index)),
    [[3, 4, 5]],
  );
  world.seal(row(6));
  world.pass(batchMs);
  const after = news[1];
  assert.ok(after?.kind === "batch");
  assert.deepEqual(
    after.batch.decisions.map(({ index }) => index),
    [6],
  );
  for (let index = 7; index < 200; index++) world.seal(row(index));
  const late = await world.follow(6);
  assert.ok(late.news[0]?.kind === "backlog" && late.news[0].missed);
  world.desk.close();
});

test("a follower hears a pulse, is sent away after a while, and all are at the end", async () => {
  const world = new World();
  const one = await world.follow();
  world.pass(pulseMs);
  assert.deepEqual(
    one.news.map(({ kind }) => kind),
    ["backlog", "pulse"],
  );
  world.pass(pulseMs * pulsesMax);
  assert.equal(one.news.filter(({ kind }) => kind === "pulse").length, pulsesMax - 1);
  assert.equal(one.news.at(-1)?.kind, "end");
  assert.equal(world.desk.followers, 0);
  const two = await world.follow();
  world.desk.close();
  assert.equal(two.news.at(-1)?.kind, "end");
  assert.throws(() => world.desk.follow(undefined, () => undefined), { code: "log_closed" });
});

test("there is room for so many followers", async () => {
  const world = new World();
  for (let at = 0; at < followersMax; at++) await world.follow();
  assert.throws(() => world.desk.follow(undefined, () => undefined), { code: "too_many_requests" });
  world.desk.close();
});

test("what is counted is remembered for a few seconds", async () => {
  const world = new World();
  const first = await world.desk.activity("day", startMs + 1);
  assert.deepEqual([first.toMs - first.fromMs, first.bucketMs], [86_400_000, 600_000]);
  assert.equal(first.toMs, startMs + 600_000, "whole buckets");
  await world.desk.activity("day", startMs + 2);
  assert.equal(world.counted, 2, "the period and the one before it");
  world.pass(3001);
  await world.desk.activity("day", startMs + 3);
  await world.desk.activity("hour", startMs + 3);
  assert.equal(world.counted, 6);
});

test("the first steps are read from the log", async () => {
  const world = new World();
  const none = await world.desk.firstSteps();
  assert.deepEqual(none, {
    sent: false,
    firstDecision: null,
    firstDecidedAt: null,
    looked: false,
    shadowRules: 1,
    releaseSince: null,
    shadowed: false,
    enforcedRules: 2,
    enforced: false,
  });
  world.seal(row(3));
  world.kept = {
    release: [leafOf("2026-11-22T11:00:00.000Z", release), leafOf("2026-11-20T11:00:00.000Z", release)],
    read: [
      leafOf("2026-11-22T11:00:00.000Z", { kind: "read", by: "operator", role: "operator", what: "facts" }),
    ],
  };
  assert.equal((await world.desk.firstSteps()).sent, false, "remembered for a few seconds");
  world.pass(5000);
  const some = await world.desk.firstSteps();
  assert.deepEqual(
    [some.sent, some.firstDecision, some.looked, some.releaseSince, some.shadowed, some.enforced],
    [true, 3, true, "2026-11-22T11:00:00.000Z", true, true],
  );
  assert.equal(some.firstDecidedAt, new Date(row(3).decidedMs).toISOString());
});

const release = { kind: "release", by: "operator", release: "A".repeat(43), previous: null } as const;

function leafOf(time: string, body: Parameters<typeof encodeBody>[0]): string {
  const header = { v: 1, index: 0, prev: "A".repeat(43), time, uncertaintyMs: null } as const;
  return encodeLeaf(header, encodeBody(body));
}
