// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import test from "node:test";
import type { ListDeclaration, ListKind } from "@docket/policy";
import { encodeBody, encodeLeaf, formatTime, parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { ListVersion } from "../releases/release.ts";
import { MemoryDisk } from "../testing/memory-disk.ts";
import { ListChanges } from "./list-changes.ts";
import { SiteLists } from "./site-lists.ts";
import { openListStore } from "./store.ts";

const now = Date.UTC(2026, 10, 23);
const declared = new Map<string, ListDeclaration>(
  (
    [
      ["bad", "domain"],
      ["vip", "actor"],
    ] as const
  ).map(([name, kind]: readonly [string, ListKind]) => {
    return [name, { name, kind, brake: { share: 100, least: 20 }, place: "p.yaml:1" }];
  }),
);
const act = { by: "operator", why: "a campaign" };

/** A log of records and a disk that outlive a process; `fail` names the step at which it dies. */
class World {
  readonly disk = new MemoryDisk();
  readonly leaves: string[] = [];
  readonly parts = new Map<number, string>();
  /** By release, what it names. */
  readonly releases = new Map<string, readonly ListVersion[]>();
  fail: string | undefined;
  #down = false;

  constructor() {
    this.disk.makeDirectory("/data/sites/main");
  }

  async open(): Promise<{ lists: SiteLists; changes: ListChanges }> {
    this.#down = false;
    const store = openListStore(this.disk, { site: "/data/sites/main" }, async (path, bytes) => {
      this.#step("before keep");
      this.disk.replaceFile(path, bytes, true);
      this.#step("after keep");
    });
    const hashActor = (id: string): string => hash("sha256", id, "base64url");
    const inForce = this.releases.get(this.release()) ?? [];
    const lists = new SiteLists({ store, files: () => undefined, hashActor }, inForce);
    const changes = new ListChanges({
      lists,
      store,
      seal: async (body, parts) => {
        this.#step("before list record");
        const leaf = this.#append(body, parts[0]?.plaintext);
        this.#step("after list record");
        return leaf;
      },
      publish: async (by, wanted, of) => {
        this.#step("before release record");
        this.#adopt(by, wanted.versions, of);
        this.#step("after release record");
        lists.adopted(wanted.versions);
        return { release: this.release() };
      },
      release: () => this.release(),
      records: async (kinds) => this.leaves.filter((leaf) => kinds.includes(parseLeaf(leaf).kind)),
      partOf: async (index) => this.parts.get(index),
      siteKey: new Uint8Array(32),
      clock: () => now,
    });
    if (this.leaves.length === 0) {
      const { versions } = lists.current(declared);
      this.#adopt("operator", versions);
      lists.adopted(versions);
    }
    await changes.start();
    return { lists, changes };
  }

  release(): string {
    const last = this.leaves.map(parseLeaf).findLast((record) => record.kind === "release");
    return last?.kind === "release" ? last.release : "";
  }

  #adopt(by: string, versions: readonly ListVersion[], of?: number): void {
    const release = hash("sha256", JSON.stringify([this.leaves.length, versions]), "base64url");
    this.releases.set(release, versions);
    const previous = this.release() || null;
    this.#append({
      kind: "release",
      by,
      release,
      previous,
      via: "lists",
      ...(of === undefined ? {} : { of }),
    });
  }

  #append(body: BodyWithoutParts, part?: string): string {
    const index = this.leaves.length;
    const digest = "A".repeat(43);
    const header = { v: 1, index, prev: digest, time: formatTime(now), uncertaintyMs: null } as const;
    const leaf = encodeLeaf(header, encodeBody(body), part === undefined ? undefined : digest);
    this.leaves.push(leaf);
    if (part !== undefined) this.parts.set(index, part);
    return leaf;
  }

  #step(name: string): void {
    if (this.fail === name) this.#down = true;
    if (this.#down) throw new DocketError("sealing_failed", `it died ${name}`);
  }
}

function entries(lists: SiteLists, name = "bad"): string[] {
  return Array.from(lists.head(name).list.entries(), ({ value }) => value);
}

const wished = (...values: string[]): { add: { value: string }[]; remove: string[] } => ({
  add: values.map((value) => ({ value })),
  remove: [],
});

test("a change is sealed with why, and in force with the release that follows", async () => {
  const world = new World();
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
  const world = new World();
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
  const { changes } = await new World().open();
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
    test(`a process that dies ${step}${lost ? ", and loses the change's file" : ""}: in force if and only if sealed`, async () => {
      const world = new World();
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

test("a sealed change whose release could not be sealed comes into force before the next change", async () => {
  const world = new World();
  const { changes, lists } = await world.open();
  world.fail = "before release record";
  await assert.rejects(changes.change("bad", wished("a.example"), act));
  assert.deepEqual(entries(lists), []);
  world.fail = undefined;
  const reopened = await world.open();
  assert.deepEqual(entries(reopened.lists), ["a.example"]);
});

test("changes that are asked for at once are made one after the other", async () => {
  const world = new World();
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
  const world = new World();
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
