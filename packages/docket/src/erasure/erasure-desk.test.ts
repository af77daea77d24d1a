// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBody, encodeLeaf, formatTime, parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord, Event } from "@docket/protocol";
import type { TakenRequest } from "../approvals/contract.ts";
import type { RestrictionInForce } from "../enforcement/contract.ts";
import type { DecisionRow } from "../views/decision-row.ts";
import { ErasureDesk } from "./erasure-desk.ts";
import { HoldDesk } from "./hold-desk.ts";
import { Suppressions, suppressionsFile } from "./suppressions.ts";
import { parseTombstones, Tombstones, tombstonesFile } from "./tombstones.ts";

const nowMs = Date.parse("2026-11-23T12:00:00.000Z");
const alice = `a_${"A".repeat(22)}`;
const lookup = Buffer.alloc(32, 7);
const operator = { by: "operator", role: "operator" } as const;
const wish = { about: { account: "alice" }, ground: "request", askedBy: "ticket 17" };
const suspension = {
  id: `r_${"x".repeat(16)}`,
  kind: "suspend",
  until: formatTime(nowMs + 3_600_000),
} as const;

test("steps are taken in their order, and the end of each is durable before the next", async () => {
  const world = newWorld();
  const desk = await world.open();
  const outcome = await desk.erase(operator, wish);
  assert.ok("done" in outcome);
  await desk.settled();
  assert.deepEqual(world.events, [
    "seal ordered",
    "leave lists",
    "write suppressions",
    "write tombstones",
    "forget",
    "vacate",
    "replace key",
    "forget elsewhere",
    "drop parts",
    "seal done",
  ]);
  const view = desk.show(outcome.done.erasure);
  assert.deepEqual([view.state, view.suppressed], ["done", 1]);
  assert.deepEqual(parseTombstones(fileOf(world, tombstonesFile)), [
    { pseudonym: alice, at: formatTime(nowMs), ground: "request" },
  ]);
  const kept = fileOf(world, suppressionsFile);
  assert.equal(kept.includes(alice) || kept.includes("alice"), false, "it names nobody");
  await assert.rejects(desk.erase(operator, { ...wish, about: { actor: alice } }), {
    code: "erasure_conflict",
  });
  await assert.rejects(desk.erase(operator, wish), { code: "not_found" });
});

test("a process that dies at any step is gone on with at the next opening", async () => {
  const steps = ["leave lists", "write suppressions", "write tombstones", "forget", "vacate"].concat([
    "replace key",
    "forget elsewhere",
    "drop parts",
    "seal done",
  ]);
  for (const step of steps) {
    const world = newWorld();
    const desk = await world.open();
    world.failing = step;
    const outcome = await desk.erase(operator, wish);
    assert.ok("done" in outcome, "it is ordered");
    await desk.settled();
    assert.equal(desk.show(outcome.done.erasure).state, "ordered", step);
    await desk.close();
    world.failing = undefined;
    // As an opening does.
    if (world.files.has(tombstonesFile)) world.row = undefined;
    const again = await world.open();
    await again.start();
    assert.equal(again.show(outcome.done.erasure).state, "done", step);
    assert.equal(world.row, undefined, step);
    const entries = fileOf(world, suppressionsFile).split("\n").length;
    assert.equal(entries, 3, `${step}: one suppression entry`);
    const ends = world.leaves.map((leaf) => parseLeaf(leaf)).filter((record) => record.kind === "erasure");
    assert.deepEqual(
      ends.map((record) => (record.kind === "erasure" ? record.step : "")),
      ["ordered", "done"],
    );
  }
});

test("what failed is tried again by itself", async () => {
  const world = newWorld();
  const desk = await world.open();
  world.failing = "vacate";
  const outcome = await desk.erase(operator, wish);
  assert.ok("done" in outcome);
  await desk.settled();
  assert.equal(world.faults.length, 1);
  world.failing = undefined;
  for (const run of world.timers.splice(0)) run();
  await desk.settled();
  await desk.settled();
  assert.equal(desk.show(outcome.done.erasure).state, "done");
});

test("older data are erased again at an opening, and older keys get their tombstones back", async () => {
  const world = newWorld();
  const desk = await world.open();
  await desk.erase(operator, wish);
  await desk.settled();
  // Yesterday's data: no record, and the row is back.
  world.leaves = [];
  world.row = lookup;
  world.restrictions = [];
  const restored = await world.open();
  await restored.start();
  assert.equal(world.row, undefined);
  assert.equal(restored.list(1)[0]?.state, "done");
  assert.equal(restored.list(1)[0]?.by, "docket");
  // Yesterday's keys.
  world.files.clear();
  await (await world.open()).start();
  assert.equal(parseTombstones(fileOf(world, tombstonesFile)).length, 1);
});

test("a restriction that comes while the suppression is written is kept, too", async () => {
  const world = newWorld();
  world.restrictions = [];
  const desk = await world.open();
  world.onWrite = () => {
    world.restrictions = [{ ...suspension }];
    world.onWrite = undefined;
  };
  world.restrictions = [{ id: `r_${"y".repeat(16)}`, kind: "ban" }];
  const outcome = await desk.erase(operator, wish);
  assert.ok("done" in outcome);
  await desk.settled();
  const left = world.suppressions?.of(lookup);
  assert.deepEqual(
    left?.map(({ kind }) => kind),
    ["suspend"],
  );
});

test("holds and open disputes block, and who asked must not be named by account", async () => {
  const world = newWorld();
  const desk = await world.open();
  const holds = world.holdsOf(desk);
  const hold = await holds.place(operator, { about: { account: "alice" }, ground: "court", why: "case 1" });
  await assert.rejects(desk.erase(operator, wish), { code: "legal_hold" });
  assert.deepEqual((await desk.preview({ account: "alice" })).holds, [hold.hold]);
  await holds.lift(operator, hold.hold, { ground: "closed", why: "case 1 is over" });
  await assert.rejects(holds.lift(operator, hold.hold, { ground: "closed", why: "again" }), {
    code: "erasure_conflict",
  });
  const everybody = await holds.place(operator, { ground: "court", why: "case 2" });
  await assert.rejects(desk.erase(operator, wish), { code: "legal_hold" });
  await holds.lift(operator, everybody.hold, { ground: "closed", why: "over" });
  world.disputes = [12];
  await assert.rejects(desk.erase(operator, wish), { code: "erasure_conflict" });
  await assert.rejects(desk.erase(operator, { ...wish, askedBy: "alice wrote" }), { code: "usage" });
  await assert.rejects(desk.erase(operator, { ...wish, ground: "Not a code" }), { code: "usage" });
  const outcome = await desk.erase(operator, { ...wish, despiteDispute: true });
  assert.ok("done" in outcome);
  await desk.settled();
  assert.equal(holds.list(false).length, 0);
  assert.equal(holds.list(true).length, 2);
});

test("files with the keys that are damaged keep the site closed", async () => {
  const world = newWorld();
  for (const [name, text] of [
    [tombstonesFile, "docket-tombstones/v1\nnobody\n"],
    [tombstonesFile, "docket-tombstones/v1\ncut"],
    [suppressionsFile, 'docket-suppressions/v1\n{"account":"x"}\n'],
  ] as const) {
    world.files.set(name, Buffer.from(text));
    await assert.rejects(world.open(), { code: "directory_damaged" });
    world.files.clear();
  }
});

type World = {
  events: string[];
  files: Map<string, Uint8Array>;
  leaves: string[];
  row: Uint8Array | undefined;
  restrictions: RestrictionInForce[];
  disputes: number[];
  failing: string | undefined;
  faults: unknown[];
  timers: (() => void)[];
  onWrite: (() => void) | undefined;
  suppressions: Suppressions | undefined;
  open: () => Promise<ErasureDesk>;
  holdsOf: (desk: ErasureDesk) => HoldDesk;
};

function fileOf(world: World, name: string): string {
  return Buffer.from(world.files.get(name) ?? []).toString();
}

function newWorld(): World {
  const world = {
    events: [],
    files: new Map(),
    leaves: [],
    row: lookup,
    restrictions: [{ ...suspension }],
    disputes: [],
    failing: undefined,
    faults: [],
    timers: [],
    onWrite: undefined,
    suppressions: undefined,
  } as unknown as World;
  const step = (name: string): void => {
    if (world.failing === name) throw new Error(`it fails at ${name}`);
    world.events.push(name);
  };
  const seals = async (
    body: BodyWithoutParts,
    parts: readonly unknown[],
    desk: () => ErasureDesk,
  ): Promise<{ index: number }> => {
    if (body.kind === "erasure") step(`seal ${body.step}`);
    const index = world.leaves.length;
    const digest = "A".repeat(43);
    const header = { v: 1, index, prev: digest, time: formatTime(nowMs), uncertaintyMs: null } as const;
    const leaf = encodeLeaf(header, encodeBody(body), parts.length === 0 ? undefined : digest);
    world.leaves.push(leaf);
    desk().takeIn(parseLeaf(leaf));
    return { index };
  };
  const through = async <T>(
    _author: unknown,
    _wish: unknown,
    _of: number | undefined,
    act: (taken: TakenRequest | undefined) => Promise<T>,
  ): Promise<{ done: T; taken: undefined }> => ({ done: await act(undefined), taken: undefined });
  const files = {
    read: async (name: string) => world.files.get(name),
    replace: async (name: string, bytes: Uint8Array) => {
      step(`write ${name}`);
      world.files.set(name, Uint8Array.from(bytes));
      if (name === suppressionsFile) world.onWrite?.();
    },
  };
  world.open = async () => {
    const suppressions = await Suppressions.open(files, () => nowMs);
    world.suppressions = suppressions;
    const records = world.leaves.map((leaf): DocketRecord => parseLeaf(leaf));
    const desk: ErasureDesk = new ErasureDesk(records, {
      tombstones: await Tombstones.open(files),
      suppressions,
      seal: (body, parts) => seals(body, parts, () => desk),
      through,
      actorNamed: async (account) => (account === "alice" && world.row !== undefined ? alice : undefined),
      lookupOf: async () => world.row,
      decisions: async () => [{ index: 3, decidedMs: nowMs, sealedMs: nowMs } as DecisionRow],
      countOf: async () => 1,
      eventOf: async () => ({ actor: { id: "alice" } }) as Event,
      openDisputes: () => world.disputes,
      disputePeriodDays: () => 14,
      restrictionsOf: () => world.restrictions,
      listsWith: () => ["watched"],
      leaveLists: async () => step("leave lists"),
      forgetActor: async () => {
        step("forget");
        world.row = undefined;
      },
      vacateJournal: async () => {
        step("vacate");
        return 0;
      },
      replaceKeyStoreKey: async () => step("replace key"),
      forgetElsewhere: async () => step("forget elsewhere"),
      dropParts: async () => step("drop parts"),
      siteKey: new Uint8Array(32),
      clock: () => nowMs,
      timer: (_ms, run) => {
        world.timers.push(run);
        return () => undefined;
      },
      onFault: (error) => world.faults.push(error),
    });
    return desk;
  };
  world.holdsOf = (desk) =>
    new HoldDesk({
      state: desk.state,
      seal: (body, parts) => seals(body, parts, () => desk),
      through,
      actorNamed: async (account) => (account === "alice" ? alice : undefined),
      siteKey: new Uint8Array(32),
    });
  return world;
}
