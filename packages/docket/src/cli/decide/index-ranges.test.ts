// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { IndexRanges } from "./index-ranges.ts";

test("ranges hold what a set of numbers holds", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 60 }), (indexes) => {
      const ranges = new IndexRanges();
      for (const index of indexes) ranges.add(index);
      const expected = [...new Set(indexes)].sort((a, b) => a - b);
      assert.deepEqual([...ranges], expected);
      assert.equal(ranges.size, expected.length);
    }),
  );
});
