// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBody, encodeLeaf, formatTime } from "@docket/protocol";
import type { BodyWithoutParts } from "@docket/protocol";
import type { PlainPart } from "../evidence/seal.ts";
import { gatherAppsMs, gatheredMax, gatherMs, searchWhileMs } from "./contract.ts";
import { ReadingDesk } from "./reading-desk.ts";

const ana = { by: `k_${"a".repeat(16)}`, role: "analyst" } as const;
const app = { by: `k_${"i".repeat(16)}`, role: "ingest" } as const;

class World {
  readonly sealed: BodyWithoutParts[] = [];
  readonly parts: PlainPart[] = [];
  readonly faults: unknown[] = [];
  fails = false;
  nowMs = 0;
  #timers: { atMs: number; run: () => void }[] = [];
  /** Leaves as a log would have them, each at its index. */
  readonly leaves: string[] = [];
  pending: { name: string; what: string; of: number | undefined; count: number }[] = [];
  readonly desk = new ReadingDesk({
    pending: {
      take: async () => [...this.pending],
      drop: async (names) => void (this.pending = this.pending.filter(({ name }) => !names.includes(name))),
    },
    seal: async (body, parts) => {
      await Promise.resolve();
      if (this.fails) throw new Error("no space");
      this.sealed.push(body);
      this.parts.push(...parts);
    },
    page: async (before, limit) =>
      this.leaves
        .filter((_, at) => at < before)
        .reverse()
        .slice(0, limit),
    partOf: async (index) => (index === 2 ? '{"v":1,"why":"ticket 7"}' : undefined),
    siteKey: new Uint8Array(32),
    timer: (ms, run) => {
      const timer = { atMs: this.nowMs + ms, run };
      this.#timers.push(timer);
      return () => (this.#timers = this.#timers.filter((each) => each !== timer));
    },
    onFault: (error) => this.faults.push(error),
  });

  get counts(): unknown[] {
    return this.sealed.map((body) => (body.kind === "read" ? [body.what, body.count ?? 1] : body.kind));
  }

  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    for (const due of this.#timers.filter(({ atMs }) => atMs <= this.nowMs)) {
      this.#timers = this.#timers.filter((each) => each !== due);
      due.run();
    }
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }
}

void test("what is read one by one is a record each, with whom it was about and why", async () => {
  const { desk, sealed, parts } = new World();
  const subject = `a_${"x".repeat(22)}`;
  await desk.note(ana, { what: "timeline", subject, reason: "ticket 7" });
  await desk.note(ana, { what: "timeline", subject });
  await desk.note(ana, { what: "dispute", of: 17 });
  assert.deepEqual(sealed, [
    { kind: "read", by: ana.by, role: "analyst", what: "timeline", subject },
    { kind: "read", by: ana.by, role: "analyst", what: "timeline", subject },
    { kind: "read", by: ana.by, role: "analyst", what: "dispute", of: 17 },
  ]);
  assert.deepEqual(
    parts.map(({ plaintext }) => plaintext),
    ['{"v":1,"why":"ticket 7"}'],
  );
  for (const reason of ["", " ", "x".repeat(1001)]) {
    await assert.rejects(desk.note(ana, { what: "dispute", reason }), { code: "usage" });
  }
});

void test("a search is on record with its words; who turns its pages searches once", async () => {
  const world = new World();
  const search = { what: "texts", query: '{"text":"cheap"}' } as const;
  await Promise.all([world.desk.note(ana, search), world.desk.note(ana, { ...search, count: 100 })]);
  assert.deepEqual(world.counts, [["texts", 1]]);
  assert.deepEqual(
    world.parts.map(({ plaintext }) => JSON.parse(plaintext) as unknown),
    [{ v: 1, query: search.query }],
  );
  await world.desk.note(ana, { what: "texts", query: '{"text":"other"}' });
  await world.desk.note({ ...ana, by: `k_${"o".repeat(16)}` }, search);
  assert.equal(world.counts.length, 3);
  await world.pass(searchWhileMs);
  await world.desk.note(ana, search);
  assert.equal(world.counts.length, 4);
  world.fails = true;
  await assert.rejects(world.desk.note(ana, { what: "texts", query: "x" }), /no space/);
  world.fails = false;
  await world.desk.note(ana, { what: "texts", query: "x" });
  assert.equal(world.counts.length, 5, "what could not be sealed is sealed the next time");
});

void test("what is read often is counted: the first at once, the others when the while is over", async () => {
  const world = new World();
  for (let read = 0; read < 10; read++) await world.desk.note(ana, { what: "facts", of: read });
  assert.deepEqual(world.counts, [["facts", 1]]);
  await world.desk.note(ana, { what: "labels", count: 40 });
  await world.desk.note(ana, { what: "labels", count: 40 });
  assert.deepEqual(world.counts, [
    ["facts", 1],
    ["labels", 40],
  ]);
  await world.pass(gatherMs);
  assert.deepEqual(world.counts.slice(2), [
    ["facts", 9],
    ["labels", 40],
  ]);
  await world.desk.note(ana, { what: "facts" });
  assert.deepEqual(world.counts.slice(4), [["facts", 1]]);
  await world.pass(gatherMs);
  assert.equal(world.counts.length, 5, "nothing gathered, nothing to say");
  await world.desk.note(ana, { what: "facts", reason: "ticket 8" });
  assert.deepEqual(world.counts.slice(5), [["facts", 1]], "with a reason it is a record of its own");
});

void test("an app is counted for longer, also in what is a record each of others", async () => {
  const world = new World();
  await world.desk.note(app, { what: "notice", of: 1 });
  for (let read = 0; read < 5; read++) await world.desk.note(app, { what: "notice", of: read });
  await world.pass(gatherMs);
  assert.deepEqual(world.counts, [["notice", 1]]);
  await world.pass(gatherAppsMs);
  assert.deepEqual(world.counts, [
    ["notice", 1],
    ["notice", 5],
  ]);
});

void test("before too many have gathered, the next answer waits until they are sealed", async () => {
  const world = new World();
  await world.desk.note(ana, { what: "entries" });
  for (let read = 0; read < gatheredMax; read++) await world.desk.note(ana, { what: "entries" });
  assert.equal(world.counts.length, 1);
  world.fails = true;
  await assert.rejects(world.desk.note(ana, { what: "entries" }), /no space/);
  world.fails = false;
  await Promise.all([1, 2, 3].map(() => world.desk.note(ana, { what: "entries" })));
  const total = (): number =>
    world.sealed.reduce((sum, body) => sum + (body.kind === "read" ? (body.count ?? 1) : 0), 0);
  await world.desk.close();
  // The one that failed handed nothing out, and is counted all the same: it was tried.
  assert.equal(total(), 1 + gatheredMax + 1 + 3);
});

void test("a reading that cannot be sealed is not handed out, and nothing is forgotten", async () => {
  const world = new World();
  world.fails = true;
  const both = [world.desk.note(ana, { what: "facts" }), world.desk.note(ana, { what: "facts" })];
  for (const each of await Promise.allSettled(both)) assert.equal(each.status, "rejected");
  world.fails = false;
  await world.desk.note(ana, { what: "facts" });
  await world.desk.note(ana, { what: "facts", count: 6 });
  world.fails = true;
  await world.pass(gatherMs);
  assert.equal(world.faults.length, 1);
  world.fails = false;
  await world.pass(gatherMs);
  assert.deepEqual(world.counts, [
    ["facts", 1],
    ["facts", 6],
  ]);
  await world.desk.note(ana, { what: "facts" });
  await world.desk.note(ana, { what: "facts", count: 2 });
  await world.desk.close();
  assert.deepEqual(world.counts.slice(2), [
    ["facts", 1],
    ["facts", 2],
  ]);
});

void test("what commands read beside it is sealed at the start, at times, and at the end", async () => {
  const world = new World();
  const wait = (name: string, what: string, of?: number): number =>
    world.pending.push({ name, what, of, count: 1 });
  wait("a", "facts", 17);
  await world.desk.start();
  assert.deepEqual(world.sealed, [{ kind: "read", by: "operator", role: "operator", what: "facts", of: 17 }]);
  for (const name of ["b", "c"]) wait(name, "facts", 18);
  wait("d", "somethingOfALaterVersion");
  await world.pass(gatherMs);
  assert.deepEqual(world.counts.slice(1), [["facts", 3]]);
  wait("e", "labelledTexts");
  world.fails = true;
  await world.pass(gatherMs);
  assert.equal(world.pending.length, 1, "what is not sealed waits on");
  world.fails = false;
  await world.desk.close();
  assert.deepEqual(world.counts.slice(2), [["labelledTexts", 1]]);
  assert.deepEqual(world.pending, []);
});

void test("what was read is listed, the newest first, by whom and of what", async () => {
  const { desk, leaves } = new World();
  const digest = "A".repeat(43);
  const subject = `a_${"x".repeat(22)}`;
  const append = (body: BodyWithoutParts, parts?: string): void => {
    const index = leaves.length;
    const header = { v: 1 as const, index, prev: digest, time: formatTime(0), uncertaintyMs: null };
    leaves.push(encodeLeaf(header, encodeBody(body), parts));
  };
  const read = { kind: "read", by: ana.by, role: "analyst" } as const;
  append({ ...read, what: "facts", count: 5 });
  append({ ...read, by: app.by, role: "ingest", what: "notice" });
  append({ ...read, what: "timeline", subject }, digest);
  append({ ...read, what: "dispute", of: 17 });
  const all = await desk.list({ limit: 10 });
  assert.deepEqual(
    all.reads.map(({ index, what, count, reason }) => [index, what, count, reason]),
    [
      [3, "dispute", 1, null],
      [2, "timeline", 1, "ticket 7"],
      [1, "notice", 1, null],
      [0, "facts", 5, null],
    ],
  );
  assert.equal(all.next, null);
  const indexes = async (query: object): Promise<[number[], number | null]> => {
    const { reads, next } = await desk.list({ limit: 10, ...query });
    return [reads.map(({ index }) => index), next];
  };
  assert.deepEqual(await indexes({ limit: 2 }), [[3, 2], 2]);
  assert.deepEqual(await indexes({ limit: 2, before: 2 }), [[1, 0], null]);
  assert.deepEqual(await indexes({ by: app.by }), [[1], null]);
  assert.deepEqual(await indexes({ subject }), [[2], null]);
  assert.deepEqual(await indexes({ of: 17 }), [[3], null]);
});
