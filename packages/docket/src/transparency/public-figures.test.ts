// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DocketRecord } from "@docket/protocol";
import { publicReleasesMax } from "./contract.ts";
import { PublicFiguresDesk, publicFiguresEveryMs } from "./public-figures.ts";
import { TransparencyWorld } from "./testing/transparency-world.ts";

const startMs = Date.parse("2026-11-24T12:00:00.000Z");
const dayMs = 86_400_000;

/** A desk whose releases, days and clock are set, and how often and of what it had a report made. */
function deskOf(releases: readonly DocketRecord[] = []): {
  desk: PublicFiguresDesk;
  asked: number[][];
  now: { ms: number; days: number; fails: boolean };
} {
  const world = new TransparencyWorld();
  const asked: number[][] = [];
  const now = { ms: startMs, days: 30, fails: false };
  const desk = new PublicFiguresDesk({
    report: async (fromMs, toMs) => {
      asked.push([fromMs, toMs]);
      if (now.fails) throw new Error("the views are gone");
      return world.desk.report(0, Number.MAX_SAFE_INTEGER / 1024);
    },
    releases: async () => releases,
    days: () => now.days,
    clock: () => now.ms,
  });
  return { desk, asked, now };
}

function release(index: number, time: string): DocketRecord {
  const body = { kind: "release", by: "operator", release: `r${index}`, previous: null } as const;
  return { ...body, v: 1, index, time, origin: "docket-0011223344556677/main" } as unknown as DocketRecord;
}

test("everybody gets the same count for five minutes, and then a new one", async () => {
  const { desk, asked, now } = deskOf();
  const [one, two] = await Promise.all([desk.figures(), desk.figures()]);
  assert.equal(one, two);
  now.ms += publicFiguresEveryMs - 1;
  assert.equal(await desk.figures(), one);
  assert.deepEqual(asked, [[startMs - 30 * dayMs, startMs]]);
  now.ms += 1;
  assert.notEqual(await desk.figures(), one);
  now.days = 7;
  await desk.figures();
  assert.deepEqual(asked.at(-1), [now.ms - 7 * dayMs, now.ms]);
  // A clock that was set back does not keep an old count for hours.
  now.ms -= dayMs;
  await desk.figures();
  assert.equal(asked.length, 4);
});

test("nothing is counted where the site shows nothing, and a failure is not kept", async () => {
  const { desk, asked, now } = deskOf();
  now.days = 0;
  assert.equal(await desk.figures(), undefined);
  assert.equal(asked.length, 0);
  now.days = 30;
  now.fails = true;
  await assert.rejects(desk.figures(), /the views are gone/);
  now.fails = false;
  assert.equal((await desk.figures())?.format, "docket-public-figures/v1");
});

test("counts alone are told: no rule, no person, no reason", async () => {
  const { desk } = deskOf();
  const figures = await desk.figures();
  assert.ok(figures !== undefined && figures.decisions.total > 0 && figures.restrictions.byPeople > 0);
  assert.doesNotMatch(JSON.stringify(figures), /comments\/|a_|p_|k_/);
});

test("the releases of the period are named, with the one that was in force when it began", async () => {
  const named = async (releases: DocketRecord[]): Promise<number[]> =>
    ((await deskOf(releases).desk.figures())?.policies ?? []).map(({ index }) => index);
  const old = [release(2, "2026-09-01T00:00:00.000Z"), release(9, "2026-10-01T00:00:00.000Z")];
  assert.deepEqual(await named(old), [9]);
  assert.deepEqual(await named([...old, release(30, "2026-11-20T00:00:00.000Z")]), [30, 9]);
  assert.deepEqual(await named([]), []);
  const many = Array.from({ length: 50 }, (_, at) => release(100 + at, "2026-11-21T00:00:00.000Z"));
  assert.equal((await named(many)).length, publicReleasesMax);
});
