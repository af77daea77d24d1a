// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "@docket/protocol";
import type { QueueItem } from "./answers.ts";
import { caseAfter, doneText, followsText, suggestedValues, taskText } from "./case-words.ts";

const item = (of: number, by?: string): QueueItem => ({
  of,
  tasks: [{ task: "flag", blind: false }],
  actor: "a_1",
  outcome: "flag",
  type: "comment",
  sealedAt: "2026-11-23T12:00:00.000Z",
  holdUntil: null,
  points: 0,
  fired: [],
  campaign: null,
  language: null,
  reports: null,
  claim: by === undefined ? null : { of, by, until: "2026-11-23T12:15:00.000Z" },
});

test("the next case is behind this one, claimed by nobody else and not passed over", () => {
  const cases = [item(5), item(9, "k_other"), item(7, "k_me"), item(3)];
  const none = new Set<number>();
  assert.equal(caseAfter(cases, 5, "k_me", none), 7);
  assert.equal(caseAfter(cases, 5, "k_you", none), 3);
  assert.equal(caseAfter(cases, 3, "k_me", none), 5, "from the end it begins again");
  assert.equal(caseAfter(cases, 3, "k_me", new Set([5])), 7);
  assert.equal(caseAfter(cases, 99, "k_me", none), 5, "one that is answered is not in the queue any more");
  assert.equal(caseAfter([item(5)], 5, "k_me", none), undefined);
});

test("what a finding comes to is said before it is decided", () => {
  const flag = { task: "flag", blind: false };
  const follows = { spam: { verdict: "remove", confirm: true, compensate: false }, notSpam: null };
  assert.match(followsText("spam", flag, follows), /^The content is removed, and the strikes .* count\.$/);
  assert.equal(followsText("notSpam", flag, follows), "Nothing changes but the label.");
  assert.match(followsText("unsure", flag, follows), /waits for another/);
  assert.match(followsText("spam", { task: "ladder", blind: false }, follows), /is taken/);
  assert.match(followsText("notSpam", { task: "ladder", blind: false }, follows), /is declined/);
  assert.match(followsText("spam", { task: "flag", blind: true }, null), /^Nothing changes: it says how far/);
  assert.equal(taskText({ task: "flag", blind: true }), "second review");
});

test("what was done is said with the record", () => {
  const done = { index: 51, of: 40, task: "flag", finding: "spam", label: 52, measure: null } as const;
  const verdict = { index: 53, verdict: "remove", outcome: "reject" };
  assert.equal(doneText({ ...done, verdict }), "Case 40: spam, as record 51; reject is in force.");
  assert.equal(doneText({ ...done, verdict: null }), "Case 40: spam, as record 51; nothing else changed.");
});

test("what of an event could go into a list is offered by the list's kind", () => {
  const event = {
    id: "e1",
    type: "comment",
    actor: { id: "bob", ip: "192.0.2.7", email: "bob@mail.example" },
    content: { text: "Buy at https://www.shop.example/x?y and www.other.example, or https://shop.example" },
  } as Event;
  assert.deepEqual(suggestedValues("domain", event), ["shop.example", "other.example"]);
  assert.deepEqual(suggestedValues("network", event), ["192.0.2.7"]);
  assert.deepEqual(suggestedValues("emailHost", event), ["mail.example"]);
  assert.deepEqual(suggestedValues("actor", event), ["bob"]);
  assert.deepEqual(suggestedValues("term", event), ["Buy at https://www.shop.example/x?y"]);
  assert.deepEqual(suggestedValues("hash", event), []);
});
