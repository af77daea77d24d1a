// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { ListEntry } from "@docket/policy";
import { rebase, undoOf } from "./rebase.ts";
import { listRestrictsMore } from "./restricts-more.ts";
import type { ListReaders } from "./restricts-more.ts";

type Held = Map<string, ListEntry>;

const name: fc.Arbitrary<string> = fc.constantFrom("a", "b", "c", "d");
const entry = fc.record({ value: name, untilMs: fc.constantFrom(1, 2) }, { requiredKeys: ["value"] });
const held = fc.array(entry).map((entries): Held => new Map(entries.map((each) => [each.value, each])));
const change = fc.tuple(fc.array(entry), fc.uniqueArray(name)).map(([add, remove]) => {
  const added = new Map(add.map((each) => [each.value, each]));
  return { add: [...added.values()], remove: remove.filter((value) => !added.has(value)) };
});

function after(list: Held, { add, remove }: { add: readonly ListEntry[]; remove: readonly string[] }): Held {
  const made = new Map(list);
  for (const value of remove) made.delete(value);
  for (const each of add) made.set(each.value, each);
  return made;
}

const texts = (list: Held): string[] =>
  [...list.values()].map(({ value, untilMs }) => `${value} ${untilMs ?? "-"}`).sort();

test("on the version that it was made for, a change is itself, and what takes it back does", () => {
  fc.assert(
    fc.property(held, change, (list, wish) => {
      const rebased = rebase(list, wish, undoOf(list, wish));
      assert.deepEqual(rebased.conflicts, []);
      assert.deepEqual(texts(after(list, rebased)), texts(after(list, wish)));
      const undone = rebase(after(list, wish), undoOf(list, wish), wish);
      assert.deepEqual(undone.conflicts, []);
      assert.deepEqual(texts(after(after(list, wish), undone)), texts(list));
    }),
  );
});

test("on another version it touches only what nobody touched since, and leaves nothing twice", () => {
  fc.assert(
    fc.property(held, change, change, (list, wish, meanwhile) => {
      const now = after(list, meanwhile);
      const { conflicts, ...left } = rebase(now, wish, undoOf(list, wish));
      for (const value of [...left.add.map((each) => each.value), ...left.remove]) {
        assert.equal(now.get(value)?.untilMs, list.get(value)?.untilMs);
        assert.equal(now.has(value), list.has(value));
      }
      const touched = new Set([...meanwhile.add.map((each) => each.value), ...meanwhile.remove]);
      assert.ok(conflicts.every((value) => touched.has(value)));
      const made = after(now, left);
      assert.deepEqual(rebase(made, wish, undoOf(list, wish)).add, []);
      assert.deepEqual(rebase(made, wish, undoOf(list, wish)).remove, []);
    }),
  );
});

test("adding restricts more unless only an exemption asks the list, removing also if one does", () => {
  const readers = (over: Partial<ListReaders>): ListReaders[] => [
    { rules: [], exempt: [], counters: new Map(), limits: new Map(), ...over },
  ];
  const adding = { add: [], remove: ["a"] };
  const removing = { add: [{ value: "a" }], remove: [] };
  const when = "d in lists.bad";
  const cases: [string, ListReaders[], boolean, boolean][] = [
    ["nobody", readers({}), false, false],
    ["a rule", readers({ rules: [{ mode: "enforce", when }] }), true, true],
    [
      "a rule of another list",
      readers({ rules: [{ mode: "enforce", when: "d in lists.bad_2" }] }),
      false,
      false,
    ],
    ["a rule in shadow", readers({ rules: [{ mode: "shadow", when }] }), false, false],
    ["an exemption", readers({ exempt: [{ when }] }), false, true],
    ["a counter", readers({ counters: new Map([["n", { where: when }]]) }), true, true],
    ["a limit", readers({ limits: new Map([["n", { where: when }]]) }), true, true],
  ];
  for (const [who, policies, onAdding, onRemoving] of cases) {
    assert.equal(listRestrictsMore(policies, "bad", adding), onAdding, who);
    assert.equal(listRestrictsMore(policies, "bad", removing), onRemoving, who);
  }
});
