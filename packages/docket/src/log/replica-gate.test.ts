// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { setImmediate as immediate } from "node:timers/promises";
import { test } from "node:test";
import { ReplicaGate } from "./replica-gate.ts";

const checkpoint = new Uint8Array([1]);

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await immediate();
}

test("without replicas that must hold it, everything passes at once", () => {
  const done: string[] = [];
  const gate = new ReplicaGate();
  gate.pass(7, () => done.push("a"));
  gate.announce({ size: 7, checkpoint });
  assert.deepEqual(done, ["a"]);
});

test("what a replica must hold waits for it, in its order, and what comes behind waits too", async () => {
  const { port1, port2 } = new MessageChannel();
  const done: string[] = [];
  const gate = new ReplicaGate({ ports: [port1], needed: 1 });
  gate.announce({ size: 5, checkpoint });
  gate.pass(5, () => done.push("five"));
  gate.pass(0, () => done.push("void"));
  gate.pass(9, () => done.push("nine"));
  assert.deepEqual(receiveMessageOnPort(port2)?.message, { size: 5, checkpoint });
  port2.postMessage({ held: 4 });
  port2.postMessage({ held: 8 });
  await until(() => done.length > 0);
  assert.deepEqual(done, ["five", "void"]);
  port2.postMessage({ held: 9 });
  await until(() => done.length > 2);
  assert.deepEqual(done, ["five", "void", "nine"]);
  await gate.drained(1);
  gate.close();
});

test("of three replicas two must hold it", async () => {
  const channels = [new MessageChannel(), new MessageChannel(), new MessageChannel()];
  const done: number[] = [];
  const gate = new ReplicaGate({ ports: channels.map(({ port1 }) => port1), needed: 2 });
  gate.pass(3, () => done.push(3));
  channels[0]?.port2.postMessage({ held: 99 });
  await immediate();
  await immediate();
  assert.deepEqual(done, []);
  channels[2]?.port2.postMessage({ held: 3 });
  await until(() => done.length > 0);
  gate.close();
});
