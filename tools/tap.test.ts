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
    skipped: [],
    tests: undefined,
    skippedCount: undefined,
  });
});
