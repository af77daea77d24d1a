// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseLeaf } from "@docket/protocol";
import type { Outcome } from "@docket/protocol";
import { Counters } from "../counters/counters.ts";
import type { Undo } from "../counters/counters.ts";
import { Limits } from "../counters/limits.ts";
import type { CounterMemory, SnapshotStore } from "../counters/snapshot.ts";
import { held } from "../counters/testing/twin.ts";
import { CounterKeeper } from "./counter-keeper.ts";
import { startCounters } from "./counters-start.ts";
import { countDecision, counterKinds, declaredIn, limitKinds } from "./counting.ts";
import { History } from "./history.ts";
import type { CountedRelease } from "./history.ts";
import { factsOf } from "./rebuild.ts";
import { CountedLog, countedFromTheStart, pseudonymOf, releaseOf } from "./testing/counted-log.ts";
import type { Told } from "./testing/counted-log.ts";

const startMs = 1_700_000_000_000;

const head = "policy: p\non: [comment]\n";
const rules = (counters: readonly string[], limits: readonly string[]): string =>
  `rules:\n${[
    ...counters.map((name) => `  - { id: r-${name}, when: "has(counters.${name})", points: 1 }`),
    ...limits.map((name) => `  - { id: r-${name}, when: limits.${name}.exceeded, points: 1 }`),
    "  - { id: plain, when: signals.linkCount > 3, points: 1 }",
  ].join("\n")}\nthresholds: [ { points: 1, outcome: flag } ]\n`;

const before: CountedRelease = releaseOf(
  `${head}counters:\n  posts: { count: events, by: actor.id, over: 10m }\n${rules(["posts"], [])}`,
);
const after: CountedRelease = releaseOf(
  `${head}counters:
  posts: { count: events, by: actor.id, over: 10m }
  texts: { count: distinct actor.id, by: signals.fingerprint, over: 1h }
  links: { sum: signals.linkCount, by: actor.id, over: 1h }
  known: { first: events, by: actor.ip, over: 1h }
  linked: { count: events, by: actor.ip, over: 1h, where: signals.linkCount > 0 }
  copies: { count: distinct actor.ip, by: [actor.id, campaign.id], over: 1h }
limits:
  pace: { rate: 6/h, burst: 2, by: actor.id }
  spread: { rate: 4/h, burst: 2, by: campaign.id }
campaigns: { over: 1h }
${rules(["posts", "texts", "links", "known", "linked", "copies"], ["pace", "spread"])}`,
);

const told: fc.Arbitrary<Told[]> = fc
  .array(
    fc.record({
      stepMs: fc.integer({ min: 0, max: 400_000 }),
      actor: fc.constantFrom("ann", "bob", "cid"),
      ip: fc.constantFrom("10.0.0.1", "10.0.0.2"),
      text: fc.constantFrom(
        "hello there, good people",
        "see https://a.example and https://b.example now",
        "everybody who reads this should visit my new channel soon",
        "everybody who sees this must visit my new channel soon, https://b.example",
        "a wholly different text about weather and gardens in spring",
      ),
      outcome: fc.constantFrom<Outcome[]>("allow", "reject", "flag", "delay"),
    }),
    { minLength: 5, maxLength: 60, size: "max" },
  )
  .map((steps) => {
    let atMs = startMs;
    return steps.map(({ stepMs, actor, ip, text, outcome }, number): Told => {
      atMs += stepMs;
      const event = {
        id: `e${number}`,
        type: "comment",
        actor: { id: actor, ip },
        content: { id: "c", text },
      };
      return { event, atMs, outcome };
    });
  });

/** A snapshot in memory. */
function storeOf(): SnapshotStore & { bytes: Uint8Array | undefined } {
  return {
    bytes: undefined,
    async read() {
      const { bytes } = this;
      if (bytes === undefined) return undefined;
      return (async function* () {
        yield bytes;
      })();
    },
    async replace(chunks) {
      const all: Uint8Array[] = [];
      for await (const chunk of chunks) all.push(chunk);
      this.bytes = Buffer.concat(all);
    },
  };
}

function memoryOf(release: CountedRelease): CounterMemory {
  const { counters, limits } = declaredIn(release.policies);
  return { counters: new Counters(counterKinds(counters)), limits: new Limits(limitKinds(limits)) };
}

function keeperOf(
  log: CountedLog,
  memory: CounterMemory,
  release: CountedRelease,
  fresh: ReadonlySet<string> = new Set(),
  store: SnapshotStore = storeOf(),
  notices: string[] = [],
): CounterKeeper {
  const size = log.records.length;
  return new CounterKeeper(memory, release, { size, lastLeaf: log.records.at(-1)?.leaf }, fresh, {
    ...log.ports,
    ...log.reading,
    store,
    name: log.name,
    timer: (ms, run) => {
      const timer = setTimeout(run, Math.min(ms, 1));
      if (ms > 1000) clearTimeout(timer);
      return () => clearTimeout(timer);
    },
    onNotice: (notice) => notices.push(notice),
  });
}

/** Decides an event: counted, and to be sealed later. */
function decide(
  log: CountedLog,
  memory: CounterMemory,
  keeper: CounterKeeper,
  release: CountedRelease,
  each: Told,
): { seal: () => void; undo: Undo } {
  const { decision, facts } = log.facts(each, release, memory);
  const uncount = countDecision(memory, decision, facts);
  const unkeep = keeper.counted(decision, facts);
  return {
    seal: () => {
      const index = log.append(each, release, { decision, facts });
      keeper.sealed(index, log.records[index]?.leaf ?? "");
    },
    undo: () => {
      unkeep();
      uncount();
    },
  };
}

function adopt(memory: CounterMemory, keeper: CounterKeeper, release: CountedRelease): void {
  const { counters, limits } = declaredIn(release.policies);
  memory.counters.adopt(counterKinds(counters));
  memory.limits.adopt(limitKinds(limits));
  keeper.adopt(release).settle();
}

test("what is new in a release comes to what it would be had it been declared from the start", async () => {
  await fc.assert(
    fc.asyncProperty(told, fc.nat(), fc.infiniteStream(fc.nat({ max: 9 })), async (events, at, dice) => {
      const log = new CountedLog();
      const memory = memoryOf(before);
      const keeper = keeperOf(log, memory, before);
      const adoptedAt = at % events.length;
      let release = before;
      let waiting: { seal: () => void; undo: Undo; each: Told }[] = [];
      const kept: Told[] = [];
      for (const [number, each] of events.entries()) {
        if (number === adoptedAt) {
          adopt(memory, keeper, after);
          release = after;
          assert.ok(keeper.waiting.has("p/r-texts") && keeper.waiting.has("p/r-pace"));
          assert.ok(!keeper.waiting.has("p/r-posts") && !keeper.waiting.has("p/plain"));
        }
        waiting.push({ ...decide(log, memory, keeper, release, each), each });
        const die = dice.next().value as number;
        if (die < 4) {
          for (const { seal, each: own } of waiting) {
            seal();
            kept.push(own);
          }
          waiting = [];
        } else if (die === 9) {
          for (const { undo } of waiting.toReversed()) undo();
          waiting = [];
        }
        if (die % 3 === 0) await new Promise((resolve) => setTimeout(resolve, die === 0 ? 2 : 0));
      }
      // Some are sealed only when all is warm, and some never.
      for (const { seal, each } of waiting.splice(0, 2)) {
        seal();
        kept.push(each);
      }
      await keeper.warmed();
      for (const { undo } of waiting.toReversed()) undo();
      assert.equal(keeper.waiting.size, 0);
      const expected = memoryOf(after);
      countedFromTheStart(log, kept, after, expected);
      assert.deepEqual(held(memory.counters, memory.limits), held(expected.counters, expected.limits));
      await keeper.close();
    }),
    { numRuns: 12 },
  );
});

test("evidence that is gone is counted as not covered; what the facts hold needs none", async () => {
  const log = new CountedLog();
  const [events] = fc.sample(told, { numRuns: 1, seed: 3 }) as [Told[]];
  for (const each of events) log.append(each, before);
  log.erased.add(pseudonymOf("ann"));
  const memory = memoryOf(before);
  const notices: string[] = [];
  const keeper = keeperOf(log, memory, before, new Set(), storeOf(), notices);
  adopt(memory, keeper, after);
  await keeper.warmed();
  const gone = events.filter(({ event }) => event.actor.id === "ann").length;
  assert.ok(gone > 0);
  const sentence = `was warmed from ${events.length - gone} of ${events.length} events`;
  assert.equal(notices.filter((notice) => notice.includes(sentence)).length, 7, notices.join("\n"));
  // What is counted by actor and open signals alone was counted for ann too.
  const expected = memoryOf(after);
  countedFromTheStart(log, events, after, expected);
  const { counters } = declaredIn(after.policies);
  const links = counters.find(({ counter }) => counter.kind === "sum");
  const lastMs = events.at(-1)?.atMs ?? 0;
  const key = [[pseudonymOf("ann"), "0"]] as const;
  assert.equal(
    memory.counters.read(links?.id ?? "", key, lastMs),
    expected.counters.read(links?.id ?? "", key, lastMs),
  );
  const open = limitKinds(
    declaredIn(after.policies).limits.filter(({ limit }) => limit.by[0] === "actor.id"),
  );
  for (const { limits } of [memory, expected]) limits.adopt(open);
  assert.deepEqual(held(new Counters([]), memory.limits), held(new Counters([]), expected.limits));
  await keeper.close();
});

test("a release that is never sealed leaves all as it was", async () => {
  const log = new CountedLog();
  const memory = memoryOf(before);
  const keeper = keeperOf(log, memory, before);
  const { undo } = keeper.adopt(after);
  assert.ok(keeper.waiting.size > 0);
  undo();
  assert.equal(keeper.waiting.size, 0);
  await keeper.warmed();
  await keeper.close();
});

/** Starts over: the snapshot, then the log's tail. */
async function restart(
  log: CountedLog,
  release: CountedRelease,
  store: SnapshotStore,
): Promise<{ memory: CounterMemory; from: number; fresh: ReadonlySet<string>; notice: string | undefined }> {
  const size = log.records.length;
  const started = await startCounters({ ...log.reading, release, store, name: log.name, size });
  const { memory, from, fresh, notice } = started;
  const history = new History(log.ports, release, started.counted);
  for (let index = from; index < size; index++) {
    const stored = await log.reading.reader.record(index);
    const record = parseLeaf(stored.leaf);
    const facts = factsOf(stored, log);
    assert.ok(record.kind === "decision" && facts !== undefined);
    await history.count(memory, stored, record, facts, index);
  }
  return { memory, from, fresh, notice };
}

test("after a snapshot and a restart all is as without, whatever was counted meanwhile", async () => {
  await fc.assert(
    fc.asyncProperty(told, fc.nat(), async (events, at) => {
      const log = new CountedLog();
      const store = storeOf();
      const memory = memoryOf(after);
      const keeper = keeperOf(log, memory, after, new Set(), store);
      const half = at % events.length;
      for (const each of events.slice(0, half)) decide(log, memory, keeper, after, each).seal();
      let open: { seal: () => void; undo: Undo }[] = [];
      let number = half;
      const snapshot = keeper.takeSnapshot();
      // Meanwhile more is decided, some of it sealed before the snapshot ends.
      while (number < events.length) {
        const each = nth(events, number++);
        open.push(decide(log, memory, keeper, after, each));
        if (number % 3 === 0) for (const { seal } of open.splice(0)) seal();
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (const { seal } of open.splice(0)) seal();
      assert.equal(await snapshot, events.length > 0 && (half > 0 || store.bytes !== undefined));
      const restarted = await restart(log, after, store);
      assert.equal(restarted.notice, undefined);
      const live = held(memory.counters, memory.limits);
      assert.deepEqual(held(restarted.memory.counters, restarted.memory.limits), live);
      const again = await restart(log, after, storeOf());
      assert.deepEqual(held(again.memory.counters, again.memory.limits), live);
      // And once more from the snapshot of an orderly stop, which leaves nothing to count.
      await keeper.close();
      const stopped = await restart(log, after, store);
      assert.equal(stopped.from, log.records.length);
      assert.deepEqual(held(stopped.memory.counters, stopped.memory.limits), live);
      open = [];
    }),
    { numRuns: 8 },
  );
});

test("a void batch while a snapshot is taken: it isn't kept", async () => {
  const log = new CountedLog();
  const store = storeOf();
  const memory = memoryOf(after);
  const keeper = keeperOf(log, memory, after, new Set(), store);
  const [events] = fc.sample(told, { numRuns: 1, seed: 3 }) as [Told[]];
  decide(log, memory, keeper, after, nth(events, 0)).seal();
  const { undo } = decide(log, memory, keeper, after, nth(events, 1));
  const snapshot = keeper.takeSnapshot();
  await new Promise((resolve) => setImmediate(resolve));
  undo();
  assert.equal(await snapshot, false);
  assert.equal(store.bytes, undefined);
  assert.equal(await keeper.takeSnapshot(), true);
  await keeper.close();
});

test("a snapshot that doesn't fit the log is not used, with a notice, and all is counted again", async () => {
  const log = new CountedLog();
  const store = storeOf();
  const memory = memoryOf(after);
  const keeper = keeperOf(log, memory, after, new Set(), store);
  const [events] = fc.sample(told, { numRuns: 1, seed: 3 }) as [Told[]];
  for (const each of events) decide(log, memory, keeper, after, each).seal();
  await keeper.close();
  const live = held(memory.counters, memory.limits);
  const whole = store.bytes;
  assert.ok(whole !== undefined);
  store.bytes = whole.subarray(0, whole.length - 40);
  const damaged = await restart(log, after, store);
  assert.equal(
    damaged.notice,
    "the snapshot of the counters is not used: its end is missing; they are counted from the log",
  );
  assert.deepEqual(held(damaged.memory.counters, damaged.memory.limits), live);
  store.bytes = whole;
  const last = log.records.pop();
  assert.match(
    (await restart(log, after, store)).notice ?? "",
    /it has seen \d+ records and the log holds \d+;/,
  );
  log.append({ ...nth(events, 0), outcome: "hold" }, after);
  assert.match((await restart(log, after, store)).notice ?? "", /record \d+ is another one there;/);
  assert.ok(last !== undefined);
});

test("what a snapshot lacks is warmed after the start", async () => {
  const log = new CountedLog();
  const store = storeOf();
  const first = memoryOf(before);
  const keeper = keeperOf(log, first, before, new Set(), store);
  const [events] = fc.sample(told, { numRuns: 1, seed: 3 }) as [Told[]];
  for (const each of events) decide(log, first, keeper, before, each).seal();
  await keeper.close();
  const { memory, fresh } = await restart(log, after, store);
  assert.equal(fresh.size, 10);
  const next = keeperOf(log, memory, after, fresh, store);
  assert.equal(next.warming.size, 10);
  assert.equal(next.progress.length, 1);
  await next.warmed();
  const expected = memoryOf(after);
  countedFromTheStart(log, events, after, expected);
  assert.deepEqual(held(memory.counters, memory.limits), held(expected.counters, expected.limits));
  await next.close();
});

function nth<T>(list: readonly T[], place: number): T {
  const found = list[place];
  assert.ok(found !== undefined);
  return found;
}
