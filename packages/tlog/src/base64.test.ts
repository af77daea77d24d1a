// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  decodeBase64,
  decodeBase64Url,
  decodeHex,
  encodeBase64,
  encodeBase64Url,
  encodeHex,
  fromUtf8,
  utf8,
} from "./base64.ts";

const refused = { name: "TlogError", code: "encoding" };

void test("base64, base64url and hex are those of Buffer, and come back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      assert.equal(encodeBase64(bytes), buffer.toString("base64"));
      assert.equal(encodeBase64Url(bytes), buffer.toString("base64url"));
      assert.equal(encodeHex(bytes), buffer.toString("hex"));
      assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes);
      assert.deepEqual(decodeBase64Url(encodeBase64Url(bytes)), bytes);
      assert.deepEqual(decodeHex(encodeHex(bytes)), bytes);
    }),
  );
});

void test("a text that decodes is the one that its bytes encode to", () => {
  const text = fc.string({ unit: fc.constantFrom(...Array.from("AQgwZz09+/-_= \n\u{e9}")), maxLength: 8 });
  const pairs = [
    [decodeBase64, encodeBase64],
    [decodeBase64Url, encodeBase64Url],
    [decodeHex, encodeHex],
  ] as const;
  fc.assert(
    fc.property(text, fc.constantFrom(...pairs), (text, [decode, encode]) => {
      let bytes: Uint8Array;
      try {
        bytes = decode(text);
      } catch (error) {
        assert.ok(Object.entries(refused).every(([k, v]) => Reflect.get(error as Error, k) === v));
        return;
      }
      assert.equal(encode(bytes), text);
    }),
    { numRuns: 2000 },
  );
});

void test("other spellings of the same bytes are refused", () => {
  for (const text of [
    "AA",
    "AA=",
    "AB==",
    "AAB=",
    "A===",
    "=",
    "====",
    "AA==\n",
    "AA =",
    "AA==AA==",
    "_w==",
    "\u{e9}AA=",
  ]) {
    assert.throws(() => decodeBase64(text), refused, text);
  }
  for (const text of ["AA==", "A", "AB", "/w", "AA\n"])
    assert.throws(() => decodeBase64Url(text), refused, text);
  for (const text of ["a", "AA", "0x", " 0", "0\n"]) assert.throws(() => decodeHex(text), refused, text);
});

void test("UTF-8 is read and written exactly, or refused", () => {
  assert.equal(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), "\u{feff}a");
  assert.deepEqual(utf8("\u{feff}é"), Uint8Array.of(0xef, 0xbb, 0xbf, 0xc3, 0xa9));
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xc3], [0xf4, 0x90, 0x80, 0x80]]) {
    assert.throws(() => fromUtf8(Uint8Array.from(bytes)), refused);
  }
  assert.throws(() => utf8("a\u{d800}b"), refused);
});
