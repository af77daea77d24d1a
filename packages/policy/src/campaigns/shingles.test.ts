// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { halfSipUnits } from "./half-siphash.ts";
import {
  agreement,
  decodeSignature,
  differentWordsMin,
  encodeSignature,
  shingleKey,
  shingledUnitsMax,
  shinglesOf,
  signatureBytes,
  signatureLength,
  signatureWords,
} from "./shingles.ts";

const key = shingleKey(Uint8Array.from({ length: 16 }, (_, at) => at));
const base = "hello everybody please come and look at my new channel there is something for each of you";

function agreed(a: string, b: string): number {
  const [one, other] = [new Int32Array(signatureWords), new Int32Array(signatureWords)];
  assert.ok(decodeSignature(shinglesOf(a, key) ?? "", one, 0));
  assert.ok(decodeSignature(shinglesOf(b, key) ?? "", other, 0));
  return agreement(one, 0, other, 0);
}

test("a signature is the same on every engine and for ever: it stands in records", () => {
  const expected = "IlqRv-GU-CJvqboCGTenbII3YqwD90SpPqjY1rIfttHNGvucvOkqjkYvr4Q0R4RWjfSE0kSF_e9ll6lF3uyWhg";
  assert.equal(shinglesOf(base, key), expected);
  assert.equal(expected.length, signatureLength);
});

test("another key gives another signature", () => {
  const other = shingleKey(Uint8Array.from({ length: 16 }, (_, at) => at + 1));
  const [one, two] = [new Int32Array(signatureWords), new Int32Array(signatureWords)];
  decodeSignature(shinglesOf(base, key) ?? "", one, 0);
  decodeSignature(shinglesOf(base, other) ?? "", two, 0);
  assert.ok(agreement(one, 0, two, 0) < 6);
  assert.throws(() => shingleKey(new Uint8Array(15)), RangeError);
});

test("copies agree in all, near ones in most, others in next to nothing", () => {
  assert.equal(agreed(base, base), 64);
  assert.ok(agreed(base, base.replace("hello", "good morning")) > 40);
  assert.ok(agreed(base, "completely unrelated words talk about weather football and tomorrow evening") < 8);
  // A change of order leaves the words as they were.
  assert.ok(agreed(base, base.split(" ").toReversed().join(" ")) >= 32);
});

test("texts that are too short have none", () => {
  assert.equal(shinglesOf("", key), undefined);
  assert.equal(shinglesOf("spam spam spam spam spam spam spam", key), undefined);
  assert.equal(shinglesOf("seven words and then there are no", key), undefined);
  assert.equal(shinglesOf("a b c d e f g h", key), undefined);
  const enough = "eight different words are enough for a signature";
  assert.equal(enough.split(" ").length, differentWordsMin);
  assert.notEqual(shinglesOf(enough, key), undefined);
});

test("where no spaces part words, neighbouring characters are words", () => {
  const text = "我今天去了商店买了一些苹果和香蕉回家吃了很多真的很好吃";
  assert.ok(agreed(text, text.replace("苹果", "西瓜")) > 30);
  assert.ok(agreed(text, "这个视频非常有意思谢谢你的分享希望能看到更多这样的内容请继续加油") < 10);
});

test("of a long text only the beginning is looked at", () => {
  const long = Array.from({ length: shingledUnitsMax }, (_, at) => `w${at}`).join(" ");
  assert.equal(shinglesOf(long, key), shinglesOf(long.slice(0, shingledUnitsMax), key));
});

test("any text has a signature that can be read, or none", () => {
  const words = fc.array(fc.string({ unit: "binary", maxLength: 12 }), { maxLength: 12 });
  fc.assert(
    fc.property(words, (parts) => {
      const signature = shinglesOf(parts.join(" "), key);
      if (signature === undefined) return;
      assert.equal(signature.length, signatureLength);
      assert.ok(decodeSignature(signature, new Int32Array(signatureWords), 0));
    }),
  );
});

test("signatures are written in one way", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: signatureBytes, maxLength: signatureBytes }), (bytes) => {
      const text = encodeSignature(bytes);
      const words = new Int32Array(signatureWords);
      assert.ok(decodeSignature(text, words, 0));
      assert.deepEqual(new Uint8Array(words.buffer), bytes);
      assert.equal(text, Buffer.from(bytes).toString("base64url"));
    }),
  );
  const words = new Int32Array(signatureWords);
  assert.equal(decodeSignature("A".repeat(85), words, 0), false);
  assert.equal(decodeSignature(`${"A".repeat(85)}=`, words, 0), false);
  assert.equal(decodeSignature(`${"A".repeat(85)}é`, words, 0), false);
  // Bits that no byte takes.
  assert.equal(decodeSignature(`${"A".repeat(85)}B`, words, 0), false);
});

test("agreement counts bytes as a slow twin does", () => {
  const signature = fc.uint8Array({ minLength: signatureBytes, maxLength: signatureBytes });
  fc.assert(
    fc.property(signature, fc.array(fc.nat(signatureBytes - 1)), (bytes, changed) => {
      const other = Uint8Array.from(bytes);
      for (const place of changed) other[place] = (other[place] ?? 0) ^ 0x80;
      const equal = bytes.filter((byte, place) => byte === other[place]).length;
      const [a, b] = [new Int32Array(bytes.slice().buffer), new Int32Array(other.buffer)];
      assert.equal(agreement(a, 0, b, 0), equal);
    }),
  );
});

test("HalfSipHash-1-3 is what its description gives", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer(), fc.integer(), (given, k0, k1) => {
      const bytes = given.length % 2 === 0 ? given : given.slice(1);
      const units = new Uint16Array(bytes.slice().buffer);
      assert.equal(halfSipUnits(units, 0, units.length, k0, k1), slowHalfSip(bytes, k0, k1));
    }),
  );
});

/** Bytes and big integers, round by round. */
function slowHalfSip(bytes: Uint8Array, k0: number, k1: number): number {
  const [one, other] = [BigInt.asUintN(32, BigInt(k0)), BigInt.asUintN(32, BigInt(k1))];
  const v = [one, other, one ^ 0x6c796765n, other ^ 0x74656462n];
  const rotated = (word: bigint, by: bigint): bigint =>
    BigInt.asUintN(32, (word << by) | (word >> (32n - by)));
  const at = (place: number): bigint => v[place] ?? 0n;
  const add = (to: number, from: number, by: bigint, after?: bigint): void => {
    v[to] = BigInt.asUintN(32, at(to) + at(from));
    v[from] = rotated(at(from), by) ^ at(to);
    if (after !== undefined) v[to] = rotated(at(to), after);
  };
  const round = (): void => {
    add(0, 1, 5n, 16n);
    add(2, 3, 8n);
    add(0, 3, 7n);
    add(2, 1, 13n, 16n);
  };
  const padded = new Uint8Array(4 * (Math.floor(bytes.length / 4) + 1));
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length;
  const view = new DataView(padded.buffer);
  for (let place = 0; place < padded.length; place += 4) {
    const word = BigInt(view.getUint32(place, true));
    v[3] = at(3) ^ word;
    round();
    v[0] = at(0) ^ word;
  }
  v[2] = at(2) ^ 0xffn;
  for (let last = 0; last < 3; last++) round();
  return Number(BigInt.asIntN(32, at(1) ^ at(3)));
}
