// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { withFields } from "./json-splice.ts";

function spliced(text: string, fields: Readonly<Record<string, number | boolean | null>>): string {
  return Buffer.from(withFields(Buffer.from(text), fields)).toString("utf8");
}

test("fields come last, and nothing else of the line is touched", () => {
  const cases: [string, string][] = [
    ["{}", '{"score":7,"missing":true}'],
    ["{ }", '{ "score":7,"missing":true}'],
    [
      '{"a":1.50,"10":1e400,"2":[{"score":1}]}',
      '{"a":1.50,"10":1e400,"2":[{"score":1}],"score":7,"missing":true}',
    ],
    [' {"t" : "}{\\"score\\":1" } ', ' {"t" : "}{\\"score\\":1" ,"score":7,"missing":true} '],
    ['{"score" : 3 , "t":"x"}', '{"score" : 7 , "t":"x","missing":true}'],
    ['{"sc\\u006fre":"old","score":[1,{"a":"]"}]}', '{"sc\\u006fre":7,"score":7,"missing":true}'],
  ];
  for (const [before, after] of cases) {
    assert.equal(spliced(before, { score: 7, missing: true }), after);
  }
});

test("bytes that are no UTF-8 stay", () => {
  const line = Buffer.from('{"text":"a\xffb\xc3"}', "latin1");
  assert.equal(
    Buffer.from(withFields(line, { score: 1 })).toString("latin1"),
    '{"text":"a\xffb\xc3","score":1}',
  );
});

test("it is what parsing, setting and writing would be", () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 });
  const spacing = fc.constantFrom(undefined, 1, "\t");
  fc.assert(
    fc.property(object, spacing, fc.boolean(), (value, space, withScore) => {
      const whole = withScore ? { score: "old", ...value, known: null } : value;
      const text = JSON.stringify(whole, null, space);
      assert.deepEqual(JSON.parse(spliced(text, { score: 12, known: 3 })), {
        ...(JSON.parse(text) as object),
        score: 12,
        known: 3,
      });
    }),
    { numRuns: 300 },
  );
});
