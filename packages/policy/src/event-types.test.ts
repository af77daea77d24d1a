// SPDX-License-Identifier: Apache-2.0
// Types of events: what is built in, what policies declare, and what of it is personal.
import assert from "node:assert/strict";
import { test } from "node:test";
import { counterEntries, counts } from "./counting.ts";
import { builtinFields } from "./environment.ts";
import { evaluate, evaluateFromFacts, factsOf, fieldValue } from "./evaluate.ts";
import { builtinEventTypes } from "./event-types.ts";
import { loadPolicies } from "./loading/load.ts";
import type { EvaluationInput } from "./types.ts";

const bare: EvaluationInput = {
  type: "listing",
  op: "create",
  decidedAt: 0,
  actor: { id: "ann" },
  signals: {},
  counters: new Map(),
  standing: { strikes: 0, restricted: false },
};

const shop = `
policy: shop
on: [listing]
events:
  listing:
    like: comment
    fields: { price: int, seller: { type: string, personal: false }, tags: list<string>, ends: timestamp }
counters:
  value: { sum: fields.price, by: [actor.id, fields.tags], over: 1d, where: "fields.price > 0" }
limits:
  dear: { rate: 3/d, by: fields.seller, where: fields.price >= 1000 || event.op == 'edit' }
rules:
  - { id: dear, when: fields.price > 100 && fields.seller != 'me', points: 1 }
  - { id: tagged, when: "'x' in fields.tags", points: 2 }
  - { id: ends, when: "fields.ends < timestamp('2026-01-01T00:00:00Z')", points: 4 }
  - { id: much, when: counters.value > 5 || limits.dear.exceeded, points: 8 }
`;
const other = `
policy: other
on: [comment, listing, message]
events: { comment: { fields: { seller: string } } }
rules:
  - { id: seller, when: fields.seller == 'me', points: 16 }
  - { id: many, when: fields.recipientCount > 10, points: 32 }
`;
const set = loadPolicies([
  { path: "other.yaml", text: other },
  { path: "shop.yaml", text: shop },
]);

test("fields are what the event's type says", () => {
  const fields = {
    price: 300,
    seller: "you",
    tags: ["x", "y"],
    ends: "2025-12-31T00:00:00Z",
    recipientCount: 11,
  };
  assert.equal(evaluate(set, { ...bare, fields }).points, 1 + 2 + 4, "a listing has no recipients");
  assert.equal(evaluate(set, { ...bare, type: "message", fields }).points, 32, "a message has no seller");
  const mistyped = evaluate(set, { ...bare, fields: { price: "300", tags: "x", ends: true } });
  assert.equal(mistyped.missing.length, 6, "what isn't of its type is missing");
});

test("fields are personal unless they are declared otherwise", () => {
  const input = { ...bare, fields: { price: 7, seller: "you", tags: ["x"] } };
  const evaluation = evaluate(set, input);
  const facts = factsOf(set, input, evaluation.clauses);
  // In `other` the seller is personal, as it is in comments; in `shop` it isn't.
  assert.deepEqual(facts.values, { "fields.price": 7, "fields.seller": "you" });
  assert.equal(evaluation.clauses, "ft", "the seller in other, the tags in shop");
  assert.equal(evaluateFromFacts(set, facts).points, evaluation.points);
  const comment = { ...bare, type: "comment", fields: { seller: "me" } };
  assert.deepEqual(factsOf(set, comment, "t").values, {});
});

test("counters and limits count by fields, and what their condition says", () => {
  const [counter] = set.counters;
  const [limit] = set.limits;
  assert.ok(counter !== undefined && limit !== undefined);
  const input = { ...bare, fields: { price: 7, seller: "you", tags: ["x", "y"] } };
  assert.deepEqual(counterEntries(set, counter, input), [
    { by: ["ann", "x"], of: 7 },
    { by: ["ann", "y"], of: 7 },
  ]);
  assert.deepEqual(counterEntries(set, limit, input), [{ by: ["you"] }]);
  assert.deepEqual([counts(set, counter, input), counts(set, limit, input)], [true, false]);
  const edit = { ...input, op: "edit", fields: { seller: "you", tags: [] } };
  assert.deepEqual(
    [counts(set, counter, edit), counts(set, limit, edit)],
    [false, true],
    "missing isn't true",
  );
  assert.equal(counterEntries(set, counter, edit), undefined, "a sum of nothing");
  assert.equal(counts(set, limit, { ...edit, type: "comment" }), false);
  assert.equal(fieldValue(set, input, "fields.price"), 7);
  assert.equal(fieldValue(set, { ...input, type: "comment" }, "fields.price"), undefined);
});

test("the built-in types name fields and paths that exist", () => {
  for (const [name, { paths, fields, doc }] of builtinEventTypes) {
    assert.match(doc, /^[A-Z].*\.$/, name);
    for (const path of paths) assert.ok(builtinFields.has(path), path);
    for (const [field, { doc: words }] of fields) assert.match(words, /^[A-Z].*[.…]$/, `${name} ${field}`);
  }
  const lists = [...builtinEventTypes.values()].map(({ fields }) => fields.get("recipients")?.personal);
  assert.deepEqual(lists, [undefined, true, undefined, undefined, true]);
  assert.deepEqual([...builtinEventTypes.keys()], ["comment", "message", "signup", "login", "email"]);
});
