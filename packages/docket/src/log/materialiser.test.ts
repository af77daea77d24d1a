// SPDX-License-Identifier: Apache-2.0
// What the materialiser does to the files of a log, step by step, on a disk that forgets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CrashError, MemoryDisk } from "../testing/memory-disk.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { createTestLog, openTestLog, testRequest } from "../testing/test-log.ts";
import type { TestLog } from "../testing/test-log.ts";
import type { LogPaths } from "./paths.ts";

const nowMs = 1_700_000_000_000;
const now = (): number => nowMs;

void test("partial tiles go only when the state that does not need them is durable", () => {
  for (let seed = 0; seed < 40; seed++) {
    const { disk, paths, log } = newLog();
    commit(log, 200);
    log.materialiser.sync(nowMs);
    commit(log, 100);
    disk.settle();
    // Killed after the new state was put in place, and before its name was synced.
    disk.onStep = (step, path) => {
      if (step === "syncDirectory" && path === paths.site && stateSize(disk, paths) === 300) {
        throw new CrashError("killed");
      }
    };
    assert.throws(() => log.materialiser.sync(nowMs));
    assert.ok(disk.down);
    const random = seededRandom(seed);
    disk.restart("kept", random);
    const second = openTestLog(disk, paths, now);
    assert.equal(second.recovered.recovered, 0);
    disk.restart("lost", random);
    const third = openTestLog(disk, paths, now);
    assert.equal(third.sequencer.size, 300, `seed ${seed}`);
  }
});

void test("what a sync is about to remove is not synced before", () => {
  const { disk, log } = newLog();
  for (let round = 0; round < 10; round++) {
    commit(log, 30);
    log.materialiser.publish(nowMs);
  }
  const synced: string[] = [];
  disk.onStep = (step, path) => {
    if (step === "sync") synced.push(path);
  };
  log.materialiser.sync(nowMs);
  assert.ok(synced.some((path) => path.endsWith("tile/0/000")));
  assert.ok(synced.some((path) => path.endsWith("tile/entries/001.p/44")));
  assert.deepEqual(
    synced.filter((path) => path.includes("/000.p/") && !path.includes("tile/1/")),
    [],
  );
});

void test("partial tiles go some publications after their full one, those of the state only after it", () => {
  const { disk, paths, log } = newLog();
  const partials = (tile: string): string[] => disk.list(`${paths.site}/tile/${tile}.p`);
  commit(log, 200);
  log.materialiser.sync(nowMs);
  for (let round = 0; round < 4; round++) {
    commit(log, 100);
    log.materialiser.publish(nowMs);
  }
  const removed: string[] = [];
  disk.onStep = (step, path) => {
    if (step === "remove") removed.push(path);
  };
  log.materialiser.removeOvertaken(3, () => true);
  assert.deepEqual(removed, []);
  // Of 600 records the first 256 were full at the first publication, the next at the last but one.
  assert.equal(
    log.materialiser.removeOvertaken(0, () => false),
    false,
  );
  while (!log.materialiser.removeOvertaken(0, () => false));
  assert.deepEqual(partials("0/001"), []);
  assert.deepEqual(partials("entries/001"), []);
  assert.deepEqual(partials("0/002"), ["88"]);
  assert.deepEqual(partials("0/000"), ["200"]);
  // Nothing that was removed is synced.
  log.materialiser.sync(nowMs);
  assert.deepEqual(partials("0/000"), []);
  assert.deepEqual(partials("1/000"), ["1", "2"]);
});

void test("while a sync is under way batches are published, and the state is that of its beginning", () => {
  const { disk, paths, log } = newLog();
  const { materialiser } = log;
  commit(log, 250);
  materialiser.publish(nowMs);
  materialiser.beginSync();
  assert.throws(() => materialiser.beginSync(), /a sync is under way/);
  for (let round = 0, done: number | undefined; done === undefined; round++) {
    // The tile of the state fills up, and so do others, before the sync is done.
    if (round < 4) {
      commit(log, 200);
      materialiser.publish(nowMs);
    }
    // What the state that is on its way goes on from stays.
    materialiser.removeOvertaken(0, () => true);
    done = materialiser.continueSync(() => false);
    assert.ok(done === undefined || done === 250);
  }
  assert.equal(stateSize(disk, paths), 250);
  // Nothing but what was synced survives, or any of the rest.
  for (const random of [() => 0, seededRandom(1), seededRandom(2), seededRandom(3)]) {
    disk.restart("lost", random);
    const again = openTestLog(disk, paths, now);
    assert.equal(again.sequencer.size, 1050);
    again.materialiser.publish(nowMs);
    assert.equal(again.materialiser.publishedSize, 1050);
  }
});

function newLog(): { disk: MemoryDisk; paths: LogPaths; log: TestLog } {
  const disk = new MemoryDisk();
  const paths = createTestLog(disk, "/data");
  disk.settle();
  return { disk, paths, log: openTestLog(disk, paths, now) };
}

function commit({ sequencer, materialiser }: TestLog, count: number): void {
  const { batch, checkpoint } = sequencer.commit(Array.from({ length: count }, (_, id) => testRequest(id)));
  materialiser.ingest({ batches: [batch], checkpoint });
}

function stateSize(disk: MemoryDisk, paths: LogPaths): number {
  return (JSON.parse(disk.readFile(paths.state)?.toString() ?? "{}") as { size: number }).size;
}
