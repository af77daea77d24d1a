// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyReader } from "./key-reader.ts";

test("g and a key soon after it belong together", () => {
  const reader = new KeyReader();
  const pairs = [
    ["j", 0, undefined],
    ["g", 10, undefined],
    ["o", 20, "g o"],
    ["o", 30, undefined],
    ["g", 40, undefined],
    ["g", 50, "g g"],
    ["g", 60, undefined],
    ["d", 5_000, undefined],
  ] as const;
  for (const [key, at, pair] of pairs) assert.deepEqual(reader.read(key, at), { single: key, pair });
});
