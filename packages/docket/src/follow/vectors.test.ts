// SPDX-License-Identifier: Apache-2.0
// Logs that others wrote: Tessera's test log at each of its sizes, and tiles of a log run by Sunlight.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  appendLeafHash,
  asHash,
  emptyFrontier,
  frontierRoot,
  hashBytes,
  parseVerifierKey,
  signCheckpoint,
} from "@docket/tlog";
import type { Frontier } from "@docket/tlog";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { mirrorLog } from "./mirror.ts";
import { observe } from "./monitor.ts";
import type { Finding } from "./monitor.ts";
import type { Fetch, LogServer } from "./server.ts";
import type { FollowTrust } from "./signed-head.ts";
import { followedKey, followedOrigin, followedSigner, serverOf } from "./testing/log-files.ts";
import { FollowerMemoryDisk } from "./testing/memory-disk.ts";
import { tileBytes } from "./tree.ts";

const tessera = sharedPath("vectors/tlog-tessera-testlog");
const tesseraKey = parseVerifierKey(
  "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx",
);
const tesseraTrust: FollowTrust = { origin: tesseraKey.name, keys: [tesseraKey], policy: undefined };
const sunlight = sharedPath("vectors/tlog-sunlight-navigli2025h2");

/** A server of a directory, with some paths changed. */
function directoryServer(directory: string, over: ReadonlyMap<string, Uint8Array | undefined>): LogServer {
  const fetch: Fetch = async (url) => {
    const path = url.pathname.slice(1);
    try {
      const bytes = over.has(path) ? over.get(path) : readFileSync(join(directory, path));
      if (bytes !== undefined) return new Response(Uint8Array.from(bytes));
      return new Response(null, { status: 404 });
    } catch {
      return new Response(null, { status: 404 });
    }
  };
  return serverOf(fetch);
}

function newDisk(): FollowerMemoryDisk {
  const disk = new FollowerMemoryDisk();
  for (const directory of ["/watch", "/copy"]) disk.makeDirectory(directory);
  return disk;
}

test("Tessera's test log: each of its sizes grows from each before it, and none back", async (t) => {
  if (tessera === undefined) {
    t.skip(skipReason("vectors/tlog-tessera-testlog"));
    return;
  }
  const look = async (disk: FollowerMemoryDisk, size: number): Promise<Finding[]> => {
    const checkpoint = readFileSync(join(tessera, `checkpoint.${size}`));
    const server = directoryServer(tessera, new Map([["checkpoint", checkpoint]]));
    const statePath = "/watch/state";
    return observe({ server, trust: tesseraTrust, disk, statePath, stallMs: 1000, clock: () => 0 });
  };
  for (let first = 0; first <= 15; first++) {
    for (let second = 0; second <= 15; second++) {
      const disk = newDisk();
      assert.deepEqual(
        (await look(disk, first)).map(({ kind }) => kind),
        ["first"],
      );
      const [found] = await look(disk, second);
      const expected = second === first ? "unchanged" : second > first ? "grown" : "rollback";
      assert.equal(found?.kind, expected, `${first} to ${second}`);
    }
  }
});

test("Tessera's test log is mirrored through all its sizes, with every partial tile", async (t) => {
  if (tessera === undefined) {
    t.skip(skipReason("vectors/tlog-tessera-testlog"));
    return;
  }
  const disk = newDisk();
  for (let size = 0; size <= 15; size++) {
    const checkpoint = readFileSync(join(tessera, `checkpoint.${size}`));
    const server = directoryServer(tessera, new Map([["checkpoint", checkpoint]]));
    const options = { server, trust: tesseraTrust, disk, directory: "/copy", entries: true, recheck: false };
    const report = await mirrorLog(options);
    assert.deepEqual([report.outcome, report.size, report.entries], ["complete", size, size]);
  }
  for (let width = 1; width <= 15; width++) {
    for (const path of [`tile/0/000.p/${width}`, `tile/entries/000.p/${width}`]) {
      assert.deepEqual(disk.readFile(`/copy/${path}`), readFileSync(join(tessera, path)), path);
    }
  }
});

test("tiles of a log run by Sunlight lead to roots that grow, and a changed one does not", async (t) => {
  if (sunlight === undefined) {
    t.skip(skipReason("vectors/tlog-sunlight-navigli2025h2"));
    return;
  }
  const tile = (name: string): Buffer => readFileSync(join(sunlight, "tile/0", name));
  const over = new Map<string, Uint8Array>();
  /** Publishes the checkpoint, and the tiles above the lowest, of these lowest tiles. */
  const show = (lowest: readonly Buffer[]): number => {
    const whole = frontierOf(lowest);
    const { size } = whole;
    const checkpoint = { origin: followedOrigin, size, root: frontierRoot(whole), extensions: [] };
    over.set("checkpoint", signCheckpoint(checkpoint, [followedSigner]));
    const above = lowest
      .filter((each) => each.length === tileBytes)
      .map((each) => frontierRoot(frontierOf([each])));
    over.set(`tile/1/000.p/${above.length}`, Buffer.concat(above));
    return size;
  };
  const trust: FollowTrust = { origin: followedOrigin, keys: [followedKey], policy: undefined };
  const run = (disk: FollowerMemoryDisk, entries: boolean): ReturnType<typeof mirrorLog> => {
    const server = directoryServer(sunlight, over);
    return mirrorLog({ server, trust, disk, directory: "/copy", entries, recheck: false });
  };
  const disk = newDisk();
  assert.equal(show(["000", "001", "002", "003.p/10"].map(tile)), 778);
  assert.deepEqual((await run(disk, false)).outcome, "complete");
  assert.equal(show(["000", "001", "002", "003"].map(tile)), 1024);
  const grown = await run(disk, false);
  assert.deepEqual([grown.outcome, grown.from, grown.size], ["complete", 778, 1024]);
  // A log of certificates has tile/data in place of tile/entries.
  const report = await run(disk, true);
  assert.deepEqual([report.outcome, report.missing], ["incomplete", [{ first: 0, last: 1023 }]]);
  const changed = tile("002");
  changed.writeUInt8(changed.readUInt8(77) ^ 4, 77);
  over.set("tile/0/002", changed);
  const lied = await run(newDisk(), false);
  assert.equal(lied.outcome, "wrong");
  assert.match(lied.reasons.join(), /tile\/0\/002 is not what the checkpoint commits to/);
});

function frontierOf(tiles: readonly Buffer[]): Frontier {
  const frontier = emptyFrontier();
  for (const tile of tiles) {
    for (let at = 0; at < tile.length; at += hashBytes) {
      appendLeafHash(frontier, asHash(tile.subarray(at, at + hashBytes)));
    }
  }
  return frontier;
}
