// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import * as fc from "fast-check";
import { Receiver, verifies } from "../testing/receiver.ts";
import type { Behaviour } from "../testing/receiver.ts";
import { wholeRecord } from "./contract.ts";
import type { Endpoint, EndpointProgress, Message, MessageSource, Position } from "./contract.ts";
import { postWith } from "./post.ts";
import { retryDelaysMs, triesMax } from "./schedule.ts";
import { deadLettersMax, Sender, troubleMsMax, windowMax } from "./sender.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const startMs = Date.UTC(2026, 10, 23);
const fresh: EndpointProgress = { v: 1, cursor: -1, done: [], dead: [] };

/** A message for each record, about the actors in turn. */
function messagesOf(count: number, actors: number): Message[] {
  return Array.from({ length: count }, (_, record) => ({
    id: `msg_${record}`,
    record,
    place: 0,
    type: record % 5 === 0 ? "change.removed" : "notice.refusal",
    about: `a_${record % actors}`,
  }));
}

class Source implements MessageSource {
  readonly messages: Message[];
  reads = 0;
  failures = 0;

  constructor(messages: Message[]) {
    this.messages = messages;
  }

  after(after: Position, limit: number, families: readonly string[]): ReturnType<MessageSource["after"]> {
    this.reads += 1;
    if (this.failures > 0) {
      this.failures -= 1;
      return Promise.reject(new Error("the views are being made"));
    }
    assert.ok(limit >= 1 && limit <= windowMax);
    assert.equal(after.place, wholeRecord);
    const read = this.messages.filter(({ record }) => record > after.record).slice(0, limit);
    const messages = read.filter(({ type }) => families.includes(type.split(".")[0] ?? ""));
    const upTo = { record: read.at(-1)?.record ?? after.record, place: wholeRecord };
    return Promise.resolve({ messages, upTo });
  }

  body({ record, about, type }: Message): Promise<string | undefined> {
    return Promise.resolve(record === 99 ? undefined : JSON.stringify({ type, data: { record, about } }));
  }
}

/** A sender whose time stands still until it is told to pass. */
class World {
  nowMs = startMs;
  readonly source: Source;
  readonly receiver = new Receiver();
  readonly timers = new Set<{ atMs: number; run: () => void }>();
  progress: EndpointProgress = fresh;
  keepFails = false;
  /** Real time: long enough for a busy machine, but where a receiver never answers. */
  answerMs = 20_000;
  offs: string[] = [];
  endpoint: Endpoint | undefined;
  sender: Sender | undefined;

  constructor(messages: Message[]) {
    this.source = new Source(messages);
  }

  async open(t?: TestContext, families: Endpoint["families"] = ["change", "notice"]): Promise<Sender> {
    const url = await this.receiver.listen();
    t?.after(() => this.close());
    this.endpoint = { id: "w_AAAAAAAAAAAAAAAA", url, families, disabled: null, addedAt: 0 };
    return this.start();
  }

  start(): Sender {
    this.sender = new Sender(this.endpoint as Endpoint, this.progress, {
      source: this.source,
      post: postWith(fetch, () => this.nowMs),
      secrets: () => Promise.resolve([secret]),
      keep: async (progress) => {
        if (this.keepFails) throw new Error("the disk is full");
        this.progress = structuredClone(progress);
      },
      onOff: (why) => this.offs.push(why),
      clock: () => this.nowMs,
      random: () => 0,
      timer: (ms, run) => {
        const timer = { atMs: this.nowMs + ms, run };
        this.timers.add(timer);
        return () => void this.timers.delete(timer);
      },
      answerMs: this.answerMs,
    });
    this.sender.poke();
    return this.sender;
  }

  /** Lets time pass, timer by timer, up to so many ms. */
  async pass(ms: number): Promise<void> {
    const end = this.nowMs + ms;
    for (;;) {
      await this.sender?.settled();
      const next = [...this.timers].sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > end) break;
      this.timers.delete(next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
    }
    this.nowMs = end;
  }

  /** The records of an actor's messages, in the order in which the receiver first took them in. */
  orderOf(actor: string): number[] {
    const records = this.receiver.received
      .map(({ body }) => (JSON.parse(body) as { data: { record: number; about: string } }).data)
      .filter(({ about }) => about === actor)
      .map(({ record }) => record);
    return [...new Set(records)];
  }

  async close(): Promise<void> {
    await this.sender?.stop();
    await this.receiver.close();
  }
}

const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

test("each message comes, signed, in order for each actor; what was not asked for does not", async (t) => {
  const world = new World(messagesOf(230, 7));
  await world.open(t);
  await world.pass(10_000);
  const { received, ids } = world.receiver;
  // Record 99 had nothing to tell any more.
  assert.equal(received.length, 229);
  assert.equal(ids.length, 229);
  for (const each of received) assert.ok(verifies(each, secret, world.nowMs));
  for (let actor = 0; actor < 7; actor++) {
    const order = world.orderOf(`a_${actor}`);
    assert.deepEqual(order, sorted(order));
  }
  assert.equal(world.progress.cursor, 229);
  assert.deepEqual(world.progress.done, []);

  const choosy = new World(messagesOf(50, 7));
  await choosy.open(t, ["change"]);
  await choosy.pass(10_000);
  assert.equal(choosy.receiver.received.length, 10);
});

const misbehaviours: Record<string, Behaviour> = {
  "answers 500": (_, tries) => (tries < 3 ? 500 : 200),
  "loses its replies": (_, tries) => (tries < 2 ? "lost" : 204),
  "never answers at first": (received, tries) => (received.id === "msg_3" && tries < 2 ? "never" : 200),
  "is overloaded": (_, tries) => (tries < 2 ? { status: 503, headers: { "retry-after": "7" } } : 200),
  redirects: (_, tries) => (tries < 2 ? { status: 307, headers: { location: "/elsewhere" } } : 200),
};

for (const [what, behave] of Object.entries(misbehaviours)) {
  test(`a receiver that ${what} gets each message, in order for each actor`, async (t) => {
    const world = new World(messagesOf(12, 3));
    world.receiver.behave = behave;
    if (what === "never answers at first") world.answerMs = 300;
    await world.open(t);
    await world.pass(30 * 86_400_000);
    assert.equal(world.receiver.ids.length, 12);
    for (let actor = 0; actor < 3; actor++) {
      const order = world.orderOf(`a_${actor}`);
      assert.deepEqual(order, sorted(order));
      assert.equal(order.length, 4);
    }
    assert.deepEqual(world.receiver.others, []);
    assert.deepEqual(world.progress, { v: 1, cursor: 11, done: [], dead: [] });
    assert.equal(world.sender?.status().trouble, null);
  });
}

test("while one actor's message fails, those of others go on, and its own later ones wait", async (t) => {
  const world = new World(messagesOf(30, 3));
  world.receiver.behave = ({ id }, tries) => (id === "msg_0" && tries < 3 ? 500 : 200);
  await world.open(t);
  await world.pass(1000);
  assert.equal(world.receiver.ids.length, 21);
  assert.deepEqual(world.orderOf("a_0"), [0]);
  assert.equal(world.progress.cursor, -1);
  assert.equal(world.progress.done.length, 20);
  // A restart here sends none of those again.
  await world.sender?.stop();
  const before = world.receiver.received.length;
  world.start();
  await world.pass(600_000);
  assert.equal(world.receiver.ids.length, 30);
  assert.ok(world.receiver.received.length <= before + 2 + 9);
  assert.deepEqual(world.orderOf("a_0"), [0, 3, 6, 9, 12, 15, 18, 21, 24, 27]);
});

test("a message that always fails is tried by the schedule, given up, and can be sent again", async (t) => {
  const world = new World(messagesOf(4, 4));
  let well = false;
  world.receiver.behave = ({ id }) => (id === "msg_1" && !well ? 400 : 200);
  const sender = await world.open(t);
  await world.pass(retryDelaysMs.reduce((sum, delay) => sum + delay, 0) + 60_000);
  const tries = world.receiver.received.filter(({ id }) => id === "msg_1");
  assert.equal(tries.length, triesMax);
  assert.deepEqual(
    sender.dead.map(({ id, tries: count, why }) => [id, count, why]),
    [["msg_1", triesMax, "it answered 400"]],
  );
  await world.pass(2000);
  assert.equal(world.progress.cursor, 3);
  well = true;
  assert.equal(sender.replay(new Set(["msg_7"])), 0);
  assert.equal(sender.replay(undefined), 1);
  await world.pass(2000);
  assert.equal(sender.dead.length, 0);
  assert.equal(world.progress.dead.length, 0);
  assert.equal(world.receiver.received.at(-1)?.id, "msg_1");
});

test("a receiver that is down is asked rarely, and switched off after days; nothing is lost", async (t) => {
  const world = new World(messagesOf(260, 260));
  world.receiver.behave = () => 503;
  const sender = await world.open(t);
  await world.pass(60_000);
  assert.ok(world.receiver.received.length <= 6);
  assert.equal(sender.status().trouble, "it answered 503");
  assert.ok(sender.status().waiting <= windowMax);
  await world.pass(troubleMsMax + 2 * 86_400_000);
  assert.equal(world.offs.length, 1);
  assert.match(world.offs[0] ?? "", /took nothing for days/);
  assert.ok(world.receiver.received.length < 60);
  await sender.stop();
  world.receiver.behave = () => 200;
  world.start();
  await world.pass(10_000);
  const told = new Set([...world.receiver.ids, ...world.progress.dead.map(({ id }) => id)]);
  assert.equal(told.size, 259);
});

test("a receiver that is gone is switched off at once", async (t) => {
  const world = new World(messagesOf(3, 1));
  world.receiver.behave = () => 410;
  await world.open(t);
  await world.pass(86_400_000);
  assert.equal(world.receiver.received.length, 1);
  assert.deepEqual(world.offs, ["it answered 410 Gone"]);
});

test("an endpoint that nobody listens at says so without its address", async (t) => {
  const world = new World(messagesOf(1, 1));
  const sender = await world.open(t);
  await world.receiver.close();
  sender.poke();
  await world.pass(4000);
  const said = sender.status().trouble;
  assert.ok(said === null || !said.includes("127.0.0.1"));
});

test("faults of our own (the log, the disk) cost no tries", async (t) => {
  const world = new World(messagesOf(20, 4));
  world.source.failures = 3;
  world.keepFails = true;
  const sender = await world.open(t);
  await world.pass(60_000);
  assert.equal(world.receiver.ids.length, 19 + 1);
  assert.equal(sender.status().failed, 0);
  assert.equal(world.progress, fresh);
  // Nothing was kept, so all of it comes again: more than once, never less.
  world.keepFails = false;
  world.start();
  await world.pass(60_000);
  assert.equal(world.receiver.ids.length, 20);
  assert.equal(world.progress.cursor, 19);
  assert.ok(deadLettersMax > 0);
});

test("whatever a receiver does, wherever the process dies, nothing is lost or out of order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(200, 500, 503, "lost" as const), { minLength: 1, maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 400_000 }), { maxLength: 3 }),
      fc.integer({ min: 1, max: 4 }),
      async (answers, crashesAt, actors) => {
        const world = new World(messagesOf(12, actors));
        let answered = 0;
        world.receiver.behave = () => answers[answered++] ?? 200;
        await world.open();
        for (const ms of crashesAt) {
          await world.pass(ms);
          // Dies: timers and the window are gone, and what was kept last is what there is.
          world.timers.clear();
          const kept = world.progress;
          await world.sender?.stop();
          world.progress = kept;
          world.timers.clear();
          world.start();
        }
        await world.pass(30 * 86_400_000);
        const told = new Set([...world.receiver.ids, ...world.progress.dead.map(({ id }) => id)]);
        assert.equal(told.size, 12);
        for (let actor = 0; actor < actors; actor++) {
          const order = world.orderOf(`a_${actor}`);
          assert.deepEqual(order, sorted(order));
        }
        await world.close();
      },
    ),
    { numRuns: 15 },
  );
});
