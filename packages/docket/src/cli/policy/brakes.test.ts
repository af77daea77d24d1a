// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BrakeView } from "../../rollout/brake-desk.ts";
import { brakesText } from "./brakes.ts";

const brake: BrakeView = {
  index: 1842,
  what: "rule",
  cap: false,
  key: "comments/link-burst",
  declaration: "d",
  release: "W28id6zigNKGs-bkHoyLLxBflKd0IV8J4htmdS_dQBA",
  changedBy: "k_AAECAwQFBgcICQoL",
  from: "2026-11-23T11:00:00.000Z",
  to: "2026-11-23T11:20:00.000Z",
  events: 160,
  hits: 52,
  actorsSeen: 158,
  actorsHit: 50,
  sampling: 0,
  share: 500,
  least: 50,
  hitsSince: 1,
};

test("a brake is told with what it hit, what was declared, who brought it, and what to do", () => {
  assert.equal(
    brakesText({ brakes: [brake], watched: [] }),
    `Record 1842: comments/link-burst has no power to restrict.
  It hit 52 of 160 events (32.5 %) and 50 of 158 accounts, where 5 % were declared,
  from 2026-11-23T11:00:00.000Z to 2026-11-23T11:20:00.000Z.
  Since then it would have hit 1 event.
  It came with release W28id6zigNKG, by k_AAECAwQFBgcICQoL.
  If it is right: docket policy confirm 1842 --why "…"
`,
  );
  assert.match(brakesText({ brakes: [{ ...brake, sampling: 3 }], watched: [] }), /of a sample, one in 8/);
});

test("a cap is told as one, a brake that is being sealed can't be confirmed, and nothing is told too", () => {
  const cap = { ...brake, index: null, cap: true, key: "comments/ladder-3", actorsHit: 100, least: 100 };
  const text = brakesText({ brakes: [{ ...cap, hitsSince: 7 }], watched: [] });
  assert.match(text, /^\(being sealed\) comments\/ladder-3 restricts nobody else for now\.$/m);
  assert.match(text, /restricted 100 accounts from .*;\n {2}100 are allowed without a second person\.$/m);
  assert.match(text, /left 7 more alone/);
  assert.doesNotMatch(text, /docket policy confirm/);
  const counts = { events: 1200, hits: 3, actorsSeen: 900, actorsHit: 2 };
  const watched = [
    { key: "comments/link-burst", since: brake.from, ...counts },
    { key: "comments/points-500", since: null, ...counts, hits: 30 },
  ];
  assert.equal(
    brakesText({ brakes: [], watched }),
    `Nothing waits for a person.

Under watch, as new or changed within a day:
  comments/link-burst   3 of 1200 events  2 of 900 accounts  since 2026-11-23T11:00:00.000Z
  comments/points-500  30 of 1200 events  2 of 900 accounts  since the first event
`,
  );
});
