// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPolicies } from "./loading/load.ts";
import { policyNotes } from "./policy-notes.ts";

test("an exemption that has ended is noted, from its end on", () => {
  const text = `
policy: p
on: [comment]
exempt:
  - { id: fair, when: signals.words > 5, from: [r], owner: ops, until: 2026-03-01 }
  - { id: always, when: signals.words > 6, from: [r], owner: ops }
rules: [{ id: r, when: signals.words > 1, points: 1 }]
`;
  const set = loadPolicies([{ path: "p.yaml", text }]);
  const end = Date.UTC(2026, 2, 2);
  assert.deepEqual(policyNotes(set, end - 1), []);
  assert.deepEqual(policyNotes(set, end), [
    {
      place: "p.yaml:5",
      message: 'the exemption "fair" of ops ended at 2026-03-02T00:00:00.000Z; leave it out',
    },
  ]);
});
