// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createApiKey, hashOfKey, isApiKey, revokeApiKey, rotateApiKey } from "../../access/api-keys.ts";
import type { ApiKeyStore } from "../../access/api-keys.ts";
import { keyCaller } from "../../access/caller.ts";
import { Authenticator } from "../../access/authenticator.ts";
import { DocketError } from "../../error.ts";
import { openSqliteApiKeyFeed } from "./access-client.ts";
import { accessPath } from "./access-file.ts";
import { openSqliteApiKeys } from "./api-keys.ts";

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "docket-keys-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function openStore(t: TestContext, path: string, site = "main"): ApiKeyStore {
  const store = openSqliteApiKeys(path, site);
  t.after(() => store.close());
  return store;
}

void test("a key is shown once: the directory holds its hash, for its owner only", (t) => {
  const data = directory(t);
  const store = openStore(t, accessPath(data));
  const { id, key, role } = createApiKey(store, { role: "ingest", label: "web" }, 5, randomBytes);
  assert.ok(isApiKey(key) && key.length === 46, key);
  assert.match(id, /^k_[A-Za-z0-9_-]{16}$/);
  assert.equal(role, "ingest");
  const [row] = store.list();
  assert.deepEqual(row, {
    id,
    hash: hashOfKey(key),
    role: "ingest",
    label: "web",
    createdMs: 5,
    revokedMs: null,
    creationSealed: false,
    revocationSealed: false,
    scopes: null,
    untilMs: null,
    from: null,
    replacedMs: null,
    createdBy: "operator",
    revokedBy: "operator",
    usedMs: null,
  });
  for (const name of readdirSync(data)) {
    assert.equal(statSync(join(data, name)).mode & 0o777, 0o600, name);
    assert.ok(!readFileSync(join(data, name)).includes(key.slice(3)), name);
  }
});

void test("a change is unsealed until it is marked, creation before revocation", (t) => {
  const store = openStore(t, accessPath(directory(t)));
  const { id } = createApiKey(store, { role: "admin" }, 1, randomBytes);
  revokeApiKey(store, id, 2);
  assert.throws(
    () => revokeApiKey(store, id, 3),
    (error) => error instanceof DocketError && error.code === "not_found",
  );
  assert.equal(store.list()[0]?.revokedMs, 2);
  const [created, revoked] = (["created", "revoked"] as const).map((change) => ({
    change,
    id,
    role: "admin",
    by: "operator",
  }));
  assert.ok(created !== undefined && revoked !== undefined);
  assert.deepEqual(store.unsealed(2), [created, revoked]);
  store.markSealed(created);
  store.markSealed(created);
  assert.deepEqual(store.unsealed(2), [revoked]);
  store.markSealed(revoked);
  assert.deepEqual(store.unsealed(2), []);
});

void test("a rotated key has the rights of the old one, which goes on for a while", (t) => {
  const store = openStore(t, accessPath(directory(t)));
  const wish = {
    role: "ingest",
    label: "web",
    scopes: ["decide"],
    forMs: 100_000_000,
    by: `p_${"a".repeat(16)}`,
  };
  const old = createApiKey(store, wish, 1, randomBytes);
  const made = rotateApiKey(store, old.id, { overlapMs: 5000 }, 10, randomBytes);
  assert.equal(made.from, old.id);
  const [first, second] = store.list();
  assert.deepEqual([first?.revokedMs, first?.replacedMs, first?.revokedBy], [null, 5010, "operator"]);
  assert.deepEqual([second?.scopes, second?.label, second?.untilMs], [["decide"], "web", 100_000_001]);
  const { id } = made;
  const limits = { scopes: ["decide"], untilMs: 100_000_001 };
  assert.deepEqual(store.unsealed(5009), [
    { change: "created", id: old.id, role: "ingest", by: wish.by, ...limits },
    { change: "rotated", from: old.id, id, role: "ingest", by: "operator", ...limits },
  ]);
  assert.deepEqual(store.unsealed(5010)[1], {
    change: "revoked",
    id: old.id,
    role: "ingest",
    by: "operator",
  });
  // It may still be revoked at once, but not rotated again.
  assert.throws(() => rotateApiKey(store, old.id, {}, 11, randomBytes), { code: "not_found" });
  revokeApiKey(store, old.id, 12);
  assert.equal(store.list()[0]?.revokedMs, 12);
  assert.throws(() => revokeApiKey(store, old.id, 13), { code: "not_found" });
  assert.throws(() => rotateApiKey(store, "k_none", {}, 11, randomBytes), { code: "not_found" });
});

void test("a scope is an action of the role, and a life has its bounds", (t) => {
  const store = openStore(t, accessPath(directory(t)));
  for (const wish of [
    { scopes: [] },
    { scopes: ["publishPolicy"] },
    { scopes: ["fly"] },
    { forMs: 1 },
    { forMs: 1e15 },
  ]) {
    assert.throws(() => createApiKey(store, { role: "ingest", ...wish }, 0, randomBytes), { code: "usage" });
  }
  assert.deepEqual(store.list(), []);
});

void test("a file of the first version goes on with its keys", (t) => {
  const path = accessPath(directory(t));
  const first = new DatabaseSync(path);
  first.exec(`CREATE TABLE api_keys (
      site TEXT NOT NULL, id TEXT NOT NULL, hash TEXT NOT NULL, role TEXT NOT NULL, label TEXT,
      created_ms INTEGER NOT NULL, revoked_ms INTEGER,
      creation_sealed INTEGER NOT NULL DEFAULT 0, revocation_sealed INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (site, id), UNIQUE (site, hash)
    ) STRICT;
    INSERT INTO api_keys VALUES ('main', 'k_1', 'h', 'admin', NULL, 5, NULL, 1, 0);
    PRAGMA user_version = 1`);
  first.close();
  const [row] = openStore(t, path).list();
  assert.deepEqual([row?.id, row?.scopes, row?.untilMs, row?.createdBy], ["k_1", null, null, "operator"]);
  assert.deepEqual(openStore(t, path).list().length, 1);
});

void test("a role that does not exist, an empty or endless label, and an unknown key are refused", (t) => {
  const store = openStore(t, accessPath(directory(t)));
  for (const wish of [
    { role: "root" },
    { role: "ingest", label: "" },
    { role: "ingest", label: "x".repeat(201) },
  ]) {
    assert.throws(
      () => createApiKey(store, wish, 0, randomBytes),
      (error) => error instanceof DocketError && error.code === "usage",
    );
  }
  assert.throws(() => revokeApiKey(store, "k_0", 0), DocketError);
  assert.deepEqual(store.list(), []);
});

void test("two processes see each other's changes, and two sites do not see each other's keys", (t) => {
  const path = accessPath(directory(t));
  const [ours, theirs, other] = [openStore(t, path), openStore(t, path), openStore(t, path, "other")];
  const before = ours.version();
  assert.equal(ours.version(), before);
  const { id } = createApiKey(theirs, { role: "ingest" }, 0, randomBytes);
  const between = ours.version();
  assert.notEqual(between, before);
  assert.equal(ours.list()[0]?.id, id);
  assert.deepEqual(other.list(), []);
  ours.markSealed({ change: "created", id, role: "ingest", by: "operator" });
  assert.notEqual(ours.version(), between);
});

void test("a file that is no database, or of a later version, is refused by name", (t) => {
  const data = directory(t);
  const path = accessPath(data);
  writeFileSync(path, "not a database, but long enough to be looked at as one");
  const damaged = (error: unknown): boolean =>
    error instanceof DocketError && error.code === "directory_damaged" && error.message.includes(path);
  assert.throws(() => openSqliteApiKeys(path, "main"), damaged);
  rmSync(path);
  const later = new DatabaseSync(path);
  later.exec("PRAGMA user_version = 99");
  later.close();
  assert.throws(() => openSqliteApiKeys(path, "main"), damaged);
});

void test("a server learns of keys made and revoked beside it, and seals both", async (t) => {
  const path = accessPath(directory(t));
  const store = openStore(t, path);
  const sealed: string[] = [];
  let nowMs = 0;
  const authenticator = await Authenticator.open({
    feed: openSqliteApiKeyFeed(path, "main"),
    sealAccess: async (change, key, role) => void sealed.push(`${change} ${key} ${role}`),
    clock: () => nowMs,
  });
  const { id, key } = createApiKey(store, { role: "ingest" }, 0, randomBytes);
  assert.equal(authenticator.callerOf(key), undefined);
  nowMs += 10_000;
  assert.deepEqual(await authenticator.callerOfUnknown(key), keyCaller(id, "ingest"));
  assert.deepEqual(store.unsealed(Infinity), []);
  revokeApiKey(store, id, 1, "operator");
  await authenticator.refresh();
  assert.equal(authenticator.callerOf(key), undefined);
  await authenticator.close();
  assert.deepEqual(sealed, [`created ${id} ingest`, `revoked ${id} ingest`]);
  assert.deepEqual(store.unsealed(Infinity), []);
});

void test("a thread that ends fails the call, and the next call starts another", async (t) => {
  const data = directory(t);
  const path = accessPath(data);
  writeFileSync(path, "not a database, but long enough to be looked at as one");
  const feed = openSqliteApiKeyFeed(path, "main");
  await assert.rejects(feed.refresh(0), DocketError);
  rmSync(path);
  assert.deepEqual(await feed.refresh(0), { keys: [], unsealed: [] });
  assert.equal(await feed.refresh(0), undefined);
  await feed.close();
});
