// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { encodeBody, encodeLeaf, parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts } from "@docket/protocol";
import { at } from "../testing/at.ts";
import type { ListChange } from "./brake-state.ts";
import type { Declarations } from "./declarations.ts";
import { rebuildModes } from "./rebuild-modes.ts";
import { RuleModes } from "./rule-modes.ts";
import type { ModesState, ObservedFacts } from "./rule-modes.ts";

const t0 = 1_700_000_000_000;
const minute = 60_000;
const digest = "A".repeat(43);
const releases: readonly Declarations[] = [
  declared({ "p/a": "1", "p/b": "1" }),
  declared({ "p/a": "2", "p/b": "1" }),
  declared({ "p/b": "1" }),
  declared({ "p/a": "1", "p/b": "2" }),
];

type Step =
  | { do: "event"; actor: number; aheadMs: number; keys: string[]; entry: boolean; restricting: boolean }
  | { do: "release"; which: number }
  | { do: "list"; added: boolean }
  | { do: "confirm" };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      do: fc.constant("event" as const),
      actor: fc.integer({ min: 0, max: 30 }),
      aheadMs: fc.oneof(
        { weight: 30, arbitrary: fc.integer({ min: 0, max: 2 * minute }) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 30 * 60 * minute }) },
      ),
      keys: fc.constantFrom<string[]>([], ["p/a"], ["p/a", "p/b"]),
      entry: fc.boolean(),
      restricting: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("release" as const), which: fc.integer({ min: 0, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("list" as const), added: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("confirm" as const) }) },
);

test("modes made again from the log restrict as those that lived through it, and watch them", async () => {
  let held = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 150 }), async (steps) => {
      const log = new TestLog();
      for (const each of [{ do: "release" as const, which: 0 }, ...steps]) log.take(each);
      const again = newModes();
      await rebuildModes(again, log.history());
      assert.deepEqual(summary(again), summary(log.modes));
      assert.deepEqual(again.watched(), log.modes.watched());
      held = Math.max(held, again.inForce().length);
    }),
    { numRuns: 60, endOnFailure: true },
  );
  assert.ok(held >= 2, `at most ${held} were in force`);
});

test("where nothing is watched, only what caps count is read", async () => {
  const log = new TestLog();
  log.take({ do: "release", which: 0 });
  for (let i = 0; i < 3000; i++) {
    log.take({ do: "event", actor: i, aheadMs: minute, keys: [], entry: false, restricting: i % 40 === 0 });
  }
  const read: number[] = [];
  const history = log.history();
  const again = newModes();
  const counted: typeof history = {
    ...history,
    read: (index) => {
      read.push(index);
      return history.read(index);
    },
  };
  await rebuildModes(again, counted, 1000);
  assert.ok(read.length < 70, `${read.length} records were read`);
  assert.deepEqual(summary(again), summary(log.modes));
});

/** A log in memory, and the modes of the site that writes it. */
class TestLog {
  readonly modes: RuleModes = newModes();
  readonly #records: { leaf: string; part: string | undefined; decidedMs: number }[] = [];
  #nowMs = t0;

  take(each: Step): void {
    const { modes } = this;
    const by = "operator";
    if (each.do === "event") this.#event(each);
    else if (each.do === "release") {
      const release = `${each.which}${digest.slice(1)}`;
      this.#append({ kind: "release", by, release, previous: null });
      modes.adopt(at(releases, each.which), { release, by });
    } else if (each.do === "list") {
      const body = { kind: "list" as const, by, list: "l", listKind: "hash" as const, version: digest };
      const part = JSON.stringify(each.added ? { added: ["x"], removed: [] } : { added: [], removed: ["x"] });
      this.#append({ ...body, previous: digest, added: 1, removed: 0 }, part);
      modes.listChanged("l", JSON.parse(part) as ListChange, { release: digest, by });
    } else {
      const index = modes.inForce()[0]?.index;
      if (typeof index !== "number") return;
      this.#append({ kind: "confirm", by, of: index, alone: false }, "{}");
      modes.confirm(index);
    }
  }

  history(): Parameters<typeof rebuildModes>[1] {
    const records = this.#records;
    return {
      size: records.length,
      kept: async (kinds) =>
        records.map(({ leaf }) => leaf).filter((leaf) => kinds.includes(parseLeaf(leaf).kind)),
      latestDecidedMs: async () => Math.max(0, ...records.map(({ decidedMs }) => decidedMs)),
      // As the views have it: a record that is no decision stands with the decisions around it.
      firstRecordSince: async (ms) => {
        const first = records.findIndex(({ decidedMs }) => decidedMs > ms);
        return first === -1 ? records.length : first;
      },
      read: async (index) => {
        const { leaf, part } = at(records, index);
        return { record: parseLeaf(leaf), part: () => part };
      },
      declared: async (release) => releases[Number(release[0])],
      proposer: () => "operator",
      listChange: (_body, part) => (part === undefined ? undefined : (JSON.parse(part) as ListChange)),
    };
  }

  #event({ actor: number, aheadMs, keys, entry, restricting }: Step & { do: "event" }): void {
    this.#nowMs += aheadMs;
    const { modes } = this;
    const actor = `a_${String(number).padStart(22, "b")}`;
    const { held, caps } = modes.effectsFor(actor, "comment", this.#nowMs);
    const capped = restricting && caps.has("p/b");
    const fired = keys
      .filter((key) => !held.has(key))
      .map((key) => {
        const [policy = "", rule = ""] = key.split("/");
        return { policy, rule, mode: "enforce" as const, outcome: "reject" as const, clauses: "t" };
      });
    const facts: ObservedFacts = {
      event: { id: "", body: "", type: "comment", op: "create", time: null, inReplyTo: null },
      decidedAt: new Date(this.#nowMs).toISOString(),
      fired,
      ...(entry && { hits: ["l:x"] }),
      ...(restricting && (capped ? { capped: ["p/b"] } : { restricting: ["p/b"] })),
    };
    const body = { kind: "decision" as const, by: "operator", actor, outcome: "allow" as const };
    this.#append(
      { ...body, rules: [], restrictions: [], release: digest },
      JSON.stringify(facts),
      this.#nowMs,
    );
    modes.observe(actor, facts);
    for (const trip of modes.takeTrips()) {
      const { cap } = trip;
      const index = this.#append({ kind: "brake", by: "docket", release: digest, cap }, JSON.stringify(trip));
      modes.brake(trip);
      modes.sealed(trip, index);
    }
  }

  #append(body: BodyWithoutParts, part?: string, decidedMs = 0): number {
    const index = this.#records.length;
    const time = "2026-11-23T12:00:00.000Z";
    const header = { v: 1 as const, index, prev: digest, time, uncertaintyMs: null };
    const leaf = encodeLeaf(header, encodeBody(body), part === undefined ? undefined : digest);
    this.#records.push({ leaf, part, decidedMs });
    return index;
  }
}

// What restricts somebody from here on.
function summary(modes: RuleModes): unknown {
  const { brakes, caps }: ModesState = modes.state();
  const now = brakes.clockMs ?? 0;
  return {
    held: brakes.things
      .filter(([, { stage }]) => stage === "held")
      .map(([key, { brake }]) => [key, brake?.index]),
    confirmed: brakes.things.filter(([, { stage }]) => stage === "confirmed").map(([key]) => key),
    capped: Array.from({ length: 31 }, (_, i) => {
      const { caps: say } = modes.effectsFor(`a_${String(i).padStart(22, "b")}`, "comment", now);
      return say.has("p/b");
    }),
    lifted: caps.map(([cause, { liftedMs, cap }]) => [cause, (liftedMs ?? 0) + cap.perMs > now]),
    waiting: modes.inForce().map(({ index }) => index),
  };
}

const noneWarming: ReadonlySet<string> = new Set();

function newModes(): RuleModes {
  return new RuleModes({
    hash: () => new Uint8Array(8),
    entryHash: (_list, entry) => entry,
    warming: () => noneWarming,
  });
}

function declared(hashes: Record<string, string>): Declarations {
  const things = Object.entries(hashes).map(([key, hash]) => ({
    key,
    what: "rule" as const,
    hash,
    brake: { share: 3000, least: 12 },
    on: ["comment"],
  }));
  const lists = [{ name: "l", brake: { share: 3000, least: 12 }, on: ["comment"] }];
  const caps = new Map([["p/b", { count: 3, perMs: 60 * minute }]]);
  return { things, lists, caps, rollouts: new Map() };
}
