// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { effectLines, missingIn, rulingWish } from "./ruling-wish.ts";
import type { RulingDraft } from "./ruling-wish.ts";

const draft: RulingDraft = {
  ruling: "overturned",
  reason: "mistaken",
  told: { en: "  You were right. ", de: " " },
  note: "",
  verdict: "",
  ends: [],
  milder: undefined,
};

test("a ruling is sent with what was written, and with what changes only where it is modified", () => {
  assert.deepEqual(rulingWish(draft, false), {
    ruling: "overturned",
    reason: "mistaken",
    told: { en: "You were right." },
  });
  const modified: RulingDraft = {
    ...draft,
    ruling: "modified",
    note: " seen ",
    verdict: "restore",
    ends: ["r_1"],
    milder: { kind: "suspend", days: 2 },
  };
  assert.deepEqual(rulingWish(modified, false), {
    ruling: "modified",
    reason: "mistaken",
    told: { en: "You were right." },
    note: "seen",
    modify: {
      verdict: "restore",
      ends: ["r_1"],
      restrictions: [{ kind: "suspend", forMs: 172_800_000 }],
    },
  });
  const throttled = rulingWish({ ...modified, milder: { kind: "throttle", days: 1 } }, false);
  assert.deepEqual((throttled as { modify: { restrictions: object[] } }).modify.restrictions, [
    { kind: "throttle", rate: "1/m", forMs: 86_400_000 },
  ]);
});

test("a preview needs no words for the user; a ruling does, and a modified one says what changes", () => {
  const unwritten = { ...draft, told: {} };
  assert.deepEqual((rulingWish(unwritten, true) as { told: object }).told, { en: "Preview" });
  assert.deepEqual((rulingWish(unwritten, false) as { told: object }).told, {});
  assert.match(missingIn(unwritten) ?? "", /^Write to the user/);
  assert.match(missingIn({ ...draft, ruling: "modified" }) ?? "", /^Say what changes/);
  assert.equal(missingIn({ ...draft, ruling: "modified", ends: ["r_1"] }), undefined);
  assert.equal(missingIn(draft), undefined);
});

test("what a ruling changes is said in sentences", () => {
  assert.deepEqual(effectLines({ dispute: 1, ruling: "upheld" }), ["Nothing changes."]);
  const verdict = {
    verdict: "restore",
    outcome: "allow",
    voided: [{ policy: "p", rule: "r", count: 2 }],
    ended: ["r_1"],
    restrictions: [{ kind: "warn" }],
  };
  const like = [{ index: 3, actor: "a_1", because: "rule" }];
  const consequences = [
    { index: 7, refusedBy: "r_1" },
    { index: 8, refusedBy: "r_1" },
  ];
  assert.deepEqual(effectLines({ dispute: 1, ruling: "overturned", verdict, like, consequences }), [
    "Content: restore, then allow is in force.",
    "2 strikes void.",
    "1 restriction ends.",
    "Begins: warn.",
    "2 events had been refused because of it; they are not decided again.",
    "1 like decision to be looked at: in the queue, not reversed by itself.",
  ]);
});
