// SPDX-License-Identifier: Apache-2.0
// Clocks as they are: `openssl ts` behind a server on loopback, and a Roughtime server.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { asHash, encodeBase64Url } from "@docket/tlog";
import { judgeStamp } from "@docket/verify";
import type { AnchorTrust } from "@docket/verify";
import { authority, postQuery } from "./authority.ts";
import { nodeTimestampCrypto as crypto } from "./node-crypto.ts";
import { StampFault } from "./outside-clock.ts";
import type { OutsideClock, StampedCheckpoint } from "./outside-clock.ts";
import { certificatesOf } from "./pem.ts";
import { exchangeOverUdp, roughtimeServer } from "./roughtime-server.ts";
import { opensslMissing, startAuthority } from "./testing/openssl-authority.ts";
import type { TestAuthority } from "./testing/openssl-authority.ts";
import { startRoughtime } from "./testing/roughtime.ts";
import type { TestRoughtime } from "./testing/roughtime.ts";

const checkpoint: StampedCheckpoint = {
  origin: "docket-0123456789abcdef/main",
  size: 17,
  root: asHash(new Uint8Array(32).fill(3)),
};
const withinMs = 10_000;
const shortMs = 300;

void test("an authority's token is taken, and holds for whoever has its root alone", async (t) => {
  const started = await authorityOf(t);
  if (started === undefined) return;
  const clock = clockOf(started, "1.2.3.4.5");
  const { earliestMs, latestMs, ...stamp } = await clock.ask(checkpoint, AbortSignal.timeout(withinMs));
  assert.equal(stamp.accuracyMs, 1000);
  assert.ok(latestMs - earliestMs >= 2000 && Math.abs(Date.now() - earliestMs) < 60_000);
  const { size, root } = checkpoint;
  const record = { ...stamp, size, root: encodeBase64Url(root), source: "rfc3161", name: "one" } as const;
  const trust = trustIn(started);
  assert.deepEqual(judgeStamp(record, checkpoint.origin, trust), { ok: true, earliestMs, latestMs });
  assert.equal(judgeStamp(record, "docket-ffffffffffffffff/main", trust).ok, false);
  assert.equal(judgeStamp({ ...record, size: 18 }, checkpoint.origin, trust).ok, false);
  assert.equal(judgeStamp(record, checkpoint.origin, undefined).ok, null);
});

void test("an authority that fails in any way gives no stamp, and soon", async (t) => {
  const started = await authorityOf(t);
  if (started === undefined) return;
  const faults: [Parameters<TestAuthority["behave"]>[0], RegExp][] = [
    ["hangs", /did not answer in time/],
    ["garbage", /malformed/],
    ["endless", /over 30000 bytes/],
    ["fails", /answered 500/],
    ["redirects", /redirect/],
    ["otherDigest", /imprint|nonce/],
  ];
  for (const [behaviour, why] of faults) {
    started.behave(behaviour);
    await refuses(clockOf(started), behaviour === "hangs" ? shortMs : withinMs, why);
  }
  started.behave("stamps");
  // It issues under another policy than asked for, or not at all.
  await refuses(clockOf(started, "1.2.3.4.9"), withinMs, /rejected|policy/);
  const other = await authorityOf(t);
  if (other === undefined) return;
  const roots = certificatesOf(readFileSync(other.roots, "latin1"));
  await refuses(authority({ ...optionsOf(started), roots }, ports), withinMs, /chain/);
  const { url } = started;
  await started.close();
  await refuses(authority({ ...optionsOf(started), url }, ports), withinMs, /ECONNREFUSED|UND_ERR_SOCKET/);
});

void test("a Roughtime reply is taken, through loss and noise, and holds by the key alone", async (t) => {
  const server = await roughtimeOf(t);
  server.lose(1);
  server.noise(new Uint8Array(400).fill(1));
  const { earliestMs, latestMs, ...stamp } = await serverOf(server).ask(
    checkpoint,
    AbortSignal.timeout(withinMs),
  );
  assert.equal(latestMs - earliestMs, 4000);
  const { size, root } = checkpoint;
  const record = { ...stamp, size, root: encodeBase64Url(root), source: "roughtime", name: "two" } as const;
  const trust = { roots: [], roughtimeKeys: [new Uint8Array(32), server.key], crypto };
  assert.deepEqual(judgeStamp(record, checkpoint.origin, trust), { ok: true, earliestMs, latestMs });
  assert.match(
    JSON.stringify(judgeStamp({ ...record, size: 18 }, checkpoint.origin, trust)),
    /not the digest of that checkpoint/,
  );
  const others = judgeStamp(record, checkpoint.origin, { ...trust, roughtimeKeys: [new Uint8Array(32)] });
  assert.equal(others.ok, null);
});

void test("a Roughtime server that doesn't answer, or not with its key, gives no stamp", async (t) => {
  const server = await roughtimeOf(t);
  const wrongKey = roughtimeServer(
    { name: "two", host: "127.0.0.1", port: server.port, key: new Uint8Array(32).fill(1) },
    { crypto, exchange: exchangeOverUdp },
  );
  await refuses(wrongKey, shortMs, /delegation/);
  server.lose(Number.MAX_SAFE_INTEGER);
  await refuses(serverOf(server), shortMs, /did not answer in time/);
});

const ports = { crypto, random: (length: number) => new Uint8Array(randomBytes(length)), post: postQuery };

function optionsOf(started: TestAuthority): {
  name: string;
  url: string;
  roots: Uint8Array[];
  policy: undefined;
} {
  const roots = certificatesOf(readFileSync(started.roots, "latin1"));
  return { name: "one", url: started.url, roots, policy: undefined };
}

function clockOf(started: TestAuthority, policy?: string): OutsideClock {
  return authority({ ...optionsOf(started), policy }, ports);
}

function trustIn(started: TestAuthority): AnchorTrust {
  const roots = optionsOf(started).roots.map((certificate) => ({ certificate }));
  return { roots, roughtimeKeys: [], crypto };
}

function serverOf({ port, key }: TestRoughtime): OutsideClock {
  return roughtimeServer(
    { name: "two", host: "127.0.0.1", port, key },
    { crypto, exchange: exchangeOverUdp },
  );
}

async function refuses(clock: OutsideClock, ms: number, why: RegExp): Promise<void> {
  await assert.rejects(clock.ask(checkpoint, AbortSignal.timeout(ms)), (error) => {
    assert.ok(error instanceof StampFault, String(error));
    assert.match(error.message, why);
    return true;
  });
}

async function roughtimeOf(t: TestContext): Promise<TestRoughtime> {
  const server = await startRoughtime();
  t.after(() => server.close());
  return server;
}

async function authorityOf(t: TestContext): Promise<TestAuthority | undefined> {
  const missing = opensslMissing();
  if (missing !== undefined) {
    assert.notEqual(process.env["DOCKET_REQUIRE_ENGINES"], "1", missing);
    t.skip(missing);
    return undefined;
  }
  const directory = mkdtempSync(join(tmpdir(), "docket-authority-"));
  const started = await startAuthority(directory);
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (!isClosed) await started.close();
    isClosed = true;
  };
  t.after(async () => {
    await close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { ...started, close };
}
