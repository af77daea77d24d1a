// SPDX-License-Identifier: Apache-2.0
// Protected keys as an operator meets them: the real command, against a key service on loopback, a token of
// SoftHSM and a passphrase of age.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { generateX25519Identity } from "age-encryption";
import { createInstallation } from "../src/installation.ts";
import { startKms } from "../src/key-providers/testing/kms-server.ts";
import type { KmsServer } from "../src/key-providers/testing/kms-server.ts";
import { makeToken, tokenSkipReason } from "../src/key-providers/testing/soft-token.ts";
import { disk } from "../src/stores/files/node-disk.ts";
import { docket, startServing } from "./testing/docket.ts";
import type { Run, Serving } from "./testing/docket.ts";

const events = Array.from({ length: 30 }, (_, place) =>
  JSON.stringify({
    id: `e${place}`,
    type: "comment",
    op: "create",
    actor: { id: `account-${place % 7}` },
    content: { id: `c${place}`, text: `what number ${place} says` },
  }),
).join("\n");

test("a key service opens the keys at the start; once it runs the server goes on without it", async (t) => {
  const kms = await startKms();
  t.after(() => kms.close());
  const place = newPlace(t, kmsConfig(kms));
  setEnvironment(t, { ...credentialsOf(kms) });
  await fine(["keys", "protect", "--with", "kms", "--data", place.data]);
  const status = await fine(["keys", "status", "--data", place.data]);
  assert.match(status.stdout, /Protected by kms \(arn:aws:kms[^]*They open/);
  const server = await serve(t, place);
  const key = await adminKey(place);
  kms.mood = "hanging";
  const asked = kms.seen.length;
  assert.equal((await send(server, key, "decisions", JSON.parse(events.split("\n")[0] ?? ""))).status, 200);
  for (const name of ["keyEncryption", "site", "keyStore"]) {
    const rotated = await send(server, key, "evidence-keys/rotation", { key: name, why: "test" });
    assert.equal(rotated.status, 202, "alone, it waits");
  }
  assert.equal(kms.seen.length, asked, "the service is asked at the start alone");
  assert.equal(await server.stop(), 0);

  // A dead service: the start ends in time and says which it is.
  const dead = await docket(["serve", "--listen", "127.0.0.1:0", "--data", place.data]);
  assert.equal(dead.code, 1);
  assert.match(dead.stderr, /KMS at 127\.0\.0\.1:\d+ did not Decrypt in time[^]*key_service_unavailable/);
  kms.mood = "denying";
  const denied = await docket(["serve", "--listen", "127.0.0.1:0", "--data", place.data]);
  assert.match(denied.stderr, /AccessDeniedException[^]*keys_locked/);
  kms.mood = "well";
  const again = await serve(t, place);
  assert.equal(await again.stop(), 0);
});

test("commands that read evidence open protected keys, and changed signing keys stay so", async (t) => {
  const place = newPlace(t, "keys: { age: { identityFile: ../identity.txt } }\n");
  const identity = join(place.folder, "identity.txt");
  writeFileSync(identity, `${await generateX25519Identity()}\n`, { mode: 0o600 });
  await fine(["decide", "--data", place.data, "--quiet", "-"], events);
  await fine(["keys", "protect", "--with", "age", "--data", place.data]);
  for (const words of [
    ["replay", "--data", place.data, "--evidence"],
    ["key", "rotate", place.data],
    ["decide", "--data", place.data, "--quiet", "-"],
    ["verify", place.data, "--key", join(place.data, "log.vkey")],
  ]) {
    await fine(words, words[0] === "decide" ? events.replaceAll('"e', '"f') : "");
  }
  const listed = await fine(["keys", "--data", place.data, "--json"]);
  const keys = listed.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { protectedBy: string | null });
  assert.ok(keys.length >= 6 && keys.every(({ protectedBy }) => protectedBy === "age"), listed.stdout);
  for (const name of readdirSync(join(place.keys, "main")).filter((each) => each.endsWith(".key"))) {
    assert.match(readFileSync(join(place.keys, "main", name), "utf8"), /^docket-protected\/v1\n/, name);
  }
  renameSync(identity, `${identity}.own`);
  writeFileSync(identity, `${await generateX25519Identity()}\n`);
  const locked = await docket(["decide", "--data", place.data, "--quiet", "-"], { input: events });
  assert.equal(locked.code, 1);
  assert.match(locked.stderr, /the identity does not open the keys[^]*keys_locked/);
  const shown = await docket(["show", "1", "--data", place.data]);
  assert.match(shown.stdout, /keys are not here/);
  renameSync(`${identity}.own`, identity);
  await fine(["keys", "protect", "--with", "file", "--data", place.data]);
  rmSync(identity);
  await fine(["decide", "--data", place.data, "--quiet", "-"], events.replaceAll('"e', '"g'));
});

test("a token of PKCS #11 opens the keys with its PIN", async (t) => {
  const reason = tokenSkipReason();
  if (reason !== undefined) {
    skip(t, reason);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "docket-token-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { module, token, key, pin, env } = makeToken(folder);
  setEnvironment(t, { ...env, TOKEN_PIN: pin });
  const section = `module: ${module}, token: ${token}, key: ${key}, hash: sha1, pinVariable: TOKEN_PIN`;
  const place = newPlace(t, `keys: { pkcs11: { ${section} } }\n`);
  await fine(["keys", "protect", "--with", "pkcs11", "--data", place.data]);
  await fine(["decide", "--data", place.data, "--quiet", "-"], events);
  process.env["TOKEN_PIN"] = "9999";
  const locked = await docket(["keys", "status", "--data", place.data]);
  assert.equal(locked.code, 1);
  assert.match(locked.stdout, /CKR_PIN_INCORRECT \(keys_locked\)/);
});

test("keys lost with their disk come back from their copy, and the log goes on", async (t) => {
  const place = newPlace(t, "");
  const identity = join(place.folder, "identity.txt");
  execFileSync("age-keygen", ["-o", identity], { stdio: "ignore" });
  const recipient = execFileSync("age-keygen", ["-y", identity], { encoding: "utf8" }).trim();
  await fine(["decide", "--data", place.data, "--quiet", "-"], events);
  const copy = join(place.folder, "keys.age");
  await fine(["keys", "backup", "--to", copy, "--age", recipient, "--data", place.data]);
  const theirs = execFileSync("age", ["-d", "-i", identity, copy], { encoding: "utf8" });
  assert.match(theirs, /^\{"format":"docket-keys-backup\/v1"/);
  rmSync(place.keys, { recursive: true });
  const restore = ["keys", "restore", copy, "--identity", identity, "--data", place.data];
  await fine(restore);
  const twice = await docket(restore);
  assert.equal(twice.code, 2);
  assert.match(twice.stderr, /already holds evidence\.key/);
  await fine(["promote", place.data, "--moved"]);
  await fine(["decide", "--data", place.data, "--quiet", "-"], events.replaceAll('"e', '"f'));
  await fine(["replay", "--data", place.data, "--evidence"]);
});

test("full tiles become append-only where the file system can, and the log goes on", async (t) => {
  const place = newPlace(t, "");
  const many = Array.from(
    { length: 600 },
    (_, each) => events.split("\n")[0]?.replace("e0", `n${each}`) ?? "",
  );
  await fine(["decide", "--data", place.data, "--quiet", "-"], many.join("\n"));
  const harden = ["harden", "--data", place.data, "--json"];
  const hardened = await docket(harden);
  t.after(() => docket([...harden, "--undo"]));
  const { files, appendOnly, why } = JSON.parse(hardened.stdout) as {
    files: number;
    appendOnly: number;
    why: string | null;
  };
  assert.ok(files >= 4, hardened.stdout);
  if (why !== null) {
    assert.equal(hardened.code, 1);
    skip(t, `append-only attributes can't be set here: ${why}`);
    return;
  }
  assert.deepEqual([hardened.code, appendOnly], [0, files]);
  const tile = join(place.data, "sites", "main", "tile", "entries", "000");
  assert.throws(() => rmSync(tile), { code: "EPERM" });
  assert.throws(() => writeFileSync(tile, "another past"), { code: "EPERM" });
  await fine(["decide", "--data", place.data, "--quiet", "-"], events.replaceAll('"e', '"h'));
  await fine(["verify", place.data, "--key", join(place.data, "log.vkey")]);
  await fine([...harden, "--check"]);
  await fine([...harden, "--undo"]);
  rmSync(tile);
});

type Place = { folder: string; data: string; keys: string };

function newPlace(t: TestContext, configuration: string): Place {
  const folder = mkdtempSync(join(tmpdir(), "docket-keys-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const place = { folder, data: join(folder, "data"), keys: join(folder, "data.keys") };
  createInstallation(disk, place.data);
  writeFileSync(join(place.data, "docket.yaml"), configuration);
  return place;
}

async function fine(words: readonly string[], input = ""): Promise<Run> {
  const run = await docket(words, { input });
  assert.equal(run.code, 0, `docket ${words.join(" ")}\n${run.stdout}\n${run.stderr}`);
  return run;
}

function serve(t: TestContext, { data }: Place): Promise<Serving> {
  return startServing(t, ["serve", "--listen", "127.0.0.1:0", "--data", data]);
}

async function adminKey({ data }: Place): Promise<string> {
  const { stdout } = await fine(["apikey", "create", "--role", "admin", "--data", data, "--json"]);
  return (JSON.parse(stdout) as { key: string }).key;
}

// A key works once its record is sealed, within a second or two.
async function send({ url }: Serving, key: string, path: string, body: object): Promise<Response> {
  for (let tries = 0; ; tries++) {
    const response = await fetch(`${url}/v1/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.status !== 401 || tries > 50) return response;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function kmsConfig({ keyArn, region, endpoint }: KmsServer): string {
  return `keys:\n  timeout: 500ms\n  kms: { key: "${keyArn}", region: ${region}, endpoint: "${endpoint}" }\n`;
}

function credentialsOf({ credentials }: KmsServer): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey };
}

/** What the commands that a test runs find in their environment. */
function setEnvironment(t: TestContext, values: Record<string, string>): void {
  Object.assign(process.env, values);
  t.after(() => {
    for (const name of Object.keys(values)) delete process.env[name];
  });
}

function skip(t: TestContext, reason: string): void {
  assert.notEqual(process.env["DOCKET_REQUIRE_ENGINES"], "1", reason);
  t.skip(reason);
}
