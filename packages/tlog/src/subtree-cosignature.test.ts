// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBase64, decodeHex, fromUtf8, utf8 } from "./base64.ts";
import { openCheckpoint, signCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { cosignatureTime, timedSignature } from "./cosignature.ts";
import { mlDsa44Sign, mlDsa44Verify } from "#crypto";
import { emptyRoot, type Hash } from "./hash.ts";
import { generateSignerKey, readSignerKey } from "./key.ts";
import {
  cosignSubtree,
  formatSignature,
  openNote,
  parseSignerKey,
  parseVerifierKey,
  signNote,
  verifySubtreeCosignature,
} from "./note.ts";
import type { Subtree } from "./subtree-cosignature.ts";
import { at } from "./testing/at.ts";
import { testHash } from "./testing/naive.ts";

const origin = "example.com/log";
const log = generateSignerKey(origin, testHash(1));
const keys = generateSignerKey("witness.example", testHash(2), "ml-dsa-44");
const now = 1_732_313_465;
const logSigner = parseSignerKey(log.signerKey);
const signer = parseSignerKey(keys.signerKey, () => now);
const verifier = parseVerifierKey(keys.verifierKey);
const checkpoint: Checkpoint = { origin, size: 6, root: testHash(3), extensions: [] };
const whole: Subtree = { origin, start: 0, end: 6, root: checkpoint.root };
const inside: Subtree = { origin, start: 4, end: 6, root: testHash(4) };

void test("a key has 1,312 bytes, a cosignature 2,428; keys are read back", () => {
  assert.equal(verifier.algorithm, "ml-dsa-44");
  assert.equal(verifier.publicKey.length, 1312);
  assert.equal(signer.vkey, keys.verifierKey);
  const { signature } = cosignSubtree(signer, inside);
  assert.equal(signature.length, 2428);
  assert.equal(decodeBase64(keys.verifierKey.split("+").slice(2).join("+"))[0], 0x06);
  assert.throws(() => parseSignerKey(keys.signerKey), RangeError);
  assert.throws(() => generateSignerKey("n", new Uint8Array(31), "ml-dsa-44"), RangeError);
  for (const key of [keys.verifierKey.slice(0, -4), `${keys.verifierKey}AAAA`, log.verifierKey + "AAAA"]) {
    assert.throws(() => parseVerifierKey(key), { code: "key" });
  }
  const name = "n".repeat(255);
  assert.equal(parseVerifierKey(generateSignerKey(name, testHash(1), "ml-dsa-44").verifierKey).name, name);
  assert.throws(() => generateSignerKey(`${name}n`, testHash(1), "ml-dsa-44"), { code: "key" });
  // The limit is the message's, not the note's: other keys may have longer names.
  assert.equal(parseVerifierKey(generateSignerKey(`${name}n`, testHash(1)).verifierKey).name, `${name}n`);
});

void test("the signed message is that of the specification, to the byte", () => {
  const { signature } = cosignSubtree(signer, inside);
  const message = Uint8Array.of(
    ...utf8("subtree/v1\n\0\u{f}witness.example"),
    ...decodeHex("0000000000000000"),
    ...utf8("\u{f}example.com/log"),
    ...decodeHex("00000000000000040000000000000006"),
    ...inside.root,
  );
  assert.ok(mlDsa44Verify(verifier.publicKey, message, signature.subarray(8)));
});

void test("a cosigned checkpoint opens, and vouches for its time", () => {
  const note = signCheckpoint(checkpoint, [logSigner, signer]);
  const opened = openCheckpoint(note, [parseVerifierKey(log.verifierKey), verifier], origin);
  assert.deepEqual(opened.checkpoint, checkpoint);
  assert.deepEqual(
    opened.verified.map(({ name }) => name),
    [origin, "witness.example"],
  );
  const { name, keyId, signature } = at(opened.verified, 1);
  assert.equal(cosignatureTime(signature), now);
  assert.ok(verifySubtreeCosignature(verifier, whole, { name, keyId, signature }));
  const text = utf8(fromUtf8(note).split("\n\n")[0] + "\n");
  assert.ok(verifier.verify(text, signature));
  for (const bit of [7, 8, 2427]) {
    assert.equal(verifier.verify(text, signature.with(bit, at(signature, bit) ^ 1)), false);
  }
  for (const other of [signature.subarray(1), Uint8Array.of(...signature, 0), signature.with(0, 0x80)]) {
    assert.equal(verifier.verify(text, other), false);
  }
  for (const other of ["x\n", "example.com/lag\n6\nAA==\n", fromUtf8(text).replace("\n6\n", "\n7\n")]) {
    assert.equal(verifier.verify(utf8(other), signature), false);
  }
  assert.equal(verifier.verify(Uint8Array.of(0xff), signature), false);
  const empty = signCheckpoint({ origin, size: 0, root: emptyRoot, extensions: [] }, [signer]);
  assert.equal(openCheckpoint(empty, [verifier]).checkpoint.size, 0);
});

void test("a checkpoint's cosignature has a time", () => {
  const { name, keyId, signature } = cosignSubtree(signer, whole);
  assert.equal(cosignatureTime(signature), 0);
  assert.ok(verifySubtreeCosignature(verifier, whole, { name, keyId, signature }));
  const text = fromUtf8(signCheckpoint(checkpoint, [logSigner])).split("\u{2014}")[0] ?? "";
  const note = utf8(text + formatSignature({ name, keyId, signature }));
  assert.throws(() => openNote(note, [verifier]), { code: "signature" });
  for (const time of [0, -1, 0.5, 2 ** 53]) {
    const witness = parseSignerKey(keys.signerKey, () => time);
    assert.throws(() => signCheckpoint(checkpoint, [witness]), RangeError);
  }
  assert.throws(() => cosignatureTime(signature.with(0, 1)), { code: "signature" });
});

void test("extension lines are not covered: no such checkpoint is signed, and none counted", () => {
  const extended = { ...checkpoint, extensions: ["extension"] };
  assert.throws(() => signCheckpoint(extended, [signer]), { code: "checkpoint" });
  assert.throws(() => signNote("no checkpoint\n", [signer]), { code: "checkpoint" });
  // What another implementation would do: sign the first three lines.
  const line = formatSignature(cosignSubtree(signer, whole, now));
  const note = utf8(fromUtf8(signCheckpoint(extended, [logSigner])) + line);
  const opened = openCheckpoint(note, [parseVerifierKey(log.verifierKey), verifier]);
  assert.equal(opened.verified.length, 1);
  assert.equal(opened.unverified.length, 1);
  assert.throws(() => openNote(note, [verifier]), { code: "unverified" });
  const { name, keyId } = signer;
  const forged = formatSignature({ name, keyId, signature: new Uint8Array(2428) });
  assert.throws(() => openNote(utf8(fromUtf8(note) + forged), [verifier]), { code: "unverified" });
});

void test("a subtree's cosignature is for that subtree and has no time unless it is a tree", () => {
  const line = cosignSubtree(signer, inside);
  assert.ok(verifySubtreeCosignature(verifier, inside, line));
  const others: Subtree[] = [
    { ...inside, start: 5 },
    { ...inside, end: 7 },
    { ...inside, root: testHash(5) },
    { ...inside, root: new Uint8Array(31) as Hash },
    { ...inside, origin: "example.com/lag" },
    { ...inside, origin: "" },
    { ...inside, origin: "o".repeat(256) },
    { ...inside, origin: "\u{d800}" },
    { ...inside, start: -4 },
    { ...inside, start: 2 ** 53 },
  ];
  for (const other of others) assert.equal(verifySubtreeCosignature(verifier, other, line), false);
  assert.equal(verifySubtreeCosignature(verifier, inside, { ...line, name: "w" }), false);
  assert.equal(verifySubtreeCosignature(verifier, inside, { ...line, keyId: 1 }), false);
  assert.equal(verifySubtreeCosignature(parseVerifierKey(log.verifierKey), inside, line), false);
  assert.throws(() => cosignSubtree(logSigner, inside), RangeError);
  assert.throws(() => cosignSubtree(signer, inside, now), RangeError);
  for (const [start, end] of [
    [3, 6],
    [4, 4],
    [6, 4],
    [0.5, 2],
    [0, 2 ** 53],
  ] as const) {
    assert.throws(() => cosignSubtree(signer, { ...inside, start, end }), RangeError, `${start} to ${end}`);
  }
  assert.throws(() => cosignSubtree(signer, { ...inside, origin: "" }), { code: "checkpoint" });
  assert.throws(() => cosignSubtree(signer, { ...inside, origin: "o".repeat(256) }), { code: "checkpoint" });
  assert.throws(() => cosignSubtree(signer, { ...inside, root: new Uint8Array(31) as Hash }), {
    code: "hash",
  });
});

void test("a subtree inside a tree that is signed with a time is refused even if the signature fits", () => {
  const { seed } = readSignerKey(keys.signerKey);
  const message = Uint8Array.of(
    ...utf8("subtree/v1\n\0\u{f}witness.example"),
    ...decodeHex("0000000000000009"),
    ...utf8("\u{f}example.com/log"),
    ...decodeHex("00000000000000040000000000000006"),
    ...inside.root,
  );
  const { name, keyId } = signer;
  const signature = timedSignature(9, mlDsa44Sign(seed, message));
  assert.ok(mlDsa44Verify(verifier.publicKey, message, signature.subarray(8)));
  assert.equal(verifySubtreeCosignature(verifier, inside, { name, keyId, signature }), false);
});
