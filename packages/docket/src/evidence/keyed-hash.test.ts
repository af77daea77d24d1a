// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { createHmac, createSecretKey } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { keyedHash, keyedHashText } from "./keyed-hash.ts";

test("keyed hashes are HMAC-SHA256 of purpose, line feed and value", () => {
  const texts = fc.oneof(fc.string(), fc.string({ unit: "binary", maxLength: 2_000 }));
  const keys = fc.uint8Array({ minLength: 1, maxLength: 100 });
  const run = fc.property(keys, texts, texts, (bytes, purpose, value) => {
    const key = createSecretKey(bytes);
    const expected = createHmac("sha256", bytes).update(`${purpose}\n${value}`).digest();
    assert.deepEqual(keyedHash(key, purpose, value), expected);
    assert.equal(keyedHashText(key, purpose, value, 16), expected.toString("base64url", 0, 16));
  });
  fc.assert(run);
});

test("a long value doesn't spoil what follows, and halves of surrogate pairs are hashed as node does", () => {
  const bytes = Buffer.alloc(32, 7);
  const key = createSecretKey(bytes);
  for (const value of ["a", "x".repeat(100_000), "a", "\ud800", "a\udc00b", "é".repeat(700), ""]) {
    const expected = createHmac("sha256", bytes).update(`purpose\n${value}`).digest();
    assert.deepEqual(keyedHash(key, "purpose", value), expected);
  }
});
