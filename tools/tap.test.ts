// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { readTap } from "./tap.ts";

const stream = String.raw`TAP version 13
# Subtest: one
ok 1 - one
  ---
  duration_ms: 0.5
  ...
# Subtest: outer
    # Subtest: needs an engine \# SKIP is not a directive here
    ok 1 - needs an engine \# SKIP is not a directive here # SKIP the engine is absent
      ---
      duration_ms: 0.1
      ...
    # Subtest: without a reason
    ok 2 - without a reason # SKIP
      ---
      duration_ms: 0.1
      ...
    1..2
ok 2 - outer
1..2
# tests 3
# suites 1
# pass 1
# skipped 2
`;

test("skipped tests are found at any depth, with their reasons", () => {
  assert.deepEqual(readTap(stream), {
    failed: [],
    skipped: [
      {
        name: String.raw`needs an engine \# SKIP is not a directive here`,
        reason: "the engine is absent",
      },
      { name: "without a reason", reason: "" },
    ],
    tests: 3,
    skippedCount: 2,
  });
});

test("a stream that broke off has no counts", () => {
  assert.deepEqual(readTap("TAP version 13\nok 1 - one\n"), {
    failed: [],
    skipped: [],
    tests: undefined,
    skippedCount: undefined,
  });
});

test("of what failed, the innermost test is told, with its details", () => {
  const failing = `# Subtest: outer
    # Subtest: inner
    not ok 1 - inner
      ---
      duration_ms: 1.2
      failureType: 'testCodeFailure'
      error: |-
        it broke

        twice
      ...
    1..1
not ok 1 - outer
  ---
  failureType: 'subtestsFailed'
  error: '1 subtest failed'
  ...
not ok 2 - later # TODO one day
`;
  assert.deepEqual(readTap(failing).failed, [
    {
      name: "inner",
      details: ["duration_ms: 1.2", "failureType: 'testCodeFailure'", "error: |-", "it broke", "", "twice"],
    },
  ]);
});
