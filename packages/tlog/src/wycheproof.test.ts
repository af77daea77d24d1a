// SPDX-License-Identifier: Apache-2.0
// Wycheproof's cases, judged as published by both halves of #crypto. Ed25519 verification is in
// crypto.test.ts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ml_dsa44 as mlDsa44 } from "@noble/post-quantum/ml-dsa.js";
import { sharedPath, skipReason } from "../../../tools/shared-data.ts";
import { decodeHex, encodeHex } from "./base64.ts";
import * as noble from "./crypto-noble.ts";
import * as node from "./crypto-node.ts";

type Case = { tcId: number; msg?: string; ctx?: string; sig: string; result: string; flags: string[] };
type Group = { publicKey: string; privateSeed: string; tests: Case[] };

void test("Wycheproof's ML-DSA-44 signatures are judged as published, by both", (t) => {
  const groups = read("mldsa_44_verify_test.json");
  if (groups === undefined) return t.skip(skipReason("vectors/wycheproof"));
  const counts = { valid: 0, invalid: 0, context: 0 };
  for (const { publicKey, tests } of groups) {
    for (const { tcId, msg = "", ctx = "", sig, result } of tests) {
      const [key, message, signature] = [publicKey, msg, sig].map(decodeHex) as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ];
      // Ours is the empty context alone: whatever was signed with another must be refused.
      const isValid = result === "valid" && ctx === "";
      counts[ctx === "" ? (isValid ? "valid" : "invalid") : "context"] += 1;
      for (const [name, crypto] of Object.entries({ node, noble })) {
        assert.equal(crypto.mlDsa44Verify(key, message, signature), isValid, `case ${tcId}, ${name}`);
      }
    }
  }
  t.diagnostic(
    `${counts.valid} valid, ${counts.invalid} invalid, ${counts.context} of other contexts, refused`,
  );
  assert.ok(counts.valid >= 70 && counts.invalid >= 90);
});

void test("Wycheproof's ML-DSA-44 seeds give the published keys, and sign what both verify", (t) => {
  const groups = read("mldsa_44_sign_seed_test.json");
  if (groups === undefined) return t.skip(skipReason("vectors/wycheproof"));
  const skipped = { internal: 0, context: 0, randomised: 0 };
  let [signed, refused] = [0, 0];
  for (const { publicKey, privateSeed, tests } of groups) {
    const seed = decodeHex(privateSeed);
    if (tests.some(({ flags }) => flags.includes("IncorrectPrivateKeyLength"))) {
      for (const crypto of [node, noble]) {
        assert.throws(() => crypto.mlDsa44PublicKey(seed), RangeError);
        assert.throws(() => crypto.mlDsa44Sign(seed, seed), RangeError);
      }
      refused += tests.length;
      continue;
    }
    for (const crypto of [node, noble]) assert.equal(encodeHex(crypto.mlDsa44PublicKey(seed)), publicKey);
    const { secretKey } = mlDsa44.keygen(seed);
    for (const { tcId, msg, ctx = "", sig, flags } of tests) {
      if (msg === undefined || flags.includes("Internal")) skipped.internal += 1;
      else if (ctx !== "") skipped.context += 1;
      else if (flags.includes("Randomized")) skipped.randomised += 1;
      else {
        const message = decodeHex(msg);
        // Our signing is hedged, hence never the published bytes: those come from the library below it.
        const deterministic = mlDsa44.sign(message, secretKey, { extraEntropy: false });
        assert.equal(encodeHex(deterministic), sig, `case ${tcId}`);
        const signers = signed % 8 === 0 ? [node, noble] : [];
        for (const bytes of [decodeHex(sig), ...signers.map((crypto) => crypto.mlDsa44Sign(seed, message))]) {
          for (const [name, crypto] of Object.entries({ node, noble })) {
            assert.ok(crypto.mlDsa44Verify(decodeHex(publicKey), message, bytes), `case ${tcId}, ${name}`);
          }
        }
        signed += 1;
      }
    }
  }
  t.diagnostic(`${signed} signed, ${refused} seeds of another length refused`);
  t.diagnostic(`not ours: ${skipped.context} with a context, ${skipped.internal} of the internal interface,`);
  t.diagnostic(`${skipped.randomised} with randomness given`);
  assert.ok(signed >= 65 && refused === 3);
});

void test("Wycheproof's HMAC-SHA256 tags are judged as published, by both", (t) => {
  type MacGroup = {
    tests: { tcId: number; key: string; msg: string; tag: string; result: string }[];
    tagSize: number;
  };
  const groups = read("hmac_sha256_test.json") as unknown as MacGroup[] | undefined;
  if (groups === undefined) return t.skip(skipReason("vectors/wycheproof"));
  let count = 0;
  for (const { tests, tagSize } of groups) {
    for (const { tcId, key, msg, tag, result } of tests) {
      for (const crypto of [node, noble]) {
        const computed = encodeHex(crypto.hmacSha256(decodeHex(key), decodeHex(msg))).slice(0, tagSize / 4);
        assert.equal(computed === tag, result === "valid", `case ${tcId}`);
      }
      count += 1;
    }
  }
  assert.ok(count > 100);
});

function read(file: string): Group[] | undefined {
  const path = sharedPath(`vectors/wycheproof/${file}`);
  if (path === undefined) return undefined;
  return (JSON.parse(readFileSync(path, "utf8")) as { testGroups: Group[] }).testGroups;
}
