// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { counterEntries, loadPolicies } from "./index.ts";
import type { EvaluationInput } from "./index.ts";

const set = loadPolicies([
  {
    path: "p.yaml",
    text: `
policy: p
on: [comment]
attributes: { team: string }
counters:
  pair: { count: events, by: [signals.domains, actor.id], over: 1h }
  actors: { count: distinct actor.id, by: signals.domains, over: 1h }
  spread: { count: distinct signals.domains, by: actor.id, over: 1h }
  team: { count: events, by: actor.attributes.team, over: 1h }
rules:
  - id: r
    when: counters.pair > 1 || counters.actors > 1 || counters.spread > 1 || counters.team > 1
    points: 1
`,
  },
]);

const input: EvaluationInput = {
  type: "comment",
  op: "create",
  decidedAt: 0,
  actor: { id: "ann" },
  signals: { domains: ["a.example", "b.example", "a.example"] },
  counters: new Map(),
  standing: { strikes: 0, restricted: false },
};

function entriesOf(name: string, given: EvaluationInput): unknown {
  const counter = set.policies[0]?.counters.get(name);
  assert.ok(counter);
  return counterEntries(set, counter, given);
}

test("an event is counted under each element of a list, once", () => {
  assert.deepEqual(entriesOf("pair", input), [{ by: ["ann", "a.example"] }, { by: ["ann", "b.example"] }]);
  assert.deepEqual(entriesOf("actors", input), [
    { by: ["a.example"], of: "ann" },
    { by: ["b.example"], of: "ann" },
  ]);
  assert.deepEqual(entriesOf("spread", input), [
    { by: ["ann"], of: "a.example" },
    { by: ["ann"], of: "b.example" },
  ]);
});

test("of a list the first eight elements count", () => {
  const domains = Array.from({ length: 20 }, (_, index) => `d${index}.example`);
  const entries = entriesOf("actors", { ...input, signals: { domains } });
  assert.deepEqual(
    entries,
    domains.slice(0, 8).map((domain) => ({ by: [domain], of: "ann" })),
  );
});

test("an empty list counts nowhere; a missing field and another type of event have no value", () => {
  assert.deepEqual(entriesOf("pair", { ...input, signals: { domains: [] } }), []);
  assert.deepEqual(entriesOf("pair", { ...input, signals: {} }), undefined);
  assert.deepEqual(entriesOf("team", input), undefined);
  assert.deepEqual(entriesOf("pair", { ...input, type: "login" }), undefined);
});
