// SPDX-License-Identifier: Apache-2.0
// Which time and which uncertainty records bear, whatever the clock does; also where a crash comes between.
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBody, formatTime, parseLeaf } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import type { ClockReading } from "../clock/shared-clock.ts";
import { at } from "../testing/at.ts";
import { MemoryDisk } from "../testing/memory-disk.ts";
import { createTestLog, openTestLog, testRequest } from "../testing/test-log.ts";
import type { TestLog } from "../testing/test-log.ts";
import { BatchVoidError } from "./journal.ts";
import type { AppendRequest } from "./sequencer.ts";

const startMs = Date.UTC(2026, 10, 23, 5);
const hourMs = 3_600_000;

type Opened = {
  log: TestLog;
  reading: { nowMs: number; uncertaintyMs: number | null };
  seal: (...requests: AppendRequest[]) => DocketRecord[];
  reopen: () => Opened;
};

function openLog(disk = new MemoryDisk(), paths = createTestLog(disk, "/data")): Opened {
  const reading = { nowMs: startMs, uncertaintyMs: 7 as number | null };
  const clock = (): ClockReading => ({ ...reading });
  const log = openTestLog(disk, paths, clock);
  return {
    log,
    reading,
    seal: (...requests) => log.sequencer.commit(requests).sealed.map(({ leaf }) => parseLeaf(leaf)),
    reopen: () => openLog(disk, paths),
  };
}

function correction(backMs: number): AppendRequest {
  const body = encodeBody({ kind: "clock-correction", by: "docket", backMs });
  return { id: 0, generation: 0, body, parts: [], actors: [], backMs };
}

test("a record bears the clock's uncertainty, or null", () => {
  const { reading, seal } = openLog();
  assert.equal(at(seal(testRequest(1)), 0).uncertaintyMs, 7);
  reading.uncertaintyMs = null;
  assert.equal(at(seal(testRequest(2)), 0).uncertaintyMs, null);
});

test("under a clock that went back, records bear the last time and say by how much more they are off", () => {
  const { reading, seal } = openLog();
  seal(testRequest(1));
  reading.nowMs -= hourMs;
  const held = at(seal(testRequest(2)), 0);
  assert.equal(held.time, formatTime(startMs));
  assert.equal(held.uncertaintyMs, 7 + hourMs);
});

test("after a correction, and in the same batch, the time may be as much earlier as it says", () => {
  const { reading, seal } = openLog();
  seal(testRequest(1));
  reading.nowMs -= hourMs;
  const sealed = seal(testRequest(2), correction(hourMs), testRequest(3), testRequest(4));
  const times = sealed.map(({ time }) => time);
  assert.deepEqual(times, [startMs, startMs, startMs - hourMs, startMs - hourMs].map(formatTime));
  assert.deepEqual(
    sealed.map(({ uncertaintyMs }) => uncertaintyMs),
    [7 + hourMs, 7 + hourMs, 7, 7],
  );
  reading.nowMs -= 5000;
  assert.equal(at(seal(testRequest(5)), 0).time, formatTime(startMs - hourMs), "no second decrease");
});

test("a correction of less than the clock went back holds the time where it allows", () => {
  const { reading, seal } = openLog();
  seal(testRequest(1));
  reading.nowMs -= hourMs;
  const [, after] = seal(correction(60_000), testRequest(2));
  assert.equal(after?.time, formatTime(startMs - 60_000));
  assert.equal(after?.uncertaintyMs, 7 + hourMs - 60_000);
});

for (const materialised of [false, true]) {
  test(`a crash directly after a correction does not lose it (materialised: ${materialised})`, () => {
    const { log, reading, seal, reopen } = openLog();
    seal(testRequest(1));
    reading.nowMs -= hourMs;
    log.sequencer.commit([correction(hourMs)]);
    // A start takes in what the journal holds; after a sync it is in the files alone.
    if (materialised) reopen().log.materialiser.sync(startMs);
    const again = reopen();
    again.reading.nowMs = startMs - hourMs;
    assert.equal(at(again.seal(testRequest(2)), 0).time, formatTime(startMs - hourMs));
  });
}

test("a clock under which nothing may be sealed voids the batch and leaves the log as it was", () => {
  const disk = new MemoryDisk();
  const paths = createTestLog(disk, "/data");
  let stopped = false;
  const log = openTestLog(disk, paths, () => {
    if (stopped) throw new BatchVoidError("sealing_failed", "the clock jumped");
    return { nowMs: startMs, uncertaintyMs: 1 };
  });
  log.sequencer.commit([testRequest(1)]);
  stopped = true;
  assert.throws(() => log.sequencer.commit([testRequest(2)]), BatchVoidError);
  assert.equal(log.sequencer.size, 1);
  stopped = false;
  assert.equal(log.sequencer.commit([testRequest(3)]).sealed[0]?.index, 1);
});
