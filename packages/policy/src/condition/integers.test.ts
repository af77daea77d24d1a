// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { add, divide, integerOf, multiply, negate, remainder, subtract } from "./integers.ts";
import type { Integer } from "./integers.ts";

/** Integers of 64 bits, the corners of both forms among them. */
const corners = [
  0n,
  1n,
  -1n,
  2n ** 53n - 1n,
  2n ** 53n,
  -(2n ** 53n) + 1n,
  -(2n ** 53n),
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }),
  fc.bigInt({ min: -100n, max: 100n }),
  fc.constantFrom(...corners),
);

test("arithmetic is exact to 64 bits, and undefined beyond", () => {
  fc.assert(
    fc.property(int64, int64, (a, b) => {
      const [x, y] = [integerOf(a) as Integer, integerOf(b) as Integer];
      assert.equal(add(x, y), integerOf(a + b));
      assert.equal(subtract(x, y), integerOf(a - b));
      assert.ok(Object.is(multiply(x, y), integerOf(a * b)));
      assert.equal(negate(x), integerOf(-a));
      assert.ok(Object.is(divide(x, y), b === 0n ? undefined : integerOf(a / b)));
      const overflows = integerOf(b === 0n ? 0n : a / b) === undefined;
      assert.ok(Object.is(remainder(x, y), b === 0n || overflows ? undefined : integerOf(a % b)));
      assert.equal(x < y, a < b);
      assert.equal(x === y, a === b);
    }),
    { numRuns: 2_000 },
  );
});
