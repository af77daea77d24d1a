// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "#crypto";
import { encodeHex, utf8 } from "./base64.ts";
import {
  asHash,
  emptyRoot,
  hashBytes,
  hashesEqual,
  leafHash,
  leafHashInto,
  nodeHash,
  nodeHashesInto,
  rootOfRow,
} from "./hash.ts";
import { naiveRoot, testHash } from "./testing/naive.ts";

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

void test("hashing into rows is the same as hashing one by one", () => {
  const row = new Uint8Array(3 * hashBytes);
  for (const length of [0, 1, 300, 300, 299, 4094, 4095, 4096, 4097, 70_000]) {
    const entry = Uint8Array.from({ length }, (_, i) => i * 7);
    leafHashInto(entry, row, hashBytes);
    const expected = sha256(Uint8Array.of(0), entry);
    assert.deepEqual(row.subarray(hashBytes, 2 * hashBytes), expected, `${length}`);
    assert.deepEqual(leafHash(entry), expected, `${length}`);
  }
  assert.deepEqual(row.subarray(0, hashBytes), new Uint8Array(hashBytes));
  assert.deepEqual(row.subarray(2 * hashBytes), new Uint8Array(hashBytes));
  assert.throws(() => leafHashInto(row, row, 2 * hashBytes + 1), RangeError);
  assert.throws(() => leafHashInto(row, row, -1), RangeError);
  for (let count = 0; count <= 20; count++) {
    const hashes = Array.from({ length: count }, (_, i) => testHash(i));
    const flat = Buffer.concat(hashes);
    const parents = hashes.flatMap((left, i) => {
      const right = hashes[i + 1];
      return i % 2 === 1 || right === undefined ? [] : [nodeHash(left, right)];
    });
    const out = new Uint8Array(parents.length * hashBytes);
    assert.equal(nodeHashesInto(flat, out), parents.length);
    assert.deepEqual(Buffer.from(out), Buffer.concat(parents));
    assert.deepEqual(rootOfRow(flat), naiveRoot(hashes));
    assert.deepEqual(flat, Buffer.concat(hashes));
    nodeHashesInto(flat, flat);
    assert.deepEqual(flat.subarray(0, out.length), Buffer.concat(parents));
  }
  for (const wrong of [31, 33, 65]) {
    assert.throws(() => nodeHashesInto(new Uint8Array(wrong), new Uint8Array(64)), RangeError);
    assert.throws(() => rootOfRow(new Uint8Array(wrong)), RangeError);
  }
  assert.throws(() => nodeHashesInto(new Uint8Array(128), new Uint8Array(32)), RangeError);
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
