// SPDX-License-Identifier: Apache-2.0
// Times of records: never earlier than the record before, but directly after a correction of the clock, and
// then by no more than it says; within bundles and across them, read at once or in two runs.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecordBody } from "@docket/protocol";
import { checkerOf, verifyLog } from "./log.ts";
import type { RangeChecker } from "./range.ts";
import type { LogReport } from "./report.ts";
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
const size = 3 * 256 + 20;
const dayMs = 86_400_000;

/** A log whose record `at` corrects the clock by `backMs`; those after it are `earlierMs` earlier. */
function correctedLog(at: number, backMs: number, earlierMs: number): Uint8Array[] {
  const bodies = ordinaryBodies(size, keys);
  bodies[at] = { kind: "clock-correction", by: "docket", backMs } satisfies RecordBody;
  return chainedLeaves(bodies, (index) => testStartMs + index * 1000 - (index > at ? earlierMs : 0));
}

const suspicious: RangeChecker = {
  concurrency: 2,
  check: async ({ count }) => Array.from({ length: count }, () => null),
};

/** What is said of a log, by the walk alone and with bundles checked side by side, which must agree. */
async function reportOf(leaves: readonly Uint8Array[]): Promise<LogReport> {
  const source = sourceOf(publish(leaves, [key.signer]));
  const alone = await verifyLog(source, { keys }, { checker: () => suspicious });
  const aside = await verifyLog(source, { keys }, { checker: () => checkerOf(source, 2) });
  assert.deepEqual(aside, alone);
  return alone;
}

// The last of a bundle, the first of one, and one amid one.
for (const at of [255, 256, 300]) {
  void test(`after a correction at record ${at} times may be earlier by what it says`, async () => {
    const leaves = correctedLog(at, dayMs, dayMs - 1000);
    const report = await reportOf(leaves);
    assert.equal(report.verdict, "verified", JSON.stringify(report.faults));
    const last = testStartMs + (size - 1) * 1000 - (dayMs - 1000);
    assert.equal(report.records.lastTime, new Date(last).toISOString());
  });

  void test(`after a correction at record ${at} a record that is earlier still is a fault`, async () => {
    const report = await reportOf(correctedLog(at, dayMs, dayMs + 1001));
    assert.equal(report.verdict, "failed");
    assert.equal(report.first?.index, at + 1);
    assert.match(report.first?.reason ?? "", /earlier than the correction of the clock before it allows/);
  });

  void test(`without a correction a decrease after record ${at} is a fault`, async () => {
    const leaves = chainedLeaves(ordinaryBodies(size, keys), (index) =>
      index > at ? testStartMs : testStartMs + 1,
    );
    const report = await reportOf(leaves);
    assert.equal(report.verdict, "failed");
    assert.equal(report.first?.index, at + 1);
    assert.match(report.first?.reason ?? "", /no correction is between them/);
  });
}

void test("a correction counts for the record directly after it alone", async () => {
  const bodies = ordinaryBodies(size, keys);
  bodies[300] = { kind: "clock-correction", by: "operator", backMs: dayMs };
  const times = (index: number): number => testStartMs + index * 1000 - (index > 301 ? dayMs : 0);
  const report = await reportOf(chainedLeaves(bodies, times));
  assert.equal(report.verdict, "failed");
  assert.equal(report.first?.index, 302);
});

void test("a correction of more than the time since 1970 lets no time be before that", async () => {
  const report = await reportOf(correctedLog(300, Number.MAX_SAFE_INTEGER, dayMs));
  assert.equal(report.verdict, "verified", JSON.stringify(report.faults));
});

for (const at of [255, 511]) {
  void test(`a run that ends with a correction at record ${at} lets the next one go on`, async () => {
    for (const [earlierMs, verdict] of [
      [dayMs, "verified"],
      [dayMs + 2000, "failed"],
    ] as const) {
      const leaves = correctedLog(at, dayMs, earlierMs);
      const files = publish(leaves, [key.signer]);
      const earlier = publish(leaves.slice(0, at + 1), [key.signer]);
      let state = "";
      const onState = (stateAt: (time: string) => string): unknown =>
        (state = stateAt("2026-11-23T05:00:00.000Z"));
      const first = await verifyLog(sourceOf(earlier), { keys }, { onState });
      assert.equal(first.verdict, "verified", JSON.stringify(first.faults));
      assert.notEqual(state, "");
      const second = await verifyLog(sourceOf(files), { keys }, { resume: state });
      assert.equal(second.resumed?.size, at + 1);
      assert.equal(second.verdict, verdict, JSON.stringify(second.faults));
    }
  });
}
