// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BodyWithoutParts, BrakeFacts, DutyLevel } from "@docket/protocol";
import type { PlainPart } from "../evidence/seal.ts";
import type { Author } from "../releases/duties.ts";
import { at } from "../testing/at.ts";
import { BrakeDesk, confirmWhyLengthMax } from "./brake-desk.ts";
import type { SealHooks } from "./brake-desk.ts";
import { RuleModes } from "./rule-modes.ts";
import type { ObservedFacts } from "./rule-modes.ts";

const t0 = 1_700_000_000_000;
const alice = "k_aliceAliceAlice";
const bob = "k_bobBobBobBobBob";
const why = "looked at fifty of them";

test("what trips is sealed behind the decision, told once durable, and lifted by a person", async () => {
  const made = desk("solo");
  const facts = trip(made);
  const { body, part, hooks, done } = at(made.sealed, 0);
  assert.deepEqual(body, { kind: "brake", by: "docket", release: "current", cap: false });
  assert.deepEqual([part.name, part.subject], ["facts", "site"]);
  assert.deepEqual(JSON.parse(part.plaintext), facts);
  assert.deepEqual([...made.modes.effectsFor("a", "comment", t0).held], [["p/r", "brake"]]);
  assert.deepEqual([made.desk.view().brakes[0]?.index, made.told], [null, []]);
  hooks.onSealed?.(17);
  done(17);
  await Promise.resolve();
  assert.deepEqual(made.told, [facts]);
  const [shown] = made.desk.view().brakes;
  assert.deepEqual([shown?.index, shown?.key, shown?.changedBy, shown?.hitsSince], [17, "p/r", alice, 0]);
  const confirming = made.desk.confirm({ author: { by: alice, role: "admin" }, of: 17, why });
  assert.equal(made.modes.effectsFor("a", "comment", t0).held.size, 0, "in the same turn");
  const second = at(made.sealed, 1);
  assert.deepEqual(second.body, { kind: "confirm", by: alice, of: 17, alone: true });
  assert.deepEqual(JSON.parse(second.part.plaintext), { v: 1, why });
  second.done(20);
  assert.deepEqual(await confirming, { index: 20, of: 17, key: "p/r", alone: true });
  assert.deepEqual(made.desk.view().brakes, []);
});

test("records that don't become durable leave things as they were", async () => {
  const made = desk("solo");
  trip(made);
  const first = at(made.sealed, 0);
  first.hooks.undo();
  first.fail(new Error("disk full"));
  await Promise.resolve();
  assert.deepEqual(
    [made.desk.view().brakes, made.told, made.modes.effectsFor("a", "c", t0).held.size],
    [[], [], 0],
  );
  assert.notEqual(trip(made), undefined, "it trips again with the next hit");
  const again = at(made.sealed, 1);
  again.hooks.onSealed?.(8);
  const confirming = made.desk.confirm({ author: { by: bob, role: "admin" }, of: 8, why });
  at(made.sealed, 2).hooks.undo();
  at(made.sealed, 2).fail(new Error("disk full"));
  await assert.rejects(confirming, /disk full/);
  assert.equal(made.desk.view().brakes[0]?.index, 8);
});

test("who may confirm, by level: the same that holds for approving the change", async () => {
  const cases: [DutyLevel, Author, RegExp | undefined][] = [
    ["solo", { by: alice, role: "analyst" }, undefined],
    ["pair", { by: alice, role: "analyst" }, /you made the change/],
    ["pair", { by: bob, role: "analyst" }, undefined],
    ["pair", { by: "k_new", role: "admin" }, /made after the brake/],
    ["pair", { by: "k_unknown", role: "admin" }, /made after the brake/],
    ["pair", { by: "operator", role: "operator" }, undefined],
    ["strict", { by: bob, role: "analyst" }, /is analyst too/],
    ["strict", { by: "k_admin", role: "admin" }, undefined],
    ["strict", { by: "operator", role: "operator" }, undefined],
  ];
  for (const [level, author, refused] of cases) {
    const made = desk(level);
    trip(made);
    at(made.sealed, 0).hooks.onSealed?.(17);
    const confirming = made.desk.confirm({ author, of: 17, why });
    made.sealed[1]?.done(18);
    const what = `${level}, ${author.by}`;
    if (refused === undefined) assert.equal((await confirming).alone, author.by === alice, what);
    else await assert.rejects(confirming, { code: "approval_needed", message: refused }, what);
    assert.equal(made.desk.view().brakes.length, refused === undefined ? 0 : 1, what);
  }
});

test("a confirmation names a brake in force, and says why", async () => {
  const made = desk("solo");
  trip(made);
  const author: Author = { by: bob, role: "admin" };
  await assert.rejects(made.desk.confirm({ author, of: 17, why }), { code: "not_found" });
  at(made.sealed, 0).hooks.onSealed?.(17);
  for (const bad of ["", "  ", "x".repeat(confirmWhyLengthMax + 1)]) {
    await assert.rejects(made.desk.confirm({ author, of: 17, why: bad }), { code: "usage" });
  }
  made.modes.adopt(
    { things: [], lists: [], caps: new Map(), rollouts: new Map() },
    { release: "r2", by: bob },
  );
  await assert.rejects(
    made.desk.confirm({ author, of: 17, why }),
    /was confirmed, or what it stopped has changed/,
  );
});

type Sealed = {
  body: BodyWithoutParts;
  part: PlainPart;
  hooks: SealHooks;
  done: (index: number) => void;
  fail: (error: Error) => void;
};
type Made = { desk: BrakeDesk; modes: RuleModes; sealed: Sealed[]; told: BrakeFacts[] };

function desk(level: DutyLevel): Made {
  const modes = new RuleModes({
    hash: () => new Uint8Array(8),
    entryHash: (_list, entry) => entry,
    warming: () => noneWarming,
  });
  const thing = {
    key: "p/r",
    what: "rule" as const,
    hash: "1",
    brake: { share: 500, least: 10 },
    on: ["comment"],
  };
  modes.adopt(
    { things: [thing], lists: [], caps: new Map(), rollouts: new Map() },
    { release: "r1", by: alice },
  );
  const sealed: Sealed[] = [];
  const told: BrakeFacts[] = [];
  const keys = new Map([
    [alice, { role: "analyst", madeAt: 1 }],
    [bob, { role: "analyst", madeAt: 2 }],
    ["k_admin", { role: "admin", madeAt: 3 }],
    ["k_new", { role: "admin", madeAt: 18 }],
  ]);
  const opened = new BrakeDesk({
    modes,
    seal: (body, parts, hooks) =>
      new Promise((resolve, reject) => {
        const done = (index: number): void => resolve({ index });
        sealed.push({ body, part: at(parts, 0), hooks, done, fail: reject });
      }),
    release: () => "current",
    duties: () => ({ level, keys }),
    siteKey: new Uint8Array(32),
    onBrake: (facts) => told.push(facts),
  });
  return { desk: opened, modes, sealed, told };
}

const noneWarming: ReadonlySet<string> = new Set();

function trip({ desk: opened, modes, sealed }: Made): unknown {
  const before = sealed.length;
  for (let i = 0; i < 100 && sealed.length === before; i++) {
    modes.observe(`a${i}`, hitting());
    opened.sealTrips();
  }
  const last = sealed.at(-1);
  return last && JSON.parse(last.part.plaintext);
}

function hitting(): ObservedFacts {
  const fired = {
    policy: "p",
    rule: "r",
    mode: "enforce" as const,
    outcome: "reject" as const,
    clauses: "t",
  };
  const event = { id: "", body: "", type: "comment", op: "create", time: null, inReplyTo: null };
  return { event, decidedAt: new Date(t0).toISOString(), fired: [fired] };
}
