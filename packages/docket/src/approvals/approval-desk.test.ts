// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { minuteMs, hourMs } from "../releases/testing/change-log.ts";
import { openRequestsMax, requestActs } from "./contract.ts";
import type { RequestAct, RequestWish } from "./contract.ts";
import { ada, ApprovalWorld, bob, eve, keyId, operator } from "./testing/approval-world.ts";
import { canonicalJson, hashOfWish } from "./what.ts";

const subject = `a_${"x".repeat(22)}`;
const wish: RequestWish = {
  act: "erasure",
  subject,
  what: { ground: "request" },
  why: "they asked, ticket 7",
};
const acts = Object.keys(requestActs) as RequestAct[];

/** Carries out what is asked and counts how often. */
function doing(): { times: number; act: () => Promise<string> } {
  const done = {
    times: 0,
    act: async () => {
      done.times++;
      return "done";
    },
  };
  return done;
}

void test("at level pair another person approves, and it is done once, as it was approved", async () => {
  const world = new ApprovalWorld();
  world.level = "pair";
  const { desk } = world;
  const done = doing();
  const asked = await desk.through(ada, wish, undefined, done.act);
  assert.ok("waits" in asked);
  const { index, hash } = asked.waits;
  assert.equal(asked.waits.state, "waiting");
  assert.equal(hash, hashOfWish(wish));
  assert.deepEqual(desk.figures(), { waiting: 1, approved: 0, alone: 0 });
  assert.deepEqual(world.notices, [
    `${ada.by} (admin) asks to erase an actor's data for good: docket request show ${index}`,
  ]);
  await assert.rejects(desk.through(ada, wish, index, done.act), { code: "approval_needed" });
  await assert.rejects(desk.approve(ada, index), { code: "approval_needed", message: /you proposed it/ });
  await assert.rejects(desk.approve(bob, index, { hash: "other" }), { code: "request_conflict" });
  assert.equal((await desk.approve(bob, index, { hash, why: "seen the ticket" })).state, "approved");
  const other = { ...wish, what: { ground: "other" } };
  await assert.rejects(desk.through(ada, other, index, done.act), { code: "request_conflict" });
  await assert.rejects(desk.through(ada, { ...wish, act: "liftHold" }, index, done.act), {
    code: "request_conflict",
  });
  await assert.rejects(desk.through(bob, wish, index, done.act), { code: "request_conflict" });
  assert.equal(done.times, 0);
  const both = await Promise.allSettled([
    desk.through(ada, wish, index, done.act),
    desk.through(ada, wish, index, done.act),
  ]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const [first] = both.filter((each) => each.status === "fulfilled");
  assert.deepEqual(first?.value, {
    done: "done",
    taken: { index, approved: 1, by: ada.by, approvedBy: bob.by, alone: false },
  });
  assert.equal(done.times, 1);
  await assert.rejects(desk.through(ada, wish, index, done.act), {
    code: "request_conflict",
    message: /done/,
  });
  assert.deepEqual(world.story, ["request", "approved", "done"]);
  assert.ok(!world.leaves.join("").includes("ticket"), "words are in the part, not in the leaf");
});

void test("at level solo one person does it alone: marked, and a key waits ten minutes", async () => {
  const world = new ApprovalWorld();
  const { desk } = world;
  const done = doing();
  const asked = await desk.through(ada, wish, undefined, done.act);
  assert.ok("waits" in asked);
  const { index } = asked.waits;
  assert.deepEqual([asked.waits.state, asked.waits.approvals[0]?.alone], ["approved", true]);
  assert.deepEqual(desk.figures(), { waiting: 0, approved: 1, alone: 1 });
  await assert.rejects(desk.through(ada, wish, index, done.act), { message: /in 600 s/ });
  await world.pass(10 * minuteMs);
  const later = await desk.through(ada, wish, index, done.act);
  assert.ok("done" in later && later.taken?.alone === true);
  const atOnce = await desk.through(operator, wish, undefined, done.act);
  assert.ok("done" in atOnce && atOnce.taken?.alone === true);
  assert.equal(done.times, 2);
  const second = await desk.through(ada, wish, undefined, done.act);
  assert.ok("waits" in second);
  await desk.withdraw(ada, second.waits.index, "a mistake");
  await world.pass(10 * minuteMs);
  await assert.rejects(desk.through(ada, wish, second.waits.index, done.act), { message: /withdrawn/ });
  const third = await desk.through(ada, wish, undefined, done.act);
  assert.ok("waits" in third);
  await desk.approve(bob, third.waits.index);
  const helped = await desk.through(ada, wish, third.waits.index, done.act);
  assert.ok("done" in helped && helped.taken?.alone === false, "another's approval ends the waiting");
});

void test("raising the level takes from what was approved alone its approval", async () => {
  const world = new ApprovalWorld();
  const asked = await world.desk.through(ada, wish, undefined, doing().act);
  assert.ok("waits" in asked);
  world.level = "pair";
  assert.equal((await world.desk.show(asked.waits.index)).state, "waiting");
  await world.desk.approve(bob, asked.waits.index);
  assert.equal((await world.desk.show(asked.waits.index)).state, "approved");
});

void test("what needs no request at level solo, needs one above", async () => {
  const world = new ApprovalWorld();
  for (const act of acts) assert.equal(world.desk.need(act), act !== "bulkRead", act);
  const done = doing();
  const read: RequestWish = { act: "bulkRead", what: { export: "statements" }, why: "yearly" };
  assert.deepEqual(await world.desk.through(ada, read, undefined, done.act), {
    done: "done",
    taken: undefined,
  });
  assert.deepEqual(world.story, []);
  world.level = "strict";
  for (const act of acts) assert.ok(world.desk.need(act));
  assert.ok("waits" in (await world.desk.through(ada, read, undefined, done.act)));
});

void test("at level strict another role approves, and no key that was made after the request", async () => {
  const world = new ApprovalWorld();
  world.level = "strict";
  const { index } = await world.desk.request(ada, wish);
  await assert.rejects(world.desk.approve(bob, index), { code: "approval_needed", message: /another role/ });
  const late = { by: keyId("late"), role: "auditor" } as const;
  await assert.rejects(world.desk.approve(late, index), { code: "approval_needed", message: /made after/ });
  world.keys.set(late.by, { role: "auditor", madeAt: index + 1 });
  await assert.rejects(world.desk.approve(late, index), { code: "approval_needed" });
  assert.equal((await world.desk.approve(eve, index)).state, "approved");
});

void test("a request that nobody settles expires, also over a restart, and says so in the log", async () => {
  const world = new ApprovalWorld();
  world.level = "pair";
  const { index } = await world.desk.request(ada, wish);
  await world.pass(71 * hourMs);
  await world.restart();
  assert.equal((await world.desk.show(index)).state, "waiting");
  await world.desk.approve(bob, index);
  await world.pass(71 * hourMs);
  assert.equal((await world.desk.show(index)).state, "approved");
  await world.pass(2 * hourMs);
  assert.deepEqual(world.story, ["request", "approved", "expired"]);
  await assert.rejects(world.desk.approve(bob, index), { code: "request_conflict", message: /expired/ });
  const { by, role } = world.records.at(-1) as { by: string; role?: string };
  assert.deepEqual([by, role], ["docket", "docket"]);
  // The clock of a machine that goes back does not bring it back.
  world.nowMs -= 100 * hourMs;
  assert.equal((await world.desk.show(index)).state, "expired");
});

void test("refused and withdrawn is over; only who asked withdraws; a restart finds the same", async () => {
  const world = new ApprovalWorld();
  world.level = "pair";
  const first = await world.desk.request(ada, { ...wish, of: 3, reach: { records: 12 } });
  const second = await world.desk.request(ada, wish);
  await assert.rejects(world.desk.withdraw(bob, first.index), { code: "approval_needed" });
  await world.desk.refuse(bob, first.index, "no ticket of that number");
  await world.desk.withdraw(ada, second.index);
  for (const { index } of [first, second]) {
    await assert.rejects(world.desk.approve(bob, index), { code: "request_conflict" });
    await assert.rejects(world.desk.refuse(bob, index), { code: "request_conflict" });
  }
  const before = await Promise.all([first, second].map(({ index }) => world.desk.show(index)));
  await world.restart();
  const after = await Promise.all([first, second].map(({ index }) => world.desk.show(index)));
  assert.deepEqual(after, before);
  assert.deepEqual(after[0]?.reach, { records: 12 });
  assert.deepEqual(
    world.desk.list({ limit: 9 }).map(({ index, state }) => [index, state]),
    [
      [second.index, "withdrawn"],
      [first.index, "refused"],
    ],
  );
  assert.deepEqual(world.desk.list({ open: true, limit: 9 }), []);
  assert.deepEqual(world.desk.list({ limit: 9, by: bob.by }), []);
  await assert.rejects(world.desk.show(99), { code: "not_found" });
});

void test("a step that cannot be sealed changes nothing, and one is taken at a time", async () => {
  const world = new ApprovalWorld();
  world.level = "pair";
  const { index } = await world.desk.request(ada, wish);
  world.beforeSeal = () => {
    throw new Error("no space");
  };
  await assert.rejects(world.desk.approve(bob, index), /no space/);
  world.beforeSeal = () => undefined;
  const both = await Promise.allSettled([world.desk.approve(bob, index), world.desk.refuse(eve, index)]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  await world.desk.request(ada, wish);
  world.beforeSeal = () => {
    throw new Error("no space");
  };
  await world.pass(73 * hourMs);
  assert.ok(world.faults.length > 0);
  world.beforeSeal = () => undefined;
  await world.pass(hourMs);
  assert.equal(world.story.at(-1), "expired");
});

void test("requests are bounded, and need a reason", async () => {
  const world = new ApprovalWorld();
  for (const why of ["", "  ", "x".repeat(5000)]) {
    await assert.rejects(world.desk.request(ada, { ...wish, why }), { code: "usage" });
  }
  await assert.rejects(world.desk.request(ada, { ...wish, what: { a: "x".repeat(20_000) } }), {
    code: "usage",
  });
  world.level = "pair";
  for (let made = 0; made < openRequestsMax; made++) await world.desk.request(ada, wish);
  await assert.rejects(world.desk.request(ada, wish), { code: "request_conflict" });
});

void test("the hash of a request is of what it says, whatever the order of keys", () => {
  assert.equal(
    canonicalJson({ b: [1, { d: null, c: "x" }], a: true }),
    '{"a":true,"b":[1,{"c":"x","d":null}]}',
  );
  const one = hashOfWish({ act: "person", what: { roles: ["admin"], name: "Kim" } });
  assert.equal(one, hashOfWish({ act: "person", what: { name: "Kim", roles: ["admin"] } }));
  assert.notEqual(one, hashOfWish({ act: "person", what: { name: "Kim", roles: ["auditor"] } }));
  assert.notEqual(one, hashOfWish({ act: "apiKey", what: { roles: ["admin"], name: "Kim" } }));
  assert.notEqual(one, hashOfWish({ act: "person", of: 1, what: { roles: ["admin"], name: "Kim" } }));
});
