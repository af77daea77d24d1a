// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { alertKinds } from "./contract.ts";
import type { Finding } from "./contract.ts";
import { dueFor, endedKeptMs, endedMax, goneForMs, markTold, takeFindings, untoldTo } from "./state.ts";
import type { Alerts } from "./state.ts";

const wanted = { id: "ops", least: "warning", kinds: alertKinds } as const;
const timing = { groupForMs: 30_000, repeatEveryMs: 3_600_000 };
const queue: Finding = { kind: "queue", about: "", severity: "warning", says: "9 cases wait." };
const clock: Finding = { kind: "clock", about: "", severity: "urgent", says: "The clock jumped." };
const changes = (alerts: Alerts, channel = wanted as Parameters<typeof dueFor>[1]): string[] =>
  dueFor(alerts, channel, timing)?.lines.map(({ kind, change }) => `${kind} ${change}`) ?? [];

void test("an alert begins, is repeated, and is over once it was gone for a while", () => {
  let alerts = takeFindings([], [queue], 0);
  assert.deepEqual(changes(alerts), ["queue began"]);
  assert.equal(dueFor(alerts, wanted, timing)?.atMs, 30_000);
  alerts = takeFindings(alerts, [queue, clock], 10_000);
  const due = dueFor(alerts, wanted, timing);
  assert.deepEqual([due?.atMs, changes(alerts)], [30_000, ["queue began", "clock began"]]);
  alerts = markTold(alerts, "ops", due?.lines ?? [], 30_000);
  assert.equal(untoldTo(alerts, wanted), 0);
  assert.equal(dueFor(alerts, wanted, timing)?.atMs, 30_000 + timing.repeatEveryMs);
  // Gone for a moment and back: nothing is told.
  alerts = takeFindings(takeFindings(alerts, [clock], 40_000), [clock, queue], 40_000 + goneForMs - 1);
  assert.equal(dueFor(alerts, wanted, timing)?.atMs, 30_000 + timing.repeatEveryMs);
  const goneMs = 40_000 + 2 * goneForMs;
  alerts = takeFindings(alerts, [clock], goneMs);
  assert.deepEqual(changes(alerts), ["queue over"]);
  alerts = markTold(alerts, "ops", dueFor(alerts, wanted, timing)?.lines ?? [], goneMs);
  assert.deepEqual(changes(alerts), ["clock still"]);
  // And again: another alert.
  alerts = takeFindings(alerts, [clock, queue], goneMs + 1);
  assert.deepEqual(changes(alerts), ["queue began"]);
});

void test("what began and ended untold is told as such; what is over is forgotten in time", () => {
  let alerts = takeFindings(takeFindings([], [queue], 0), [], goneForMs);
  assert.deepEqual(changes(alerts), ["queue was"]);
  alerts = takeFindings(alerts, [], endedKeptMs + 1);
  assert.deepEqual(alerts, []);
  const many = Array.from({ length: 500 }, (_, place) => ({ ...queue, about: String(place) }));
  alerts = takeFindings(takeFindings([], many, 0), [], goneForMs);
  assert.equal(takeFindings(alerts, [], goneForMs).length, endedMax);
});

void test("a channel hears of what it asked for, and of a warning that becomes urgent", () => {
  const urgent = { ...wanted, id: "pager", least: "urgent" } as const;
  const warning: Finding = { ...clock, severity: "warning" };
  let alerts = takeFindings([], [queue, warning], 0);
  assert.deepEqual(changes(alerts, urgent), []);
  assert.deepEqual(changes(alerts, { ...wanted, kinds: ["clock"] }), ["clock began"]);
  alerts = markTold(alerts, "ops", dueFor(alerts, wanted, timing)?.lines ?? [], 30_000);
  alerts = takeFindings(alerts, [queue, clock], 60_000);
  assert.deepEqual(changes(alerts, urgent), ["clock began"]);
  assert.deepEqual(changes(alerts), ["clock began"]);
  alerts = markTold(alerts, "pager", dueFor(alerts, urgent, timing)?.lines ?? [], 60_000);
  // It ends as a warning: who was told that it began is told that it is over.
  alerts = takeFindings(takeFindings(alerts, [warning], 70_000), [], 70_000 + goneForMs);
  assert.deepEqual(changes(alerts, urgent), ["clock over"]);
});

void test("whatever comes and goes, a channel that is told all knows in the end what is open", () => {
  const findings = fc.subarray([queue, clock, { ...queue, kind: "brake" as const }]);
  fc.assert(
    fc.property(fc.array(fc.tuple(findings, fc.boolean()), { maxLength: 30 }), (looks) => {
      let alerts: Alerts = [];
      const believed = new Set<string>();
      let nowMs = 0;
      const look = (found: readonly Finding[], works: boolean): void => {
        nowMs += 60_000;
        alerts = takeFindings(alerts, found, nowMs);
        const due = dueFor(alerts, wanted, timing);
        if (due === undefined || due.atMs > nowMs || !works) return;
        for (const { kind, endedMs } of due.lines) {
          if (endedMs === null) believed.add(kind);
          else if (!alerts.some((alert) => alert.kind === kind && alert.endedMs === null))
            believed.delete(kind);
        }
        alerts = markTold(alerts, "ops", due.lines, nowMs);
      };
      for (const [found, works] of looks) look(found, works);
      const last = looks.at(-1)?.[0] ?? [];
      for (let i = 0; i < 5; i++) look(last, true);
      assert.deepEqual([...believed].sort(), last.map(({ kind }) => kind).sort());
    }),
  );
});
