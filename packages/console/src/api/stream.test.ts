// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { EventParser } from "./stream.ts";

const text =
  ': hello\n\nid: 7\nevent: decision\ndata: {"a":1}\n\ndata: one\r\ndata:two\r\n\r\nevent: empty\n\n';
const events = [
  { id: "7", type: "decision", data: '{"a":1}' },
  { id: "7", type: "message", data: "one\ntwo" },
];

test("a stream says the same however it is cut", () => {
  assert.deepEqual(new EventParser().push(text), events);
  fc.assert(
    fc.property(fc.array(fc.nat(text.length)), (places) => {
      const parser = new EventParser();
      const cuts = [0, ...places.toSorted((one, other) => one - other), text.length];
      const found = cuts.slice(1).flatMap((end, at) => parser.push(text.slice(cuts[at], end)));
      assert.deepEqual(found, events);
    }),
  );
});
