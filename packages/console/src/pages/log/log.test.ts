// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { addressOf, filtersIn, kindGroups, noFilters, recordsPath } from "./filters.ts";
import { mountainsOf, placeMountains, placeOf } from "./tree.ts";

test("a tree is its largest whole subtrees, side by side", () => {
  assert.deepEqual(mountainsOf(0), []);
  assert.deepEqual(mountainsOf(1), [{ from: 0, records: 1, level: 0 }]);
  assert.deepEqual(
    mountainsOf(1832).map(({ records }) => records),
    [1024, 512, 256, 32, 8],
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (size) => {
      const mountains = placeMountains(size);
      assert.equal(
        mountains.reduce((sum, { records }) => sum + records, 0),
        size,
      );
      const last = mountains.at(-1);
      assert.ok(Math.abs((last?.x ?? 0) + (last?.width ?? 0) - 1) < 1e-9);
      assert.ok(Math.abs(placeOf(size, mountains) - 1) < 1e-9);
      assert.equal(placeOf(0, mountains), 0);
      for (const { height, width } of mountains) assert.ok(height > 0 && height <= 1 && width > 0);
    }),
  );
});

test("places grow with sizes", () => {
  const mountains = placeMountains(1832);
  const places = [0, 1, 1024, 1025, 1536, 1800, 1832, 2000].map((size) => placeOf(size, mountains));
  assert.deepEqual(
    places,
    places.toSorted((one, other) => one - other),
  );
});

test("filters stand in the address and are asked of the server", () => {
  assert.deepEqual(filtersIn(""), noFilters);
  const filters = { ...noFilters, kind: "policy", by: "k_1", until: "2026-11-23" };
  assert.deepEqual(filtersIn(addressOf(filters)), filters);
  assert.equal(addressOf(noFilters), "");
  const path = new URL(recordsPath({ ...filters, of: " 17 " }, 50, 900), "http://h");
  assert.equal(path.searchParams.get("kind"), "release,proposal,approval,cancel,level,list,brake,confirm");
  assert.equal(path.searchParams.get("of"), "17");
  assert.equal(path.searchParams.get("until"), "2026-11-23T23:59:59.999Z");
  assert.equal(path.searchParams.get("before"), "900");
  assert.equal(recordsPath({ ...noFilters, kind: "brake" }, 50), "/v1/records?kind=brake&limit=50");
});

test("every kind of record is in one group, and in one only", async () => {
  const kinds = kindGroups.flatMap((group) => group.kinds);
  assert.equal(new Set(kinds).size, kinds.length);
  assert.ok(kinds.length <= 60);
});
