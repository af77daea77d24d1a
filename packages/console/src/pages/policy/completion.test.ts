// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { complete, constructAt, declaredIn, pathAt } from "./completion.ts";

const paths = [{ name: "signals.linkCount", says: "How many links." }];
/** What is offered where the bar stands. */
function offered(marked: string): string[] {
  const offset = marked.indexOf("|");
  const found = complete(marked.replace("|", ""), offset, paths);
  return found?.options.map(({ name }) => name) ?? [];
}

test("keys are offered where they belong", () => {
  assert.ok(offered("pol|").includes("policy"));
  assert.ok(offered("rules:\n  - id: a\n    wh|").includes("when"));
  assert.ok(offered("rules:\n  - |").includes("strikeEvery"));
  assert.ok(offered("rules:\n  - id: a\n    then: { out|").includes("outcome"));
  assert.ok(offered("rules:\n  - { id: a, then: { throttle: { r|").includes("rate"));
  assert.ok(offered("rules:\n  - id: a\n    then:\n      sus|").includes("suspend"));
  assert.ok(offered("counters:\n  same:\n    co|").includes("count"));
  assert.ok(offered("counters:\n  same: { co|").includes("count"));
  assert.ok(offered("exempt:\n  - id: staff\n    unt|").includes("until"));
  assert.ok(offered("tests:\n  - name: a\n    given: { ac|").includes("actor"));
  assert.ok(offered("tests:\n  - name: a\n    given:\n      actor:\n        a|").includes("age"));
  assert.ok(!offered("rules:\n  - id: a\n    then: { out|").includes("strikeEvery"));
  assert.deepEqual(offered("# pol|"), []);
});

test("words are offered where few may stand", () => {
  assert.deepEqual(offered("rules:\n  - id: a\n    then: { outcome: r|").at(-1), "reject");
  assert.deepEqual(offered("rules:\n  - id: a\n    mode: |"), ["enforce", "shadow"]);
  assert.ok(offered("lists:\n  bad: { kind: d|").includes("domain"));
});

test("conditions are offered what they may read", () => {
  const file =
    "counters:\n  same: { count: events, by: actor.id, over: 1h }\nlimits:\n  pace: { rate: 1/m }\nrules:\n";
  const names = offered(`${file}  - id: a\n    when: signals.|`);
  assert.deepEqual(names.slice(0, 4), [
    "signals.linkCount",
    "counters.same",
    "limits.pace.exceeded",
    "limits.pace.wait",
  ]);
  assert.ok(names.includes("exists"));
  assert.ok(offered(`${file}  - id: a\n    when: >-\n      signals.l|`).includes("signals.linkCount"));
  assert.ok(offered(`${file}  - { id: a, when: counters.|`).includes("counters.same"));
  assert.ok(!offered(`${file}  - id: a\n    when: signals.domains.filter(x, x != '').s|`).includes("id"));
});

test("what stands somewhere is said", () => {
  const file =
    "rules:\n  - id: a\n    strikeEvery: 1h\n    when: signals.linkCount > 2\n    then: { outcome: hold }\n";
  const at = (word: string): string | undefined => constructAt(file, file.indexOf(word) + 2, paths)?.name;
  assert.equal(at("strikeEvery"), "strikeEvery");
  assert.equal(at("signals.linkCount"), "signals.linkCount");
  assert.equal(at("outcome"), "outcome");
  assert.equal(at("hold"), "hold");
  assert.equal(constructAt(file, file.indexOf("1h"), paths), undefined);
});

test("paths are read from the indentation, also of what is half written", () => {
  const file = "rules:\n  - id: a\n    then:\n      throttle:\n        rate: 1/m\n  - id: b\n    brake: {";
  assert.deepEqual(pathAt(file, file.indexOf("rate")), ["rules", "then", "throttle"]);
  assert.deepEqual(pathAt(file, file.length), ["rules", "brake"]);
  assert.deepEqual(
    declaredIn("lists:\n  bad: { kind: domain }\n  good:\n    kind: actor\n").map(({ name }) => name),
    ["lists.bad", "lists.good"],
  );
});
