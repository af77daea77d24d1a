// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPolicies } from "@docket/policy";
import type { Decision, Event, Facts } from "@docket/protocol";
import { summarise, summaryText } from "./summary.ts";
import { Tally } from "./tally.ts";

const policy = `policy: comments
on: [comment]
counters:
  by_ip: { count: events, by: actor.ip, over: 1h }
rules:
  - { id: fires, when: signals.linkCount >= 1, points: 100 }
  - { id: quiet, when: signals.linkCount >= 5, mode: shadow, points: 100 }
  - { id: young, when: actor.age < duration('24h'), points: 100 }
  - { id: crowd, when: counters.by_ip >= 3, points: 100 }
`;
const mails = `policy: mails
on: [email]
rules:
  - { id: any, when: signals.length >= 0, points: 1 }
`;

function decision(change: Partial<Decision>): Decision {
  return {
    sealed: true,
    index: 0,
    repeat: false,
    outcome: "allow",
    rules: [],
    reasons: [],
    restrictions: [],
    decidedAt: "2026-01-01T00:00:00.000Z",
    actor: "a_1",
    release: "r",
    ...change,
  };
}

test("a run is summed up: answers, restrictions, what fired, and why the rest did not", () => {
  const tally = new Tally(
    loadPolicies([
      { path: "comments.yaml", text: policy },
      { path: "mails.yaml", text: mails },
    ]),
  );
  const event: Event = { id: "1", type: "comment", actor: { id: "a" }, content: { text: "hi" } };
  const until = "2026-01-02T00:00:00.000Z";
  const suspend = { id: "r_1", kind: "suspend" as const, until };
  tally.add({ line: 1, event, decision: decision({ index: 4, outcome: "reject", restrictions: [suspend] }) });
  tally.add({ line: 2, event, decision: decision({ index: 5, outcome: "reject", restrictions: [suspend] }) });
  const refused = decision({ index: 6, outcome: "reject", refusedBy: "r_1", rules: ["standing.suspended"] });
  tally.add({ line: 3, event, decision: refused });
  tally.add({ line: 4, event, decision: decision({ index: 4, repeat: true }) });
  tally.add({ line: 5, error: { code: "json_syntax", message: "bad", remedy: "mend it" } });
  tally.addFacts({
    fired: [{ policy: "comments", rule: "fires" }],
    missing: ["comments/young"],
  } as unknown as Facts);

  const figures = {
    form: "docket",
    order: "time",
    complete: true,
    recordsSealed: 3,
    size: 7,
    release: "r",
  } as const;
  const summary = summarise(tally, { ...figures, ms: 2000, factsRead: true });
  assert.deepEqual(
    [summary.events, summary.decided, summary.repeats, summary.errors, summary.eventsPerSecond],
    [5, 3, 1, 1, 3],
  );
  assert.deepEqual(summary.outcomes, { allow: 1, flag: 0, challenge: 0, delay: 0, hold: 0, reject: 3 });
  assert.deepEqual(summary.actorsRestricted, { warn: 0, throttle: 0, limit: 0, suspend: 1, ban: 0 });
  assert.deepEqual(summary.refused, { "standing.suspended": 1 });
  assert.deepEqual(summary.rules, [{ policy: "comments", rule: "fires", mode: "enforce", fired: 1 }]);
  assert.deepEqual([...tally.records], [4, 5, 6]);
  assert.deepEqual(
    summary.neverFired?.map(({ rule, mode, why }) => [rule, mode, why]),
    [
      ["quiet", "shadow", "its condition was never true"],
      ["young", "enforce", "actor.age was missing in all 4 events; send actor.createdAt"],
      [
        "crowd",
        "enforce",
        "counters.by_ip counts by actor.ip, which was missing in all 4 events; send actor.ip",
      ],
      ["any", "enforce", "the policy is about email, and there was no such event"],
    ],
  );
  const text = summaryText(summary);
  for (const line of [
    /^Events +5: 3 decided, 1 repeats, 1 errors$/m,
    /^Actors +0 throttled, 1 suspended$/m,
    /^ {2}reject +3 +75\.0 %$/m,
    /^ {2}comments\/fires +1 +25\.0 %$/m,
    /^ {2}standing\.suspended +1 +25\.0 % +refused by a restriction in force$/m,
    /^ {2}mails\/any +the policy is about email/m,
  ]) {
    assert.match(text, line);
  }
});
