// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import { parseLeaf } from "@docket/protocol";
import type { SiteLists } from "./site-lists.ts";
import { listNowMs as now, ListWorld } from "./testing/list-world.ts";

const act = { by: "operator", why: "a campaign" };

function entries(lists: SiteLists, name = "bad"): string[] {
  return Array.from(lists.head(name).list.entries(), ({ value }) => value);
}

const wished = (...values: string[]): { add: { value: string }[]; remove: string[] } => ({
  add: values.map((value) => ({ value })),
  remove: [],
});

test("a change is sealed with why, and in force with the release that follows", async () => {
  const world = new ListWorld();
  const { changes, lists } = await world.open();
  const changed = await changes.change("bad", wished("Evil.example", "b.example"), act);
  assert.deepEqual([changed.added, changed.removed, changed.index], [2, 0, 1]);
  assert.equal(changed.release, world.release());
  assert.equal(lists.views.get("bad")?.find("www.evil.example", now), "evil.example");
  const record = parseLeaf(world.leaves[1] ?? "");
  assert.ok(record.kind === "list");
  assert.deepEqual([record.list, record.listKind, record.version], ["bad", "domain", changed.version]);
  const release = parseLeaf(world.leaves[2] ?? "");
  assert.ok(release.kind === "release" && release.of === 1 && release.via === "lists");
  const until = Date.UTC(2027, 0, 1);
  await changes.change(
    "bad",
    { add: [{ value: "c.example", untilMs: until }], remove: ["b.example"] },
    { ...act, why: "b is fine" },
  );
  const log = await changes.log("bad", 10);
  assert.deepEqual(
    log.map(({ index, why, added, removed }) => [index, why, added, removed]),
    [
      [3, "b is fine", 1, 1],
      [1, "a campaign", 2, 0],
    ],
  );
  assert.deepEqual(log[0]?.add, [{ value: "c.example", until: "2027-01-01T00:00:00.000Z" }]);
  assert.deepEqual(log[0]?.remove, ["b.example"]);
  assert.deepEqual(
    (await changes.log("bad", 1, 3)).map(({ index }) => index),
    [1],
  );
  assert.deepEqual(changes.check("x.c.example"), [{ list: "bad", kind: "domain", entries: ["c.example"] }]);
});

test("what changes nothing seals nothing; why must be said", async () => {
  const world = new ListWorld();
  const { changes } = await world.open();
  await changes.change("bad", wished("a.example"), act);
  const { length } = world.leaves;
  const again = await changes.change("bad", wished("A.example"), act);
  assert.deepEqual([again.index, again.added, again.release], [null, 0, world.release()]);
  assert.equal(world.leaves.length, length);
  for (const why of ["", "  ", "x".repeat(1_001)]) {
    await assert.rejects(changes.change("bad", wished("b.example"), { ...act, why }), {
      code: "schema_mismatch",
    });
  }
});

test("pages of entries", async () => {
  const { changes } = await new ListWorld().open();
  const names = Array.from({ length: 25 }, (_, index) => `h${String(index).padStart(2, "0")}.example`);
  await changes.change("bad", wished(...names), act);
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = changes.entries("bad", { after, limit: 10 });
    seen.push(...page.entries.map(({ value }) => value));
    after = page.next ?? undefined;
  } while (after !== undefined);
  assert.deepEqual(seen, names);
  const found = changes.entries("bad", { q: "7", limit: 10 });
  assert.deepEqual(found, {
    entries: [
      { value: "h07.example", until: null },
      { value: "h17.example", until: null },
    ],
    next: null,
  });
  assert.throws(() => changes.entries("worse", { limit: 1 }), { code: "not_found" });
});

for (const step of [
  "before keep",
  "after keep",
  "before list record",
  "after list record",
  "before release record",
  "after release record",
]) {
  for (const lost of [false, true]) {
    const how = `${step}${lost ? ", and loses the change's file" : ""}`;
    test(`a process that dies ${how}: in force if and only if sealed`, async () => {
      const world = new ListWorld();
      const { changes } = await world.open();
      await changes.change("bad", wished("first.example"), act);
      world.fail = step;
      await assert.rejects(changes.change("bad", wished("second.example"), act), { code: "sealing_failed" });
      world.fail = undefined;
      const sealed = world.leaves.map(parseLeaf).filter(({ kind }) => kind === "list").length === 2;
      // A disk that broke its promise; a release that is in force already can't be helped.
      const record = world.leaves.map(parseLeaf).findLast((each) => each.kind === "list");
      if (lost && step !== "after release record" && record?.kind === "list" && sealed) {
        world.disk.remove(`/data/sites/main/lists/bad/change-${record.version}`);
      }
      const again = await world.open();
      assert.equal(sealed, !step.includes("keep") && step !== "before list record");
      assert.deepEqual(
        entries(again.lists),
        sealed ? ["first.example", "second.example"] : ["first.example"],
      );
      const third = await again.changes.change("bad", wished("third.example"), act);
      const once = await world.open();
      assert.equal(once.lists.head("bad").version, third.version);
      assert.equal(entries(once.lists).length, sealed ? 3 : 2);
      assert.equal(world.leaves.map(parseLeaf).filter(({ kind }) => kind === "list").length, sealed ? 3 : 2);
    });
  }
}

test("a sealed change whose release could not be sealed comes into force at the next start", async () => {
  const world = new ListWorld();
  const { changes, lists } = await world.open();
  world.fail = "before release record";
  await assert.rejects(changes.change("bad", wished("a.example"), act));
  assert.deepEqual(entries(lists), []);
  world.fail = undefined;
  const reopened = await world.open();
  assert.deepEqual(entries(reopened.lists), ["a.example"]);
});

test("changes that are asked for at once are made one after the other", async () => {
  const world = new ListWorld();
  const { changes, lists } = await world.open();
  const all = await Promise.all(
    ["a", "b", "c"].map((name) => changes.change("bad", wished(`${name}.example`), act)),
  );
  assert.deepEqual(
    all.map(({ index }) => index),
    [1, 3, 5],
  );
  assert.deepEqual(entries(lists), ["a.example", "b.example", "c.example"]);
});

test("an account is erased from every list of actors, and the record doesn't hold its id", async () => {
  const world = new ListWorld();
  const { changes, lists } = await world.open();
  await changes.change("vip", wished("alice", "bob"), act);
  const erased = await changes.eraseActor("alice", { by: "operator", why: "erasure" });
  assert.deepEqual(
    erased.map(({ list, removed }) => [list, removed]),
    [["vip", 1]],
  );
  assert.deepEqual(await changes.eraseActor("alice", { by: "operator", why: "erasure" }), []);
  assert.equal(lists.head("vip").list.size, 1);
  assert.ok([...world.parts.values()].every((part) => !part.includes("alice") && !part.includes("bob")));
});
