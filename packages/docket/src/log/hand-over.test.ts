// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { MessageChannel } from "node:worker_threads";
import { HandOver } from "./hand-over.ts";
import type { DurableBatch, HandedBatches } from "./messages.ts";

test("a recovered tail goes in one message, however long it is: the checkpoint covers it all", async () => {
  const { port1, port2 } = new MessageChannel();
  const handOver = new HandOver(port1, () => new Uint8Array([7]));
  const received = once(port2, "message");
  handOver.add(batchOf(0, 2_000_000), batchOf(2000, 10));
  const [{ batches, checkpoint }] = (await received) as [HandedBatches];
  assert.deepEqual(
    batches.map(({ firstIndex, payload }) => [firstIndex, payload.length]),
    [
      [0, 2_000_000],
      [2000, 10],
    ],
  );
  assert.deepEqual([...checkpoint], [7]);
  handOver.close();
  port2.close();
});

test("small batches go as one, large ones as they are", async () => {
  const { port1, port2 } = new MessageChannel();
  const handOver = new HandOver(port1, () => new Uint8Array());
  const received = once(port2, "message");
  const large = 200_000;
  for (const [first, bytes] of [10, 20, 30, large, 40, 50].entries()) handOver.add(batchOf(first, bytes));
  const [{ batches }] = (await received) as [HandedBatches];
  assert.deepEqual(
    batches.map(({ firstIndex, count, payload }) => [firstIndex, count, payload.length]),
    [
      [0, 3, 60],
      [3, 1, large],
      [4, 2, 90],
    ],
  );
  // In their order, with the hashes of each.
  const [joined] = batches as [DurableBatch];
  assert.deepEqual([...joined.payload], [...repeated(0, 10), ...repeated(1, 20), ...repeated(2, 30)]);
  assert.deepEqual([...joined.leafHashes], [...repeated(0, 32), ...repeated(1, 32), ...repeated(2, 32)]);
  handOver.close();
  port2.close();
});

function repeated(value: number, count: number): number[] {
  return Array.from({ length: count }, () => value);
}

function batchOf(firstIndex: number, bytes: number): DurableBatch {
  const payload = new Uint8Array(bytes).fill(firstIndex);
  return { firstIndex, count: 1, payload, leafHashes: new Uint8Array(32).fill(firstIndex) };
}
