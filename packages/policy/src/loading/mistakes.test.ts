// SPDX-License-Identifier: Apache-2.0
// Every kind of mistake, with what a person reads of it: file, line, column, what is wrong, what to do.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { PolicyError } from "../errors.ts";
import { mistakesOf, withCondition, withKeys, withRule, withStrike } from "../testing/mistakes.ts";
import type { MistakeCase } from "../testing/mistakes.ts";
import type { PolicyFile } from "../types.ts";
import { loadPolicies } from "./load.ts";

const files: readonly MistakeCase[] = [
  [
    "YAML that can't be read",
    "policy: [p\non: x",
    "2:1: Flow sequence in block collection must be sufficiently indented and end with a ] (yaml-syntax)",
  ],
  ["a key twice", withKeys("policy: q"), "5:1: this key stands twice (duplicate-key)"],
  ["an empty file", "", "1:1: a policy must be a mapping (key: value), and this is empty (wrong-kind)"],
  [
    "a list as a file",
    "- a",
    "1:1: a policy must be a mapping (key: value), and this is a list (wrong-kind)",
  ],
  [
    "an unknown key",
    withKeys("rule: []"),
    '5:1: a policy has no key "rule"; did you mean "rules"? (unknown-key)',
  ],
  [
    "keys that are needed",
    "rules: []",
    '1:1: a policy needs the key "policy" (missing-key)',
    '1:1: a policy needs the key "on" (missing-key)',
    "1:8: a policy needs at least one rule (bad-value)",
  ],
  [
    "an alias",
    "policy: &p p\non: [*p]\nrules:\n  - { id: r, when: signals.linkCount > 1, points: 10 }",
    "2:6: an event type must be text, and this is an alias; write the value itself: anchors and " +
      "aliases are not supported (wrong-kind)",
  ],
  [
    "a bad policy id",
    withKeys("").replace("policy: p", "policy: My Policy"),
    "1:9: \"My Policy\" can't be a policy's id; begin with a letter, and use a-z, 0-9 and -, at " +
      "most 64 of them (bad-id)",
  ],
  [
    "a bad event type",
    withKeys("").replace("[comment]", "[Comment, mail, mail]"),
    '2:6: "Comment" can\'t be an event type; begin with a letter, and use a-z, 0-9 and -, at ' +
      "most 32 of them (bad-value)",
    '2:15: no event type is called "mail"; did you mean "email"? (unknown-name)',
    '2:21: "mail" stands in on twice (conflict)',
  ],
  [
    "a bad attribute",
    withKeys("attributes: { is-ok: bool, posts: integer }"),
    '5:15: "is-ok" can\'t name an attribute; use letters, digits and _ (bad-id)',
    '5:35: the type of an attribute can\'t be "integer"; there are int, bool, string, timestamp (bad-value)',
  ],
  [
    "thresholds out of order and out of reach",
    withKeys(
      "thresholds: [{ points: 5, outcome: hold }, { points: 8, outcome: flag }, { points: 99, " +
        "outcome: reject }]",
    ),
    "5:54: 8 points come to flag, and 5 to hold already; more points must come to a stricter " +
      "outcome (unreachable)",
    "5:84: 99 points can't be reached: all rules together give 10; lower it, or leave it out (unreachable)",
  ],
  [
    "two thresholds at one place",
    withKeys("thresholds: [{ points: 5, outcome: flag }, { points: 5, outcome: hold }]"),
    "5:54: two thresholds stand at 5 points (conflict)",
  ],
  [
    "a ladder with mistakes",
    withStrike(
      "ladder:\n  - { strikes: 0, within: 1w, then: { suspend: 1d } }\n  - { strikes: 2, within: " +
        "1d, then: {} }\n  - { strikes: 3, within: 2d, then: { ban: yes } }",
    ),
    "6:16: strikes must be from 1 to 1000, and this is 0 (bad-value)",
    '6:27: within can\'t be "1w"; write a whole number and s, m, h or d, such as 30s, 10m, 24h ' +
      "or 7d (bad-duration)",
    "7:37: the ladder's then does nothing; give warn, throttle, limit, suspend, ban or several (missing-key)",
    "8:44: ban must be true or false, and this is text (wrong-kind)",
  ],
  [
    "a step twice",
    withStrike(
      "ladder:\n  - { strikes: 2, within: 24h, then: { suspend: 1d } }\n  - { strikes: 2, " +
        "within: 1d, then: { suspend: 2d } }",
    ),
    "7:5: the ladder has a step for 2 strikes already, within 1d; put both into one (conflict)",
  ],
  [
    "counters with mistakes",
    withKeys(
      "counters:\n  a: { count: event, by: actor.id, over: 1h }\n" +
        "  b: { count: events, by: actor.age, over: 1h }\n" +
        "  c: { count: distinct actor.nam, by: [signals.links, signals.domains], over: 100s }\n  " +
        "d: { count: events, by: [signals.links, signals.domains], over: 100d }\n  e: { count: " +
        "events, by: [signals.links, signals.domains], over: 1h }\n  f: { count: events, by: " +
        "actor.id, over: 1h, where: x }",
    ),
    '6:15: count can\'t be "event"; write events, or distinct and a field, such as distinct ' +
      "actor.id (bad-value)",
    '7:27: a counter can\'t count by "actor.age"; count by a field of the event or a signal (bad-path)',
    '8:24: nothing is called "actor.nam"; did you mean "actor.name"? (unknown-name)',
    "8:79: a sixtieth of 100s is no whole number of milliseconds; use a multiple of 3s (bad-window)",
    "9:67: over must be from 1s to 90d, and this is 100d (bad-duration)",
    "10:27: only one field of a counter may be a list: signals.domains, signals.links (conflict)",
    '11:54: nothing is called "x"; names begin with event, actor, content, signals, fields (unknown-name)',
  ],
  [
    "two rules of one id",
    withKeys("").replace("\n\n", "\n  - { id: r, when: signals.words > 1, points: 1 }\n"),
    '5:11: the rule "r" stands at p.yaml:4 already; records name rules by id alone: each needs ' +
      "its own (duplicate-id)",
  ],
];

const rules: readonly MistakeCase[] = [
  [
    "a rule that does nothing",
    "mode: shadow",
    '4:5: a rule needs the key "then" or "points"; say what it does (missing-key)',
  ],
  ["an empty then", "then: {}", "6:11: then does nothing (missing-key)"],
  [
    "an unknown outcome",
    "then: { outcome: rejct }",
    '6:22: outcome can\'t be "rejct"; did you mean "reject"? (bad-value)',
  ],
  [
    "a warning that isn't one",
    "then: { warn: false }",
    "6:19: warn can only be true; leave it out instead (bad-value)",
  ],
  [
    "delay without a time",
    "then: { outcome: delay }",
    '6:22: then with outcome: delay needs the key "retryAfter"; say when to try again, or ' +
      "read a limit in the condition (missing-key)",
  ],
  [
    "a time without delay",
    "then: { outcome: flag, retryAfter: 1m }",
    '6:28: "retryAfter" has a meaning only with outcome: delay (conflict)',
  ],
  [
    "holdFor without otherwise",
    "then: { outcome: hold, holdFor: 1h }",
    '6:28: then with holdFor needs the key "otherwise"; say what comes after it (missing-key)',
  ],
  [
    "otherwise without holdFor",
    "then: { outcome: hold, otherwise: allow }",
    '6:28: then with otherwise needs the key "holdFor"; say how long it holds (missing-key)',
  ],
  [
    "a strike for what is delayed",
    "then: { outcome: delay, retryAfter: 1m, strike: 1 }",
    "6:45: an event that comes to delay gives no strike; add an outcome of flag, challenge, hold " +
      "or reject, or leave it out (conflict)",
  ],
  [
    "too many strikes",
    "then: { outcome: reject, strike: 101 }",
    "6:38: strike must be from 1 to 100, and this is 101 (bad-value)",
  ],
  [
    "a bad rate",
    "then: { throttle: { rate: 1 per m, for: 1h } }",
    '6:31: rate can\'t be "1 per m"; write events per s, m, h or d, such as 1/m or 20/h (bad-rate)',
  ],
  [
    "a throttle without an end",
    "then: { throttle: { rate: 1/m } }",
    '6:23: throttle needs the key "for" (missing-key)',
  ],
  [
    "a number for a time",
    "then: { suspend: 24 }",
    "6:22: suspend must be text, and this is the number 24 (wrong-kind)",
  ],
  ["points of 0", "points: 0", "6:13: points must not be 0 (bad-value)"],
  ["points in text", "points: many", "6:13: points must be a whole number, and this is text (wrong-kind)"],
  [
    "strikeEvery without a strike",
    "points: 1\n    strikeEvery: 1h",
    '7:5: "strikeEvery" has a meaning only with a strike; add strike to then, or leave it out (conflict)',
  ],
  [
    "an unknown mode",
    "points: 1\n    mode: shaddow",
    '7:11: mode can\'t be "shaddow"; did you mean "shadow"? (bad-value)',
  ],
  [
    "a language that is none",
    "points: 1\n    reason: { english: No. }",
    '7:15: "english" is no language tag; write one such as en, de or pt-BR (bad-value)',
  ],
  ["an empty reason", 'points: 1\n    reason: ""', "7:13: a reason must not be empty (bad-value)"],
  [
    "a disclosed path that isn't",
    "points: 1\n    disclose: [signals.linkcont, standing.strikes]",
    '7:16: nothing is called "signals.linkcont"; did you mean "signals.linkCount"? (unknown-name)',
    '7:34: "standing.strikes" can\'t be disclosed; disclose a field, a signal or a counter (bad-path)',
  ],
  ["an empty value", "points:", "6:11: points must be a whole number, and this is empty (wrong-kind)"],
];

const conditions: readonly (readonly [string, string])[] = [
  [
    "signals.linkCont > 1",
    '5:19: nothing is called "signals.linkCont"; did you mean "signals.linkCount"? (unknown-name)',
  ],
  ["linkCount > 1", '5:11: nothing is called "linkCount"; did you mean "signals.linkCount"? (unknown-name)'],
  [
    "actor.attributes.age > 1",
    '5:28: nothing is called "actor.attributes.age"; declare it: attributes: { age: int } (unknown-name)',
  ],
  [
    "counters.posts > 1",
    '5:20: nothing is called "counters.posts"; declare it under counters: (unknown-name)',
  ],
  [
    "signals",
    '5:11: "signals" is a group of names, not a value; write signals.NAME: links, domains, ' +
      "linkCount, linkTricks, shorteners, lookalikes, emailHosts, phones (wrong-type)",
  ],
  [
    "signals.linkCount.size > 1",
    '5:29: int has no fields, so ".size" has no meaning; to call it, write .size() (wrong-type)',
  ],
  [
    "signals.linkCount",
    "5:11: a condition must be bool, and this is int; compare it with something (wrong-type)",
  ],
  ["signals.linkCount > '3'", "5:29: > can't be used between int and string (wrong-type)"],
  [
    "signals.links > 3",
    "5:25: > can't be used between list<string> and int; compare its .size() (wrong-type)",
  ],
  [
    "actor.age < 24",
    "5:21: < can't be used between duration and int; write a time as duration('24h') (wrong-type)",
  ],
  [
    "signals.linkCount > 1 && signals.links",
    "5:36: each side of && must be bool, but this is list<string>; ask for its .size(), or use " +
      "exists() (wrong-type)",
  ],
  [
    "'a' in content.text",
    "5:15: in can't be used between string and string; to look into a text, use .contains() (wrong-type)",
  ],
  [
    "signals.links.contains('a')",
    "5:11: contains() is a method of string, and this is list<string>; ask whether a value is in " +
      "it with in, or use exists(x, x.contains(…)) (wrong-type)",
  ],
  [
    "signals.words in [1, 'a']",
    "5:32: a list holds values of one type: int before, string here (wrong-type)",
  ],
  [
    "signals.linkCount > 1.5",
    "5:31: 1.5 is a fraction, and a sealed decision is made with integers only; use whole " +
      "numbers: shares are in thousandths, times are durations (unsupported)",
  ],
  ["signals.linkCount > 1u", "5:31: 1u is unsigned; integers here are signed; write 1 (unsupported)"],
  ["signals.words == {'a': 1}", "5:28: maps are not part of this language; use a list (unsupported)"],
  [
    "content.text == null",
    "5:27: null is not part of this language; use has() to ask for a value (unsupported)",
  ],
  ["content.text == b'a'", "5:27: bytes are not part of this language; use a string (unsupported)"],
  [
    "int(content.text) > 1",
    "5:11: int() is not part of this language; values keep the type that they are declared with " +
      "(unsupported)",
  ],
  [
    "content.text.lower() == 'a'",
    "5:24: there is no function lower(); write lowerAscii() (unknown-function)",
  ],
  [
    "content.text.startWith('a')",
    '5:24: there is no function startWith(); did you mean "startsWith"? (unknown-function)',
  ],
  ["contains(content.text, 'a')", "5:11: contains() is a method; write VALUE.contains(…) (unknown-function)"],
  [
    "content.text.matches(content.title)",
    "5:32: a pattern must be a literal, so that it can be checked when the policy is loaded (wrong-type)",
  ],
  [
    "content.text.matches('(?=a)')",
    "5:32: this pattern can't be read: error parsing regexp: invalid or unsupported Perl syntax: " +
      "`(?=`; patterns have RE2's syntax: no lookaround and no backreference (bad-pattern)",
  ],
  [
    "content.text.matches('(((a{100}){100}){100})')",
    "5:32: this pattern can't be read: error parsing regexp: invalid repeat count: `{100}` (bad-pattern)",
  ],
  [
    "actor.age < duration('1d')",
    "5:32: \"1d\" is no duration of this language; write it as in duration('24h') or " +
      "duration('1h30m'); units are h, m, s and ms (bad-literal)",
  ],
  [
    "actor.age < duration('1us')",
    '5:32: "1us" is no duration of this language; the smallest unit is a millisecond (bad-literal)',
  ],
  [
    "content.text == '\\q'",
    "5:28: \\q is no escape; write \\\\ for a backslash, or a raw string: r'…' (bad-literal)",
  ],
  ["content.text == 'a", "5:27: this string isn't closed; end it with ' (condition-syntax)"],
  ["signals.words > 9223372036854775808", "5:27: 9223372036854775808 is no 64-bit integer (bad-literal)"],
  ["signals.words = 1", '5:25: "=" is no operator; write == (condition-syntax)'],
  [
    "signals.words > 1 and signals.words < 3",
    '5:29: "and" stands where the end of the condition or an operator should be (condition-syntax)',
  ],
  [
    "(signals.words > 1",
    "5:29: the condition ends where the closing parenthesis should be (condition-syntax)",
  ],
  [
    "signals.words > 1d",
    "5:28: \"d\" can't follow the number 1; a time is written duration('1h') (condition-syntax)",
  ],
  ["1 < 2", "5:11: this condition is always true, so the rule always fires (constant-condition)"],
  [
    "signals.words > 1 && 1 > 2",
    "5:11: this condition is never true, so the rule can never fire (constant-condition)",
  ],
  [
    "signals.links.exists(signals.words, true)",
    "5:32: the first argument of exists() names the element, such as x (condition-syntax)",
  ],
  ["signals.words.exists(x, true)", "5:11: exists() goes over a list, and this is int (wrong-type)"],
  [
    "signals.links.exists(x, x.size())",
    "5:35: what exists() asks of each element must be bool, but this is int; compare it with " +
      "something (wrong-type)",
  ],
  ["has(1)", "5:15: has() asks for a field by its path, such as has(actor.age) (wrong-type)"],
  ["size() > 1", "5:11: size() takes one argument, and here it has 0 (wrong-type)"],
];

for (const [name, text, ...expected] of files) {
  test(`mistake in a policy: ${name}`, () => assert.deepEqual(mistakesOf(text), expected));
}
for (const [name, keys, ...expected] of rules) {
  test(`mistake in a rule: ${name}`, () => assert.deepEqual(mistakesOf(withRule(keys)), expected));
}
for (const [condition, expected] of conditions) {
  const quoted = /^'|[{}]|: | #/.test(condition) ? JSON.stringify(condition) : condition;
  const shifted =
    quoted === condition ? expected : expected.replace(/^5:(\d+)/, (_, column) => `5:${Number(column) + 1}`);
  test(`mistake in a condition: ${condition}`, () =>
    assert.deepEqual(mistakesOf(withCondition(quoted)), [shifted]));
}

test("a condition over its cost bound", () => {
  const pattern = `content.text.matches('${"[a-z]+x".repeat(120)}')`;
  const [message = ""] = mistakesOf(withCondition(Array.from({ length: 4 }, () => pattern).join(" || ")));
  assert.match(message, /^5:11: this condition can cost \d+ steps; the limit is 5000000; .* \(too-costly\)$/);
});

test("limits of size are told", () => {
  assert.match(
    mistakesOf(withCondition(`content.text == '${"a".repeat(4_000)}'`))[0] ?? "",
    /^5:11: this condition has \d+ characters; the limit is 4000; split it into several rules \(too-large\)$/,
  );
  assert.match(
    mistakesOf(withCondition(`${"(".repeat(60)}true${")".repeat(60)}`))[0] ?? "",
    /^5:\d+: this condition nests more than 48 deep; .* \(too-large\)$/,
  );
  assert.match(
    mistakesOf(withCondition(`content.text.matches('${"a".repeat(1_001)}')`))[0] ?? "",
    /the limit is 1000 \(bad-pattern\)$/,
  );
  assert.match(
    mistakesOf(" ".repeat(1_000_001))[0] ?? "",
    /^1:1: this file has 1000001 characters; the limit is 1000000 \(too-large\)$/,
  );
});

test("conditions that contradict themselves", () => {
  const never: readonly (readonly [string, string])[] = [
    ["signals.words > 5 && signals.words < 3", "signals.words"],
    ["signals.words > 5 && signals.words < 6", "signals.words"],
    ["signals.linkCount < 0", "signals.linkCount"],
    ["3 > signals.words && (signals.capitals > 1 && signals.words >= 3)", "signals.words"],
    ["event.type == 'a' && event.type == 'b'", "event.type"],
    ["actor.age < duration('1h') && actor.age > duration('2h')", "actor.age"],
    [
      "(signals.words < 0 || signals.words > 1 && signals.words == 1) && signals.letters > 1",
      "signals.words",
    ],
  ];
  for (const [condition, path] of never) {
    const message = `no value of ${path} makes this condition true, so the rule can never fire`;
    const expected = [`5:11: ${message} (constant-condition)`];
    assert.deepEqual(mistakesOf(withCondition(condition)), expected, condition);
  }
  const may = [
    "signals.words > 5 && signals.words < 7",
    "signals.words < 1",
    "signals.words < 0 || signals.words > 1",
    "actor.age < duration('0s')",
    "!(signals.words > 5 && signals.words < 3) && signals.words > 1",
    "signals.words >= 9223372036854775806 && signals.words <= 9223372036854775807",
  ];
  for (const condition of may) assert.deepEqual(mistakesOf(withCondition(`"${condition}"`)), [], condition);
});

test("whatever a file holds, loading ends with policies or with problems", () => {
  const whole = withKeys(
    "counters: { c: { count: events, by: [actor.id, signals.domains], over: 1h } }",
  ).replace("signals.linkCount > 1", "counters.c > 1 && content.text.matches('a+') || has(actor.age)");
  assert.deepEqual(mistakesOf(whole), []);
  const place = fc.nat(whole.length);
  const part = fc.oneof(
    fc.string(),
    fc.constantFrom("[", "{", "'", '"', "\\", ": ", "\n", "- ", "&a ", "*a", "!!x ", "? "),
  );
  const edited = fc.tuple(place, fc.nat(8), part).map(([at, length, text]) => {
    return whole.slice(0, at) + text + whole.slice(at + length);
  });
  fc.assert(
    fc.property(edited, (text) => {
      for (const line of mistakesOf(text)) assert.match(line, /^[1-9][0-9]*:[1-9][0-9]*: .+ \([a-z-]+\)$/);
    }),
    { numRuns: 500 },
  );
  assert.match(mistakesOf("[".repeat(400_000))[0] ?? "", /^1:\d+: this file nests too deep \(too-large\)$/);
});

test("lines end with CR LF, and a file may begin with a byte order mark", () => {
  const text = withCondition(">\n      signals.words > 1\n      && signals.nothing > 1").replaceAll(
    "\n",
    "\r\n",
  );
  assert.match(mistakesOf(text)[0] ?? "", /^7:18: nothing is called "signals\.nothing"/);
  assert.match(
    mistakesOf(`\uFEFF${withCondition("signals.nothing > 1")}`)[0] ?? "",
    /^5:19: nothing is called/,
  );
});

test("the place is right in quoted, folded and literal texts", () => {
  const expected =
    'nothing is called "signals.x"; signals has links, domains, linkCount, linkTricks, shorteners, ' +
    "lookalikes, emailHosts, phones, handles, invites, messengers, length (unknown-name)";
  const texts: readonly (readonly [string, string])[] = [
    ["signals.words > 1 && signals.x > 1", "5:40"],
    ["'signals.normalised != ''a'' && signals.x > 1'", "5:51"],
    ['"signals.normalised != \\"a\\" && \\u0073ignals.x > 1"', "5:56"],
    ["signals.words > 1\n      && signals.x > 1", "6:18"],
    [">\n      signals.words > 1\n      && signals.x > 1", "7:18"],
    [">-\n      signals.words > 1\n\n      && signals.x > 1", "8:18"],
    ["|\n      signals.words > 1\n      && signals.x > 1", "7:18"],
    ["| # why\n      signals.words > 1 // because\n      && signals.x > 1", "7:18"],
  ];
  for (const [when, place] of texts)
    assert.deepEqual(mistakesOf(withCondition(when)), [`${place}: ${expected}`], when);
});

test("all mistakes of all files are found at once, in order", () => {
  const files = [
    { path: "b.yaml", text: withKeys("extra: 1") },
    { path: "a.yaml", text: withCondition("signals.a > 1 || signals.b > 2").replace("id: r", "id: s") },
  ];
  assert.throws(
    () => loadPolicies(files),
    (error) => {
      assert.ok(error instanceof PolicyError);
      assert.deepEqual(
        error.problems.map(({ file, line, column, code }) => [file, line, column, code]),
        [
          ["b.yaml", 5, 1, "unknown-key"],
          ["a.yaml", 1, 9, "duplicate-id"],
          ["a.yaml", 5, 19, "unknown-name"],
          ["a.yaml", 5, 36, "unknown-name"],
        ],
      );
      return true;
    },
  );
});

test("no file at all, and attributes that two policies declare differently", () => {
  assert.throws(
    () => loadPolicies([]),
    /policy:1:1: there is no policy file; give at least one \(missing-key\)/,
  );
  const [a, b] = [withAttribute("a", "int"), withAttribute("b", "bool")];
  const message =
    'b.yaml:3:18: the attribute "a" is int at a.yaml:3, and bool here; ' +
    "declare it alike in all policies (conflict)";
  assert.throws(() => loadPolicies([a, b]), { name: "PolicyError", message });
});

function withAttribute(id: string, type: string): PolicyFile {
  const rule = `{ id: ${id}, when: has(actor.attributes.a), points: 1 }`;
  const text = `policy: ${id}\non: [comment]\nattributes: { a: ${type} }\nrules:\n  - ${rule}\n`;
  return { path: `${id}.yaml`, text };
}
