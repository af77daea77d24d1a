// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { checkPassword, hashesAtOnce, hashesWaitingMax, PasswordHasher } from "./passwords.ts";
import { cheapHash } from "./testing/access-world.ts";

const secret = Buffer.alloc(32, 1);

void test("a password is checked against its hash, which says what it cost", async () => {
  const hasher = new PasswordHasher(secret, randomBytes, cheapHash);
  const stored = await hasher.hash("correct horse battery");
  assert.match(stored, /^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.notEqual(stored, await hasher.hash("correct horse battery"));
  assert.deepEqual(await hasher.check(stored, "correct horse battery"), { ok: true, weak: false });
  assert.deepEqual(await hasher.check(stored, "correct horse battery "), { ok: false, weak: false });
  // Composed and decomposed are one text to whoever types it.
  const umlaut = await hasher.hash("caf\u00e9 caf\u00e9 caf\u00e9");
  assert.equal((await hasher.check(umlaut, "cafe\u0301 cafe\u0301 cafe\u0301")).ok, true);
});

void test("without the key of the keys directory the right password is wrong", async () => {
  const stored = await new PasswordHasher(secret, randomBytes, cheapHash).hash("correct horse battery");
  const other = new PasswordHasher(Buffer.alloc(32, 2), randomBytes, cheapHash);
  assert.equal((await other.check(stored, "correct horse battery")).ok, false);
});

void test("where there is no hash, a hash is computed all the same, and is wrong", async () => {
  const hasher = new PasswordHasher(secret, randomBytes, cheapHash);
  for (const stored of [null, undefined]) assert.equal((await hasher.check(stored, "")).ok, false);
});

void test("a hash of less than is asked for now is told", async () => {
  const stored = await new PasswordHasher(secret, randomBytes, cheapHash).hash("correct horse battery");
  const stronger = new PasswordHasher(secret, randomBytes, { ...cheapHash, passes: 2 });
  assert.deepEqual(await stronger.check(stored, "correct horse battery"), { ok: true, weak: true });
  assert.equal((await stronger.check(await stronger.hash("x"), "x")).weak, false);
});

void test("only so many hashes are computed and wait at a time", async () => {
  const hasher = new PasswordHasher(secret, randomBytes, cheapHash);
  const asked = Array.from({ length: hashesAtOnce + hashesWaitingMax + 3 }, () => hasher.hash("x"));
  const done = await Promise.allSettled(asked);
  const turnedAway = done.filter((each) => each.status === "rejected");
  assert.equal(turnedAway.length, 3);
  for (const { reason } of turnedAway) assert.equal((reason as { code: string }).code, "overloaded");
  // And afterwards it goes on.
  assert.ok((await hasher.hash("x")).startsWith("$argon2id$"));
});

void test("passwords that everybody tries are refused, and the refusal does not repeat them", () => {
  const refused = [
    "short",
    "x".repeat(129),
    "aaaaaaaaaaaaa",
    "passwordpassword",
    "Password123456!",
    "P4ssw0rdP4ssw0rd",
    "qwertyuiop123456",
    "Sommer2026!Sommer",
    "anamaria-anamaria1",
    "abcdefghijklmnop",
    "letmein-letmein-1",
  ];
  for (const password of refused) {
    assert.throws(
      () => checkPassword(password, "AnaMaria@example.org"),
      (error: { code: string; message: string }) => {
        assert.equal(error.code, "usage", password);
        assert.ok(!error.message.includes(password), password);
        return true;
      },
      password,
    );
  }
  for (const password of [
    "correct horse battery",
    "8f3k29dkx0p1mmz",
    "Brezel, Mond und Kran",
    "\u65e5\u672c\u8a9e\u306e\u9577\u3044\u5408\u8a00\u8449\u3067\u3059\u3088\u306d",
  ]) {
    checkPassword(password, "ana");
  }
});
