// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createApiKey, hashOfKey, isApiKey, revokeApiKey } from "../../access/api-keys.ts";
import type { ApiKeyStore } from "../../access/api-keys.ts";
import { Authenticator } from "../../access/authenticator.ts";
import { DocketError } from "../../error.ts";
import { openSqliteApiKeyFeed } from "./api-keys-feed.ts";
import { apiKeysPath, openSqliteApiKeys } from "./api-keys.ts";

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
  const store = openStore(t, apiKeysPath(data));
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
  });
  for (const name of readdirSync(data)) {
    assert.equal(statSync(join(data, name)).mode & 0o777, 0o600, name);
    assert.ok(!readFileSync(join(data, name)).includes(key.slice(3)), name);
  }
});

void test("a change is unsealed until it is marked, creation before revocation", (t) => {
  const store = openStore(t, apiKeysPath(directory(t)));
  const { id } = createApiKey(store, { role: "admin" }, 1, randomBytes);
  revokeApiKey(store, id, 2);
  assert.throws(
    () => revokeApiKey(store, id, 3),
    (error) => error instanceof DocketError && error.code === "not_found",
  );
  assert.equal(store.list()[0]?.revokedMs, 2);
  assert.deepEqual(store.unsealed(), [
    { change: "created", id, role: "admin" },
    { change: "revoked", id, role: "admin" },
  ]);
  store.markSealed({ change: "created", id, role: "admin" });
  store.markSealed({ change: "created", id, role: "admin" });
  assert.deepEqual(store.unsealed(), [{ change: "revoked", id, role: "admin" }]);
  store.markSealed({ change: "revoked", id, role: "admin" });
  assert.deepEqual(store.unsealed(), []);
});

void test("a role that does not exist, an empty or endless label, and an unknown key are refused", (t) => {
  const store = openStore(t, apiKeysPath(directory(t)));
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
  const path = apiKeysPath(directory(t));
  const [ours, theirs, other] = [openStore(t, path), openStore(t, path), openStore(t, path, "other")];
  const before = ours.version();
  assert.equal(ours.version(), before);
  const { id } = createApiKey(theirs, { role: "ingest" }, 0, randomBytes);
  const between = ours.version();
  assert.notEqual(between, before);
  assert.equal(ours.list()[0]?.id, id);
  assert.deepEqual(other.list(), []);
  ours.markSealed({ change: "created", id, role: "ingest" });
  assert.notEqual(ours.version(), between);
});

void test("a file that is no database, or of a later version, is refused by name", (t) => {
  const data = directory(t);
  const path = apiKeysPath(data);
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
  const path = apiKeysPath(directory(t));
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
  assert.deepEqual(await authenticator.callerOfUnknown(key), { id, role: "ingest" });
  assert.deepEqual(store.unsealed(), []);
  revokeApiKey(store, id, 1);
  await authenticator.refresh();
  assert.equal(authenticator.callerOf(key), undefined);
  await authenticator.close();
  assert.deepEqual(sealed, [`created ${id} ingest`, `revoked ${id} ingest`]);
  assert.deepEqual(store.unsealed(), []);
});

void test("a thread that ends fails the call, and the next call starts another", async (t) => {
  const data = directory(t);
  const path = apiKeysPath(data);
  writeFileSync(path, "not a database, but long enough to be looked at as one");
  const feed = openSqliteApiKeyFeed(path, "main");
  await assert.rejects(feed.refresh(), DocketError);
  rmSync(path);
  assert.deepEqual(await feed.refresh(), { keys: [], unsealed: [] });
  assert.equal(await feed.refresh(), undefined);
  await feed.close();
});
