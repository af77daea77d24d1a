// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyMeasure, endingWish, measureWish } from "./measure-wish.ts";

const subject = { kind: "actor", actor: "a_one" };

void test("each kind asks for what it needs, and for no more", () => {
  const wish = (over: object): unknown => measureWish("a_one", { ...emptyMeasure, ...over });
  assert.deepEqual(wish({ kind: "warn" }), {
    subject,
    restrictions: [{ kind: "warn", forMs: 86_400_000 }],
    reason: "spam",
  });
  assert.deepEqual(wish({ kind: "throttle", rate: " 2/h ", hours: "0.5", note: " seen " }), {
    subject,
    restrictions: [{ kind: "throttle", rate: "2/h", forMs: 1_800_000 }],
    reason: "spam",
    note: "seen",
  });
  assert.deepEqual(wish({ kind: "limit", ability: "links", told: "No links." }), {
    subject,
    restrictions: [{ kind: "limit", ability: "links", forMs: 86_400_000 }],
    reason: "spam",
    told: { en: "No links." },
  });
  assert.deepEqual(wish({ kind: "ban", hours: "" }), {
    subject,
    restrictions: [{ kind: "ban" }],
    reason: "spam",
  });
});

void test("what is missing is said", () => {
  for (const over of [
    { kind: "suspend", hours: "" },
    { kind: "suspend", hours: "soon" },
    { kind: "warn", hours: "-1" },
    { kind: "warn", hours: "1e9" },
    { kind: "throttle", rate: "often" },
    { kind: "limit" },
    { reason: " " },
  ] as const) {
    assert.ok("lacks" in measureWish("a_one", { ...emptyMeasure, ...over }), JSON.stringify(over));
  }
});

void test("a restriction is ended by its id", () => {
  assert.deepEqual(endingWish("a_one", "r_1", { reason: "mistaken", note: "", told: "" }), {
    subject,
    ends: ["r_1"],
    reason: "mistaken",
  });
});
