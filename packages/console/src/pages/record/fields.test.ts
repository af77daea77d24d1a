// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldsOf } from "./fields.ts";

test("what a record says is shown without its header, and leads where it can", () => {
  const actor = `a_${"x".repeat(22)}`;
  const record = {
    v: 1 as const,
    index: 9,
    prev: "p",
    time: "2026-11-23T00:00:00.000Z",
    uncertaintyMs: null,
    kind: "measure",
    by: "k_1",
    subject: actor,
    of: [3, 4],
    restrictsMore: true,
    previous: null,
    restrictions: [{ id: "r_1", kind: "ban" }],
    ended: [],
    parts: "hash",
  };
  assert.deepEqual(fieldsOf(record), [
    { name: "Subject", values: [{ text: actor, href: `/actors/${actor}` }] },
    {
      name: "Of",
      values: [
        { text: "record 3", href: "/log/3" },
        { text: "record 4", href: "/log/4" },
      ],
    },
    { name: "Restricts more", values: [{ text: "true" }] },
    { name: "Previous", values: [{ text: "none" }] },
    { name: "Restrictions", values: [{ text: '{"id":"r_1","kind":"ban"}' }] },
    { name: "Ended", values: [{ text: "none" }] },
  ]);
});
