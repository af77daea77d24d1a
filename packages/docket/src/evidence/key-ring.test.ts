// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { firstOpened, keyBytes, keyRing, keysOf, newestKey, ringKeysMax, turnRing } from "./key-ring.ts";
import { openPart, sealParts } from "./seal.ts";

const origin = "log.example/main";
const key = (fill: number): Uint8Array => new Uint8Array(keyBytes).fill(fill);

test("a ring seals under its newest key and opens what any of its keys sealed", () => {
  const ring = keyRing([key(1)]);
  const seal = (): Uint8Array => {
    const part = { name: "facts" as const, subject: "site", key: ring, plaintext: '{"v":1}' };
    return sealParts([part], origin, randomBytes).sealed[0]?.bytes ?? new Uint8Array();
  };
  const old = seal();
  turnRing(ring, key(2));
  const young = seal();
  assert.deepEqual(keysOf(ring), [key(2), key(1)]);
  for (const sealed of [old, young, old, young]) {
    assert.equal(openPart(sealed, "facts", ring, origin)?.plaintext.toString(), '{"v":1}');
  }
  assert.equal(openPart(young, "facts", key(1), origin), undefined, "the former key alone");
  assert.ok(openPart(young, "facts", key(2), origin));
  assert.equal(openPart(old, "facts", keyRing([key(3), key(4)]), origin), undefined);
});

test("whoever holds a ring has the new key when it is turned; a copy keeps the old ones", () => {
  const ring = keyRing([key(1)]);
  const held = { siteKey: ring };
  const copy = structuredClone(ring);
  turnRing(ring, key(2));
  assert.deepEqual(newestKey(held.siteKey), key(2));
  assert.deepEqual(keysOf(copy), [key(1)]);
});

test("a plain key is a ring of one, also one of zeros; a full ring takes no more", () => {
  assert.deepEqual(keysOf(key(0)), [key(0)]);
  assert.deepEqual(keysOf(key(7)), [key(7)]);
  const full = keyRing(Array.from({ length: ringKeysMax }, (_, place) => key(place + 1)));
  assert.equal(keysOf(full).length, ringKeysMax);
  assert.throws(() => turnRing(full, key(99)), { code: "usage" });
  assert.throws(() => turnRing(key(1), key(2)), { code: "usage" });
  assert.throws(() => keyRing([]), RangeError);
  assert.throws(() => keyRing([new Uint8Array(31)]), RangeError);
});

test("each key is asked once, the one that answered last first", () => {
  const ring = keyRing([key(1), key(2), key(3)]);
  const asked: number[] = [];
  const only = (wanted: number) => (each: Uint8Array) => {
    const [first = 0] = each;
    asked.push(first);
    return first === wanted ? "opened" : undefined;
  };
  assert.equal(firstOpened(ring, only(3)), "opened");
  assert.equal(firstOpened(ring, only(3)), "opened");
  assert.equal(firstOpened(ring, only(9)), undefined);
  assert.deepEqual(asked, [1, 2, 3, 3, 3, 1, 2]);
});
