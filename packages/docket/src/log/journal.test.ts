// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryDisk, systemError } from "../testing/memory-disk.ts";
import type { DiskStep } from "../testing/memory-disk.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { testOriginHash } from "../testing/test-log.ts";
import { encodePayload } from "./frame.ts";
import type { EncodedBatch } from "./frame.ts";
import { readJournal } from "./journal-reader.ts";
import { BatchVoidError, Journal, segmentBytesMax, WritingEndedError } from "./journal.ts";

const directory = "/journal";

test("a full disk voids the batch, and the journal goes on when there is room", () => {
  const { disk, journal } = newJournal();
  journal.append(batchAt(0, "a"));
  failOn(disk, "write", "ENOSPC");
  assert.throws(() => journal.append(batchAt(1, "lost")), BatchVoidError);
  assert.throws(() => journal.append(batchAt(1, "lost too")), {
    code: "sealing_failed",
    retryAfterSeconds: 5,
  });
  disk.onStep = undefined;
  journal.append(batchAt(1, "b"));
  assert.deepEqual(leaves(disk), ["a", "b"]);
});

test("after a failed sync nothing is written any more, though the disk says that it could be", () => {
  const { disk, journal } = newJournal();
  failOn(disk, "sync", "EIO");
  assert.throws(() => journal.append(batchAt(0, "a")), WritingEndedError);
  disk.onStep = undefined;
  assert.throws(() => journal.append(batchAt(0, "a")), { code: "log_closed" });
});

test("power loss does not bring back a void batch of which all but its room was written", () => {
  for (let seed = 0; seed < 20; seed++) {
    const { disk, journal } = newJournal();
    disk.writtenOfFailed = (bytes) => bytes - 1;
    failOn(disk, "write", "ENOSPC");
    assert.throws(() => journal.append(batchAt(0, "void")), BatchVoidError);
    disk.restart("lost", seededRandom(seed));
    assert.deepEqual(leaves(disk), [], `seed ${seed}`);
  }
});

test("a write that cannot be taken back ends writing", () => {
  const { disk, journal } = newJournal();
  disk.onStep = (step, path) => {
    if (step === "write" || step === "truncate") throw systemError("EIO", path);
  };
  assert.throws(() => journal.append(batchAt(0, "a")), WritingEndedError);
  disk.onStep = undefined;
  assert.throws(() => journal.append(batchAt(0, "a")), WritingEndedError);
});

test("a full segment is followed by another; only what is materialised is removed", () => {
  const { disk, journal } = newJournal();
  const long = "x".repeat(segmentBytesMax / 2);
  for (let index = 0; index < 6; index++) journal.append(batchAt(index, long));
  assert.deepEqual(disk.list(directory), ["00000001.journal", "00000002.journal", "00000003.journal"]);
  journal.release(1);
  assert.equal(disk.list(directory).length, 3);
  journal.release(2);
  assert.deepEqual(disk.list(directory), ["00000002.journal", "00000003.journal"]);
  journal.release(6);
  assert.deepEqual(disk.list(directory), ["00000003.journal"], "the open segment stays");
});

test("a segment that is begun on demand lets go of all that was appended before it", () => {
  const { disk, journal } = newJournal();
  assert.equal(journal.rotate(), 0, "there is nothing to let go");
  assert.deepEqual(disk.list(directory), ["00000001.journal"]);
  journal.append(batchAt(0, "a"));
  assert.equal(journal.rotate(), 1);
  journal.append(batchAt(1, "b"));
  assert.deepEqual(leaves(disk), ["a", "b"]);
  assert.equal(journal.release(1), 0);
  assert.deepEqual(disk.list(directory), ["00000002.journal"]);
  failOn(disk, "create", "ENOSPC");
  assert.throws(() => journal.rotate(), BatchVoidError);
  disk.onStep = undefined;
  journal.append(batchAt(2, "c"));
  assert.equal(journal.rotate(), 3);
});

test("no room for a new segment voids the batch; a failed sync of it ends writing", () => {
  for (const [step, code, error] of [
    ["create", "ENOSPC", BatchVoidError],
    ["write", "ENOSPC", BatchVoidError],
    ["sync", "EIO", WritingEndedError],
    ["syncDirectory", "EIO", WritingEndedError],
  ] as const) {
    const { disk, journal } = newJournal();
    journal.append(batchAt(0, "x".repeat(segmentBytesMax)));
    failOn(disk, step, code);
    assert.throws(() => journal.append(batchAt(1, "b")), error, step);
    disk.onStep = undefined;
    if (error === WritingEndedError) {
      assert.throws(() => journal.append(batchAt(1, "b")), error, step);
    } else {
      journal.append(batchAt(1, "b"));
      assert.equal(leaves(disk).length, 2);
    }
  }
});

function newJournal(): { disk: MemoryDisk; journal: Journal } {
  const disk = new MemoryDisk();
  disk.makeDirectory(directory);
  return { disk, journal: new Journal(disk, directory, testOriginHash, 1, 0, []) };
}

function failOn(disk: MemoryDisk, failing: DiskStep, code: string): void {
  disk.onStep = (step, path) => {
    if (step === failing) throw systemError(code, path);
  };
}

function batchAt(firstIndex: number, leaf: string): EncodedBatch {
  const signed = { size: 0, root: new Uint8Array(32), signature: new Uint8Array(64) };
  const records = [{ leaf: Buffer.from(leaf), manifest: undefined, parts: [], actors: [] }];
  return { firstIndex, signed, count: 1, payload: encodePayload(records) };
}

function leaves(disk: MemoryDisk): string[] {
  const { batches } = readJournal(disk, directory, testOriginHash, 0);
  return batches.flatMap(({ records }) => records.map(({ leaf }) => Buffer.from(leaf).toString()));
}
