// SPDX-License-Identifier: Apache-2.0
// Silent stretches of a log: what was promised, what explains a pause, and that it comes out the same however
// the log is read.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecordBody } from "@docket/protocol";
import * as fc from "fast-check";
import { checkerOf, verifyLog } from "./log.ts";
import type { RangeChecker } from "./range.ts";
import type { LogReport } from "./report.ts";
import { silencesMax } from "./silences.ts";
import {
  chainedLeaves,
  ordinaryBodies,
  publish,
  sourceOf,
  testKey,
  testStartMs,
} from "./testing/memory-log.ts";

const key = testKey(1);
const keys = [key.verifier];
const hourMs = 3_600_000;
const beat = (everySeconds = 3600): RecordBody => ({ kind: "heartbeat", by: "docket", everySeconds });
const plain: RecordBody = { kind: "cancel", by: "operator", of: 0 };
const start: RecordBody = { kind: "start", by: "operator", version: "1", recovered: 0 };
const gap: RecordBody = {
  kind: "gap",
  by: "docket",
  cause: "disk",
  from: "2026-11-23T00:00:00.000Z",
  until: "2026-11-23T00:00:00.000Z",
  unsealed: 0,
  refused: 1,
};
const stepped: RecordBody = {
  kind: "clock",
  by: "docket",
  state: "stepped",
  offsetMs: 5,
  agreeing: 0,
  asked: 1,
};

const suspicious: RangeChecker = {
  concurrency: 2,
  check: async ({ count }) => Array.from({ length: count }, () => null),
};

/** A log of these records after its first, each so many ms after the one before. */
async function reportOf(
  records: readonly (readonly [body: RecordBody, afterMs: number])[],
): Promise<LogReport> {
  const bodies = [...ordinaryBodies(1, keys), ...records.map(([body]) => body)];
  let nowMs = testStartMs;
  const times = [nowMs, ...records.map(([, afterMs]) => (nowMs += afterMs))];
  const leaves = chainedLeaves(bodies, (index) => times[index] ?? 0);
  const files = publish(leaves, [key.signer]);
  const source = sourceOf(files);
  const alone = await verifyLog(source, { keys }, { checker: () => suspicious });
  assert.deepEqual(await verifyLog(source, { keys }, { checker: () => checkerOf(source, 2) }), alone);
  assert.equal(alone.verdict, "verified", JSON.stringify(alone.faults));
  return alone;
}

void test("without heartbeats nothing is promised", async () => {
  const report = await reportOf([[plain, 100 * hourMs]]);
  assert.deepEqual(report.silences, []);
});

void test("a pause beyond what was promised is a silence, and the log is verified all the same", async () => {
  const report = await reportOf([
    [beat(), hourMs],
    [plain, 1.05 * hourMs],
    [plain, 2 * hourMs],
  ]);
  assert.equal(report.silenceCount, 1);
  const [silence] = report.silences;
  assert.equal(silence?.index, 3);
  assert.equal(silence?.everySeconds, 3600);
  assert.equal(Date.parse(silence?.until ?? "") - Date.parse(silence?.from ?? ""), 2 * hourMs);
});

for (const [what, body] of [
  ["a start", start],
  ["a gap record", gap],
  ["a step of the clock", stepped],
  ["a correction of the clock", { kind: "clock-correction", by: "docket", backMs: 0 }],
] as const) {
  void test(`${what} says why nothing was sealed`, async () => {
    const report = await reportOf([
      [beat(), hourMs],
      [body, 50 * hourMs],
      [plain, 50 * hourMs],
    ]);
    assert.deepEqual(
      report.silences.map(({ index }) => index),
      [3],
    );
  });
}

void test("after a start a heartbeat may promise another time; without one it may not", async () => {
  const other: [RecordBody, number][] = [[beat(4 * 3600), 4 * hourMs]];
  assert.equal((await reportOf([[beat(), hourMs], [start, 1], ...other])).silenceCount, 0);
  assert.equal((await reportOf([[beat(), hourMs], [plain, 1], ...other])).silenceCount, 1);
});

void test("the first silences are named and all are counted", async () => {
  const many = Array.from({ length: silencesMax + 50 }, (): [RecordBody, number] => [plain, 2 * hourMs]);
  // Of one that is not named any more, too, the record at its end says why it was.
  const report = await reportOf([[beat(), hourMs], ...many, [start, 9 * hourMs]]);
  assert.equal(report.silences.length, silencesMax);
  assert.equal(report.silenceCount, silencesMax + 50);
});

void test("whichever way a log is read, in one run or two, its silences are the same", async () => {
  const record = fc.tuple(
    fc.constantFrom(plain, plain, plain, beat(), beat(60), start, gap, stepped),
    fc.constantFrom(0, 1000, 60_000, 61_000, hourMs, 1.2 * hourMs, 3 * hourMs),
  );
  const property = fc.asyncProperty(fc.array(record, { minLength: 600, maxLength: 600 }), async (records) => {
    const whole = await reportOf(records);
    const bodies = [...ordinaryBodies(1, keys), ...records.map(([body]) => body)];
    let nowMs = testStartMs;
    const times = [nowMs, ...records.map(([, afterMs]) => (nowMs += afterMs))];
    const leaves = chainedLeaves(bodies, (index) => times[index] ?? 0);
    const states: string[] = [];
    const onState = (stateAt: (time: string) => string): unknown =>
      states.push(stateAt("2027-01-01T00:00:00.000Z"));
    await verifyLog(sourceOf(publish(leaves.slice(0, 300), [key.signer])), { keys }, { onState });
    const resume = states.at(-1);
    const second = await verifyLog(sourceOf(publish(leaves, [key.signer])), { keys }, { resume });
    assert.equal(second.resumed?.size, 256);
    assert.deepEqual(second.silences, whole.silences);
    assert.equal(second.silenceCount, whole.silenceCount);
  });
  await fc.assert(property, { numRuns: 10 });
});
