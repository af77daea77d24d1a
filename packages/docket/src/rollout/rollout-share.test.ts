// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { at } from "../testing/at.ts";
import { RolloutShares } from "./rollout-share.ts";

const hash =
  (key: string) =>
  (purpose: string, value: string): Uint8Array =>
    createHmac("sha256", key).update(`${purpose}\n${value}`).digest();
const actors = Array.from({ length: 4000 }, (_, i) => `a_${i}`);

test("a share of the actors: about as many, always the same, more of them when it grows", () => {
  const shares = new RolloutShares(hash("key"));
  let before = new Set<string>();
  for (const share of [0, 1, 100, 2500, 2501, 5000, 9999, 10_000]) {
    shares.adopt(new Map([["p/r", share]]));
    const inside = new Set(actors.filter((actor) => shares.outside(actor).length === 0));
    assert.ok(before.isSubsetOf(inside), `${share}: nobody falls out`);
    const expected = (actors.length * share) / 10_000;
    assert.ok(Math.abs(inside.size - expected) <= 4 * Math.sqrt(expected) + 1, `${share}: ${inside.size}`);
    before = inside;
  }
  assert.equal(before.size, actors.length);
});

test("each rule reaches the actors in an order of its own, and without the key nobody knows it", () => {
  const shares = new RolloutShares(hash("key"));
  const rules = ["p/a", "p/b", "q/a"];
  shares.adopt(new Map(rules.map((rule) => [rule, 5000])));
  const both = new Map<string, number>();
  for (const actor of actors) {
    const outside = shares.outside(actor).join();
    both.set(outside, (both.get(outside) ?? 0) + 1);
  }
  assert.equal(both.size, 8, "all combinations");
  for (const [outside, count] of both) assert.ok(Math.abs(count - 500) < 90, `${outside}: ${count}`);
  const other = new RolloutShares(hash("another key"));
  other.adopt(shares.rollouts);
  const same = actors.filter((actor) => other.outside(actor).join() === shares.outside(actor).join());
  assert.ok(Math.abs(same.length - 500) < 90, `${same.length} alike`);
});

test("an actor's place depends on nothing but key, rule and actor: not on the rules beside", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]\/[a-z]$/), { minLength: 2 }), (rules) => {
      const [alone, all] = [new RolloutShares(hash("key")), new RolloutShares(hash("key"))];
      const rule = at(rules, 0);
      alone.adopt(new Map([[rule, 3000]]));
      all.adopt(new Map(rules.map((each) => [each, 3000])));
      for (const actor of actors.slice(0, 50)) {
        assert.equal(all.outside(actor).includes(rule), alone.outside(actor).includes(rule));
      }
    }),
  );
});

test("without a rollout no hash is made; with any number of rules, one for an event", () => {
  let hashes = 0;
  const shares = new RolloutShares((purpose, value) => {
    hashes++;
    return hash("key")(purpose, value);
  });
  assert.deepEqual(shares.outside("a"), []);
  assert.equal(hashes, 0);
  shares.adopt(new Map(Array.from({ length: 9 }, (_, i) => [`p/r${i}`, 5000])));
  hashes = 0;
  shares.outside("a");
  assert.equal(hashes, 1);
});
