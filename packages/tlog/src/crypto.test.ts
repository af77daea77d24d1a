// SPDX-License-Identifier: Apache-2.0
// Both implementations of #crypto do the same, on good input and bad: otherwise a browser and a server could
// come to different verdicts on one log.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import * as fc from "fast-check";
import { sharedPath, skipReason } from "../../../tools/shared-data.ts";
import { decodeHex, encodeHex, utf8 } from "./base64.ts";
import * as noble from "./crypto-noble.ts";
import * as node from "./crypto-node.ts";
import { at } from "./testing/at.ts";

const bytes = fc.uint8Array({ maxLength: 200 });
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });

void test("hashes and MACs are the same, and those of the standards", () => {
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // FIPS 180-4
  const jefe = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"; // RFC 4231, case 2
  for (const crypto of [node, noble]) {
    assert.equal(encodeHex(crypto.sha256(utf8("a"), utf8("bc"))), abc);
    assert.equal(encodeHex(crypto.hmacSha256(utf8("Jefe"), utf8("what do ya want for nothing?"))), jefe);
  }
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 4 }), bytes, (parts, key) => {
      const hash = node.sha256(...parts);
      assert.deepEqual(hash, noble.sha256(...parts));
      assert.equal(Object.getPrototypeOf(hash), Uint8Array.prototype);
      assert.deepEqual(node.hmacSha256(key, hash), noble.hmacSha256(key, hash));
    }),
  );
});

void test("a hash is written where it belongs, or not at all", () => {
  for (const crypto of [node, noble]) {
    const out = new Uint8Array(34);
    crypto.sha256Into(out, 1, utf8("abc"));
    assert.deepEqual(out, Uint8Array.of(0, ...crypto.sha256(utf8("abc")), 0));
    for (const at of [-1, 3, 34, 35]) assert.throws(() => crypto.sha256Into(out, at, out), RangeError);
  }
});

void test("keys and signatures are the same, and verify in both", () => {
  fc.assert(
    fc.property(seeds, bytes, fc.nat(511), (seed, message, bit) => {
      const publicKey = node.ed25519PublicKey(seed);
      const signature = node.ed25519Sign(seed, message);
      assert.deepEqual(publicKey, noble.ed25519PublicKey(seed));
      assert.deepEqual(signature, noble.ed25519Sign(seed, message));
      const forged = Uint8Array.from(signature, (byte, i) =>
        i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte,
      );
      for (const crypto of [node, noble]) {
        assert.ok(crypto.ed25519Verify(publicKey, message, signature));
        assert.equal(crypto.ed25519Verify(publicKey, message, forged), false);
      }
    }),
    { numRuns: 25 },
  );
});

void test("what is no key and no signature is refused by both in the same way", () => {
  const seed = new Uint8Array(32);
  for (const crypto of [node, noble]) {
    assert.throws(() => crypto.ed25519Sign(seed.subarray(1), seed), RangeError);
    assert.throws(() => crypto.ed25519PublicKey(new Uint8Array(33)), RangeError);
    const key = crypto.ed25519PublicKey(seed);
    assert.equal(crypto.ed25519Verify(key.subarray(1), seed, new Uint8Array(64)), false);
    assert.equal(crypto.ed25519Verify(key, seed, new Uint8Array(63)), false);
    assert.equal(crypto.ed25519Verify(new Uint8Array(32).fill(0xff), seed, new Uint8Array(64)), false);
  }
});

void test("keys with a part of small order, non-canonical keys and S over the order get one verdict", () => {
  const { Point } = ed25519;
  const torsion = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", true);
  const scalar = 123456789n;
  let accepted = 0;
  for (let i = 0; i < 32; i++) {
    const message = utf8(`message ${i}`);
    const publicKey = Point.BASE.multiply(scalar).add(torsion).toBytes();
    const r = 987654321n + BigInt(i);
    const encodedR = Point.BASE.multiply(r).toBytes();
    const k = littleEndian(sha512(Uint8Array.from([...encodedR, ...publicKey, ...message]))) % Point.Fn.ORDER;
    const s = (r + k * scalar) % Point.Fn.ORDER;
    const signature = Uint8Array.from([...encodedR, ...toLittleEndian(s)]);
    const verdict = node.ed25519Verify(publicKey, message, signature);
    assert.equal(noble.ed25519Verify(publicKey, message, signature), verdict);
    if (verdict) accepted += 1;
    const large = Uint8Array.from([...encodedR, ...toLittleEndian(s + Point.Fn.ORDER)]);
    for (const crypto of [node, noble]) assert.equal(crypto.ed25519Verify(publicKey, message, large), false);
  }
  // With the cofactor all 32 would pass; without it, those whose k is a multiple of eight.
  assert.ok(accepted > 0 && accepted < 32, `${accepted} of 32`);
  for (const key of unsoundKeys) {
    for (const crypto of [node, noble]) {
      for (let i = 0; i < 16; i++) {
        // R = identity and S = 0 satisfy the equation whenever k is a multiple of the key's order.
        const signature = Uint8Array.from([1, ...new Uint8Array(63)]);
        assert.equal(crypto.ed25519Verify(decodeHex(key), utf8(`m${i}`), signature), false, key);
      }
    }
  }
});

void test("ML-DSA-44 keys are the same, and each verifies what the other signs", () => {
  fc.assert(
    fc.property(seeds, bytes, fc.nat(2420 * 8 - 1), (seed, message, bit) => {
      const publicKey = node.mlDsa44PublicKey(seed);
      assert.deepEqual(publicKey, noble.mlDsa44PublicKey(seed));
      for (const signature of [node.mlDsa44Sign(seed, message), noble.mlDsa44Sign(seed, message)]) {
        assert.equal(signature.length, 2420);
        assert.equal(Object.getPrototypeOf(signature), Uint8Array.prototype);
        const forged = signature.with(bit >> 3, at(signature, bit >> 3) ^ (1 << (bit & 7)));
        for (const crypto of [node, noble]) {
          assert.ok(crypto.mlDsa44Verify(publicKey, message, signature));
          assert.equal(crypto.mlDsa44Verify(publicKey, message, forged), false);
          assert.equal(crypto.mlDsa44Verify(publicKey, Uint8Array.of(...message, 0), signature), false);
        }
      }
    }),
    { numRuns: 5 },
  );
});

void test("what is no ML-DSA-44 key and no signature is refused by both in the same way", () => {
  const seed = new Uint8Array(32);
  for (const crypto of [node, noble]) {
    assert.throws(() => crypto.mlDsa44Sign(seed.subarray(1), seed), RangeError);
    assert.throws(() => crypto.mlDsa44PublicKey(new Uint8Array(33)), RangeError);
    const key = crypto.mlDsa44PublicKey(seed);
    const signature = crypto.mlDsa44Sign(seed, seed);
    assert.equal(crypto.mlDsa44Verify(key.subarray(1), seed, signature), false);
    assert.equal(crypto.mlDsa44Verify(key, seed, signature.subarray(1)), false);
    assert.equal(crypto.mlDsa44Verify(key, seed, Uint8Array.of(...signature, 0)), false);
    assert.equal(crypto.mlDsa44Verify(new Uint8Array(1312).fill(0xff), seed, signature), false);
    assert.equal(crypto.mlDsa44Verify(key, seed, new Uint8Array(2420).fill(0xff)), false);
  }
});

void test("where a browser is meant, the package signs the same checkpoint with @noble", () => {
  const script = `
    const tlog = await import(${JSON.stringify(new URL("index.ts", import.meta.url).href)});
    const keys = tlog.generateSignerKey("example.com/log", tlog.sha256(tlog.utf8("seed")));
    const note = tlog.signNote("text\\n", [tlog.parseSignerKey(keys.signerKey)]);
    tlog.openNote(note, [tlog.parseVerifierKey(keys.verifierKey)]);
    process.stdout.write(tlog.fromUtf8(note));`;
  const [onNode, inBrowser] = [[], ["--conditions=browser"]].map((conditions) =>
    execFileSync(
      process.execPath,
      ["--conditions=@docket/source", ...conditions, "--input-type=module", "--eval", script],
      { encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } },
    ),
  );
  assert.match(onNode ?? "", /^text\n\n\u{2014} example.com\/log /u);
  assert.equal(inBrowser, onNode);
});

type Group = {
  publicKey: { pk: string };
  tests: { msg: string; sig: string; result: string; tcId: number }[];
};

void test("Wycheproof's Ed25519 cases are judged as published, by both", (t) => {
  const path = sharedPath("vectors/wycheproof/ed25519_test.json");
  if (path === undefined) return t.skip(skipReason("vectors/wycheproof"));
  const { testGroups } = JSON.parse(readFileSync(path, "utf8")) as { testGroups: Group[] };
  let count = 0;
  for (const { publicKey, tests } of testGroups) {
    for (const { msg, sig, result, tcId } of tests) {
      const [key, message, signature] = [decodeHex(publicKey.pk), decodeHex(msg), decodeHex(sig)];
      for (const crypto of [node, noble]) {
        assert.equal(crypto.ed25519Verify(key, message, signature), result === "valid", `case ${tcId}`);
      }
      count += 1;
    }
  }
  assert.ok(count > 50);
});

/** Points of small order, and some of them again with a y over the field's prime or the sign of x = 0 set. */
const unsoundKeys = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0100000000000000000000000000000000000000000000000000000000000080",
];

function littleEndian(value: Uint8Array): bigint {
  return BigInt(`0x${encodeHex(value.toReversed())}`);
}

function toLittleEndian(value: bigint): Uint8Array {
  return decodeHex(value.toString(16).padStart(64, "0")).reverse();
}
