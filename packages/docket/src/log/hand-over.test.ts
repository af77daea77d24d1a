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

function batchOf(firstIndex: number, bytes: number): DurableBatch {
  return { firstIndex, count: 1, payload: new Uint8Array(bytes), leafHashes: new Uint8Array(32) };
}
