// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { generateX25519Identity } from "age-encryption";
import { ageProvider } from "./age.ts";
import type { ProviderOptions, ProviderPorts } from "./contract.ts";
import { environmentProvider } from "./environment.ts";
import { kmsProvider } from "./kms.ts";
import { nodeProviderPorts } from "./node-ports.ts";
import { pkcs11Provider } from "./pkcs11.ts";
import { startKms } from "./testing/kms-server.ts";
import type { KmsServer } from "./testing/kms-server.ts";
import { makeToken, tokenSkipReason } from "./testing/soft-token.ts";

const origin = "docket-0011223344556677/main";
const secret: Buffer = randomBytes(32);
/** Trying a passphrase costs little in tests. */
const workFactor = 4;

test("age: a passphrase wraps and unwraps; another, or none, opens nothing", async () => {
  const passphrase = { variable: "PASSPHRASE" };
  const at = (value: string | undefined): ReturnType<typeof ageProvider> =>
    ageProvider({ passphrase }, { ports: { ...nodeProviderPorts, env: { PASSPHRASE: value } } }, workFactor);
  const wrapped = await at("open sesame").wrap(secret);
  assert.ok(!Buffer.from(wrapped).includes(secret));
  assert.deepEqual(Buffer.from(await at("open sesame").unwrap(wrapped)), secret);
  for (const wrong of ["open sesame ", "", undefined]) {
    await assert.rejects(at(wrong).unwrap(wrapped), { code: "keys_locked" });
  }
  await assert.rejects(at("open sesame").unwrap(wrapped.subarray(0, 100)), { code: "keys_locked" });
  const other = ageProvider({ passphrase: { file: "/nonexistent" } }, { ports: nodeProviderPorts });
  await assert.rejects(other.wrap(secret), { code: "keys_locked", message: /nonexistent.*ENOENT/ });
});

test("age: what an identity wraps, the age of Debian opens, and the other way round", async (t) => {
  if (!isInstalled("age")) {
    skip(t, "age is not installed");
    return;
  }
  const directory = folder(t);
  const identityFile = join(directory, "identity.txt");
  writeFileSync(identityFile, `# created: now\n${await generateX25519Identity()}\n`);
  chmodSync(identityFile, 0o600);
  const provider = ageProvider({ identityFile }, { ports: nodeProviderPorts });
  const wrapped = await provider.wrap(secret);
  assert.deepEqual(execFileSync("age", ["-d", "-i", identityFile], { input: wrapped }), secret);
  const recipient = execFileSync("age-keygen", ["-y", identityFile], { encoding: "utf8" }).trim();
  const theirs = execFileSync("age", ["-r", recipient], { input: secret });
  assert.deepEqual(Buffer.from(await provider.unwrap(theirs)), secret);
  writeFileSync(identityFile, "nothing of that kind\n");
  await assert.rejects(provider.unwrap(theirs), { code: "keys_locked" });
});

test("environment: its key opens what it wrapped, for its log alone", async () => {
  const at = (value: string, log = origin): ReturnType<typeof environmentProvider> => {
    const ports = { ...nodeProviderPorts, env: { KEY: value } };
    return environmentProvider({ variable: "KEY" }, { ports, origin: log });
  };
  const key = randomBytes(32).toString("base64");
  const wrapped = await at(key).wrap(secret);
  assert.deepEqual(Buffer.from(await at(key).unwrap(wrapped)), secret);
  await assert.rejects(at(key, "another/main").unwrap(wrapped), { code: "keys_locked" });
  await assert.rejects(at(randomBytes(32).toString("base64")).unwrap(wrapped), { code: "keys_locked" });
  for (const wrong of ["", "short", randomBytes(31).toString("base64")]) {
    await assert.rejects(at(wrong).wrap(secret), (error: Error) => {
      return error.message.includes("KEY") && (wrong === "" || !error.message.includes(wrong));
    });
  }
});

test("KMS: requests are signed, and the log is bound to what is wrapped", async (t) => {
  const kms = await startedKms(t);
  const provider = kmsOf(kms);
  const wrapped = await provider.wrap(secret);
  assert.ok(!Buffer.from(wrapped).includes(secret));
  assert.deepEqual(Buffer.from(await provider.unwrap(wrapped)), secret);
  assert.deepEqual(kms.seen, [
    { action: "Encrypt", status: 200 },
    { action: "Decrypt", status: 200 },
  ]);
  const ofAnotherLog = kmsOf(kms, {}, { origin: "another/main" });
  const refused = { code: "keys_locked", message: /InvalidCiphertextException/ };
  await assert.rejects(ofAnotherLog.unwrap(wrapped), refused);
  const forged = kmsOf(kms, { AWS_SECRET_ACCESS_KEY: "not the secret" });
  const unsigned = { code: "keys_locked", message: /InvalidSignatureException/ };
  await assert.rejects(forged.unwrap(wrapped), unsigned);
  await assert.rejects(kmsOf(kms, { AWS_ACCESS_KEY_ID: "" }).wrap(secret), { code: "keys_locked" });
  kms.disable();
  await assert.rejects(provider.unwrap(wrapped), { code: "keys_locked", message: /DisabledException/ });
});

test("KMS: what passes is tried again, what doesn't ends in time, and it is not quoted", async (t) => {
  const kms = await startedKms(t);
  const provider = kmsOf(kms);
  const wrapped = await provider.wrap(secret);
  for (const mood of ["throttled", "failing", "garbled"] as const) {
    Object.assign(kms, { mood, moodFor: 2 });
    assert.deepEqual(Buffer.from(await provider.unwrap(wrapped)), secret, mood);
  }
  Object.assign(kms, { mood: "throttled", moodFor: 100 });
  const busy = { code: "key_service_unavailable", message: /ThrottlingException/ };
  await assert.rejects(provider.unwrap(wrapped), busy);
  Object.assign(kms, { mood: "denying", moodFor: 1 });
  await assert.rejects(provider.unwrap(wrapped), (error: Error) => {
    return /AccessDeniedException/.test(error.message) && !/whatever/.test(error.message);
  });
  Object.assign(kms, { mood: "hanging", moodFor: 100 });
  const hung = kmsOf(kms, {}, { timeoutMs: 150, ports: { ...kmsPorts(kms), clock: Date.now } });
  await assert.rejects(hung.unwrap(wrapped), { code: "key_service_unavailable", message: /too long/ });
  await kms.close();
  await assert.rejects(provider.unwrap(wrapped), {
    code: "key_service_unavailable",
    message: /ECONNREFUSED/,
  });
});

test("PKCS #11: a token unwraps what its public key wrapped, with its PIN alone", async (t) => {
  const reason = tokenSkipReason();
  if (reason !== undefined) {
    skip(t, reason);
    return;
  }
  const { env, pin, ...token } = makeToken(folder(t));
  const at = (
    value: string,
    more: { token?: string; tool?: string } = {},
  ): ReturnType<typeof pkcs11Provider> => {
    const ports = { ...tokenPorts(env), env: { PIN: value } };
    const config = {
      ...token,
      hash: "sha1" as const,
      pin: { variable: "PIN" },
      tool: "pkcs11-tool",
      ...more,
    };
    return pkcs11Provider(config, { ports, origin, timeoutMs: 10_000 });
  };
  const wrapped = await at("").wrap(secret);
  assert.equal(wrapped.length, 256);
  assert.deepEqual(Buffer.from(await at(pin).unwrap(wrapped)), secret);
  await assert.rejects(at("0000").unwrap(wrapped), { code: "keys_locked", message: /CKR_PIN_INCORRECT/ });
  await assert.rejects(at("").unwrap(wrapped), { code: "keys_locked", message: /PIN/ });
  const gone = { code: "key_service_unavailable" };
  await assert.rejects(at(pin, { token: "unplugged" }).unwrap(wrapped), gone);
  await assert.rejects(at(pin, { tool: "/nonexistent/tool" }).wrap(secret), { code: "keys_locked" });
});

test("PKCS #11: a token that hangs is not waited for", async () => {
  const ports = { ...nodeProviderPorts, env: { PIN: "1" }, run: async () => ({ ended: "timeout" as const }) };
  const names = { module: "/m", token: "t", key: "k", hash: "sha256" as const, tool: "pkcs11-tool" };
  const provider = pkcs11Provider({ ...names, pin: { variable: "PIN" } }, { ports, origin, timeoutMs: 5 });
  await assert.rejects(provider.unwrap(secret), { code: "key_service_unavailable" });
});

test("a program that is run is ended when its time is over", async () => {
  const how = { input: new Uint8Array(), env: {}, timeoutMs: 100 };
  assert.deepEqual(await nodeProviderPorts.run("sleep", ["60"], how), { ended: "timeout" });
  const echoed = await nodeProviderPorts.run("cat", [], { ...how, input: secret, timeoutMs: 10_000 });
  assert.ok(echoed.ended === "exit" && echoed.code === 0 && Buffer.from(echoed.stdout).equals(secret));
});

function kmsPorts({ credentials }: KmsServer): ProviderPorts {
  const env = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  // The signature bears the time, which the service compares with its own.
  return { ...nodeProviderPorts, env, wait: async () => undefined };
}

function kmsOf(
  kms: KmsServer,
  env: Record<string, string> = {},
  more: Partial<ProviderOptions> = {},
): ReturnType<typeof kmsProvider> {
  const ports = kmsPorts(kms);
  const options = { ports: { ...ports, env: { ...ports.env, ...env } }, origin, timeoutMs: 10_000, ...more };
  return kmsProvider({ key: kms.keyArn, region: kms.region, endpoint: kms.endpoint }, options);
}

function tokenPorts(env: Record<string, string>): ProviderPorts {
  const run: ProviderPorts["run"] = (command, args, how) =>
    nodeProviderPorts.run(command, args, { ...how, env: { ...env, ...how.env } });
  return { ...nodeProviderPorts, run };
}

async function startedKms(t: TestContext): Promise<KmsServer> {
  const kms = await startKms();
  t.after(() => kms.close());
  return kms;
}

function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-providers-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function skip(t: TestContext, reason: string): void {
  assert.notEqual(process.env["DOCKET_REQUIRE_ENGINES"], "1", reason);
  t.skip(reason);
}
