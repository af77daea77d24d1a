// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { PolicyError } from "../errors.ts";
import { evaluate } from "../evaluate.ts";
import { lookupFacts, lookupQuestions, lookupValuesMax, recordedLookups } from "../lookup-reads.ts";
import { runPolicyTests } from "../policy-tests.ts";
import { readSet } from "../program.ts";
import type { PolicySet } from "../program.ts";
import { mistakesOf, withCondition, withKeys } from "../testing/mistakes.ts";
import type { MistakeCase } from "../testing/mistakes.ts";
import type { EvaluationInput, LookupRead } from "../types.ts";
import { loadPolicies } from "./load.ts";

const dbl = "lookups: { dbl: { zone: dbl.example.net, of: signals.domains } }\n";

const mistakes: readonly MistakeCase[] = [
  [
    "declarations",
    withKeys(
      "lookups:\n  a-b: { zone: x.example, of: actor.ip }\n  c: { zone: -x, of: content.text }\n" +
        "  d: { of: actor.email }\n  e: { zone: x.example, of: actor.ip, timeout: 5s, " +
        "codes: [127.0.0.2, 10.0.0.1] }",
    ),
    '6:3: "a-b" can\'t name a lookup; use letters, digits and _ (bad-id)',
    '6:3: no rule reads the lookup "a-b"; leave it out, or use it (unused-lookup)',
    '7:14: zone can\'t be "-x"; write the name of a zone, such as dbl.example.net, ' +
      "at most 128 characters (bad-value)",
    '7:22: "content.text" can\'t be looked up; look up one of actor.ip, actor.email, signals.domains, ' +
      "signals.emailHosts (bad-path)",
    '8:6: lookup d needs the key "zone" (missing-key)',
    '9:3: no rule reads the lookup "e"; leave it out, or use it (unused-lookup)',
    '9:48: timeout can\'t be "5s"; write a time from 20ms to 1s, such as 500ms (bad-duration)',
    '9:71: "10.0.0.1" can\'t be an answer of a list; write an address such as 127.0.0.2 (bad-value)',
  ],
  [
    "a lookup that isn't declared",
    withCondition("lookups.dbl.listed"),
    '5:11: nothing is called "lookups"; declare it: lookups: { dbl: { zone: dbl.example.net, of: ' +
      "signals.domains } } (unknown-name)",
  ],
  [
    "a part of a lookup that it lacks",
    withCondition("lookups.dbl.list && lookups.dbl.listed", dbl),
    '5:23: nothing is called "lookups.dbl.list"; read lookups.dbl.listed or lookups.dbl.codes (unknown-name)',
  ],
  [
    "a lookup that is disclosed",
    withCondition("lookups.dbl.listed", `    disclose: [lookups.dbl.codes]\n${dbl}`),
    '7:16: "lookups.dbl.codes" can\'t be disclosed; disclose a field, a signal or a counter (bad-path)',
  ],
  [
    "events without what is looked up",
    `policy: p\non: [login]\nrules:\n  - { id: r, when: lookups.dbl.listed, points: 1 }\n${dbl}`,
    "5:46: events of type login have no signals.domains; leave the lookup out (absent-field)",
  ],
];

for (const [name, text, ...expected] of mistakes) {
  test(`mistake in a lookup: ${name}`, () => assert.deepEqual(mistakesOf(text), expected));
}

function load(id: string, lookups: string, when = "lookups.dbl.listed"): PolicySet {
  const rule = `  - { id: ${id}-r, when: "${when}", points: 5 }`;
  const text = `policy: ${id}\non: [comment]\nlookups: ${lookups}\nrules:\n${rule}\n`;
  return loadPolicies([{ path: `${id}.yaml`, text }]);
}

test("a name is one lookup in all policies", () => {
  const policy = (id: string, zone: string): { path: string; text: string } => ({
    path: `${id}.yaml`,
    text:
      `policy: ${id}\non: [comment]\nlookups: { dbl: { zone: ${zone}, of: actor.ip } }\n` +
      `rules:\n  - { id: ${id}-r, when: lookups.dbl.listed, points: 1 }\n`,
  });
  assert.equal(loadPolicies([policy("a", "x.example"), policy("b", "X.example.")]).lookups.size, 1);
  assert.throws(
    () => loadPolicies([policy("a", "x.example"), policy("b", "y.example")]),
    (error: PolicyError) => /"dbl" is declared otherwise at a\.yaml:3/.test(error.message),
  );
});

const event: Pick<EvaluationInput, "actor" | "signals"> = {
  actor: { id: "a", ip: "192.0.2.1", email: "Name@Mail.Example" },
  signals: { domains: Array.from({ length: 20 }, (_, index) => `d${index}.example`), emailHosts: [] },
};

test("what is asked: the lookups that are read, of what the event has", () => {
  const set = load(
    "p",
    "{ dbl: { zone: a.example, of: signals.domains }, " +
      "ip: { zone: b.example, of: actor.ip, timeout: 50ms }, " +
      "hosts: { zone: c.example, of: signals.emailHosts }, mail: { zone: d.example, of: actor.email } }",
    "lookups.dbl.listed || lookups.ip.listed || size(lookups.hosts.codes) > 1 || lookups.mail.listed",
  );
  assert.deepEqual(
    lookupQuestions(set, "comment", event).map(({ lookup, values }) => [
      lookup.name,
      lookup.timeoutMs,
      ...values,
    ]),
    [
      ["dbl", 500, ...(event.signals["domains"] as string[]).slice(0, lookupValuesMax)],
      ["ip", 50, "192.0.2.1"],
      ["hosts", 500],
      ["mail", 500, "mail.example"],
    ],
  );
  assert.deepEqual(lookupQuestions(set, "login", event), []);
  assert.deepEqual(
    lookupQuestions(set, "comment", { actor: { id: "a" }, signals: {} }).map(({ lookup }) => lookup.name),
    [],
  );
  assert.deepEqual([...readSet(set).lookups], ["dbl", "ip", "hosts", "mail"]);
});

function evaluated(set: PolicySet, lookups: Record<string, LookupRead>): { points: number; missing: number } {
  const { points, missing } = evaluate(set, {
    type: "comment",
    op: "create",
    decidedAt: 0,
    actor: { id: "a" },
    signals: {},
    counters: new Map(),
    standing: { strikes: 0, restricted: false },
    lookups,
  });
  return { points, missing: missing.length };
}

test("conditions read answers; one that failed is missing", () => {
  const set = load(
    "p",
    "{ dbl: { zone: a.example, of: signals.domains } }",
    "'127.0.1.2' in lookups.dbl.codes",
  );
  const listed = { dbl: { listed: true, codes: ["127.0.1.2"] } };
  assert.deepEqual(evaluated(set, listed), { points: 5, missing: 0 });
  assert.deepEqual(evaluated(set, { dbl: { listed: false, codes: [] } }), { points: 0, missing: 0 });
  assert.deepEqual(evaluated(set, {}), { points: 0, missing: 1 });
});

test("recorded answers are those of a release that asked the same", () => {
  const set = load("p", "{ dbl: { zone: a.example, of: signals.domains, timeout: 1s } }");
  const lookups = { dbl: { listed: true, codes: ["127.0.1.2"] } };
  const values = Object.fromEntries(lookupFacts(lookups));
  assert.deepEqual(values, { "lookups.dbl.listed": true, "lookups.dbl.codes": ["127.0.1.2"] });
  const same = load("p", "{ dbl: { zone: a.example, of: signals.domains } }");
  assert.deepEqual(recordedLookups(set, same, "comment", values), { lookups, unrecorded: [] });
  assert.deepEqual(recordedLookups(set, same, "comment", {}), { lookups: {}, unrecorded: [] });
  for (const other of [
    "{ dbl: { zone: b.example, of: signals.domains } }",
    "{ dbl: { zone: a.example, of: actor.ip } }",
    "{ dbl: { zone: a.example, of: signals.domains, codes: [127.0.1.2] } }",
  ]) {
    const recorded = recordedLookups(set, load("p", other), "comment", values);
    assert.deepEqual(recorded, { lookups: {}, unrecorded: ["dbl"] });
  }
});

test("tests of a policy give answers", () => {
  const text =
    `policy: p\non: [comment]\n${dbl}rules:\n` +
    "  - { id: r, when: lookups.dbl.listed, then: { outcome: flag } }\n" +
    '  - { id: s, when: "!has(lookups.dbl.listed)", then: { outcome: hold } }\ntests:\n' +
    "  - { name: a, given: { lookups: { dbl: [127.0.1.2] } }, expect: { outcome: flag } }\n" +
    "  - { name: b, given: { lookups: { dbl: missing } }, expect: { outcome: hold } }\n" +
    "  - { name: c, given: {}, expect: { outcome: allow } }\n";
  const results = runPolicyTests(loadPolicies([{ path: "p.yaml", text }]));
  assert.deepEqual(
    results.flatMap(({ failures }) => failures),
    [],
  );
  assert.equal(results.length, 3);
});
