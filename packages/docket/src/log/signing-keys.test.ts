// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cosignatureTime,
  emptyRoot,
  generateSignerKey,
  openCheckpoint,
  parseNote,
  parseVerifierKey,
  signCheckpoint,
} from "@docket/tlog";
import { publishedSigners, rootSigners, signPublished, verifierKeysOf } from "./signing-keys.ts";
import type { PublishedSigner } from "./signing-keys.ts";

const origin = "log.example/main";
const made = (byte: number, algorithm: "ed25519" | "ml-dsa-44"): { signerKey: string; verifierKey: string } =>
  generateSignerKey(origin, new Uint8Array(32).fill(byte), algorithm);
const [ed, ml, edNext, mlNext] = [
  made(1, "ed25519"),
  made(2, "ml-dsa-44"),
  made(3, "ed25519"),
  made(4, "ml-dsa-44"),
];
const keys = { roots: [ed.signerKey, edNext.signerKey], published: [ml.signerKey, mlNext.signerKey] };
const text = { origin, size: 0, root: emptyRoot, extensions: [] };

test("a published checkpoint bears the lines of the roots' keys, then those of the others, in order", () => {
  const answered = signCheckpoint(text, rootSigners(keys));
  const published = signPublished(
    answered,
    publishedSigners(keys, () => 1_800_000_000),
  );
  assert.ok(published instanceof Uint8Array, "keys in this process sign at once");
  const verifiers = verifierKeysOf(keys).map((key) => parseVerifierKey(key));
  assert.deepEqual(
    verifiers.map(({ vkey }) => vkey),
    [ed, edNext, ml, mlNext].map(({ verifierKey }) => verifierKey),
  );
  const { verified, unverified } = openCheckpoint(published, verifiers, origin);
  assert.deepEqual(
    verified.map(({ verifier }) => verifier.vkey),
    verifiers.map(({ vkey }) => vkey),
  );
  assert.equal(unverified.length, 0);
  assert.equal(cosignatureTime(verified[2]?.signature ?? new Uint8Array(8)), 1_800_000_000);
});

test("a signer from afar is waited for, and its line stands where it would", async () => {
  const answered = signCheckpoint(text, rootSigners({ roots: [ed.signerKey], published: [] }));
  assert.equal(signPublished(answered, []), answered, "without further keys nothing is added");
  const [near, other] = publishedSigners(keys, () => 7);
  assert.ok(near !== undefined && other !== undefined);
  const far: PublishedSigner = {
    ...near,
    sign: (message) => new Promise((resolve) => setImmediate(() => resolve(near.sign(message)))),
  };
  const published = await signPublished(answered, [far, other]);
  assert.deepEqual(
    parseNote(published).signatures.map(({ keyId }) => keyId),
    [parseVerifierKey(ed.verifierKey).keyId, near.keyId, other.keyId],
  );
  const failing: PublishedSigner = { ...near, sign: () => Promise.reject(new Error("no connection")) };
  await assert.rejects(async () => signPublished(answered, [failing]), /no connection/);
});
