// SPDX-License-Identifier: Apache-2.0
// Replicas, backups, restoring and drills, on real installations, threads and sockets.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parseLeaf } from "@docket/protocol";
import type { Decision } from "@docket/protocol";
import { createCopyServer } from "../src/copies/copy-server.ts";
import { CopyStore } from "../src/copies/copy-store.ts";
import { keysOf } from "../src/evidence/key-ring.ts";
import { createInstallation, readInstallation, readKeys } from "../src/installation.ts";
import { readHeldState } from "../src/log/held-state.ts";
import { logPaths } from "../src/log/paths.ts";
import { openInstallation } from "../src/main.ts";
import type { OpenInstallation } from "../src/main.ts";
import { disk } from "../src/stores/files/node-disk.ts";
import { filesBelow, findBytes, findWrappedKeys } from "../src/testing/search-files.ts";
import { docket } from "./testing/docket.ts";

const key = "a-key-of-a-test-that-is-long-enough";

type Place = { folder: string; data: string; keys: string };

function newPlace(t: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), "docket-copies-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "data");
  const { keysDirectory: keys } = createInstallation(disk, data);
  writeFileSync(join(keys, "main", "replica.key"), `${key}\n`, { mode: 0o600 });
  return { folder, data, keys };
}

function configure({ data }: Place, lines: readonly string[]): void {
  writeFileSync(join(data, "docket.yaml"), `replicas:\n${lines.map((line) => `  ${line}\n`).join("")}`);
}

async function open(place: Place, notices: string[] = []): Promise<OpenInstallation> {
  return openInstallation(readInstallation(place.data), { onNotice: (notice) => notices.push(notice) });
}

function decide(
  { site }: OpenInstallation,
  id: string,
  account = "alice",
  text = "hello",
): Promise<Decision> {
  const event = { id, type: "comment", actor: { id: account }, content: { id: `c-${id}`, text } };
  return site.decide({ event, dryRun: false, by: "operator", source: "http", receivedMs: Date.now() });
}

/** Several at once, as many connections do. */
async function decideMany(opened: OpenInstallation, name: string, count: number): Promise<void> {
  for (let first = 0; first < count; first += 50) {
    const some = Array.from({ length: Math.min(50, count - first) }, (_, at) => first + at);
    await Promise.all(some.map((at) => decide(opened, `${name}${at}`, `account-${at % 7}`)));
  }
}

/** A replica's server on a port, as `docket replica serve` runs it. */
async function serveCopy(directory: string, port = 0): Promise<{ port: number; stop: () => Promise<void> }> {
  const store = new CopyStore(directory, { disk, clock: Date.now });
  const keyHash = hash("sha256", key, "base64url");
  const server: Server = createCopyServer({ store, directory, keyHash, onFault: assert.ifError });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await store.close();
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

function sizeOf(directory: string, { data }: Place): number {
  const { origin } = readInstallation(data);
  return readHeldState(disk, logPaths(directory, "main"), origin).size();
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (isSo()) return;
    await wait(25);
  }
  assert.fail(`in vain: ${what}`);
}

async function kindsOf({ data }: Place): Promise<string[]> {
  const opened = await openInstallation(readInstallation(data));
  try {
    const size = opened.site.status().size;
    const records = await Promise.all(
      Array.from({ length: size }, async (_, index) => (await opened.site.recorded(index)).record),
    );
    return records.map((record) => (record.kind === "replica" ? `replica ${record.change}` : record.kind));
  } finally {
    await opened.close();
  }
}

test("with ack sync no answer comes before a replica has the record", async (t) => {
  const place = newPlace(t);
  const copy = join(place.folder, "copy");
  let replica = await serveCopy(copy);
  const { port } = replica;
  configure(place, [
    "ack: sync",
    "behindAfter: 1s",
    `to: [{ name: cellar, url: "http://127.0.0.1:${port}", keyFile: replica.key }]`,
  ]);
  const notices: string[] = [];
  const opened = await open(place, notices);
  t.after(() => opened.close());
  const first = await decide(opened, "one");
  assert.ok(sizeOf(copy, place) > (first.index as number), "the answer came when the replica had it");
  await replica.stop();
  await assert.rejects(decide(opened, "two"), { code: "sealing_unknown" });
  const published = opened.site.status().publishedSize;
  assert.ok(published <= sizeOf(copy, place), "nothing is published that no replica has");
  await until(() => notices.some((notice) => notice.includes("cellar is")), "the operator is told");
  replica = await serveCopy(copy, port);
  t.after(() => replica.stop());
  const late = await decide(opened, "two").catch(() => decide(opened, "two"));
  assert.deepEqual([late.repeat, late.sealed], [true, true]);
  assert.ok(sizeOf(copy, place) > (late.index as number));
  await until(() => notices.some((notice) => notice.includes("has caught up")), "it caught up");
});

test("with ack sync and no replica nothing is answered; ack async goes on", async (t) => {
  const place = newPlace(t);
  const gone = 'to: [{ name: gone, url: "http://127.0.0.1:9", keyFile: replica.key }]';
  configure(place, ["ack: sync", gone]);
  const opened = await open(place);
  await assert.rejects(decide(opened, "one"), { code: "sealing_unknown" });
  await opened.close();
  // The journal alone has it: before a replica has it, a start must not tell of it either.
  await assert.rejects(open(place), { code: "replica_behind" });
  configure(place, ["ack: async", gone]);
  const again = await open(place);
  assert.equal((await decide(again, "one")).repeat, true);
  await again.close();
});

test("a replica of a log of many openings and changed keys is brought up in place of it", async (t) => {
  const place = newPlace(t);
  for (const round of ["a", "b"]) {
    const opened = await open(place);
    await decideMany(opened, round, 150);
    await opened.close();
    assert.equal((await docket(["key", "rotate", place.data])).code, 0);
  }
  const copy = join(place.folder, "copy");
  configure(place, ["ack: sync", `to: [{ name: shelf, directory: ${copy} }]`]);
  const opened = await open(place);
  // While a long copy is brought up no answer may come in time: then one asks again, as one is told.
  const asked = (): Promise<Decision> => decide(opened, "last", "account-3");
  const last = await asked().catch(asked).catch(asked);
  await opened.close();
  rmSync(place.data, { recursive: true });
  const verified = await docket(["verify", copy, "--key", join(copy, "log.vkey")]);
  assert.equal(verified.code, 0, verified.stdout);
  const promoted = await docket(["promote", copy, "--keys", place.keys]);
  assert.equal(promoted.code, 0, promoted.stderr);
  rmSync(join(copy, "docket.yaml"));
  const again = await openInstallation(readInstallation(copy, { keys: place.keys }));
  const repeated = await decide(again, "last", "account-3");
  assert.deepEqual([repeated.index, repeated.repeat, repeated.actor], [last.index, true, last.actor]);
  await again.close();
});

test("a replica that holds another log, or more of this one, is left alone", async (t) => {
  const place = newPlace(t);
  const copy = join(place.folder, "copy");
  configure(place, ["behindAfter: 1s", `to: [{ name: shelf, directory: ${copy} }]`]);
  const first = await open(place);
  await decide(first, "one");
  await first.close();
  const older = { ...place, data: join(place.folder, "older") };
  cpSync(place.data, older.data, { recursive: true });
  const second = await open(place);
  await decide(second, "two");
  await second.close();
  const held = sizeOf(copy, place);
  // The data is put back to what it was, with its keys directory, and goes on otherwise.
  rmSync(place.data, { recursive: true });
  cpSync(older.data, place.data, { recursive: true });
  for (const name of ["epoch", "newest"]) rmSync(join(place.keys, "main", name));
  rmSync(join(place.data, "sites/main/epoch.json"));
  const notices: string[] = [];
  const forked = await open(place, notices);
  await decide(forked, "three");
  await until(() => forked.copies.status().replicas[0]?.state === "forked", "the fork is seen");
  await until(() => notices.some((notice) => notice.includes("(forked)")), "the operator is told");
  assert.equal(sizeOf(copy, place), held, "the replica is as it was");
  await forked.close();
  assert.ok((await kindsOf(place)).includes("replica behind"));
});

test("a backup is made while the log is written, grows by what is new, and comes back", async (t) => {
  const place = newPlace(t);
  const backups = join(place.folder, "backups");
  const opened = await open(place);
  t.after(() => opened.close());
  await decideMany(opened, "a", 300);
  const backup = async (): Promise<{
    name: string;
    size: number;
    bytes: number;
    newBytes: number;
    removed: string[];
  }> => {
    const made = await docket(["backup", "--data", place.data, "--to", backups, "--json"]);
    assert.equal(made.code, 0, made.stderr);
    return JSON.parse(made.stdout) as Awaited<ReturnType<typeof backup>>;
  };
  const [first] = await Promise.all([backup(), decideMany(opened, "b", 200)]);
  assert.ok(first.size >= 300);
  await decide(opened, "one more");
  const second = await backup();
  assert.ok(second.size > first.size && second.newBytes < second.bytes);
  const secrets = readdirSync(join(place.keys, "main")).map((name) =>
    readFileSync(join(place.keys, "main", name), "latin1").trim(),
  );
  for (const { path, bytes } of filesBelow(backups)) {
    for (const secret of secrets.filter((each) => each.length > 20 && !each.includes("\n"))) {
      assert.ok(!bytes.includes(secret, 0, "latin1"), `${path} holds a key`);
    }
  }
  const restored = join(place.folder, "restored");
  const back = await docket(["restore", backups, "--to", restored, "--keys", place.keys]);
  assert.equal(back.code, 0, back.stderr);
  assert.equal(sizeOf(restored, place), second.size);
  assert.equal((await docket(["verify", restored, "--key", join(place.data, "log.vkey")])).code, 0);
  const refused = await docket(["decide", "--data", restored, "--quiet", "/dev/null"]);
  assert.match(refused.stderr, /log_unproven/);
  const bundle = join(backups, second.name, "sites/main/parts/000");
  const bytes = readFileSync(bundle);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  rmSync(bundle);
  writeFileSync(bundle, bytes);
  const torn = await docket(["restore", backups, "--to", `${restored}-2`, "--keys", place.keys]);
  assert.match(torn.stderr, /sites\/main\/parts\/000 is not what was backed up/);
  const kept = await docket([
    "restore",
    join(backups, first.name),
    "--to",
    `${restored}-3`,
    "--keys",
    place.keys,
  ]);
  assert.equal(kept.code, 0, kept.stderr);
});

test("what was erased is gone from the replica, and from a backup that is restored", async (t) => {
  const place = newPlace(t);
  const copy = join(place.folder, "copy");
  const backups = join(place.folder, "backups");
  configure(place, [`to: [{ name: shelf, directory: ${copy} }]`]);
  const opened = await open(place);
  t.after(() => opened.close());
  const { actor = null } = await decide(opened, "one", "mallory");
  await decide(opened, "two", "bystander");
  const actorKey = Buffer.from((await opened.site.actorKey(actor as string)) ?? []);
  const made = await docket(["backup", "--data", place.data, "--to", backups]);
  assert.equal(made.code, 0, made.stderr);
  const { keyEncryption } = readKeys(readInstallation(place.data));
  const found = (directory: string): number => {
    // Every stretch of bytes is tried, so models, which have many, are left out.
    const files = filesBelow(directory).filter(
      ({ path }) => !/\/(models|releases|policy|lists)\//.test(path),
    );
    const wrapped = findWrappedKeys(files, actor as string, { keyEncryption, keyStore: undefined });
    return wrapped.length + findBytes(files, "actor's key", actorKey).length;
  };
  await until(() => sizeOf(copy, place) >= opened.site.status().size, "the replica has all");
  assert.ok(found(copy) > 0, "the replica has the actor's wrapped key");
  const asked = { about: { account: "mallory" }, ground: "request", askedBy: "ticket 17" };
  const operator = { by: "operator", role: "operator" } as const;
  await opened.erasures.erase(operator, asked);
  await opened.erasures.settled();
  for (let tries = 0; tries < 20 && found(copy) > 0; tries++) await wait(500);
  assert.equal(found(copy), 0, "the replica forgot it");
  const restored = join(place.folder, "restored");
  assert.ok(found(backups) > 0, "until it expires the backup has it");
  const back = await docket(["restore", backups, "--to", restored, "--keys", place.keys, "--json"]);
  assert.equal(back.code, 0, back.stderr);
  assert.ok((JSON.parse(back.stdout) as { erasuresReplayed: number }).erasuresReplayed > 0);
  assert.equal(found(restored), 0, "restored, it is erased");
  assert.ok(keysOf(keyEncryption).length > 0);
});

test("a drill restores the newest copy, measures what it lacks, and is sealed", async (t) => {
  const place = newPlace(t);
  const backups = join(place.folder, "backups");
  configure(place, [`backups: ${backups}`]);
  let opened = await open(place);
  await decide(opened, "one");
  await opened.close();
  assert.equal((await docket(["drill", "--data", place.data])).code, 2, "there is no copy yet");
  assert.equal((await docket(["backup", "--data", place.data, "--to", backups])).code, 0);
  opened = await open(place);
  await decide(opened, "two");
  await opened.close();
  const scratch = join(place.folder, "scratch");
  mkdirSync(scratch);
  const words = ["drill", "--data", place.data, "--scratch", scratch, "--json"];
  const passed = await docket(words);
  assert.equal(passed.code, 0, passed.stderr + passed.stdout);
  const report = JSON.parse(passed.stdout) as {
    lostRecords: number;
    lostMs: number;
    tookMs: number;
    index: number;
  };
  assert.ok(report.lostRecords >= 2 && report.lostMs > 0 && report.tookMs > 0, passed.stdout);
  assert.deepEqual(readdirSync(scratch), [], "the scratch place is gone");
  const newest = join(
    backups,
    readdirSync(backups)
      .filter((name) => name.endsWith("Z"))
      .at(-1) as string,
  );
  const entries = join(newest, "sites/main/tile/entries/000.p");
  const [bundle] = readdirSync(entries);
  const path = join(entries, bundle ?? "");
  const bytes = readFileSync(path);
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  rmSync(path);
  writeFileSync(path, bytes);
  const failed = await docket(words);
  assert.equal(failed.code, 1, failed.stdout);
  const { result, failures } = JSON.parse(failed.stdout) as { result: string; failures: string[] };
  assert.equal(result, "failed");
  assert.ok(failures.length > 0);
  const kinds = await kindsOf(place);
  assert.equal(kinds.filter((kind) => kind === "drill").length, 2);
  assert.ok(existsSync(place.data));
});

test("leaves of both sides are the same, to the byte", async (t) => {
  const place = newPlace(t);
  const copy = join(place.folder, "copy");
  configure(place, [`to: [{ name: shelf, directory: ${copy} }]`]);
  const opened = await open(place);
  await decideMany(opened, "e", 20);
  await opened.close();
  const size = sizeOf(copy, place);
  assert.equal(size, sizeOf(place.data, place));
  const { origin } = readInstallation(place.data);
  const lastOf = (directory: string): string => {
    const leaf = readHeldState(disk, logPaths(directory, "main"), origin).lastLeaf();
    return Buffer.from(leaf ?? []).toString("utf8");
  };
  assert.equal(lastOf(copy), lastOf(place.data));
  assert.equal(parseLeaf(lastOf(copy)).kind, "stop");
});

test("the short form of the replica campaign: kills on both sides lose nothing that was told", async () => {
  const script = fileURLToPath(new URL("../../../tools/campaigns/replica.ts", import.meta.url));
  const words = ["--conditions=@docket/source", script, "--kills", "3", "--seed", "2"];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  assert.match(stdout, /^clean in/m);
});
