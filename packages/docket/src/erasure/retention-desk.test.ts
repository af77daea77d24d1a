// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BodyWithoutParts } from "@docket/protocol";
import { parseDocument, LineCounter } from "yaml";
import { ConfigNode } from "../config/node.ts";
import { DocketError } from "../error.ts";
import type { PartGoes } from "../log/drop-parts.ts";
import { readRetentionConfig } from "./config.ts";
import { RetentionDesk } from "./retention-desk.ts";
import type { RetentionProgress } from "./retention-desk.ts";

const dayMs = 86_400_000;
const nowMs = 1000 * dayMs;
const [anna, bert] = [`a_${"A".repeat(22)}`, `a_${"B".repeat(22)}`] as [string, string];

test("parts go by age in whole files, never inside the dispute period; a record says so before", async () => {
  const world = newWorld("content: 30d\npersonalFacts: 300d", 183);
  const plan = await world.desk.preview();
  assert.deepEqual(
    plan.rows.map(({ part, days, because, before, count }) => [part, days, because, before, count]),
    [
      ["content", 183, "disputePeriod", 768, 768],
      ["personalFacts", 300, null, 512, 512],
    ],
  );
  assert.deepEqual(world.sealed, []);
  const done = await world.desk.run();
  assert.deepEqual(done.records, [0, 1]);
  assert.deepEqual(world.events.slice(0, 2), ["seal content", "seal personalFacts"]);
  assert.deepEqual(world.sealed, [
    { kind: "retention", by: "docket", part: "content", before: 768, count: 768 },
    { kind: "retention", by: "docket", part: "personalFacts", before: 512, count: 512 },
  ]);
  assert.equal(world.has(0, "content"), false);
  assert.equal(world.has(767, "content"), false);
  assert.equal(world.has(767, "personalFacts"), true);
  assert.equal(world.has(768, "content"), true);
  const again = await world.desk.run();
  assert.deepEqual(again.records, [], "nothing is left to drop");
});

test("what a hold or an open dispute keeps stays, is counted, and goes once nothing keeps it", async () => {
  const world = newWorld("content: 200d", 183);
  world.kept.add(anna);
  const plan = await world.desk.run();
  assert.equal(plan.heldActors, 1);
  assert.deepEqual([plan.rows[0]?.count, plan.rows[0]?.held], [384, 384]);
  assert.equal(world.has(0, "content"), true);
  assert.equal(world.has(1, "content"), false);
  world.kept.clear();
  const later = await world.desk.run();
  assert.deepEqual([later.rows[0]?.count, later.rows[0]?.held], [384, 0]);
  assert.equal(world.has(0, "content"), false);
  world.everybody = true;
  const held = await newWorld("content: 200d", 183, true).desk.run();
  assert.deepEqual([held.everybodyHeld, held.records], [true, []]);
});

test("without its file of progress everything is looked at again, and with it only what is new", async () => {
  const world = newWorld("content: 200d", 183);
  await world.desk.run();
  const looked = world.counted;
  await world.desk.run();
  assert.equal(world.counted, looked);
  world.progress = undefined;
  await world.desk.run();
  assert.equal(world.counted, looked * 2);
});

test("facts go only where it is said how long replay is promised, and not before", () => {
  const refused = (text: string, message: RegExp): void => {
    assert.throws(
      () => configOf(text),
      (error: DocketError) => {
        return error.code === "configuration_invalid" && message.test(error.message);
      },
    );
  };
  refused("facts: 500d", /replayFor/);
  refused("facts: 500d\nreplayFor: 600d", /shorter than replayFor/);
  refused("facts: 100d\nreplayFor: 50d", /400d/);
  refused("contents: 10d", /did you mean "content"/);
  assert.equal(configOf("facts: 800d\nreplayFor: 730d").ages.get("facts"), 800 * dayMs);
  assert.equal(readRetentionConfig(undefined).ages.size, 0);
});

type World = {
  desk: RetentionDesk;
  sealed: BodyWithoutParts[];
  events: string[];
  kept: Set<string>;
  everybody: boolean;
  counted: number;
  progress: RetentionProgress | undefined;
  has: (index: number, name: string) => boolean;
};

/** A log of 1,000 records, one a day but for the last ones, of two actors in turn. */
function newWorld(text: string, disputePeriodDays: number, everybody = false): World {
  const files = Array.from({ length: 4 }, (_, bundle) =>
    Array.from({ length: 256 }, (_row, place) => ({
      index: bundle * 256 + place,
      names: new Set(["content", "personalFacts", "facts"]),
    })),
  );
  const walk = (bundle: number, goes: PartGoes, drop: boolean): number => {
    let count = 0;
    for (const { index, names } of files[bundle] ?? []) {
      const subject = index % 2 === 0 ? anna : bert;
      for (const name of names) {
        if (!goes({ index, name: name as "content", subject, subjects: [subject] })) continue;
        count += 1;
        if (drop) names.delete(name);
      }
    }
    return count;
  };
  const world: Omit<World, "desk"> = {
    sealed: [],
    events: [],
    kept: new Set(),
    everybody,
    counted: 0,
    progress: undefined,
    has: (index, name) => files[Math.floor(index / 256)]?.[index % 256]?.names.has(name) ?? false,
  };
  const desk = new RetentionDesk({
    config: configOf(text),
    disputePeriodMs: () => disputePeriodDays * dayMs,
    size: () => 1024,
    settle: async () => 1024,
    timeOf: async (index) => index * dayMs,
    everybodyHeld: () => world.everybody,
    isKept: (actor) => world.kept.has(actor),
    count: async (bundle, goes) => {
      world.counted += 1;
      return walk(bundle, goes, false);
    },
    drop: async (bundle, goes) => {
      world.events.push(`drop ${bundle}`);
      return walk(bundle, goes, true);
    },
    seal: async (body) => {
      if (body.kind === "retention") world.events.push(`seal ${body.part}`);
      world.sealed.push(body);
      return { index: world.sealed.length - 1 };
    },
    readProgress: async () => structuredClone(world.progress),
    keepProgress: async (progress) => void (world.progress = structuredClone(progress)),
    clock: () => nowMs,
    timer: () => () => undefined,
    onFault: (error) => {
      throw error;
    },
  });
  return Object.assign(world, { desk });
}

function configOf(text: string): ReturnType<typeof readRetentionConfig> {
  const lines = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter: lines });
  return readRetentionConfig(new ConfigNode({ file: "docket.yaml", lines }, "retention", contents, 0));
}
