// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import {
  appendLeafHash,
  emptyFrontier,
  frontierRoot,
  generateSignerKey,
  leafHash,
  openCheckpoint,
  parseSignerKey,
  signCheckpoint,
} from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import { at } from "../testing/at.ts";
import { CrashError, MemoryDisk } from "../testing/memory-disk.ts";
import {
  createTestLog,
  openTestLog,
  testOrigin,
  testOriginHash,
  testRequest,
  testSigner,
  testVerifier,
} from "../testing/test-log.ts";
import type { TestLog } from "../testing/test-log.ts";
import { decodeBatch, encodeBatch, encodePayload, encodeSegmentHeader, segmentHeaderBytes } from "./frame.ts";
import { writeState } from "./materialised.ts";
import { Materialiser } from "./materialiser.ts";
import type { LogPaths } from "./paths.ts";

const now = (): number => 1_700_000_000_000;

test("a torn tail is cut at whatever byte it ends, and the log goes on", () => {
  const { disk, paths, segment, log } = logOfBatches(2);
  commit(log, 1);
  const bytes = read(disk, segment);
  const lastBatch = at(batchOffsets(bytes), 2);
  const last = decodeBatch(bytes, lastBatch);
  assert.ok(last.kind === "batch");
  const end = lastBatch + last.bytes;
  for (let length = lastBatch; length < end; length++) {
    const copy = copyDisk(disk, paths);
    put(copy, segment, bytes.subarray(0, length));
    const log = openTestLog(copy, paths, now);
    assert.equal(log.sequencer.size, 4, `cut to ${length}`);
    // Zeros at the end are room, or a part of the batch that was lost: nobody can tell.
    const left = bytes.subarray(lastBatch, length);
    assert.equal(log.recovered.tornBytes, left.findLastIndex((byte) => byte !== 0) + 1);
    assert.equal(at(log.sequencer.commit([testRequest(0)]).sealed, 0).index, 4);
  }
});

test("a torn tail of zero bytes, as a file system leaves it, is cut", () => {
  const { disk, paths, segment } = logOfBatches(3);
  const bytes = read(disk, segment);
  bytes.fill(0, at(batchOffsets(bytes), 2));
  put(disk, segment, bytes);
  assert.equal(openTestLog(disk, paths, now).sequencer.size, 4);
});

test("a bad batch before an intact one is damage, and the place is named", () => {
  const { disk, paths, segment } = logOfBatches(3);
  const bytes = read(disk, segment);
  const second = at(batchOffsets(bytes), 1);
  bytes.writeUInt8(bytes.readUInt8(second + 200) ^ 4, second + 200);
  put(disk, segment, bytes);
  assert.throws(() => openTestLog(disk, paths, now), {
    code: "directory_damaged",
    message: new RegExp(`${segment} at byte ${second}: the batch's checksum differs`),
  });
});

test("a segment that begins with something else is damage", () => {
  const { disk, paths, segment } = logOfBatches(1);
  const bytes = read(disk, segment);
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
  put(disk, segment, bytes);
  assert.throws(() => openTestLog(disk, paths, now), {
    code: "directory_damaged",
    message: new RegExp(segment),
  });
});

test("a missing segment, or a batch that is missing between two, is damage", () => {
  const { disk, paths, segment } = logOfBatches(3);
  const bytes = read(disk, segment);
  const [, second = 0, third = 0] = batchOffsets(bytes);
  put(disk, segment, Buffer.concat([bytes.subarray(0, second), bytes.subarray(third)]));
  assert.throws(() => openTestLog(disk, paths, now), {
    code: "directory_damaged",
    message: /after record 1 comes record 4; those between are missing/,
  });
});

test("a published checkpoint beyond the journal's end is damage, also where the end looks torn", () => {
  const { disk, paths, segment, log } = logOfBatches(3);
  log.materialiser.publish(now());
  const bytes = read(disk, segment);
  const last = at(batchOffsets(bytes), 2);
  for (const length of [last, last + 77]) {
    put(disk, segment, bytes.subarray(0, length));
    assert.throws(() => openTestLog(disk, paths, now), {
      code: "directory_damaged",
      message: /covers 6 records, but the journal ends after 4/,
    });
  }
});

test("a checkpoint of another root is damage; one that power loss emptied is none", () => {
  const { disk, paths } = logOfBatches(2);
  const forged = { origin: testOrigin, size: 3, root: new Uint8Array(32).fill(1) as Hash, extensions: [] };
  disk.replaceFile(paths.checkpoint, signCheckpoint(forged, [testSigner]), true);
  assert.throws(() => openTestLog(disk, paths, now), { code: "directory_damaged", message: /another root/ });
  const stranger = parseSignerKey(generateSignerKey(testOrigin, new Uint8Array(32).fill(8)).signerKey);
  disk.replaceFile(paths.checkpoint, signCheckpoint(forged, [stranger]), true);
  assert.throws(() => openTestLog(disk, paths, now), { code: "directory_damaged" });
  for (const torn of [Buffer.alloc(0), Buffer.alloc(300), Buffer.from("docket-")]) {
    disk.replaceFile(paths.checkpoint, torn, true);
    openTestLog(copyDisk(disk, paths), paths, now);
  }
});

test("two different records of one index are damage; an ended recovery leaves the same twice", () => {
  const { disk, paths, segment } = logOfBatches(1);
  const bytes = read(disk, segment);
  const second = join(paths.journal, "00000009.journal");
  put(disk, second, bytes);
  openTestLog(copyDisk(disk, paths), paths, now);
  const header = encodeSegmentHeader(0, testOriginHash);
  const body = decodeBatch(bytes, segmentHeaderBytes);
  assert.ok(body.kind === "batch");
  const [first, ...rest] = body.batch.records;
  assert.ok(first !== undefined);
  const leaf = Buffer.from(Buffer.from(first.leaf).toString().replace("operator", "operat0r"));
  put(
    disk,
    second,
    Buffer.concat([header, encodeBatch({ ...body.batch, records: [{ ...first, leaf }, ...rest] })]),
  );
  assert.throws(() => openTestLog(disk, paths, now), {
    code: "directory_damaged",
    message: /record 0 stands in the journal twice, and differs/,
  });
});

test("a batch that names a root which this log did not sign, or does not have yet, is damage", () => {
  const { disk, paths, segment } = logOfBatches(2);
  const bytes = read(disk, segment);
  const second = at(batchOffsets(bytes), 1);
  const body = decodeBatch(bytes, second);
  assert.ok(body.kind === "batch");
  const { batch } = body;
  for (const signed of [
    { ...batch.signed, signature: Buffer.alloc(64) },
    { ...batch.signed, root: Buffer.alloc(32) },
    { ...batch.signed, size: 3 },
  ]) {
    put(disk, segment, Buffer.concat([bytes.subarray(0, second), encodeBatch({ ...batch, signed })]));
    assert.throws(() => openTestLog(disk, paths, now), { code: "directory_damaged" });
  }
});

test("a record that does not follow the one before is damage", () => {
  const { disk, paths, segment } = logOfBatches(1);
  const bytes = read(disk, segment);
  const body = decodeBatch(bytes, segmentHeaderBytes);
  assert.ok(body.kind === "batch");
  const [first, last] = body.batch.records;
  assert.ok(first !== undefined && last !== undefined);
  for (const leaf of [
    Buffer.from(last.leaf)
      .toString()
      .replace(/"prev":"./, '"prev":"_'),
    "no leaf at all",
  ]) {
    const records = [first, { ...last, leaf: Buffer.from(leaf) }];
    put(
      disk,
      segment,
      Buffer.concat([bytes.subarray(0, segmentHeaderBytes), encodeBatch({ ...body.batch, records })]),
    );
    assert.throws(() => openTestLog(disk, paths, now), { code: "directory_damaged", message: /record 1/ });
  }
});

test("a recovery that is cut short at any step recovers again, and again", () => {
  const { disk, paths } = logOfBatches(4);
  const whole = copyDisk(disk, paths);
  const before = whole.steps;
  openTestLog(whole, paths, now).materialiser.sync(now());
  const steps = whole.steps - before;
  assert.ok(steps > 15, `only ${steps} steps`);
  for (let step = 1; step <= steps; step++) {
    const copy = copyDisk(disk, paths);
    for (const after of [step, Math.ceil(step / 2)]) {
      const from = copy.steps;
      copy.onStep = () => {
        if (copy.steps - from >= after) throw new CrashError("down");
      };
      try {
        const log = openTestLog(copy, paths, now);
        log.sequencer.release(log.materialiser.sync(now()));
      } catch {
        assert.ok(copy.down);
      }
      copy.restart("kept", () => 0);
    }
    const log = openTestLog(copy, paths, now);
    assert.equal(log.sequencer.size, 8, `step ${step}`);
    log.sequencer.release(log.materialiser.sync(now()));
    assert.equal(copy.list(paths.journal).length, 1);
  }
});

test("logs of sizes around tiles come back as they were", () => {
  const sizes = [0, 1, 255, 256, 257, 511, 512, 513];
  for (const size of sizes) {
    for (const synced of [true, false]) {
      const disk = new MemoryDisk();
      const paths = createTestLog(disk, "/data");
      const log = openTestLog(disk, paths, now);
      const root = size === 0 ? undefined : commit(log, size);
      if (synced) log.materialiser.sync(now());
      const again = openTestLog(disk, paths, now);
      assert.equal(again.sequencer.size, size);
      again.materialiser.sync(now());
      if (root !== undefined) assert.equal(rootOf(read(disk, paths.checkpoint)), root, `size ${size}`);
      commit(again, 1);
      const third = openTestLog(disk, paths, now);
      assert.equal(third.sequencer.size, size + 1);
    }
  }
});

test("a log whose tiles reach their third level comes back as it was", () => {
  const disk = new MemoryDisk();
  const paths = createTestLog(disk, "/data");
  const other = new MemoryDisk();
  const small = openTestLog(other, createTestLog(other, "/data"), now);
  const materialiser = new Materialiser(disk, paths);
  const frontier = emptyFrontier();
  const [last] = small.sequencer.commit([testRequest(0)]).sealed;
  assert.ok(last !== undefined);
  const size = 65_536 + 300;
  const records = Array.from({ length: size }, (_, index) => {
    const text = index < size - 1 ? String(index) : last.leaf.replace('"index":0', `"index":${index}`);
    return { leaf: Buffer.from(text), manifest: undefined, parts: [], actors: [] };
  });
  for (let first = 0; first < size; first += 20_000) {
    const some = records.slice(first, first + 20_000);
    const hashes = some.map(({ leaf }) => leafHash(leaf));
    for (const each of hashes) appendLeafHash(frontier, each);
    const payload = encodePayload(some);
    const batch = { firstIndex: first, count: some.length, payload, leafHashes: Buffer.concat(hashes) };
    const head = { origin: testOrigin, size: frontier.size, root: frontierRoot(frontier), extensions: [] };
    materialiser.ingest({ batches: [batch], checkpoint: signCheckpoint(head, [testSigner]) });
    materialiser.sync(now());
  }
  assert.deepEqual(disk.list(join(paths.site, "tile/2/000.p")), ["1"]);
  assert.deepEqual(disk.list(join(paths.site, "tile/1/001.p")), ["1"]);
  const again = openTestLog(disk, paths, now);
  assert.equal(again.sequencer.size, size);
  assert.equal(at(again.sequencer.commit([testRequest(0)]).sealed, 0).index, size);
});

test("a state that its files contradict is damage", () => {
  const { disk, paths, log } = logOfBatches(2);
  log.materialiser.sync(now());
  const state = read(disk, paths.state);
  const tile = join(paths.site, "tile/0/000.p/4");
  for (const [path, bytes] of [
    [paths.state, Buffer.from("{}")],
    [paths.state, Buffer.from(state.toString().replace('"size":4', '"size":3'))],
    [tile, Buffer.alloc(128)],
    [tile, undefined],
    [join(paths.site, "tile/entries/000.p/4"), Buffer.from("x")],
    [join(paths.parts, "000"), Buffer.alloc(3)],
    [join(paths.parts, "000"), undefined],
  ] as const) {
    const copy = copyDisk(disk, paths);
    if (bytes === undefined) copy.remove(path);
    else put(copy, path, bytes);
    assert.throws(() => openTestLog(copy, paths, now), { code: "directory_damaged" }, path);
  }
  const empty = new MemoryDisk();
  const emptyPaths = createTestLog(empty, "/data");
  empty.remove(emptyPaths.state);
  assert.throws(() => openTestLog(empty, emptyPaths, now), {
    code: "directory_damaged",
    message: /is missing/,
  });
  writeState(empty, emptyPaths, emptyFrontier());
  openTestLog(empty, emptyPaths, now);
});

test("parts beyond the state, which a crash leaves, are cut", () => {
  const { disk, paths, log } = logOfBatches(2);
  log.materialiser.sync(now());
  const path = join(paths.parts, "000");
  const bytes = read(disk, path);
  put(disk, path, Buffer.concat([bytes, Buffer.alloc(100, 7)]));
  const again = openTestLog(disk, paths, now);
  assert.deepEqual(read(disk, path), bytes);
  commit(again, 2);
  again.materialiser.sync(now());
  assert.ok(read(disk, path).subarray(0, bytes.length).equals(bytes));
  openTestLog(disk, paths, now);
});

type Built = { disk: MemoryDisk; paths: LogPaths; segment: string; log: TestLog };

/** A log of batches of two records each, of which nothing is materialised. */
function logOfBatches(batches: number): Built {
  const disk = new MemoryDisk();
  const paths = createTestLog(disk, "/data");
  const log = openTestLog(disk, paths, now);
  for (let batch = 0; batch < batches; batch++) {
    const commit = log.sequencer.commit([testRequest(0), testRequest(1, "{}")]);
    log.materialiser.ingest({ batches: [commit.batch], checkpoint: commit.checkpoint });
  }
  return { disk, paths, log, segment: join(paths.journal, "00000001.journal") };
}

function commit({ sequencer, materialiser }: TestLog, count: number): string {
  const requests = Array.from({ length: count }, (_, id) => testRequest(id));
  const { batch, checkpoint } = sequencer.commit(requests);
  materialiser.ingest({ batches: [batch], checkpoint });
  return rootOf(checkpoint);
}

function rootOf(checkpoint: Uint8Array): string {
  return Buffer.from(openCheckpoint(checkpoint, [testVerifier], testOrigin).checkpoint.root).toString("hex");
}

function batchOffsets(segment: Buffer): number[] {
  const offsets: number[] = [];
  for (let offset = segmentHeaderBytes; ;) {
    const batch = decodeBatch(segment, offset);
    if (batch.kind !== "batch") return offsets;
    offsets.push(offset);
    offset += batch.bytes;
  }
}

function read(disk: MemoryDisk, path: string): Buffer {
  const bytes = disk.readFile(path);
  assert.ok(bytes !== undefined, `${path} is missing`);
  return bytes;
}

function put(disk: MemoryDisk, path: string, bytes: Uint8Array): void {
  disk.replaceFile(path, bytes, true);
}

function copyDisk(disk: MemoryDisk, paths: LogPaths): MemoryDisk {
  const copy = new MemoryDisk();
  const visit = (path: string): void => {
    copy.makeDirectory(path);
    for (const name of disk.list(path)) {
      const bytes = disk.readFile(join(path, name));
      if (bytes === undefined) visit(join(path, name));
      else put(copy, join(path, name), bytes);
    }
  };
  visit(paths.site);
  return copy;
}
