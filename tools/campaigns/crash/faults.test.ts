// SPDX-License-Identifier: Apache-2.0
// The campaign itself: it repeats by name, and it does find what it looks for.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryDisk } from "../../../packages/docket/src/testing/memory-disk.ts";
import type { LogFile } from "../../../packages/docket/src/log/disk.ts";
import { cycleOf, everyCycle, faultKinds, nameOf, runCycle } from "./faults.ts";

const every = everyCycle("records", "fixed", "1");

test("every step is hit by every kind of fault", () => {
  const steps = every.length / faultKinds.length;
  assert.ok(Number.isInteger(steps) && steps > 250, `${steps} steps`);
  assert.equal(new Set(every.map(nameOf)).size, every.length);
});

test("a cycle's name gives the same cycle again", async () => {
  const cycle = cycleOf("opaque/random-1-0/full, then power cut/30/1");
  assert.ok(cycle !== undefined);
  assert.equal(nameOf(cycle), "opaque/random-1-0/full, then power cut/30/1");
  const { digest, wrong } = await runCycle(cycle);
  assert.equal(wrong, undefined);
  assert.equal((await runCycle(cycle)).digest, digest);
  assert.equal(cycleOf("fixed/earthquake/3/1"), undefined);
});

test("a disk whose syncs do nothing is found out", async () => {
  assert.ok((await wrongWith(SyncsNothing, "power cut")).includes("lost"));
});

test("a disk that drops what a failed write left, and says that it wrote it, is found out", async () => {
  const found = await wrongWith(WritesHalf, "full");
  assert.ok(found.length > 0);
});

/** Which promises are seen broken on a bad disk, over some cycles. */
async function wrongWith(disk: typeof MemoryDisk, fault: (typeof faultKinds)[number]): Promise<string[]> {
  const found = new Set<string>();
  const cycles = every.filter((cycle) => cycle.fault === fault && cycle.step % 25 === 20);
  for (const cycle of cycles) {
    const { wrong } = await runCycle(cycle, new disk());
    if (wrong !== undefined) found.add(wrong.kind);
  }
  return [...found].sort();
}

class SyncsNothing extends MemoryDisk {
  override open(path: string, create: boolean): LogFile {
    return { ...super.open(path, create), sync: () => undefined };
  }
}

class WritesHalf extends MemoryDisk {
  override open(path: string, create: boolean): LogFile {
    const file = super.open(path, create);
    return {
      ...file,
      write(position, bytes) {
        try {
          file.write(position, bytes);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        }
      },
    };
  }
}
