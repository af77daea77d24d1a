// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { sipHash128, sipKey } from "./siphash.ts";

const key = sipKey(Uint8Array.from({ length: 16 }, (_, place) => place));

function hexOf(length: number): string {
  const message = Uint8Array.from({ length }, (_, place) => place);
  const words = new Int32Array(4);
  sipHash128(key, message, length, words);
  return Buffer.from(words.buffer).toString("hex");
}

test("SipHash-2-4-128: the reference code's vectors, which OpenSSL gives too", () => {
  assert.equal(hexOf(0), "a3817f04ba25a8e66df67214c7550293");
  assert.equal(hexOf(1), "da87c1d86b99af44347659119b22fc45");
  assert.equal(hexOf(15), "5493e99933b0a8117e08ec0f97cfc3d9");
  assert.equal(hexOf(63), "5150d1772f50834a503e069a973fbd7c");
  // All 64 vectors, one after the other.
  const all = Buffer.concat(Array.from({ length: 64 }, (_, length) => Buffer.from(hexOf(length), "hex")));
  assert.equal(hash("sha256", all), "ecfaa9fe47ff788fa834a9863ea2715a2880cd37d2b8c3c194402838428119b9");
});

test("a key of another length is refused", () => {
  assert.throws(() => sipKey(new Uint8Array(15)), RangeError);
});
