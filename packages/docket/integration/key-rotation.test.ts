// SPDX-License-Identifier: Apache-2.0
// Changes of keys on a site with its real threads and files.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { parseLeaf } from "@docket/protocol";
import type { Event } from "@docket/protocol";
import { readEvidenceKeys } from "../src/evidence/evidence-key-file.ts";
import { keyId } from "../src/evidence/key-folder.ts";
import { keysOf } from "../src/evidence/key-ring.ts";
import { readKeyStoreKeys } from "../src/evidence/key-store.ts";
import { createInstallation, readInstallation, readKeys } from "../src/installation.ts";
import { openInstallation } from "../src/main.ts";
import type { OpenInstallation } from "../src/main.ts";
import { disk } from "../src/stores/files/node-disk.ts";
import { readKeptRecords } from "../src/stores/sqlite/kept-records.ts";
import { decryptKeysBackup, encryptKeysBackup, restoreKeys } from "../src/key-desk/backup.ts";
import { readIntent, writeIntent } from "../src/key-desk/rotation-intent.ts";

const operator = { by: "operator", role: "operator" } as const;

test("keys change while the site answers, and everything sealed before and after opens", async (t) => {
  const place = newPlace(t);
  let opened = await open(place);
  const indexes = [await decide(opened, "e1", "ada"), await decide(opened, "e2", "bob")];
  for (const key of ["keyEncryption", "site", "keyStore", "site", "keyEncryption"] as const) {
    const during = decide(opened, `during ${key} ${indexes.length}`, "ada");
    const outcome = await opened.keyDesk.rotate(operator, { key, why: "test" });
    assert.ok("done" in outcome);
    indexes.push(await during, await decide(opened, `after ${key} ${indexes.length}`, `actor ${key}`));
    assert.equal(outcome.done.key, key);
  }
  await allOpen(opened, indexes);
  const keys = opened.keyDesk.list();
  const used = keys.map(({ name, current }) => `${name}${current ? "" : " former"}`);
  assert.deepEqual(used, [
    "log",
    "logMlDsa44",
    "keyEncryption",
    ...Array.from({ length: 2 }, () => "keyEncryption former"),
    "site",
    ...Array.from({ length: 2 }, () => "site former"),
    "hashing",
    "keyStore",
  ]);
  assert.ok(
    keys
      .filter(({ name }) => name === "site")
      .slice(0, 2)
      .every(({ since }) => since !== null),
  );
  const shown = JSON.stringify(keys);
  for (const key of keysOf(readKeys(readInstallation(place.data)).site)) {
    assert.ok(!shown.includes(Buffer.from(key).toString("base64")));
  }
  await opened.close();
  assert.deepEqual(rotations(place), ["keyEncryption", "site", "keyStore", "site", "keyEncryption"]);
  opened = await open(place);
  await allOpen(opened, indexes);
});

test("wherever a change of a key is interrupted, the next opening ends it and seals it", async (t) => {
  const place = newPlace(t);
  let opened = await open(place);
  const indexes = [await decide(opened, "e1", "ada")];
  await opened.close();
  const { folder } = readKeys(readInstallation(place.data));
  // Nothing was changed yet: nothing is sealed.
  const [site] = readEvidenceKeys(folder).site;
  assert.ok(site !== undefined);
  const intent = { key: "site", ...operator, before: keyId(site.key).toString("hex") } as const;
  writeIntent(folder.path, intent, randomBytes);
  opened = await open(place);
  assert.equal(readIntent(folder.path), undefined);
  await opened.close();
  assert.deepEqual(rotations(place), []);
  // The key had been changed, and its record was not sealed.
  writeIntent(folder.path, { ...intent, before: "00000000" }, randomBytes);
  opened = await open(place);
  assert.equal(readIntent(folder.path), undefined);
  await opened.close();
  assert.deepEqual(rotations(place), ["site"]);
  writeIntent(folder.path, { ...intent, key: "keyEncryption", before: "00000000" }, randomBytes);
  const store = readKeyStoreKeys(folder);
  opened = await open(place);
  assert.notDeepEqual(readKeyStoreKeys(folder), store);
  await allOpen(opened, indexes);
  await opened.close();
  assert.deepEqual(rotations(place), ["site", "keyEncryption"]);
});

test("above level solo a key is changed with a second person", async (t) => {
  const place = newPlace(t);
  const opened = await open(place);
  await toPair(opened);
  const ada = { by: "k_aaaaaaaaaaaaaaaa", role: "admin" } as const;
  const wish = { key: "site", why: "somebody left" } as const;
  const asked = await opened.keyDesk.rotate(ada, wish);
  assert.ok("waits" in asked);
  const { index } = asked.waits;
  await assert.rejects(opened.keyDesk.rotate(ada, wish, index), { code: "approval_needed" });
  await opened.requests.approve(operator, index);
  await assert.rejects(opened.keyDesk.rotate(ada, { ...wish, key: "keyStore" }, index), {
    code: "request_conflict",
  });
  const done = await opened.keyDesk.rotate(ada, wish, index);
  assert.ok("done" in done && done.done.key === "site");
});

test("a copy of the keys follows every change, and opens all of the data again", async (t) => {
  const place = newPlace(t);
  const identity = await generateX25519Identity();
  const copy = join(place.folder, "keys.age");
  const config = `keys: { backup: { to: ${copy}, recipients: [${await identityToRecipient(identity)}] } }\n`;
  writeFileSync(join(place.data, "docket.yaml"), config);
  let opened = await open(place);
  assert.ok(existsSync(copy), "written at the start");
  const indexes = [await decide(opened, "e1", "ada")];
  for (const key of ["keyEncryption", "site", "keyStore"] as const) {
    const bytes = readFileSync(copy);
    await opened.keyDesk.rotate(operator, { key, why: "test" });
    assert.notDeepEqual(readFileSync(copy), bytes, key);
  }
  indexes.push(await decide(opened, "e2", "ada"));
  await opened.close();
  const backup = await decryptKeysBackup(readFileSync(copy), [identity]);
  assert.equal(backup.origin, readInstallation(place.data).origin);
  const stranger = await generateX25519Identity();
  await assert.rejects(decryptKeysBackup(readFileSync(copy), [stranger]), { code: "keys_locked" });
  const main = join(place.keys, "main");
  assert.throws(() => restoreKeys(main, backup), { code: "usage" });
  for (const name of ["log.key", "log-ml-dsa-44.key", "evidence.key", "key-store.key"])
    rmSync(join(main, name));
  restoreKeys(main, backup);
  opened = await open(place);
  await allOpen(opened, indexes);
});

test("a copy for nobody, or that is none, is refused", async (t) => {
  const place = newPlace(t);
  const { folder } = readKeys(readInstallation(place.data));
  const about = { origin: "x/main", nowMs: 0 };
  await assert.rejects(encryptKeysBackup(folder, about, ["age1nobody"]), { code: "usage" });
  const identity = await generateX25519Identity();
  await assert.rejects(decryptKeysBackup(Buffer.from("nothing"), [identity]), { code: "keys_locked" });
  await assert.rejects(decryptKeysBackup(Buffer.from(""), ["AGE-SECRET-KEY-1NONE"]), (error: Error) => {
    return !`${error.message}${String(error.cause)}`.includes("1NONE");
  });
});

type Place = { folder: string; data: string; keys: string; opened?: OpenInstallation };

function newPlace(t: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), "docket-key-desk-"));
  const [data, keys] = [join(folder, "data"), join(folder, "keys")];
  const place: Place = { folder, data, keys };
  // In this order: a site that ends writes its last files.
  t.after(async () => {
    await place.opened?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  createInstallation(disk, data, keys);
  return place;
}

async function open(place: Place): Promise<OpenInstallation> {
  const opened = await openInstallation(readInstallation(place.data));
  place.opened = opened;
  return opened;
}

async function decide(opened: OpenInstallation, id: string, account: string): Promise<number> {
  const event: Event = {
    id,
    type: "comment",
    op: "create",
    actor: { id: account },
    content: { id: `c-${id}`, text: `a comment of ${account}` },
  };
  const asked = { event, dryRun: false, by: "operator", source: "http" as const, receivedMs: Date.now() };
  return (await opened.site.decide(asked)).index as number;
}

async function toPair({ changes }: OpenInstallation): Promise<void> {
  const wish = { level: "pair" } as const;
  const proposer = { by: "k_aaaaaaaaaaaaaaaa", role: "admin" } as const;
  const { index } = await changes.propose({ author: proposer, why: "two of us", wish });
  await changes.approve({ author: operator, of: index });
}

/** Facts are under the site's keys, contents under their actors'. */
async function allOpen(opened: OpenInstallation, indexes: readonly number[]): Promise<void> {
  for (const index of indexes) {
    assert.ok((await opened.site.sitePart(index, "facts"))?.includes("decidedAt"), `facts of ${index}`);
    assert.match(
      (await opened.site.openedPart(index, "content")) ?? "",
      /a comment of/,
      `content of ${index}`,
    );
  }
}

function rotations({ data }: Place): string[] {
  const { paths } = readInstallation(data);
  const { leaves } = readKeptRecords(join(paths.site, "views.sqlite"), ["key-rotation"]);
  return leaves.map((leaf) => {
    const record = parseLeaf(leaf);
    assert.ok(record.kind === "key-rotation" && record.by === "operator");
    return record.key;
  });
}
