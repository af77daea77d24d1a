// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { parseConfiguration } from "../config/configuration.ts";
import { isProtected, readSecret } from "../evidence/key-folder.ts";
import type { KeyFolder } from "../evidence/key-folder.ts";
import { createSiteKeys, readSiteKeys } from "../evidence/keys.ts";
import { readKeysConfig } from "./config.ts";
import type { KeyProvider, ProviderName } from "./contract.ts";
import { environmentProvider } from "./environment.ts";
import { nodeProviderPorts } from "./node-ports.ts";
import {
  exposeFolder,
  protectFolder,
  protectionFile,
  readProtection,
  secretNames,
  settleProtection,
  unlockFolder,
} from "./protection.ts";

const origin = "docket-0011223344556677/main";
const noon = Date.UTC(2026, 10, 23, 12);
const names = [
  "evidence.key",
  "key-store.key",
  "log-ml-dsa-44.key",
  "log.key",
  "webhooks/w_AAAAAAAAAAAAAAAA.json",
];

test("protected, no file has a key in the clear, and the provider opens all of them", async (t) => {
  const { folder, secrets } = newFolder(t);
  const one = provider();
  const opened = await protectFolder(folder, one, noon, randomBytes);
  assert.deepEqual(secretNames(folder.path), names);
  const everything = Buffer.concat(
    [...names, protectionFile].map((name) => readFileSync(join(folder.path, name))),
  ).toString("latin1");
  for (const secret of secrets) assert.ok(!everything.includes(secret));
  assert.deepEqual(readSiteKeys(join(folder.path, ".."), "main", opened.guard).site.length, 2048);
  const again = await unlockFolder(folder.path, () => one);
  for (const name of names) assert.ok(readSecret(again, name).length > 20);
  assert.throws(() => readSiteKeys(join(folder.path, ".."), "main"), { code: "keys_locked" });
  const other = provider();
  await assert.rejects(
    unlockFolder(folder.path, () => other),
    { code: "keys_locked" },
  );
  assert.deepEqual(
    readProtection(folder.path).map(({ provider: by, since }) => [by, since]),
    [["environment", "2026-11-23T12:00:00.000Z"]],
  );
});

test("the provider can be changed and taken off; a forgetful one changes nothing", async (t) => {
  const { folder, texts } = newFolder(t);
  const [one, two] = [provider(), provider()];
  const opened = await protectFolder(folder, one, noon, randomBytes);
  const forgetful = { ...two, unwrap: async () => randomBytes(32) };
  await assert.rejects(protectFolder(opened, forgetful, noon, randomBytes), { code: "keys_locked" });
  assert.equal(readProtection(folder.path).length, 1);
  const changed = await protectFolder(opened, two, noon, randomBytes);
  await assert.rejects(
    unlockFolder(folder.path, () => one),
    { code: "keys_locked" },
  );
  assert.deepEqual(read(await unlockFolder(folder.path, () => two)), texts);
  assert.deepEqual(read(exposeFolder(changed, randomBytes)), texts);
  assert.ok(!existsSync(join(folder.path, protectionFile)));
  assert.deepEqual(read(await unlockFolder(folder.path, () => two)), texts);
});

test("wherever a change is interrupted, all keys open, and the next opening ends it", async (t) => {
  for (let dies = 0; dies <= names.length; dies++) {
    const { folder, texts } = newFolder(t);
    const [one, two] = [provider(), provider("age")];
    const byName = (name: ProviderName): KeyProvider => (name === "age" ? two : one);
    const before = await protectFolder(folder, one, noon, randomBytes);
    let written = 0;
    const dying = (length: number): Buffer => {
      // Each file takes a nonce of 12 bytes.
      if (length === 12 && ++written > dies) throw new Error("the process dies here");
      return randomBytes(length);
    };
    const done = protectFolder(before, two, noon, dying);
    if (dies < names.length) await assert.rejects(done, /dies here/);
    else await done;
    const opened = await unlockFolder(folder.path, byName);
    assert.deepEqual(read(opened), texts, `${dies} files written`);
    const settled = settleProtection(opened, randomBytes);
    assert.deepEqual(
      readProtection(folder.path).map((guard) => guard.provider),
      ["age"],
    );
    assert.deepEqual(read(settled), texts);
    assert.deepEqual(read(await unlockFolder(folder.path, byName)), texts);
  }
});

test("a key that somebody puts there is protected by the next opening", async (t) => {
  const { folder } = newFolder(t);
  const opened = await protectFolder(folder, provider(), noon, randomBytes);
  writeFileSync(join(folder.path, "more.key"), "one more secret\n");
  settleProtection(opened, randomBytes);
  assert.equal(isProtected(opened, "more.key"), true);
  assert.equal(readSecret(opened, "more.key"), "one more secret\n");
});

test("a file of protection that is none is told", (t) => {
  const { folder } = newFolder(t);
  for (const text of [
    "",
    "{}",
    '{"v":1,"guards":[]}',
    '{"v":1,"guards":[{"provider":"magic","wrapped":"AA=="}]}',
  ]) {
    writeFileSync(join(folder.path, protectionFile), text);
    assert.throws(() => readProtection(folder.path), { code: "usage" }, text);
  }
});

test("the section keys is read, with its defaults, and its mistakes are told", () => {
  const read = (text: string): ReturnType<typeof readKeysConfig> =>
    readKeysConfig(parseConfiguration("docket.yaml", Buffer.from(text)).section("keys"), "/data");
  assert.deepEqual(read("clock: {}"), {
    plain: "warn",
    timeoutMs: 10_000,
    age: { passphrase: { variable: "DOCKET_KEYS_PASSPHRASE" } },
    environment: { variable: "DOCKET_KEYS_KEY" },
    kms: undefined,
    pkcs11: undefined,
    backup: undefined,
  });
  const kms = "keys: { kms: { key: alias/docket, region: eu-central-1 } }";
  assert.equal(read(kms).kms?.endpoint, "https://kms.eu-central-1.amazonaws.com");
  const token = "keys: { pkcs11: { module: /m.so, token: t, key: k, pinFile: pin } }";
  assert.deepEqual(read(token).pkcs11?.pin, { file: "/data/pin" });
  for (const [wrong, message] of [
    ["keys: { plane: warn }", /keys.plane is not known/],
    ["keys: { age: { passphraseFile: a, identityFile: b } }", /takes one of/],
    ["keys: { kms: { key: a } }", /needs key and region/],
    ["keys: { kms: { key: a, region: r, endpoint: 'http://kms.example' } }", /https/],
    ["keys: { pkcs11: { module: m } }", /needs module, token and key/],
    ["keys: { backup: { to: f, recipients: [] } }", /1 to 16/],
    ["keys: { backup: { to: f, recipients: [AGE-SECRET-KEY-1] } }", /recipient of age/],
    ["keys: { environment: { variable: 'a b' } }", /name of a variable/],
  ] as const) {
    assert.throws(() => read(wrong), { code: "configuration_invalid", message }, wrong);
  }
});

function newFolder(t: TestContext): { folder: KeyFolder; texts: string[]; secrets: string[] } {
  const directory = mkdtempSync(join(tmpdir(), "docket-protection-"));
  t.after(() => rmSync(directory, { recursive: true }));
  createSiteKeys(directory, "main", origin, randomBytes);
  const folder = { path: join(directory, "main") };
  mkdirSync(join(folder.path, "webhooks"));
  const webhook = JSON.stringify({ v: 1, secrets: [randomBytes(24).toString("base64")] });
  writeFileSync(join(folder.path, "webhooks", "w_AAAAAAAAAAAAAAAA.json"), webhook);
  const texts = read(folder);
  const secrets = texts.flatMap((text) => text.match(/[A-Za-z0-9+/]{40,}={0,2}/g) ?? []);
  assert.ok(secrets.length >= 6);
  return { folder, texts, secrets };
}

function read(folder: KeyFolder): string[] {
  return names.map((name) => readSecret(folder, name));
}

function provider(name: ProviderName = "environment"): KeyProvider {
  const ports = { ...nodeProviderPorts, env: { KEY: randomBytes(32).toString("base64") } };
  return { ...environmentProvider({ variable: "KEY" }, { ports, origin }), name };
}
