// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { appendLeafHash, emptyFrontier, frontierRoot, leafHash } from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import { MemoryDisk } from "../testing/memory-disk.ts";
import { createTestLog, openTestLog, testOrigin, testRequest } from "../testing/test-log.ts";
import { readHeldState } from "./held-state.ts";

test("the root at each size, from tiles that are full or partial, and from the journal beyond them", () => {
  const disk = new MemoryDisk();
  const paths = createTestLog(disk, "/data");
  const log = openTestLog(disk, paths, () => 0);
  const twin = emptyFrontier();
  const roots: Hash[] = [frontierRoot(twin)];
  const append = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const { sealed, batch } = log.sequencer.commit([testRequest(roots.length)]);
      log.materialiser.ingest({ batches: [batch], checkpoint: log.sequencer.checkpoint() });
      appendLeafHash(twin, leafHash(Buffer.from(sealed[0]?.leaf ?? "", "utf8")));
      roots.push(frontierRoot(twin));
    }
  };
  const check = (): void => {
    const held = readHeldState(disk, paths, testOrigin);
    assert.equal(held.size(), roots.length - 1);
    for (const [size, root] of roots.entries()) assert.deepEqual(held.rootAt(size), root, `size ${size}`);
    assert.equal(held.rootAt(roots.length), undefined);
  };
  const sync = (): void => {
    log.materialiser.publish(0, log.sequencer.checkpoint());
    log.materialiser.sync(0);
  };
  check();
  append(3);
  check();
  sync();
  check();
  append(270);
  check();
  sync();
  append(40);
  check();
  const last = readHeldState(disk, paths, testOrigin).lastLeaf();
  assert.match(Buffer.from(last ?? []).toString("utf8"), /"index":312,/);
});
