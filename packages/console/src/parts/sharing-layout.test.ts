// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { layOut, shortName, thingText } from "./sharing-layout.ts";
import type { Sharing } from "./sharing-layout.ts";

const thing = { kind: "value", key: "k", field: "actor.network", actors: 2 } as const;
const who = { decisions: 1, outcomes: { reject: 1 } };
const sharing: Sharing = {
  decisions: 4,
  actors: ["a", "b", "c", "d"].map((actor) => ({ actor, ...who })),
  shared: [
    { id: "two", ...thing },
    { id: "one", ...thing },
  ],
  edges: [
    { actor: "a", shared: "one", count: 4 },
    { actor: "b", shared: "one", count: 1 },
    { actor: "c", shared: "two", count: 2 },
    { actor: "d", shared: "two", count: 2 },
  ],
  left: { actors: 0, shared: 0 },
};

test("what belongs together stands beside each other, and no lines cross that need not", () => {
  const { actors, shared, ties, rows } = layOut(sharing);
  assert.equal(rows, 4);
  const first = actors.slice(0, 2).sort().join("");
  assert.ok(first === "ab" || first === "cd");
  assert.equal(shared[0], first === "ab" ? "one" : "two");
  for (const one of ties) {
    for (const two of ties) assert.ok((one.from - two.from) * (one.to - two.to) >= 0, "lines cross");
  }
  assert.equal(ties.find(({ count }) => count === 4)?.weight, 1);
});

test("nothing at all is laid out, too", () => {
  const nothing = { decisions: 0, actors: [], shared: [], edges: [], left: { actors: 0, shared: 0 } };
  assert.deepEqual(layOut(nothing), { actors: [], shared: [], ties: [], rows: 0 });
});

test("things are called by what they are", () => {
  const named = (over: object): string => thingText({ id: "x", ...thing, ...over });
  assert.deepEqual(
    [named({}), named({ field: null }), named({ kind: "text" }), named({ kind: "campaign" })],
    ["actor.network", "a counted value", "one text", "near copies"],
  );
  assert.deepEqual([shortName("a_short"), shortName("a_0123456789abcdef")], ["a_short", "a_01234567…"]);
});
