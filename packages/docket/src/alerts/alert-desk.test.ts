// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { AlertDesk, againAfterMs, lookEveryMs, testEveryMs } from "./alert-desk.ts";
import type { KeptAlerts } from "./alert-desk.ts";
import { alertsDefaults } from "./config.ts";
import type { ChannelConfig } from "./config.ts";
import { alertKinds } from "./contract.ts";
import type { AlertMessage, Watched } from "./contract.ts";
import { allWell, thresholds } from "./testing/watched.ts";

const channel: ChannelConfig = {
  id: "ops",
  least: "warning",
  kinds: alertKinds,
  to: { form: "chat", shape: "slack", url: { file: "chat" } },
};

/** A desk whose time stands still until it is told to pass. */
class World {
  nowMs = Date.UTC(2026, 10, 23);
  watched: Watched = allWell;
  fault: string | undefined;
  kept: KeptAlerts | undefined;
  readonly sent: AlertMessage[] = [];
  readonly notices: string[] = [];
  desk: AlertDesk = this.open();

  open(over: Partial<typeof alertsDefaults> = {}): AlertDesk {
    this.desk = new AlertDesk(
      {
        config: { ...alertsDefaults, channels: [channel], ...over },
        origin: "docket-00/main",
        publicUrl: undefined,
        senderOf: () => async (message) => {
          if (this.fault !== undefined) throw new Error(this.fault);
          this.sent.push(message);
        },
        thresholds: () => thresholds,
        keep: async (kept) => void (this.kept = structuredClone(kept)),
        clock: () => this.nowMs,
        timer: () => () => undefined,
        onNotice: (notice) => this.notices.push(notice),
      },
      this.kept,
    );
    this.desk.start(() => this.watched);
    return this.desk;
  }

  async pass(ms: number): Promise<void> {
    for (const end = this.nowMs + ms; this.nowMs < end; this.nowMs += lookEveryMs) {
      this.desk.look();
      await this.desk.settled();
    }
  }

  said(): string[] {
    return this.sent.map(({ lines }) => lines.map(({ kind, change }) => `${kind} ${change}`).join(", "));
  }
}

void test("what begins together goes out together, and so does what is over", async () => {
  const world = new World();
  await world.pass(60_000);
  assert.deepEqual(world.said(), []);
  world.watched = { ...allWell, brakes: 1 };
  await world.pass(10_000);
  world.watched = { ...allWell, brakes: 1, overdueDisputes: 2 };
  await world.pass(60_000);
  assert.deepEqual(world.said(), ["brake began, disputes began"]);
  assert.deepEqual(world.desk.figures().open, { urgent: 0, warning: 2 });
  world.watched = allWell;
  await world.pass(200_000);
  assert.deepEqual(world.said().slice(1), ["brake over, disputes over"]);
  const { open, ended, channels } = world.desk.view();
  assert.deepEqual(
    [open, ended.map(({ kind, told }) => [kind, told])],
    [
      [],
      [
        ["disputes", ["ops"]],
        ["brake", ["ops"]],
      ],
    ],
  );
  assert.deepEqual([channels[0]?.sentLately, channels[0]?.target], [2, "slack chat"]);
});

void test("what stays is told again, and a restart tells nothing twice", async () => {
  const world = new World();
  world.watched = { ...allWell, brakes: 1 };
  await world.pass(60_000);
  await world.desk.close();
  world.open();
  await world.pass(600_000);
  assert.deepEqual(world.said(), ["brake began"]);
  await world.pass(alertsDefaults.repeatEveryMs);
  assert.deepEqual(world.said(), ["brake began", "brake still"]);
});

void test("a channel that fails is left alone for longer each time, then hears what is so", async () => {
  const world = new World();
  world.watched = { ...allWell, brakes: 1 };
  world.fault = "it answered 503";
  await world.pass(50_000);
  assert.match(world.notices.join("\n"), /^alerts can't be sent to ops: it answered 503$/);
  assert.equal(world.desk.view().channels[0]?.fault, "it answered 503");
  assert.ok(world.desk.view().channels[0]?.nextTryAt);
  await world.pass(3_600_000);
  const { failed } = world.desk.figures().channels[0] ?? { failed: 0 };
  assert.ok(failed >= againAfterMs.length && failed < 8, String(failed));
  world.watched = allWell;
  world.fault = undefined;
  await world.pass(3_600_000);
  assert.deepEqual(world.said(), ["brake was"]);
  assert.equal(world.desk.view().channels[0]?.fault, null);
});

void test("no more messages an hour than the limit, restarts counted; nothing is lost", async () => {
  const world = new World();
  world.open({ perHour: 3, groupForMs: 0 });
  for (let round = 0; round < 12; round++) {
    world.watched = { ...allWell, brakes: round % 2 };
    await world.pass(130_000);
    if (round === 6) world.open({ perHour: 3, groupForMs: 0 });
  }
  assert.equal(world.sent.length, 3);
  assert.ok((world.desk.view().channels[0]?.waiting ?? 0) > 0);
  await world.pass(7_200_000);
  const told = world.sent.flatMap(({ lines }) => lines.map(({ sinceMs }) => sinceMs));
  assert.equal(new Set(told).size, 6);
});

void test("a person tries a channel: now, not too often, and what was held back goes on", async () => {
  const world = new World();
  assert.deepEqual(await world.desk.test("ops"), { channel: "ops", ok: true, why: null, ms: 0 });
  assert.deepEqual([world.sent[0]?.isTest, world.sent[0]?.lines], [true, []]);
  await assert.rejects(world.desk.test("ops"), { code: "too_many_requests", retryAfterSeconds: 5 });
  await assert.rejects(world.desk.test("nobody"), { code: "not_found" });
  world.nowMs += testEveryMs;
  world.fault = "it answered 404";
  const { ok, why } = await world.desk.test("ops");
  assert.deepEqual([ok, why], [false, "it answered 404"]);
});
