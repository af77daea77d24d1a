// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "#crypto";
import { encodeHex, utf8 } from "./base64.ts";
import { asHash, emptyRoot, hashesEqual, leafHash, nodeHash } from "./hash.ts";
import { testHash } from "./testing/naive.ts";

void test("leaves and nodes are hashed with their prefixes", () => {
  assert.equal(
    encodeHex(leafHash(new Uint8Array())),
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", // RFC 6962's reference implementation
  );
  const [left, right] = [testHash(1), testHash(2)];
  assert.deepEqual(nodeHash(left, right), sha256(Uint8Array.of(1), left, right));
  assert.deepEqual(
    nodeHash(right, nodeHash(left, right)),
    sha256(Uint8Array.of(1), right, nodeHash(left, right)),
  );
  assert.deepEqual(emptyRoot, sha256());
});

void test("a hash has 32 bytes, and two are compared whole", () => {
  assert.throws(() => asHash(new Uint8Array(31)), { name: "TlogError", code: "hash" });
  assert.throws(() => asHash(utf8("x")), { name: "TlogError", code: "hash" });
  const hash = testHash(1);
  assert.equal(asHash(hash), hash);
  assert.ok(hashesEqual(hash, Uint8Array.from(hash)));
  assert.equal(hashesEqual(hash, hash.subarray(1)), false);
  assert.equal(hashesEqual(hash, testHash(2)), false);
});
