// SPDX-License-Identifier: Apache-2.0
// Crashes and power losses at every kind of moment, by seed: what was answered must be in the log afterwards,
// unaltered, the signed roots must stand, and recovery must never refuse. A seed that fails is named by its
// error.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { test } from "node:test";
import {
  appendLeafHash,
  asHash,
  decodeEntryBundle,
  emptyFrontier,
  entriesPath,
  frontierRoot,
  leafHash,
  openCheckpoint,
  parseProof,
  tilePath,
  tilesOfSize,
  tileWidth,
  verifyInclusion,
} from "@docket/tlog";
import { at } from "../testing/at.ts";
import { CrashError, MemoryDisk, systemError } from "../testing/memory-disk.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { createTestLog, openTestLog, testOrigin, testRequest, testVerifier } from "../testing/test-log.ts";
import type { TestLog } from "../testing/test-log.ts";
import { BatchVoidError } from "./journal.ts";
import { decodeRecordParts, recordOffsets } from "./parts-bundle.ts";
import type { LogPaths } from "./paths.ts";

const data = "/data";
const livesPerSeed = 4;
const stepsPerLifeMax = 120;
/** DOCKET_SEEDS runs more of them; DOCKET_SEED one alone. */
const seeds = Number(process.env["DOCKET_SEEDS"] ?? 50);
const only = process.env["DOCKET_SEED"];

/** What the outside world knows of the log. */
type World = {
  disk: MemoryDisk;
  paths: LogPaths;
  random: () => number;
  /** Leaves that were answered, or that a finished recovery found. */
  leaves: string[];
  /** Root and size of each signed checkpoint that left the log. */
  roots: Map<number, string>;
  nowMs: number;
};

test("no crash and no power loss takes anything that was answered", () => {
  const all = only === undefined ? Array.from({ length: seeds }, (_, seed) => seed) : [Number(only)];
  for (const seed of all) {
    try {
      runSeed(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
});

function runSeed(seed: number): void {
  const disk = new MemoryDisk();
  const paths = createTestLog(disk, data);
  disk.settle();
  const random = seededRandom(seed);
  const world: World = { disk, paths, random, leaves: [], roots: new Map(), nowMs: 1_700_000_000_000 };
  for (let life = 0; life < livesPerSeed; life++) {
    runLife(world);
    disk.restart(random() < 0.6 ? "lost" : "kept", random);
  }
  const log = openTestLog(disk, paths, () => world.nowMs);
  takeIn(world, log);
  checkFiles(world, log);
}

function runLife(world: World): void {
  const { disk, random } = world;
  const crashAt = disk.steps + 1 + Math.floor(random() ** 2 * stepsPerLifeMax);
  const fullFrom = random() < 0.2 ? disk.steps + Math.floor(random() * 60) : Infinity;
  const fullUntil = fullFrom + Math.floor(random() * 20);
  disk.onStep = (step, path) => {
    if (disk.steps >= crashAt) throw new CrashError(`crash before ${step} of ${path}`);
    const taking = step === "write" || step === "create" || step === "mkdir";
    if (taking && disk.steps >= fullFrom && disk.steps < fullUntil) throw systemError("ENOSPC", path);
  };
  try {
    const log = openTestLog(disk, world.paths, () => (world.nowMs += 7000));
    takeIn(world, log);
    for (;;) act(world, log);
  } catch (error) {
    if (disk.down || error instanceof BatchVoidError) return;
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return;
    throw error;
  }
}

function act(world: World, log: TestLog): void {
  const choice = world.random();
  if (choice < 0.55) commit(world, log);
  else if (choice < 0.75) orFull(() => publish(world, log));
  else if (choice < 0.8) removeSome(world, log);
  else if (choice < 0.9) orFull(() => release(world, log));
  else orFull(() => releaseSlowly(world, log));
}

function commit(world: World, { sequencer, materialiser }: TestLog): void {
  const { disk, random, leaves, roots } = world;
  const scale = at([4, 4, 4, 40, 300], Math.floor(random() ** 2 * 5));
  const count = 1 + Math.floor(random() * scale);
  const requests = Array.from({ length: count }, (_, id) =>
    testRequest(id, random() < 0.1 ? `{"text":"${random()}"}` : undefined),
  );
  try {
    const { sealed, batch, checkpoint } = sequencer.commit(requests);
    for (const record of sealed) {
      assert.equal(record.index, leaves.length, "records are numbered without gap");
      leaves.push(record.leaf);
    }
    const { size, root } = openCheckpoint(checkpoint, [testVerifier], testOrigin).checkpoint;
    assert.equal(size, leaves.length);
    for (const place of [0, count - 1]) {
      const record = at(sealed, place);
      const proof = parseProof(record.proof);
      const leaf = leafHash(Buffer.from(record.leaf));
      assert.ok(verifyInclusion(proof.hashes, record.index, size, leaf, root));
    }
    roots.set(size, hex(root));
    materialiser.ingest({ batches: [batch], checkpoint });
  } catch (error) {
    if (disk.down || !(error instanceof BatchVoidError)) throw error;
    assert.equal(sequencer.size, leaves.length, "a void batch leaves the log as it was");
  }
}

function publish(world: World, log: TestLog): void {
  log.materialiser.publish(world.nowMs);
  if (world.random() < 0.1) checkFiles(world, log);
}

function removeSome({ random }: World, { materialiser }: TestLog): void {
  materialiser.removeOvertaken(Math.floor(random() * 3), () => random() < 0.7);
}

function release(world: World, { materialiser, sequencer }: TestLog): void {
  sequencer.release(materialiser.sync(world.nowMs));
}

/** As the thread does it: what comes meanwhile is published, and partial tiles are removed. */
function releaseSlowly(world: World, log: TestLog): void {
  const { materialiser, sequencer } = log;
  materialiser.publish(world.nowMs);
  materialiser.beginSync();
  for (;;) {
    const size = materialiser.continueSync(() => world.random() < 0.8);
    if (size !== undefined) {
      sequencer.release(size);
      return;
    }
    if (world.random() < 0.5) commit(world, log);
    if (world.random() < 0.5) orFull(() => publish(world, log));
    removeSome(world, log);
  }
}

function orFull(action: () => void): void {
  try {
    action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

/** What recovery found must hold all that was answered; what it found beyond counts from now on. */
function takeIn(world: World, log: TestLog): void {
  const { materialiser, sequencer, paths } = log;
  const { disk, leaves } = world;
  materialiser.publish(world.nowMs);
  assert.ok(sequencer.size >= leaves.length, `${leaves.length} were answered, ${sequencer.size} are there`);
  const frontier = emptyFrontier();
  assert.equal(materialiser.publishedSize, sequencer.size);
  for (const [index, bytes] of leavesOnDisk(disk, paths, sequencer.size).entries()) {
    const leaf = Buffer.from(bytes);
    if (index < leaves.length) assert.equal(leaf.toString(), leaves[index], `record ${index} was altered`);
    else leaves.push(leaf.toString());
    appendLeafHash(frontier, leafHash(leaf));
    const signed = world.roots.get(index + 1);
    if (signed !== undefined) assert.equal(hex(frontierRoot(frontier)), signed, `root at ${index + 1}`);
  }
  checkFiles(world, log);
}

function leavesOnDisk(disk: MemoryDisk, paths: LogPaths, size: number): Uint8Array[] {
  const leaves: Uint8Array[] = [];
  for (let first = 0; first < size; first += tileWidth) {
    const width = Math.min(tileWidth, size - first);
    const path = posix.join(paths.site, entriesPath(first / tileWidth, width));
    const bytes = disk.readFile(path);
    assert.ok(bytes !== undefined, `${path} is missing`);
    leaves.push(...decodeEntryBundle(bytes, width));
  }
  return leaves;
}

/**
 * Everything that readers may fetch is right: tiles, partial ones of earlier sizes too, parts and
 * checkpoints.
 */
function checkFiles({ disk, leaves, roots }: World, { paths, materialiser }: TestLog): void {
  const size = materialiser.publishedSize;
  if (size === 0) return;
  const checkpoint = openCheckpoint(disk.readFile(paths.checkpoint) as Buffer, [testVerifier], testOrigin);
  assert.equal(checkpoint.checkpoint.size, size);
  const hashes = leaves.slice(0, size).map((leaf) => leafHash(Buffer.from(leaf)));
  const levels: Uint8Array[][] = [hashes];
  const frontier = emptyFrontier();
  for (const hash of hashes) {
    appendLeafHash(frontier, hash, (node, nodeHash) => {
      if (node.level % 8 === 0 && node.level > 0) (levels[node.level / 8] ??= [])[node.index] = nodeHash;
    });
  }
  assert.equal(hex(frontierRoot(frontier)), hex(checkpoint.checkpoint.root));
  for (const tile of tilesOfSize(size)) {
    const first = tile.index * tileWidth;
    const expected = at(levels, tile.level).slice(first, first + tile.width);
    checkTile(disk, posix.join(paths.site, tilePath(tile)), expected);
    checkPartials(disk, posix.join(paths.site, tilePath({ ...tile, width: 1 })), expected);
  }
  checkParts(disk, paths, leaves, size);
  for (const name of disk.list(paths.keptCheckpoints).filter((each) => !each.endsWith(".tmp"))) {
    const kept = disk.readFile(posix.join(paths.keptCheckpoints, name)) as Buffer;
    assert.ok(kept.length > 0, `kept checkpoint ${name} is empty`);
    const { root } = openCheckpoint(kept, [testVerifier], testOrigin).checkpoint;
    const signed = roots.get(Number(name));
    if (signed !== undefined) assert.equal(hex(root), signed, `kept checkpoint ${name}`);
  }
}

function checkTile(disk: MemoryDisk, path: string, hashes: readonly Uint8Array[]): void {
  assert.equal(disk.readFile(path)?.toString("hex"), Buffer.concat(hashes).toString("hex"), path);
}

/** Whoever holds an earlier checkpoint asks for narrower tiles: a crash may not leave them broken. */
function checkPartials(disk: MemoryDisk, path: string, hashes: readonly Uint8Array[]): void {
  const directory = posix.dirname(path);
  for (const name of disk.list(directory).filter((each) => !each.endsWith(".tmp"))) {
    assert.ok(Number(name) <= hashes.length, `${directory} has a tile of ${name}, wider than the tree`);
    checkTile(disk, posix.join(directory, name), hashes.slice(0, Number(name)));
  }
}

function checkParts(disk: MemoryDisk, paths: LogPaths, leaves: readonly string[], size: number): void {
  for (let first = 0; first < size; first += tileWidth) {
    const count = Math.min(tileWidth, size - first);
    const name = String(first / tileWidth).padStart(3, "0");
    const bytes = disk.readFile(posix.join(paths.parts, name)) as Buffer;
    const offsets = recordOffsets(bytes, count);
    assert.ok(offsets !== undefined, `parts/${name} is too short`);
    for (let place = 0; place < count; place++) {
      const parts = decodeRecordParts(bytes.subarray(offsets[place], offsets[place + 1]));
      assert.ok(parts !== "malformed", `parts of record ${first + place}`);
      const { parts: expected } = JSON.parse(at(leaves, first + place)) as { parts?: string };
      const manifest = parts && asHash(hashOf(parts.manifest));
      assert.equal(manifest && Buffer.from(manifest).toString("base64url"), expected);
    }
  }
}

function hashOf(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
