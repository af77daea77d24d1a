// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromInput, readFilters, toggleOutcome, toInput, withFilter, writeFilters } from "./filters.ts";

test("filters come out of an address as they went in, and nothing else does", () => {
  const search = new URLSearchParams("to=2026-11-23T12:00:00Z&rule=p%2Flinks&x=1&text=%20a%20b%20&type=");
  const filters = readFilters(search);
  assert.deepEqual(filters, { text: "a b", rule: "p/links", to: "2026-11-23T12:00:00Z" });
  assert.equal(writeFilters(filters).toString(), "text=a+b&rule=p%2Flinks&to=2026-11-23T12%3A00%3A00Z");
  assert.deepEqual(readFilters(writeFilters(filters)), filters);
});

test("outcomes are turned on and off, in their order", () => {
  const one = toggleOutcome({}, "reject");
  const two = toggleOutcome(one, "flag");
  assert.deepEqual([one.outcome, two.outcome], ["reject", "flag,reject"]);
  assert.deepEqual(toggleOutcome(toggleOutcome(two, "flag"), "reject"), {});
});

test("a filter that is emptied is gone", () => {
  assert.deepEqual(withFilter({ rule: "x", type: "y" }, "rule", ""), { type: "y" });
});

test("times are UTC in inputs", () => {
  assert.equal(toInput("2026-11-23T12:30:00Z"), "2026-11-23T12:30");
  assert.equal(fromInput("2026-11-23T12:30"), "2026-11-23T12:30:00Z");
  assert.deepEqual([toInput(undefined), toInput("soon"), fromInput("")], ["", "", ""]);
});
