// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { createSecretKey, hash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import * as fc from "fast-check";
import { parseManifest, partNames, partOverheadBytes } from "@docket/protocol";
import { parseVerifierKey } from "@docket/tlog";
import { at } from "../testing/at.ts";
import { Actors } from "./actors.ts";
import { createSiteKeys, keyedHash, readSiteKeys, unwrapKey, verifierKeyOf, wrapKey } from "./keys.ts";
import { randomPool } from "./random.ts";
import { commit, openPart, sealParts } from "./seal.ts";
import type { SealedParts } from "./seal.ts";

const origin = "docket-0123456789abcdef/main";
const key = randomBytes(32);

test("a sealed part opens with its key, and its secret gives the manifest's commitment", () => {
  const texts = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.nat(5000).map((length) => "spam ".repeat(length)),
  );
  fc.assert(
    fc.property(texts, fc.constantFrom(...partNames), (plaintext, name) => {
      const { manifest, manifestHash, sealed } = sealOne(plaintext, name);
      const bytes = at(sealed, 0).bytes;
      const opened = openPart(bytes, name, key, origin);
      assert.equal(opened?.plaintext.toString("utf8"), plaintext);
      const [line] = parseManifest(manifest.toString("utf8")).parts;
      assert.ok(line !== undefined && opened !== undefined);
      assert.equal(commit(opened.secret, name, opened.plaintext).toString("base64url"), line.commitment);
      assert.equal(line.size, bytes.length);
      assert.equal(line.hash, hash("sha256", bytes, "base64url"));
      assert.equal(manifestHash, hash("sha256", manifest, "base64url"));
      assert.ok(bytes.length <= partOverheadBytes + Buffer.byteLength(plaintext));
    }),
  );
});

test("what does not shrink is sealed as it is, as long as the format says", () => {
  for (const text of ["", "\u{1f9ff}\u{10ffff}\u{e000}"]) {
    assert.equal(at(sealOne(text).sealed, 0).bytes.length, partOverheadBytes + Buffer.byteLength(text));
  }
});

test("a part with any bit flipped, cut, or under another key, name or origin does not open", () => {
  const { bytes } = at(sealOne('{"v":1}').sealed, 0);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    assert.equal(openPart(flipped, "content", key, origin), undefined, `bit ${bit}`);
  }
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(openPart(bytes.subarray(0, length), "content", key, origin), undefined, `cut to ${length}`);
  }
  assert.equal(openPart(bytes, "content", randomBytes(32), origin), undefined);
  assert.equal(openPart(bytes, "facts", key, origin), undefined);
  assert.equal(openPart(bytes, "content", key, `${origin}2`), undefined);
});

test("the same text sealed twice shares nothing that could be compared", () => {
  const [first, second] = [sealOne("the same"), sealOne("the same")].map(({ manifest }) =>
    at(parseManifest(manifest.toString("utf8")).parts, 0),
  );
  assert.notEqual(first?.commitment, second?.commitment);
  assert.notEqual(first?.hash, second?.hash);
});

test("an actor's key unwraps for that actor alone, and with any bit flipped not at all", () => {
  const encryption = randomBytes(32);
  const wrapped = wrapKey(encryption, "a_one", key, randomBytes);
  assert.deepEqual(unwrapKey(encryption, "a_one", wrapped), key);
  assert.equal(unwrapKey(encryption, "a_two", wrapped), undefined);
  assert.equal(unwrapKey(randomBytes(32), "a_one", wrapped), undefined);
  assert.equal(unwrapKey(encryption, "a_one", wrapped.subarray(0, 10)), undefined);
  for (let bit = 0; bit < wrapped.length * 8; bit++) {
    const flipped = Buffer.from(wrapped);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    assert.equal(unwrapKey(encryption, "a_one", flipped), undefined, `bit ${bit}`);
  }
});

test("keyed hashes differ by key, purpose and value", () => {
  const [one, two] = [createSecretKey(randomBytes(32)), createSecretKey(randomBytes(32))];
  const hashes = [
    keyedHash(one, "account", "u1"),
    keyedHash(two, "account", "u1"),
    keyedHash(one, "event", "u1"),
    keyedHash(one, "account", "u2"),
  ].map((each) => each.toString("hex"));
  assert.equal(new Set(hashes).size, 4);
  assert.equal(keyedHash(one, "account", "u1").toString("hex"), hashes[0]);
});

test("keys are made once, for their owner alone, and read again as they were", (t) => {
  const directory = keysDirectory(t);
  const made = createSiteKeys(directory, "main", origin, randomBytes);
  const read = readSiteKeys(directory, "main");
  assert.equal(read.signerKey, made.signerKey);
  assert.ok(read.hashing.equals(made.hashing));
  assert.deepEqual(read.keyEncryption, made.keyEncryption);
  assert.deepEqual(Buffer.from(read.site), Buffer.from(made.site));
  assert.equal(parseVerifierKey(verifierKeyOf(read.signerKey)).name, origin);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(statSync(join(directory, "main")).mode & 0o777, 0o700);
  for (const name of ["log.key", "evidence.key", "key-store.key"]) {
    assert.equal(statSync(join(directory, "main", name)).mode & 0o777, 0o600);
  }
  assert.throws(() => createSiteKeys(directory, "main", origin, randomBytes), { code: "usage" });
});

test("errors about keys name the file and never a key", (t) => {
  const directory = keysDirectory(t);
  createSiteKeys(directory, "main", origin, randomBytes);
  const path = join(directory, "main", "evidence.key");
  const text = readFileSync(path, "utf8");
  const secrets = text.split("\n").flatMap((line) => line.split(" ").slice(1));
  for (const broken of [
    text.replace("docket-keys/v1", "docket-keys/v2"),
    text.replace(/^site .*$/m, "site QUJD"),
    text.replace(/^hashing .*\n/m, ""),
    "",
  ]) {
    writeFileSync(path, broken);
    assert.throws(
      () => readSiteKeys(directory, "main"),
      (error: Error & { code?: string }) =>
        error.code === "usage" &&
        error.message.includes(path) &&
        secrets.every((secret) => !JSON.stringify([error.message, error.stack]).includes(secret)),
    );
  }
  rmSync(path);
  assert.throws(() => readSiteKeys(directory, "main"), { code: "usage", message: /evidence\.key: ENOENT/ });
});

test("an actor is made once, known until it is stored, and forgotten if it is void", (t) => {
  const actors = new Actors(createSiteKeys(keysDirectory(t), "main", origin, randomBytes), randomBytes);
  const lookup = actors.lookup("u1");
  assert.equal(actors.recent(lookup), undefined);
  const made = actors.make(lookup);
  assert.match(made.pseudonym, /^a_[A-Za-z0-9_-]{22}$/);
  assert.equal(actors.recent(actors.lookup("u1")), made);
  assert.deepEqual(actors.madeKey(made.pseudonym), made.key);
  assert.ok(made.entry !== undefined);
  const { pseudonym, wrappedKey } = made.entry;
  actors.stored(lookup);
  assert.equal(actors.recent(lookup), undefined);
  assert.equal(actors.madeKey(pseudonym), undefined);
  const known = actors.known(lookup, pseudonym, wrappedKey);
  assert.deepEqual(known && Buffer.from(known.key), Buffer.from(made.key));
  assert.equal(known?.entry, undefined);
  assert.equal(actors.known(lookup, "a_another", wrappedKey), undefined);
  const other = actors.make(actors.lookup("u2"));
  actors.forget(actors.lookup("u2"));
  assert.equal(actors.recent(actors.lookup("u2")), undefined);
  assert.equal(actors.madeKey(other.pseudonym), undefined);
});

test("the pool gives bytes that are never given again", () => {
  const random = randomPool();
  const seen = new Set<string>();
  for (let i = 0; i < 3000; i++) seen.add(random(16).toString("hex"));
  assert.equal(seen.size, 3000);
  assert.equal(random(20_000).length, 20_000);
  assert.equal(random(8192).length, 8192);
});

function sealOne(plaintext: string, name: (typeof partNames)[number] = "content"): SealedParts {
  return sealParts([{ name, subject: "site", key, plaintext }], origin, randomBytes);
}

function keysDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-keys-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, "keys");
}
