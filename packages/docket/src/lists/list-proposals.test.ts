// SPDX-License-Identifier: Apache-2.0
// Changes of lists above level solo: they wait for others, and take the rest of the way on the list as it is
// then; and changes for which the glass was broken.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DutyLevel } from "@docket/protocol";
import { parseLeaf } from "@docket/protocol";
import type { ListChanges } from "./list-changes.ts";
import type { SiteLists } from "./site-lists.ts";
import { ListWorld } from "./testing/list-world.ts";

const hourMs = 3_600_000;
const ana = `k_${"a".repeat(16)}`;
const bob = `k_${"b".repeat(16)}`;
const act = { by: ana, why: "a campaign" };
const add = (...values: string[]): { add: { value: string }[]; remove: string[] } => ({
  add: values.map((value) => ({ value })),
  remove: [],
});
const remove = (...values: string[]): { add: []; remove: string[] } => ({ add: [], remove: values });

async function worldAt(level: DutyLevel, ...first: string[]): Promise<ListWorld> {
  const world = new ListWorld();
  const { changes } = await world.open();
  for (const [key, role] of [
    [ana, "analyst"],
    [bob, "admin"],
  ] as const) {
    world.append({ kind: "access", by: "operator", change: "created", key, role });
  }
  if (first.length > 0) await changes.change("bad", add(...first), act);
  world.append({ kind: "level", by: "operator", level, previous: "solo", of: 0 });
  return world;
}

function approve(world: ListWorld, of: number): void {
  world.append({ kind: "approval", by: bob, of, alone: false });
}

function entries(lists: SiteLists): string[] {
  return Array.from(lists.head("bad").list.entries(), ({ value }) => value);
}

function kinds(world: ListWorld): string[] {
  return world.leaves.map((leaf) => parseLeaf(leaf).kind);
}

async function proposed(changes: ListChanges, ...values: string[]): Promise<number> {
  const { index, inForce, proposal } = await changes.change("bad", add(...values), act);
  assert.ok(index !== null && !inForce && proposal === index);
  return index;
}

for (const level of ["pair", "strict"] as const) {
  test(`at ${level} a change waits, and is in force when it was approved`, async () => {
    const world = await worldAt(level);
    const { changes, lists } = await world.open();
    const answer = await changes.change("bad", add("Evil.example"), act);
    const { index, release } = answer;
    assert.ok(index !== null);
    assert.deepEqual(
      [answer.inForce, answer.proposal, answer.added, answer.approvalsNeeded],
      [false, index, 1, level === "strict" ? 2 : 1],
    );
    assert.equal(release, world.release());
    assert.deepEqual(entries(lists), []);
    const record = parseLeaf(world.leaves[index] ?? "");
    assert.ok(record.kind === "proposal");
    assert.deepEqual([record.list, record.added, record.removed], ["bad", 1, 0]);
    assert.deepEqual(await changes.look(index), {
      version: lists.head("bad").version,
      why: "a campaign",
      stale: false,
    });
    await assert.rejects(changes.enact(index), { code: "approval_needed" });
    approve(world, index);
    if (level === "strict") {
      await assert.rejects(changes.enact(index), { code: "approval_needed" });
      world.append({ kind: "approval", by: "operator", of: index, alone: false });
    }
    await changes.enact(index);
    assert.deepEqual(entries(lists), ["evil.example"]);
    const [view] = await changes.log("bad", 5);
    assert.deepEqual([view?.by, view?.of, view?.why], [ana, index, "a campaign"]);
    assert.equal(view?.approvals[0]?.by, bob);
    const put = parseLeaf(world.leaves.at(-1) ?? "");
    assert.ok(put.kind === "release" && put.alone === undefined);
    assert.equal(put.by, level === "strict" ? "operator" : bob);
    await assert.rejects(changes.enact(index), { code: "change_conflict" });
  });
}

test("asking again gives the proposal that waits; a change that changes nothing is in force", async () => {
  const world = await worldAt("pair", "a.example");
  const { changes } = await world.open();
  const index = await proposed(changes, "b.example");
  assert.equal(await proposed(changes, "B.example"), index);
  const nothing = await changes.change("bad", add("a.example"), act);
  assert.deepEqual([nothing.index, nothing.inForce, nothing.proposal], [null, true, null]);
});

test("a proposal is put on the list as it is when it is approved", async () => {
  const world = await worldAt("pair", "a.example");
  const { changes, lists } = await world.open();
  const first = await proposed(changes, "b.example", "c.example");
  const second = await changes.change("bad", { add: [{ value: "d.example" }], remove: ["a.example"] }, act);
  approve(world, second.index ?? -1);
  await changes.enact(second.index ?? -1);
  assert.equal((await changes.look(first)).stale, false);
  approve(world, first);
  await changes.enact(first);
  assert.deepEqual(entries(lists), ["b.example", "c.example", "d.example"]);
});

test("a proposal is stale when its entries were changed otherwise, or nothing of it is left", async () => {
  const world = await worldAt("pair", "a.example");
  const { changes, lists } = await world.open();
  const until = Date.UTC(2027, 0, 1);
  const removing = (await changes.change("bad", remove("a.example"), act)).index ?? -1;
  const adding = await proposed(changes, "b.example");
  const other = await changes.change(
    "bad",
    {
      add: [
        { value: "a.example", untilMs: until },
        { value: "b.example", untilMs: until },
      ],
      remove: [],
    },
    act,
  );
  const same = await proposed(changes, "b.example", "c.example");
  approve(world, other.index ?? -1);
  await changes.enact(other.index ?? -1);
  for (const index of [removing, adding, same]) {
    assert.equal((await changes.look(index)).stale, true);
    approve(world, index);
    await assert.rejects(changes.enact(index), { code: "change_conflict" });
  }
  assert.equal(lists.head("bad").list.get("a.example")?.untilMs, until);
  const done = await proposed(changes, "e.example");
  const again = await proposed(changes, "e.example", "f.example");
  for (const index of [again, done]) approve(world, index);
  await changes.enact(again);
  assert.equal((await changes.look(done)).stale, true);
  await assert.rejects(changes.enact(done), /is as proposal \d+ wishes it/);
  // What became stale stands in the way of no start.
  const reopened = await world.open();
  assert.deepEqual(entries(reopened.lists), entries(lists));
});

test("a cancelled proposal is not put in force", async () => {
  const world = await worldAt("pair");
  const { changes, lists } = await world.open();
  const index = await proposed(changes, "b.example");
  approve(world, index);
  world.append({ kind: "cancel", by: ana, of: index });
  await assert.rejects(changes.enact(index), { code: "change_conflict" });
  assert.deepEqual(entries(lists), []);
});

for (const step of ["before keep", "after keep", "before proposal record", "after proposal record"]) {
  test(`a process that dies ${step}: proposed if and only if sealed, approved later`, async () => {
    const world = await worldAt("pair");
    const { changes } = await world.open();
    world.fail = step;
    await assert.rejects(changes.change("bad", add("b.example"), act), { code: "sealing_failed" });
    world.fail = undefined;
    const { changes: again, lists } = await world.open();
    const index = kinds(world).indexOf("proposal");
    assert.equal(index >= 0, step === "after proposal record");
    assert.deepEqual(entries(lists), []);
    if (index < 0) return;
    assert.equal(await proposed(again, "b.example"), index);
    approve(world, index);
    await again.enact(index);
    assert.deepEqual(entries(lists), ["b.example"]);
  });
}

for (const step of [
  "before keep",
  "after keep",
  "before list record",
  "after list record",
  "before release record",
  "after release record",
]) {
  for (const glass of [false, true]) {
    const what = glass ? "a glass that is mended" : "an approved change";
    test(`a process that dies ${step} of ${what}`, async () => {
      const world = await worldAt("pair", "a.example", "z.example");
      const { changes } = await world.open();
      if (glass) await changes.breakGlass("bad", remove("z.example"), act, hourMs);
      const index = await proposed(changes, "b.example");
      approve(world, index);
      // Another change came into force since: what is kept and sealed is not what was proposed.
      world.append({ kind: "level", by: "operator", level: "solo", previous: "pair", of: 0 });
      await changes.change("bad", add("c.example"), act);
      world.append({ kind: "level", by: "operator", level: "pair", previous: "solo", of: 0 });
      world.fail = step;
      if (glass) {
        await world.pass(hourMs + 1);
        assert.equal(world.faults.length, 1);
      } else await assert.rejects(changes.enact(index), { code: "sealing_failed" });
      world.fail = undefined;
      const { lists } = await world.open();
      assert.deepEqual(entries(lists), ["a.example", "b.example", "c.example", "z.example"]);
      const sealed = world.leaves.map(parseLeaf).filter((record) => record.kind === "list" && record.of);
      assert.equal(sealed.length, glass ? 2 : 1);
      const { length } = world.leaves;
      await world.open();
      assert.equal(world.leaves.length, length);
    });
  }
}

test("broken glass: at once at every level, and reverted when its time is over", async () => {
  for (const level of ["solo", "pair", "strict"] as const) {
    const world = await worldAt(level, "a.example", "b.example");
    const { changes, lists } = await world.open();
    const answer = await changes.breakGlass(
      "bad",
      { add: [{ value: "c.example" }], remove: ["a.example"] },
      act,
      4 * hourMs,
    );
    assert.deepEqual([answer.inForce, answer.until], [true, "2026-11-23T16:00:00.000Z"]);
    assert.deepEqual(entries(lists), ["b.example", "c.example"]);
    // What others change meanwhile stays.
    world.append({ kind: "level", by: "operator", level: "solo", previous: level, of: 0 });
    await changes.change("bad", add("d.example"), act);
    await world.pass(4 * hourMs - 1);
    assert.equal((await changes.log("bad", 1, (answer.index ?? 0) + 1))[0]?.glass, "open");
    await world.pass(1);
    assert.deepEqual(entries(lists), ["a.example", "b.example", "d.example"]);
    const [reverting] = await changes.log("bad", 1);
    assert.deepEqual([reverting?.of, reverting?.added, reverting?.removed], [answer.index, 1, 1]);
    assert.equal((await changes.log("bad", 1, (answer.index ?? 0) + 1))[0]?.glass, "reverted");
    assert.deepEqual(world.faults, []);
  }
});

test("broken glass reverts at a start if its time was over before, and not if it was confirmed", async () => {
  const world = await worldAt("pair", "a.example");
  const { changes } = await world.open();
  const { index: first } = await changes.breakGlass("bad", add("b.example"), act, hourMs);
  const { index: second } = await changes.breakGlass("bad", add("c.example"), act, hourMs);
  assert.ok(first !== null && second !== null);
  await changes.close();
  approve(world, second);
  world.nowMs += 2 * hourMs;
  const { changes: again, lists } = await world.open();
  assert.deepEqual(entries(lists), ["a.example", "c.example"]);
  const log = await again.log("bad", 10);
  const confirmed = log.find(({ index }) => index === second);
  assert.deepEqual([confirmed?.glass, confirmed?.approvals[0]?.by], ["confirmed", bob]);
  assert.equal(world.state().listGlasses.get(first)?.ended?.how, "reverted");
});

test("what somebody changed since is not reverted, and the end is sealed all the same", async () => {
  const world = await worldAt("solo", "a.example");
  const { changes, lists } = await world.open();
  const { index } = await changes.breakGlass("bad", add("b.example"), act, hourMs);
  const until = Date.UTC(2027, 0, 1);
  await changes.change("bad", { add: [{ value: "b.example", untilMs: until }], remove: [] }, act);
  await world.pass(hourMs);
  assert.equal(lists.head("bad").list.get("b.example")?.untilMs, until);
  const [end] = await changes.log("bad", 1);
  assert.deepEqual([end?.of, end?.added, end?.removed], [index, 0, 0]);
  await world.pass(24 * hourMs);
  assert.equal((await changes.log("bad", 1))[0]?.index, end?.index);
});

test("a glass that is broken over another one doesn't make the first one last", async () => {
  const until = Date.UTC(2027, 0, 1);
  const later = { add: [{ value: "x.example", untilMs: until }], remove: [] };
  for (const second of [remove("x.example"), later]) {
    for (const ms of [2 * hourMs, hourMs / 2, hourMs]) {
      const world = await worldAt("pair", "a.example");
      const { changes, lists } = await world.open();
      await changes.breakGlass("bad", add("x.example"), act, hourMs);
      const { index } = await changes.breakGlass("bad", second, act, ms);
      await changes.breakGlass("bad", add("x.example"), act, 3 * hourMs);
      await world.pass(4 * hourMs);
      assert.deepEqual(entries(lists), ["a.example"], `${index} ${ms}`);
      assert.deepEqual(world.faults, []);
    }
  }
  // What was confirmed stays.
  const world = await worldAt("pair", "a.example");
  const { changes, lists } = await world.open();
  const { index } = await changes.breakGlass("bad", add("x.example"), act, hourMs);
  await changes.breakGlass("bad", remove("x.example"), act, 2 * hourMs);
  approve(world, index ?? -1);
  await world.pass(3 * hourMs);
  assert.deepEqual(entries(lists), ["a.example", "x.example"]);
});

test("a proposal that waits can be put in force by breaking the glass", async () => {
  const world = await worldAt("pair");
  const { changes, lists } = await world.open();
  const index = await proposed(changes, "b.example");
  const glass = { by: bob, why: "now", untilMs: world.nowMs + hourMs };
  const made = await changes.enact(index, glass);
  assert.deepEqual(entries(lists), ["b.example"]);
  const [view] = await changes.log("bad", 1);
  assert.deepEqual(
    [view?.index, view?.by, view?.why, view?.of, view?.glass],
    [made, bob, "now", index, "open"],
  );
  await world.pass(hourMs);
  assert.deepEqual(entries(lists), []);
});

test("a glass is broken for a day at most", async () => {
  const { changes } = await (await worldAt("pair")).open();
  for (const ms of [0, -1, 24 * hourMs + 1, Number.NaN]) {
    await assert.rejects(changes.breakGlass("bad", add("b.example"), act, ms), { code: "usage" });
  }
});

test("an account is erased at once at every level", async () => {
  const world = new ListWorld();
  const { changes, lists } = await world.open();
  await changes.change("vip", add("alice"), act);
  world.append({ kind: "level", by: "operator", level: "strict", previous: "solo", of: 0 });
  await changes.eraseActor("alice", { by: "operator", why: "erasure" });
  assert.equal(lists.head("vip").list.size, 0);
});
