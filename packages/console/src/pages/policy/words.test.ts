// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Proposal } from "./answers.ts";
import { changeName, endWords, percent, recordWords, share, stateOf, valueText } from "./words.ts";

const proposal: Proposal = {
  index: 7,
  by: "k_a",
  at: "2026-11-23T10:00:00.000Z",
  candidate: "abcdefghijklmnop",
  level: null,
  base: null,
  restrictsMore: true,
  standby: false,
  list: null,
  state: "open",
  approvals: [],
  approvalsNeeded: 2,
  comesAt: null,
  endedBy: null,
};

test("where a proposal stands is said with what it waits for", () => {
  assert.equal(stateOf(proposal), "waits for 2 approvals");
  assert.equal(stateOf({ ...proposal, approvalsNeeded: 1 }), "waits for an approval");
  const waiting = { ...proposal, state: "waiting" as const, comesAt: "2026-11-23T10:10:00.000Z" };
  assert.equal(stateOf(waiting), "comes into force by itself at 10:10 UTC");
});

test("records of changes are said in words", () => {
  const record = { index: 1, time: "", by: "k_a" };
  assert.equal(
    recordWords({ ...record, kind: "proposal", candidate: "abcdefghijklmnop" }),
    "proposed release abcdefghij",
  );
  assert.equal(
    recordWords({ ...record, kind: "release", release: "abcdefghijklmnop", via: "publish" }),
    "release abcdefghij in force, published",
  );
  assert.equal(recordWords({ ...record, kind: "level", level: "pair" }), "the level of duties is pair now");
});

test("figures, ends and values are said shortly", () => {
  assert.deepEqual([percent(500), percent(25), share(1, 3), share(0, 0)], ["5 %", "0.25 %", "33.3 %", "–"]);
  const nowMs = Date.UTC(2026, 10, 23);
  assert.deepEqual(
    [null, nowMs - 1, nowMs + 1, nowMs + 86_400_001].map((untilMs) => endWords(untilMs, nowMs)),
    ["no end", "ended", "within a day", "in 2 days"],
  );
  assert.deepEqual([valueText(undefined), valueText("a"), valueText([1])], ["–", "a", "[1]"]);
  const change = {
    what: "rule",
    policy: "p",
    id: "r",
    change: "added" as const,
    fields: [],
    restricts: "more" as const,
  };
  assert.equal(changeName(change), "rule p/r added");
});
