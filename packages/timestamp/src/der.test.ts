// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { encodeDer, oidContent, unsignedContent } from "./der-write.ts";
import { derBytesMax, readDer, readOid, readSmall, readUnsigned, tags, toHex } from "./der.ts";
import { TimestampError } from "./error.ts";
import { fromHex } from "./testing/vectors.ts";

test("only the one encoding of a value is read", () => {
  const refused: [string, string][] = [
    ["", "nothing"],
    ["02", "no length"],
    ["020101ff", "a byte after the end"],
    ["0202", "content that breaks off"],
    ["02810101", "a long length for a short value"],
    ["0282000101", "a length with a leading zero"],
    ["30800201010000", "an indefinite length"],
    ["0285000000000101", "a length of five bytes"],
    ["1f810101", "a tag above 30"],
    ["0200", "an empty INTEGER"],
    ["02020001", "an INTEGER with a zero too many"],
    ["0202ff80", "a negative INTEGER with a byte too many"],
    ["010102", "a BOOLEAN of 2"],
    ["01020000", "a BOOLEAN of two bytes"],
    ["050100", "a NULL with content"],
    ["0600", "an empty OBJECT IDENTIFIER"],
    ["06022a80", "an arc that breaks off"],
    ["06032a8001", "an arc with a leading zero"],
    ["060d2affffffffffffffffffffff7f", "an arc that is too long"],
    ["0300", "a BIT STRING without its first byte"],
    ["030108", "a BIT STRING with eight unused bits"],
    ["030107", "an empty BIT STRING with unused bits"],
    ["03020103", "a BIT STRING with an unused bit set"],
    ["2403040101", "a constructed OCTET STRING"],
    ["1000", "a primitive SEQUENCE"],
    ["0000", "an end of contents"],
    ["30030201", "a value that reaches beyond its holder"],
  ];
  for (const [hex, why] of refused) {
    assert.throws(() => readDer(fromHex(hex)), { name: "TimestampError", code: "malformed" }, why);
  }
});

test("size, depth and number of values are bounded", () => {
  const refuse = (bytes: Uint8Array, message: RegExp): void => {
    assert.throws(() => readDer(bytes), { code: "malformed", message });
  };
  refuse(encodeDer(tags.octetString, new Uint8Array(derBytesMax)), /bytes are more than/);
  let deep = encodeDer(tags.null);
  for (let i = 0; i < 30; i++) deep = encodeDer(tags.sequence, deep);
  refuse(deep, /deeper/);
  refuse(encodeDer(tags.sequence, ...Array.from({ length: 21_000 }, () => encodeDer(tags.null))), /values/);
});

test("what is written reads as it was", () => {
  const leaf = fc
    .tuple(fc.constantFrom(tags.octetString, 0x80, 0x9e, tags.utf8String), fc.uint8Array({ maxLength: 300 }))
    .map(([tag, content]) => encodeDer(tag, content));
  const { tree } = fc.letrec<{ tree: Uint8Array }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc
        .tuple(fc.constantFrom(tags.sequence, tags.set, 0xa0), fc.array(tie("tree"), { maxLength: 5 }))
        .map(([tag, parts]) => encodeDer(tag, ...parts)),
    ),
  }));
  fc.assert(
    fc.property(tree, (bytes) => {
      const node = readDer(bytes);
      assert.deepEqual(encodeDer(node.tag, node.content), bytes);
      const length = node.children.reduce((sum, child) => sum + child.bytes.length, 0);
      assert.equal(length, node.children.length === 0 ? 0 : node.content.length);
    }),
    { numRuns: 200 },
  );
});

test("numbers and identifiers come back as they went in", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (bytes) => {
      const read = readUnsigned(readDer(encodeDer(tags.integer, unsignedContent(bytes))), "number", 20);
      assert.equal(BigInt(`0x${toHex(read)}`), BigInt(`0x${toHex(bytes)}`));
      assert.ok(read.length === 1 || read[0] !== 0);
    }),
  );
  for (const oid of [
    "0.39",
    "1.2.840.113549.1.9.16.1.4",
    "2.5.29.37",
    "2.999.1",
    "2.25.1234567890123456789",
  ]) {
    assert.equal(readOid(readDer(encodeDer(tags.oid, oidContent(oid)))), oid);
  }
  for (const wrong of ["", "1", "3.1", "1.40", "1.02", "1.2.", "1.2.a", "1.2.12345678901234567890"]) {
    assert.throws(() => oidContent(wrong), RangeError, wrong);
  }
  const negative = readDer(fromHex("0201ff"));
  assert.throws(() => readUnsigned(negative, "number", 8), { code: "malformed" });
  assert.throws(() => readSmall(readDer(fromHex("02020100")), "number", 255), { code: "malformed" });
});

test("no bytes make it throw anything else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        readDer(bytes);
      } catch (error) {
        assert.ok(error instanceof TimestampError);
      }
    }),
    { numRuns: 2_000 },
  );
});
