// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Facts } from "@docket/protocol";
import { LimitReplay } from "./limits.ts";
import { releaseOf } from "./testing/site.ts";

const release = releaseOf(`
policy: p
on: [comment]
limits:
  pace: { rate: 1/m, burst: 2, by: actor.id }
rules:
  - { id: fast, when: limits.pace.exceeded, then: { outcome: delay } }
  - { id: shy, when: limits.pace.wait > duration('30s'), then: { outcome: delay }, mode: shadow }
`);
const [hash = ""] = release.limits.keys();
const second = 1000;

test("waits are those of a virtual schedule; what was refused takes nothing", () => {
  const replay = new LimitReplay();
  // Two at once, then one a minute.
  assert.deepEqual(follow(replay, 0, { wait: 0, outcome: "allow" }), []);
  assert.deepEqual(follow(replay, 0, { wait: 0, outcome: "allow" }), []);
  assert.deepEqual(follow(replay, 1, { wait: 59 * second, outcome: "delay" }), []);
  assert.deepEqual(follow(replay, 60, { wait: 0, outcome: "allow" }), []);
  assert.deepEqual(follow(replay, 61, { wait: 59 * second, outcome: "delay" }), []);
  assert.equal(replay.summary.checked, 5);
});

test("another wait than the records before give is found, with what was recorded", () => {
  const replay = new LimitReplay();
  follow(replay, 0, { wait: 0, outcome: "allow" });
  const [finding] = follow(replay, 0, { wait: 5, outcome: "allow" });
  assert.deepEqual(finding, {
    kind: "limit",
    index: 0,
    what: `facts.limits.${hash}`,
    recorded: 5,
    replayed: 0,
  });
});

test("a wait for a limit that the event does not stand in is one too many", () => {
  const replay = new LimitReplay();
  const facts = factsOf(0, 0);
  facts.keys = {};
  const found = replay.follow({ index: 3, actor: "a_x", outcome: "allow" }, release, facts, 0, true);
  assert.deepEqual(
    found.map(({ recorded, replayed }) => [recorded, replayed]),
    [[0, null]],
  );
});

test("the copy of a rule in shadow keeps what that rule would have refused", () => {
  const replay = new LimitReplay();
  for (let i = 0; i < 2; i++) follow(replay, 0, { wait: 0, outcome: "allow", copy: 0 });
  // The rule in shadow would have refused it, so its copy isn't used up; the limit itself has no room.
  assert.deepEqual(
    follow(replay, 0, { wait: 60 * second, outcome: "allow", copy: 60 * second, shy: true }),
    [],
  );
  assert.deepEqual(follow(replay, 60, { wait: 0, outcome: "allow", copy: 0 }), []);
  assert.deepEqual(follow(replay, 60, { wait: 60 * second, outcome: "delay", copy: 60 * second }), []);
});

type Given = {
  wait: number;
  outcome: "allow" | "delay";
  copy?: number;
  shy?: boolean;
};

function follow(replay: LimitReplay, atSeconds: number, given: Given): ReturnType<LimitReplay["follow"]> {
  const facts = factsOf(atSeconds, given.wait);
  if (given.copy !== undefined) facts.shadowLimits = { [`${hash} p/shy`]: given.copy };
  if (given.shy === true) {
    facts.fired = [{ policy: "p", rule: "shy", mode: "shadow", outcome: "delay", clauses: "t" }];
  }
  const record = { index: 0, actor: "a_x", outcome: given.outcome };
  return replay.follow(record, release, facts, atSeconds * second, true);
}

function factsOf(atSeconds: number, wait: number): Facts {
  return {
    v: 1,
    event: { id: "", body: "", type: "comment", op: "create", time: null, inReplyTo: null },
    decidedAt: new Date(atSeconds * second).toISOString(),
    clock: "received",
    source: "http",
    values: {},
    counters: {},
    limits: { [hash]: wait },
    keys: { [hash]: [["@"]] },
    standing: { strikes: 0, restrictions: [] },
    clauses: "",
    fired: [],
    missing: [],
    points: 0,
    refusedBy: null,
    strikes: [],
    retryAfterMs: null,
    holdUntil: null,
    otherwise: null,
  };
}
