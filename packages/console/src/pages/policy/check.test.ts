// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFiles, viewsOf, vocabulary } from "./check.ts";

const text = `policy: comments
on: [comment]
lists:
  staff: { kind: actor }
exempt:
  - { id: staff, when: actor.id in lists.staff, from: [links], owner: moderation, until: 2026-01-31 }
rules:
  - id: links
    when: signals.linkCount >= 2
    then: { outcome: reject }
  - { id: long, when: signals.words > 900, mode: shadow, then: { outcome: hold } }
tests:
  - name: two links
    given: { content: { text: "http://a.example http://b.example" } }
    expect: { outcome: reject, rules: [links] }
  - name: one link
    given: { content: { text: "http://a.example" } }
    expect: { outcome: reject }
`;
const views = viewsOf([{ name: "staff", kind: "actor", entries: [] }]);
const nowMs = Date.UTC(2026, 10, 23);

test("tests run, and what differs is said at their line", () => {
  const { findings, tests } = checkFiles([{ path: "comments.yaml", text }], nowMs, views);
  assert.deepEqual(
    tests.map(({ name, passed, line }) => [name, passed, line]),
    [
      ["two links", true, 13],
      ["one link", false, 16],
    ],
  );
  const said = findings.map(({ kind, line, message }) => `${kind} ${line} ${message.slice(0, 29)}`);
  assert.deepEqual(said, [
    'test 16 the test "one link" fails: ex',
    'warning 6 the exemption "staff" of mode',
    'warning 8 the rule "links" refuses even',
  ]);
});

const listed = `policy: links
on: [comment]
lists:
  bad: { kind: domain, file: lists/bad.txt }
rules:
  - id: bad
    when: signals.domains.exists(domain, domain in lists.bad)
    then: { outcome: reject }
    reason: { en: Not here. }
tests:
  - name: listed
    given: { content: { text: "https://x.example/a" } }
    expect: { outcome: reject }
  - name: given
    given: { content: { text: "https://y.example/a" }, lists: { bad: [y.example] } }
    expect: { outcome: allow }
`;

test("a test that reads a list passes with it, and does not fail without it", () => {
  const files = [{ path: "links.yaml", text: listed }];
  const outcomes = (...given: Parameters<typeof viewsOf>[0]): unknown[] =>
    checkFiles(files, nowMs, viewsOf(given)).tests.map(({ passed, without }) => [passed, without]);
  const entries = [{ value: "x.example" }];
  // The second gives its own entries, and is wrong with any.
  assert.deepEqual(outcomes({ name: "bad", kind: "domain", entries }), [
    [true, []],
    [false, []],
  ]);
  const unread = [
    [false, ["bad"]],
    [false, []],
  ];
  assert.deepEqual(outcomes(), unread);
  assert.deepEqual(outcomes({ name: "bad", kind: "term", entries }), unread, "of another kind");
  assert.deepEqual(outcomes({ name: "bad", kind: "domain", entries: [] })[0], [false, []]);
  const said = checkFiles(files, nowMs).findings.map(({ kind, line }) => `${kind} ${line}`);
  assert.deepEqual(said.slice(0, 2), ["warning 11", "test 14"]);
});

test("what files declare is listed, with who reads it", () => {
  const { rules, exemptions, lists, readers } = checkFiles([{ path: "comments.yaml", text }], nowMs);
  assert.deepEqual(
    rules.map(({ id, mode, outcome }) => [id, mode, outcome]),
    [
      ["links", "enforce", "reject"],
      ["long", "shadow", "hold"],
    ],
  );
  assert.deepEqual(lists, [{ name: "staff", kind: "actor", file: null, tested: true }]);
  assert.deepEqual(readers, { "lists.staff": ["staff"] });
  // A day is meant to its end.
  assert.deepEqual(exemptions[0]?.untilMs, Date.UTC(2026, 1, 1));
});

test("all mistakes are told at once, with what to do", () => {
  const bad = text.replace("linkCount", "linkCuont").replace("outcome: hold", "outcome: held");
  const { findings, rules } = checkFiles([{ path: "comments.yaml", text: bad }], nowMs);
  assert.ok(findings.length >= 2);
  assert.ok(findings.every(({ kind, line }) => kind === "error" && line > 0));
  assert.match(findings[0]?.message ?? "", /linkCount/);
  assert.deepEqual(rules, []);
});

test("everything that conditions may read has a sentence", () => {
  const words = vocabulary();
  assert.ok(words.length > 50);
  for (const { name, says } of words) assert.ok(says.length > 5, name);
  assert.equal(new Set(words.map(({ name }) => name)).size, words.length);
});
