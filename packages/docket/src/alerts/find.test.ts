// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { defaultSettings } from "../settings/settings.ts";
import { alertKinds } from "./contract.ts";
import type { Watched } from "./contract.ts";
import { alertPages, findAlerts, thresholdKinds } from "./find.ts";
import { allWell, thresholds } from "./testing/watched.ts";

const nowMs = Date.UTC(2026, 10, 23);
const find = (over: Partial<Watched>, limits: object = {}): string[] =>
  findAlerts({ ...allWell, ...over }, { ...thresholds, ...limits }, nowMs).map(
    ({ kind, severity, says }) => `${kind} ${severity}: ${says}`,
  );

void test("where all is well nothing is found, and a site that has nothing is well", () => {
  assert.deepEqual(find({}), []);
  assert.deepEqual(find({ clock: undefined, witnesses: undefined, replicas: [] }), []);
  assert.deepEqual(find({ clock: { state: "unwatched", stopped: false, offsetMs: null } }), []);
  // What a long time ago was not stamped because nobody was ever asked is no alert.
  assert.deepEqual(find({ anchors: [{ name: "tsa", lastMs: undefined, fault: undefined }] }), []);
});

void test("each thing that is wrong is one sentence", () => {
  const cases: [Partial<Watched>, string][] = [
    [
      { sealing: { fault: "the disk is full.\u001b[2J", gap: false, waiting: 0 } },
      "sealing urgent: Nothing is sealed: the disk is full.\\u001b[2J.",
    ],
    [
      { sealing: { fault: undefined, gap: true, waiting: 1 } },
      "sealing urgent: Events can't be sealed at the moment; 1 event waits to be decided.",
    ],
    [
      { clock: { state: "stepped", stopped: true, offsetMs: 1 } },
      "clock urgent: The clock jumped: nothing is sealed until it is right again.",
    ],
    [
      { clock: { state: "unreachable", stopped: false, offsetMs: null } },
      "clock warning: The clock can't be checked: too few of its sources answer.",
    ],
    [
      { clock: { state: "checked", stopped: false, offsetMs: -1500.4 } },
      "clock warning: The clock is off by -1500 ms; set it right.",
    ],
    [
      { witnesses: { alarms: [], each: [{ name: "north", state: "unreachable", fault: "no answer." }] } },
      "witness warning: Witness north can't be reached: no answer.",
    ],
    [
      { witnesses: { alarms: ["north has seen another tree"], each: [] } },
      "witness urgent: north has seen another tree.",
    ],
    [
      { replicas: [{ name: "shelf", lagMs: 60_001, fault: null }] },
      "replica warning: Replica shelf fell behind.",
    ],
    [
      { keysStaleMs: 60_001 },
      "access urgent: API keys can't be read: one that was revoked may still be taken.",
    ],
    [{ brakes: 2 }, "brake warning: 2 emergency brakes hold rules back."],
    [{ unconfirmedVerdicts: 1 }, "verdicts warning: The app has not confirmed 1 verdict in time."],
    [{ webhooks: { troubled: 1, dead: 7 } }, "webhooks warning: 1 webhook takes nothing, or are off."],
    [{ webhooks: { troubled: 0, dead: 7 } }, "webhooks warning: 7 messages were given up; send them again."],
    [{ overdueDisputes: 3 }, "disputes warning: 3 disputes are overdue."],
    [{ queueCases: 1000 }, "queue warning: 1000 cases wait for a reviewer."],
    [
      { anchors: [{ name: "tsa", lastMs: nowMs - 25 * 3_600_000, fault: "it answered 503" }] },
      "anchor warning: Outside clock tsa has stamped the log not for 25 h: it answered 503.",
    ],
    [
      { anchors: [{ name: "tsa", lastMs: undefined, fault: "it answered 503" }] },
      "anchor warning: Outside clock tsa has stamped the log never: it answered 503.",
    ],
    [{ drillFailed: true }, "drill urgent: The last drill failed: the newest copy could not be brought up."],
  ];
  for (const [over, said] of cases) assert.deepEqual(find(over), [said]);
  const all = Object.assign({}, ...cases.map(([over]) => over)) as Partial<Watched>;
  assert.equal(
    new Set(findAlerts({ ...allWell, ...all }, thresholds, nowMs).map(({ kind }) => kind)).size,
    12,
  );
});

void test("a threshold of 0 is never, and below it nothing is said", () => {
  assert.deepEqual(find({ queueCases: 999 }), []);
  const off = Object.fromEntries(Object.keys(thresholdKinds).map((name) => [name, 0]));
  const webhooks = { troubled: 0, dead: 5 };
  const late = [{ name: "tsa", lastMs: 0, fault: "x" }];
  assert.deepEqual(
    find({ queueCases: 9999, overdueDisputes: 9, unconfirmedVerdicts: 9, webhooks, anchors: late }, off),
    [],
  );
});

void test("many findings stay bounded", () => {
  const each = Array.from({ length: 100 }, (_, place) => ({ name: `w${place}`, state: "refused" }));
  assert.equal(find({ witnesses: { alarms: [], each } }).length, 32);
  assert.ok((find({ sealing: { fault: "x".repeat(9999), gap: false, waiting: 0 } })[0]?.length ?? 0) < 300);
});

void test("thresholds are settings, and the page has all kinds", () => {
  for (const [name, value] of Object.entries(thresholds)) {
    assert.equal(defaultSettings[name as keyof typeof defaultSettings], value);
  }
  const page = readFileSync(new URL("../../../../docs/operations/alerts.md", import.meta.url), "utf8");
  const rows = [...(page.split("## Who is told")[0]?.matchAll(/^\| `([a-z]+)` \|/gm) ?? [])].map(
    ([, kind]) => kind,
  );
  assert.deepEqual(rows, [...alertKinds]);
  assert.deepEqual(Object.keys(alertPages).sort(), [...alertKinds].sort());
});
