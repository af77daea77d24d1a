// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { openActorKeys } from "../stores/sqlite/actor-keys.ts";
import { IdentityMap } from "../stores/sqlite/identity-map.ts";
import { writePortableIdentity } from "../stores/sqlite/portable-identity.ts";
import { settleKeyStore } from "../stores/sqlite/settle-key-store.ts";
import { isProtected, readSecret, replaceSecret, writeSecret } from "../evidence/key-folder.ts";
import type { KeyFolder } from "../evidence/key-folder.ts";
import { turnRing } from "../evidence/key-ring.ts";
import {
  keyStoreFile,
  openRow,
  readKeyStoreKeys,
  sealedRowBytes,
  sealRow,
  writeKeyStoreKeys,
} from "../evidence/key-store.ts";
import { KeyStoreRewriter } from "./key-store-rewriter.ts";
import { createSiteKeys, unwrapKey, wrapKey } from "../evidence/keys.ts";
import type { SiteKeys } from "../evidence/keys.ts";

const origin = "log.example/main";

test("a row opens under its key-store key, for its pseudonym alone, and unchanged", () => {
  const keys = { current: randomBytes(32) };
  const wrapped = randomBytes(60);
  const row = sealRow(keys, "a_one", wrapped, randomBytes);
  assert.equal(row.length, sealedRowBytes);
  assert.deepEqual(Buffer.from(openRow(keys, "a_one", row)), wrapped);
  assert.throws(() => openRow(keys, "a_two", row), { code: "directory_damaged" });
  assert.equal(openRow({ current: randomBytes(32) }, "a_one", row), "otherKey");
  assert.equal(openRow(undefined, "a_one", row), "otherKey");
  assert.deepEqual(openRow(keys, "a_one", wrapped), wrapped, "a row of an older docket");
  for (let bit = 40; bit < row.length * 8; bit++) {
    const flipped = Buffer.from(row);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    assert.throws(() => openRow(keys, "a_one", flipped), { code: "directory_damaged" }, `bit ${bit}`);
  }
});

test("rows of an older docket are sealed at the next opening, and nothing is left of them", (t) => {
  const { identity, keys, actors } = world(t, 3);
  rmSync(join(keys.folder.path, keyStoreFile));
  const old = new IdentityMap(identity, { busyMs: 0 });
  old.add(actors);
  old.makeDurable();
  old.close();
  const keyStore = settleKeyStore(identity, keys, randomBytes);
  assert.deepEqual(readKeyStoreKeys(keys.folder)?.current, keyStore.current);
  const bytes = readFileSync(identity);
  for (const { wrappedKey } of actors) assert.ok(!bytes.includes(wrappedKey));
  const keyOf = openActorKeys({ identity, journalled: [], folder: keys.folder });
  assert.deepEqual(
    actors.map(({ pseudonym }) => Buffer.from(keyOf(pseudonym) ?? [])),
    actors.map(({ key }) => key),
  );
  assert.deepEqual(settleKeyStore(identity, keys, randomBytes), keyStore, "nothing more to do");
});

test("replacing the key-store key seals all rows anew, and the old key opens none", async (t) => {
  const { identity, keys, actors } = world(t, 501);
  const keyStore = settleKeyStore(identity, keys, randomBytes);
  const map = new IdentityMap(identity, { busyMs: 0, keyStore });
  map.add(actors);
  map.makeDurable();
  const before = readKeyStoreKeys(keys.folder);
  const rowsBefore = rowsOf(identity);
  const reader = openActorKeys({ identity, journalled: [], folder: keys.folder });
  assert.ok(reader("a_0"));
  map.remove("a_1");
  let copies = 0;
  const rewriter = new KeyStoreRewriter({
    folder: keys.folder,
    index: indexOf(map),
    random: randomBytes,
    onChanged: async () => void copies++,
  });
  assert.equal(await rewriter.rewrite(), 500);
  assert.equal(copies, 2);
  const after = readKeyStoreKeys(keys.folder);
  assert.notDeepEqual(after?.current, before?.current);
  assert.equal(after?.next, undefined);
  assert.deepEqual(reader("a_2"), Buffer.from(actors[2]?.key ?? []), "whoever had it open reads on");
  assert.equal(reader("a_1"), undefined);
  for (const [pseudonym, row] of rowsOf(identity)) {
    assert.equal(openRow(before, pseudonym, row), "otherKey");
    assert.notEqual(openRow(after, pseudonym, row), "otherKey");
  }
  const files = Buffer.concat(
    [identity, `${identity}-wal`].filter(existsSync).map((path) => readFileSync(path)),
  );
  for (const row of rowsBefore.values())
    assert.ok(!files.includes(Buffer.from(row)), "an old row is left in the file");
  map.close();
});

test("a crash after any step of a replacement is gone on with by the next opening", async (t) => {
  for (const failAt of [1, 2, 3, 4, 5]) {
    const { identity, keys, actors } = world(t, 450);
    const map = new IdentityMap(identity, {
      busyMs: 0,
      keyStore: settleKeyStore(identity, keys, randomBytes),
    });
    map.add(actors);
    const fresh = randomBytes(32);
    turnRing(keys.keyEncryption, fresh);
    let step = 0;
    const die = <T>(run: () => T): T => {
      if (++step === failAt) throw new Error("the process dies here");
      return run();
    };
    const index = indexOf(map);
    const dying = {
      setKeyStore: async (each: Parameters<typeof index.setKeyStore>[0]) => die(() => map.setKeyStore(each)),
      rewriteActors: async (wish: Parameters<typeof index.rewriteActors>[0]) => die(() => map.rewrite(wish)),
      makeDurable: async () => die(() => map.makeDurable()),
    };
    const rewriter = new KeyStoreRewriter({ folder: keys.folder, index: dying, random: randomBytes });
    await assert.rejects(rewriter.rewrite(keys.keyEncryption), /dies here/, `step ${failAt}`);
    map.close();
    settleKeyStore(identity, keys, randomBytes);
    assert.equal(readKeyStoreKeys(keys.folder)?.next, undefined);
    const rows = new IdentityMap(identity, {
      busyMs: 0,
      readOnly: true,
      keyStore: readKeyStoreKeys(keys.folder),
    });
    const entries = rows.entries(undefined, 1000);
    rows.close();
    assert.equal(entries.length, 450);
    for (const { pseudonym, wrappedKey } of entries) assert.ok(unwrapKey(fresh, pseudonym, wrappedKey));
  }
});

test("a copy without the key-store key opens with the keys of evidence, and is sealed then", (t) => {
  const { directory, identity, keys, actors } = world(t, 5);
  const map = new IdentityMap(identity, { busyMs: 0, keyStore: settleKeyStore(identity, keys, randomBytes) });
  map.add(actors);
  const copy = join(directory, "copy.sqlite");
  assert.equal(writePortableIdentity(identity, copy, keys.folder), 5);
  map.close();
  writeKeyStoreKeys(keys.folder, { current: randomBytes(32) }, randomBytes);
  const keyOf = openActorKeys({ identity: copy, journalled: [], folder: keys.folder });
  assert.deepEqual(keyOf("a_4"), Buffer.from(actors[4]?.key ?? []));
  settleKeyStore(copy, keys, randomBytes);
  for (const row of rowsOf(copy).values()) assert.equal(row.length, sealedRowBytes);
  assert.deepEqual(keyOf("a_4"), Buffer.from(actors[4]?.key ?? []));
  assert.throws(() => settleKeyStore(identity, keys, randomBytes), { code: "keys_locked" });
  rmSync(join(keys.folder.path, keyStoreFile));
  assert.throws(() => settleKeyStore(identity, keys, randomBytes), { code: "keys_locked" });
  assert.equal(
    existsSync(join(keys.folder.path, keyStoreFile)),
    false,
    "the right one can still be put there",
  );
  assert.throws(() => openActorKeys({ identity, journalled: [], folder: keys.folder })("a_1"), {
    code: "keys_locked",
  });
});

test("a secret is replaced durably, and its old bytes are overwritten where they lay", (t) => {
  const { keys } = world(t, 0);
  const path = join(keys.folder.path, "some.key");
  writeSecret(keys.folder, "some.key", "old secret\n", randomBytes);
  const second = join(keys.folder.path, "second-name");
  linkSync(path, second);
  replaceSecret(keys.folder, "some.key", "new secret\n", randomBytes);
  assert.equal(readSecret(keys.folder, "some.key"), "new secret\n");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.ok(readFileSync(second).every((byte) => byte === 0));
  // A crash before the rename: both names are of the same file, which must not be overwritten.
  linkSync(path, `${path}.old`);
  writeFileSync(`${path}.tmp`, "half");
  replaceSecret(keys.folder, "some.key", "newer\n", randomBytes);
  assert.equal(readSecret(keys.folder, "some.key"), "newer\n");
  assert.ok(!existsSync(`${path}.old`) && !existsSync(`${path}.tmp`));
});

test("a protected secret opens with its guard alone, under its own name", (t) => {
  const { keys } = world(t, 0);
  const folder: KeyFolder = { ...keys.folder, guard: randomBytes(32) };
  writeSecret(folder, "some.key", "the secret\n", randomBytes);
  assert.equal(isProtected(folder, "some.key"), true);
  assert.equal(isProtected(folder, "log.key"), false);
  assert.equal(isProtected(folder, "none.key"), undefined);
  assert.equal(readSecret(folder, "some.key"), "the secret\n");
  const text = readFileSync(join(folder.path, "some.key"), "utf8");
  assert.ok(!text.includes("secret"));
  assert.throws(() => readSecret(keys.folder, "some.key"), { code: "keys_locked" });
  assert.throws(() => readSecret({ ...folder, guard: randomBytes(32) }, "some.key"), { code: "keys_locked" });
  writeFileSync(join(folder.path, "other.key"), text);
  assert.throws(() => readSecret(folder, "other.key"), { code: "keys_locked" });
});

type World = {
  directory: string;
  identity: string;
  keys: SiteKeys;
  actors: { lookup: Buffer; pseudonym: string; wrappedKey: Buffer; key: Buffer }[];
};

function world(t: TestContext, count: number): World {
  const directory = mkdtempSync(join(tmpdir(), "docket-key-store-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const keys = createSiteKeys(join(directory, "keys"), "main", origin, randomBytes);
  const actors = Array.from({ length: count }, (_, place) => {
    const [pseudonym, key] = [`a_${place}`, randomBytes(32)];
    const wrappedKey = wrapKey(keys.keyEncryption, pseudonym, key, randomBytes);
    return { lookup: randomBytes(32), pseudonym, wrappedKey, key };
  });
  return { directory, identity: join(directory, "identity.sqlite"), keys, actors };
}

function indexOf(map: IdentityMap): ConstructorParameters<typeof KeyStoreRewriter>[0]["index"] {
  return {
    setKeyStore: async (keys) => map.setKeyStore(keys),
    rewriteActors: async (wish) => map.rewrite(wish),
    makeDurable: async () => map.makeDurable(),
  };
}

function rowsOf(identity: string): Map<string, Uint8Array> {
  const database = new DatabaseSync(identity, { readOnly: true });
  const rows = database.prepare("SELECT pseudonym, wrapped FROM actors").all() as {
    pseudonym: string;
    wrapped: Uint8Array;
  }[];
  database.close();
  return new Map(rows.map(({ pseudonym, wrapped }) => [pseudonym, wrapped]));
}
