// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { DocketError } from "../error.ts";
import { keyCaller } from "./caller.ts";
import { hashOfKey } from "./api-keys.ts";
import type { AccessChange, ApiKeyRow } from "./api-keys.ts";
import { Authenticator, unknownKeyIntervalMs, unknownKeyWaitMs, usedGranularityMs } from "./authenticator.ts";
import type { ApiKeyFeed, AuthenticatorOptions } from "./authenticator.ts";

const key = `dk_${"a".repeat(43)}`;

function row(over: Partial<ApiKeyRow> = {}): ApiKeyRow {
  const id = `k_${"a".repeat(16)}`;
  const fixed = { id, hash: hashOfKey(key), role: "ingest", label: null, createdMs: 0 };
  const limits = { scopes: null, untilMs: null, from: null, replacedMs: null, usedMs: null };
  const by = { createdBy: "operator", revokedBy: "operator" };
  return {
    ...fixed,
    ...limits,
    ...by,
    revokedMs: null,
    creationSealed: true,
    revocationSealed: false,
    ...over,
  };
}

/** A feed whose content the test changes, and what the authenticator did with it. */
function setUp(rows: ApiKeyRow[], over: Partial<AuthenticatorOptions> = {}) {
  const state = {
    rows,
    refreshes: 0,
    sealed: [] as AccessChange[],
    faults: [] as unknown[],
    used: [] as unknown[],
    nowMs: 0,
  };
  const feed: ApiKeyFeed = {
    refresh: async () => {
      state.refreshes += 1;
      const unsealed = state.rows
        .filter(({ creationSealed }) => !creationSealed)
        .map(({ id, role }): AccessChange => ({ change: "created", id, role, by: "operator" }));
      return { keys: state.rows, unsealed };
    },
    markSealed: async (change) => {
      state.sealed.push(change);
      state.rows = state.rows.map((one) => (one.id === change.id ? { ...one, creationSealed: true } : one));
    },
    markUsed: async (id, usedMs) => void state.used.push([id, usedMs]),
    close: async () => undefined,
  };
  const options: AuthenticatorOptions = {
    feed,
    sealAccess: async () => undefined,
    clock: () => state.nowMs,
    onFault: (error) => void state.faults.push(error),
    ...over,
  };
  return { state, open: () => Authenticator.open(options) };
}

void test("a key is known by its hash; what has not its form is not even looked up", async () => {
  const { state, open } = setUp([row()]);
  const authenticator = await open();
  assert.deepEqual(authenticator.callerOf(key), keyCaller(row().id, "ingest"));
  for (const other of ["", "dk_", key.slice(1), `${key}a`, `${key.slice(0, -1)}!`, ` ${key}`]) {
    assert.equal(authenticator.callerOf(other), undefined);
    assert.equal(await authenticator.callerOfUnknown(other), undefined);
  }
  assert.equal(state.refreshes, 1);
  await authenticator.close();
});

void test("revoked keys and keys of an unknown role are nobody's", async () => {
  for (const over of [{ revokedMs: 1, revocationSealed: true }, { role: "superuser" }]) {
    const { open } = setUp([row(over)]);
    const authenticator = await open();
    assert.equal(authenticator.callerOf(key), undefined);
    await authenticator.close();
  }
});

void test("unknown keys have the store asked once for all of them, and then are known", async () => {
  const { state, open } = setUp([]);
  const authenticator = await open();
  const others = Array.from({ length: 20 }, (_, i) => `dk_${String(i).padEnd(43, "b")}`);
  const asking = others.map((other) => authenticator.callerOfUnknown(other));
  state.rows = [row()];
  assert.deepEqual(await authenticator.callerOfUnknown(key), keyCaller(row().id, "ingest"));
  assert.deepEqual(new Set(await Promise.all(asking)), new Set([undefined]));
  assert.equal(state.refreshes, 2);
  await authenticator.close();
});

void test("a store that hangs does not hold an unknown key for ever", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const { open } = setUp([row()]);
  const authenticator = await open();
  authenticator.refresh = () => new Promise(() => undefined);
  const unknown = authenticator.callerOfUnknown(`dk_${"b".repeat(43)}`);
  t.mock.timers.tick(unknownKeyWaitMs);
  assert.equal(await unknown, undefined);
  assert.ok(authenticator.callerOf(key) !== undefined);
  await authenticator.close();
});

void test("a new key works once the record of its creation is sealed, and says so until then", async () => {
  let full = true;
  const { state, open } = setUp([row({ creationSealed: false })], {
    sealAccess: async () => {
      if (full) throw new DocketError("sealing_failed", "the disk is full");
    },
  });
  const authenticator = await open();
  assert.equal(authenticator.callerOf(key), undefined);
  state.nowMs += unknownKeyIntervalMs;
  await assert.rejects(
    () => authenticator.callerOfUnknown(key),
    (error) => error instanceof DocketError && error.code === "sealing_failed",
  );
  assert.equal(state.faults.length, 2);
  full = false;
  state.nowMs += unknownKeyIntervalMs;
  assert.deepEqual(await authenticator.callerOfUnknown(key), keyCaller(row().id, "ingest"));
  assert.deepEqual(authenticator.callerOf(key), keyCaller(row().id, "ingest"));
  assert.equal(state.sealed.length, 1);
  await authenticator.close();
});

void test("whoever comes while a key's record is being sealed waits for it", async () => {
  const sealing = Promise.withResolvers<void>();
  const { state, open } = setUp([], { sealAccess: () => sealing.promise });
  const authenticator = await open();
  state.rows = [row({ creationSealed: false })];
  await authenticator.refresh();
  const caller = authenticator.callerOfUnknown(key);
  sealing.resolve();
  assert.deepEqual(await caller, keyCaller(row().id, "ingest"));
  assert.equal(state.refreshes, 2);
  await authenticator.close();
});

void test("a store that cannot be read leaves the known keys in force", async () => {
  const { state, open } = setUp([row()]);
  const authenticator = await open();
  state.nowMs = 9000;
  Object.defineProperty(state, "rows", {
    get: () => {
      throw new Error("the disk is gone");
    },
  });
  await authenticator.refresh();
  assert.deepEqual(authenticator.callerOf(key), keyCaller(row().id, "ingest"));
  assert.equal(state.faults.length, 1);
  assert.equal(authenticator.staleMs, 9000);
  await authenticator.close();
});

void test("a key ends by itself, and one that is to be revoked later goes on until then", async () => {
  for (const over of [{ untilMs: 5000 }, { replacedMs: 5000 }]) {
    const { state, open } = setUp([row(over)]);
    const authenticator = await open();
    state.nowMs = 4999;
    assert.deepEqual(authenticator.callerOf(key), keyCaller(row().id, "ingest"));
    state.nowMs = 5000;
    assert.equal(authenticator.callerOf(key), undefined);
    assert.equal(await authenticator.callerOfUnknown(key), undefined);
    await authenticator.close();
  }
});

void test("scopes go along with the caller; those of a later version allow nothing here", async () => {
  const { open } = setUp([row({ scopes: ["decide", "fly"] })]);
  const authenticator = await open();
  assert.deepEqual(authenticator.callerOf(key), keyCaller(row().id, "ingest", ["decide"]));
  await authenticator.close();
});

void test("of the uses of a key the hour is noted, once", async () => {
  const { state, open } = setUp([row()]);
  const authenticator = await open();
  for (const nowMs of [
    usedGranularityMs,
    usedGranularityMs + 1,
    2 * usedGranularityMs - 1,
    3 * usedGranularityMs,
  ]) {
    state.nowMs = nowMs;
    authenticator.callerOf(key);
  }
  assert.deepEqual(state.used, [
    [row().id, usedGranularityMs],
    [row().id, 3 * usedGranularityMs],
  ]);
  await authenticator.close();
});
