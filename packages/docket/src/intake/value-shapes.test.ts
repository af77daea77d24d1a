// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ValueShapes } from "./value-shapes.ts";

test("objects hold the values that there are, in the order of the keys, whichever came before", () => {
  const run = fc.property(
    fc.uniqueArray(
      fc.string({ minLength: 1 }).map((name) => `f.${name}`),
      { maxLength: 60 },
    ),
    fc.array(fc.infiniteStream(fc.option(fc.integer(), { nil: undefined })), { maxLength: 10 }),
    (keys, events) => {
      const shapes = new ValueShapes(keys);
      for (const stream of events) {
        const values = keys.map(() => stream.next().value as number | undefined);
        const expected = keys.flatMap((key, place) =>
          values[place] === undefined ? [] : [[key, values[place]]],
        );
        assert.deepEqual(Object.entries(shapes.fill(values)), expected);
      }
    },
  );
  fc.assert(run);
});

test("more combinations than are remembered come out all the same", () => {
  const shapes = new ValueShapes(Array.from({ length: 10 }, (_, place) => `f.${place}`));
  for (let number = 0; number < 1_024; number++) {
    const values = Array.from({ length: 10 }, (_, place) => ((number >> place) & 1 ? place : undefined));
    assert.deepEqual(
      Object.values(shapes.fill(values)),
      values.filter((value) => value !== undefined),
    );
  }
});
