// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { parseVerifierKey } from "@docket/tlog";
import { disk as files } from "../stores/files/node-disk.ts";
import { CrashError, MemoryDisk, systemError } from "../testing/memory-disk.ts";
import { namedSigner, PublishedTree } from "../testing/published-tree.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { decodeRow, encodeRow, rowBytes, rowOf } from "./checkpoint-row.ts";
import type { CheckpointRow } from "./checkpoint-row.ts";
import { findRecent, RecentCheckpoints } from "./recent-checkpoints.ts";

const directory = "/data/recent";
const hourMs = 3_600_000;
const startMs = 495_372 * hourMs;

function testRow(size: number, timeMs: number = startMs): CheckpointRow {
  return {
    size,
    timeMs,
    root: new Uint8Array(32).fill(size % 251),
    signature: new Uint8Array(64).fill(size % 241),
  };
}

/** Puts what a disk in memory holds into real files, for the reader. */
function copied(t: TestContext, disk: MemoryDisk): string {
  const copy = mkdtempSync(join(tmpdir(), "docket-recent-"));
  t.after(() => rmSync(copy, { recursive: true }));
  for (const name of disk.list(directory)) {
    writeFileSync(join(copy, name), disk.readFile(`${directory}/${name}`) ?? "");
  }
  return copy;
}

void test("a row is read as it was written, and nothing else is a row", () => {
  const row = testRow(2 ** 53 - 1, startMs + 1);
  const bytes = encodeRow(row);
  assert.equal(bytes.length, rowBytes);
  assert.deepEqual(decodeRow(bytes), row);
  assert.equal(bytes.readBigUInt64BE(0), 2n ** 53n - 1n);
  assert.equal(decodeRow(Buffer.alloc(rowBytes)), undefined);
  assert.equal(decodeRow(bytes.subarray(1)), undefined);
  assert.equal(decodeRow(Buffer.alloc(rowBytes, 0xff)), undefined);
  for (const bad of [{ size: 0 }, { size: 1.5 }, { timeMs: -1 }, { root: new Uint8Array(31) }]) {
    assert.throws(() => encodeRow({ ...row, ...bad }), RangeError);
  }
  assert.throws(() => encodeRow({ ...row, signature: new Uint8Array(65) }), RangeError);
});

void test("a row is made of a published checkpoint, of its first Ed25519 line", () => {
  const origin = "docket-0123456789abcdef/main";
  const tree = new PublishedTree(mkdtempSync(join(tmpdir(), "docket-recent-")), origin);
  rmSync(join(tree.paths.site, "../.."), { recursive: true });
  const note = tree.checkpoint(300, [namedSigner(origin, "ml-dsa-44"), tree.signer, namedSigner("a/b")]);
  const row = rowOf(note, startMs);
  assert.deepEqual(row.root, tree.tree.root(300));
  const text = note.subarray(0, Buffer.from(note).indexOf("\n\n") + 1);
  assert.ok(parseVerifierKey(tree.signer.vkey).verify(text, row.signature));
  assert.equal(row.timeMs, startMs);
  assert.throws(() => rowOf(tree.checkpoint(300, [namedSigner("a/b")]), startMs), RangeError);
});

void test("each size of the last day is found, and no other", async (t) => {
  const path = mkdtempSync(join(tmpdir(), "docket-recent-"));
  t.after(() => rmSync(path, { recursive: true }));
  const recent = new RecentCheckpoints(files, join(path, "recent"), 0);
  assert.equal(await findRecent(join(path, "recent"), 1), undefined);
  const added: CheckpointRow[] = [];
  for (let i = 0; i < 100; i++) {
    const row = testRow(10 + i * 3, startMs + i * 1_000_000);
    recent.add(row);
    added.push(row);
  }
  recent.close();
  const newest = added.at(-1)?.timeMs ?? 0;
  assert.equal(files.list(join(path, "recent")).length, 25);
  for (const row of added) {
    const found = await findRecent(join(path, "recent"), row.size);
    if (row.timeMs >= newest - 24 * hourMs) assert.deepEqual(found, row);
    else if (row.timeMs < newest - 25 * hourMs) assert.equal(found, undefined);
    assert.equal(await findRecent(join(path, "recent"), row.size + 1), undefined);
  }
  assert.equal(await findRecent(join(path, "recent"), 9), undefined);
  assert.equal(await findRecent(join(path, "recent"), 2 ** 53 - 1), undefined);
});

void test("it goes on where it stopped, and a size that is there is not added again", async (t) => {
  const disk = new MemoryDisk();
  let synced = 0;
  for (const sizes of [[1, 4], [4, 9], [3], [9, 12]]) {
    const recent = new RecentCheckpoints(disk, directory, synced);
    for (const size of sizes) recent.add(testRow(size));
    recent.sync();
    recent.close();
    synced = Math.max(synced, ...sizes);
  }
  const copy = copied(t, disk);
  assert.equal(disk.readFile(`${directory}/495372`)?.length, 4 * rowBytes);
  for (const size of [1, 4, 9, 12]) assert.deepEqual(await findRecent(copy, size), testRow(size));
  assert.equal(await findRecent(copy, 3), undefined);
});

void test("a clock that goes back keeps the order of sizes; a day back, all begins anew", async (t) => {
  const disk = new MemoryDisk();
  const recent = new RecentCheckpoints(disk, directory, 0);
  recent.add(testRow(1, startMs));
  recent.add(testRow(2, startMs + hourMs));
  recent.add(testRow(3, startMs - 20 * hourMs));
  recent.add(testRow(4, startMs + 2 * hourMs));
  assert.deepEqual(disk.list(directory), ["495372", "495373", "495374"]);
  for (const size of [1, 2, 3, 4]) assert.equal((await findRecent(copied(t, disk), size))?.size, size);
  // A clock that was wrong by a year throws away what it called old, and stops filling one file for ever.
  recent.add(testRow(5, startMs + 8760 * hourMs));
  assert.deepEqual(disk.list(directory), [String(495_372 + 8760)]);
  recent.add(testRow(6, startMs));
  recent.add(testRow(7, startMs + hourMs));
  assert.deepEqual(disk.list(directory), ["495372", "495373"]);
  assert.equal(await findRecent(copied(t, disk), 5), undefined);
  assert.equal((await findRecent(copied(t, disk), 6))?.timeMs, startMs);
});

void test("a write that failed is made good by the next", async (t) => {
  const disk = new MemoryDisk();
  const recent = new RecentCheckpoints(disk, directory, 0);
  recent.add(testRow(1));
  for (const step of ["write", "create", "mkdir"]) {
    disk.onStep = (each) => {
      if (each === step) throw systemError("ENOSPC", directory);
    };
    if (step === "write") assert.throws(() => recent.add(testRow(2)), { code: "ENOSPC" });
    if (step === "create") assert.throws(() => recent.add(testRow(3, startMs + hourMs)), { code: "ENOSPC" });
    disk.onStep = undefined;
  }
  recent.add(testRow(2));
  recent.add(testRow(3, startMs + hourMs));
  const copy = copied(t, disk);
  for (const size of [1, 2, 3]) assert.equal((await findRecent(copy, size))?.size, size);
});

void test("files that are none of ours are left alone", async (t) => {
  const disk = new MemoryDisk();
  disk.makeDirectory(directory);
  disk.open(`${directory}/notes.txt`, true).write(0, Buffer.from("x"));
  const recent = new RecentCheckpoints(disk, directory, 0);
  recent.add(testRow(1, startMs - 100 * hourMs));
  recent.add(testRow(2));
  assert.deepEqual(disk.list(directory), ["495372", "notes.txt"]);
  assert.equal((await findRecent(copied(t, disk), 2))?.size, 2);
});

void test("rows beyond the synced state are dropped at an opening, torn ones too", async (t) => {
  const disk = new MemoryDisk();
  const first = new RecentCheckpoints(disk, directory, 0);
  for (let size = 1; size <= 6; size++) first.add(testRow(size, startMs + size * 1_800_000));
  disk.open(`${directory}/495375`, false).write(rowBytes, Buffer.alloc(50, 1));
  const again = new RecentCheckpoints(disk, directory, 3);
  assert.deepEqual(disk.list(directory), ["495372", "495373"]);
  again.add(testRow(4, startMs + hourMs));
  const copy = copied(t, disk);
  for (const size of [1, 2, 3, 4]) assert.equal((await findRecent(copy, size))?.size, size);
  assert.equal(await findRecent(copy, 5), undefined);
});

void test("after any power loss synced rows are there, and each that is found is whole", async (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed);
    const disk = new MemoryDisk();
    let size = 0;
    let synced = 0;
    for (let round = 0; round < 4; round++) {
      const recent = new RecentCheckpoints(disk, directory, synced);
      let left = Math.floor(random() * 60);
      disk.onStep = () => {
        if (left-- <= 0) throw new CrashError("power");
      };
      try {
        for (let i = 0; i < 30; i++) {
          recent.add(testRow(++size, startMs + size * 100_000));
          if (random() < 0.1) {
            recent.sync();
            synced = size;
          }
        }
      } catch (error) {
        assert.ok(error instanceof CrashError, `seed ${seed}`);
      }
      disk.restart("lost", random);
    }
    const recent = new RecentCheckpoints(disk, directory, synced);
    recent.add(testRow(++size, startMs + size * 100_000));
    const copy = copied(t, disk);
    for (let each = 1; each < size; each++) {
      const found = await findRecent(copy, each);
      if (each > synced) assert.equal(found, undefined, `seed ${seed}`);
      else if (found !== undefined) assert.deepEqual(found, testRow(each, startMs + each * 100_000));
    }
    assert.equal((await findRecent(copy, size))?.size, size, `seed ${seed}`);
    if (synced > 0) assert.equal((await findRecent(copy, synced))?.size, synced, `seed ${seed}`);
  }
});
