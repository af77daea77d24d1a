// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { loadPolicies } from "../loading/load.ts";
import type { Policy } from "../types.ts";
import { clauseContext, clauseInWords, durationInWords, valueInWords } from "./clause.ts";
import type { ValueKind } from "./clause.ts";
import { clauseWords } from "./words.ts";

const kinds: Readonly<Record<string, ValueKind>> = {
  "actor.age": "duration",
  "actor.id": "string",
  "actor.email": "string",
  "actor.attributes.karma": "int",
  "actor.attributes.verified": "bool",
  "actor.attributes.since": "timestamp",
  "content.language": "string",
  "counters.posts": "int",
  "counters.texts": "int",
  "counters.pairs": "int",
  "fields.price": "int",
  "signals.linkCount": "int",
  "signals.words": "int",
  "signals.length": "int",
  "signals.links": "list",
  "signals.domains": "list",
  "signals.normalised": "string",
  "fields.tags": "list",
  "standing.limited": "list",
  "standing.restricted": "bool",
  "limits.posts.exceeded": "bool",
  "limits.posts.wait": "duration",
};

const policy = policyOf(`
policy: comments
on: [comment]
counters:
  posts: { count: events, by: actor.id, over: 10m }
  texts: { count: distinct actor.id, by: signals.fingerprint, over: 1d }
  pairs: { count: events, by: [actor.id, signals.fingerprint], over: 1h }
rules:
  - { id: r, when: counters.posts > 1 && counters.texts > 1 && counters.pairs > 1, then: { outcome: flag } }
`);

const english = clauseContext(policy, (path) => kinds[path], "en");
const german = clauseContext(policy, (path) => kinds[path], "de");

test("clauses are said in English", () => {
  const table: readonly (readonly [clause: string, words: string])[] = [
    ["signals.linkCount >= 3", "the number of links is at least 3"],
    ["signals.linkCount > 3", "the number of links is more than 3"],
    ["3 <= signals.linkCount", "the number of links is at least 3"],
    ["signals.linkCount == 0", "the number of links is 0"],
    ["signals.linkCount != 0", "the number of links is not 0"],
    ["fields.price < -5", "the event's “price” is less than -5"],
    ["actor.age < duration('24h')", "the age of the account is less than 1 day"],
    ["duration('90m') > actor.age", "the age of the account is less than 1 hour 30 minutes"],
    [
      "actor.attributes.since >= timestamp('2026-01-01T00:00:00Z')",
      "the account's “since” is not before 2026-01-01T00:00:00Z",
    ],
    ["actor.attributes.verified", "the account's “verified” is true"],
    ["actor.attributes.verified == false", "the account's “verified” is false"],
    ["standing.restricted", "the account is restricted"],
    ["limits.posts.exceeded", "the limit posts is exceeded"],
    [
      "limits.posts.wait > duration('1m')",
      "the time to wait because of the limit posts is more than 1 minute",
    ],
    ["counters.posts >= 5", "the number of earlier events by this account within 10 minutes is at least 5"],
    [
      "counters.texts >= 3",
      "the number of different accounts in earlier events " +
        "with the same fingerprint of the text within 1 day is at least 3",
    ],
    [
      "counters.pairs >= 2",
      "the number of earlier events by this account with the same fingerprint of the text " +
        "within 1 hour is at least 2",
    ],
    ["content.language in ['en', 'de']", "the language is one of “en”, “de”"],
    ["content.language in ['en']", "the language is “en”"],
    ["'evil.example' in signals.domains", "one of the linked domains is “evil.example”"],
    ["actor.email in lists.throwaway", "the account's e-mail address is on the list throwaway"],
    [
      "lists.words.hits(signals.normalised).size() > 0",
      "the number of entries of the list words found in the text, folded, is more than 0",
    ],
    ["has(actor.age)", "the age of the account is known"],
    ["signals.normalised.contains('casino')", "the text, folded, contains “casino”"],
    ["signals.normalised.matches(r'\\bspam\\b')", "the text, folded, matches the pattern \\bspam\\b"],
    ["signals.links.size() >= 3", "the number of links is at least 3"],
    ["size(signals.normalised) < 10", "the length of the text, folded, is less than 10"],
    ["signals.domains.exists(d, d.endsWith('.ru'))", "one of the linked domains ends with “.ru”"],
    ["signals.domains.all(d, d == 'a.example')", "every linked domain is “a.example”"],
    [
      "signals.domains.exists(d, d.startsWith('a') || d.endsWith('b'))",
      "one of the linked domains begins with “a” or ends with “b”",
    ],
    [
      "signals.domains.exists_one(d, !(d in ['a', 'b']))",
      "exactly one of the linked domains is none of “a”, “b”",
    ],
    ["fields.tags.exists(t, t == 'x')", "one value of the event's “tags” is “x”"],
    [
      "signals.words < signals.linkCount * 12",
      "the number of words is less than the number of links times 12",
    ],
  ];
  for (const [clause, words] of table) assert.equal(clauseInWords(clause, english), words, clause);
});

test("clauses are said in German", () => {
  const table: readonly (readonly [clause: string, words: string])[] = [
    ["signals.linkCount >= 3", "die Zahl der Links ist mindestens 3"],
    ["actor.age < duration('24h')", "das Alter des Kontos ist kleiner als 1 Tag"],
    ["standing.restricted", "das Konto ist eingeschränkt"],
    [
      "counters.posts >= 5",
      "die Zahl früherer Ereignisse dieses Kontos im Zeitraum 10 Minuten ist mindestens 5",
    ],
    ["content.language in ['en', 'de']", "die Sprache ist eins von „en“, „de“"],
    ["signals.domains.exists(d, d.endsWith('.ru'))", "eine der verlinkten Domains endet auf „.ru“"],
    ["signals.normalised.contains('casino')", "der vereinheitlichte Text enthält „casino“"],
  ];
  for (const [clause, words] of table) assert.equal(clauseInWords(clause, german), words, clause);
});

test("what has no words is left to its source", () => {
  for (const clause of [
    "signals.words < signals.linkCount * 12 + 3 * 4",
    "(signals.linkCount > 1 ? 2 : 3) == signals.words",
    "signals.links.exists(link, signals.length - link.size() < 12)",
    "signals.domains.map(d, d + 'x').size() > 3",
    "signals.domains[0] == 'x'",
    "signals.domains.exists(d, d.startsWith('a') && (d.endsWith('b') || d.endsWith('c')))",
    "nothing.known > 3",
    "this is no condition",
    "",
  ]) {
    assert.equal(clauseInWords(clause, english), undefined, clause);
  }
});

test("a long list of values is shortened", () => {
  const values = Array.from({ length: 20 }, (_, place) => `'v${place}'`).join(", ");
  assert.match(clauseInWords(`content.language in [${values}]`, english) ?? "", /“v11”, 8 more$/);
});

test("lengths of time are said in their two largest units", () => {
  const { en, de } = clauseWords;
  for (const [ms, words] of [
    [0, "0 seconds"],
    [1, "1 millisecond"],
    [1500, "1 second 500 milliseconds"],
    [60_000, "1 minute"],
    [3_600_000 * 26, "1 day 2 hours"],
    [86_400_000 + 60_000, "1 day"],
    [-90_000, "-1 minute 30 seconds"],
  ] as const) {
    assert.equal(durationInWords(ms, en), words);
  }
  assert.equal(durationInWords(86_400_000 * 2, de), "2 Tage");
});

test("values are said by their kind", () => {
  const { en } = clauseWords;
  assert.equal(valueInWords(true, "bool", en), "yes");
  assert.equal(valueInWords(5, "int", en), "5");
  assert.equal(valueInWords(5000, "duration", en), "5 seconds");
  assert.equal(valueInWords(0, "timestamp", en), "1970-01-01T00:00:00.000Z");
  assert.equal(valueInWords(Number.MAX_SAFE_INTEGER, "timestamp", en), String(Number.MAX_SAFE_INTEGER));
  assert.equal(valueInWords(["a", "b"], "list", en), "“a”, “b”");
  assert.equal(valueInWords([], "list", en), "none");
});

test("no text of a clause makes the renderer throw", () => {
  const token = fc.constantFrom(
    ..."signals.linkCount actor.age x lists.a lists.a.hits( .exists( .size() has( ( ) [ ]".split(" "),
    ...", ! && || in == >= 3 'a' - + ? : duration('1h')".split(" "),
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
      clauseInWords(tokens.join(" "), english);
      clauseInWords(tokens.join(""), german);
    }),
  );
});

function policyOf(text: string): Policy {
  const [policy] = loadPolicies([{ path: "p.yaml", text }]).policies;
  assert.ok(policy !== undefined);
  return policy;
}
