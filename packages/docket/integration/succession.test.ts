// SPDX-License-Identifier: Apache-2.0
// Changes of keys, restored and copied logs, and logs that go on as others: with real directories and
// threads, and crashes at every step.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { encodeReceipt, parseLeaf } from "@docket/protocol";
import type { DocketRecord, Receipt } from "@docket/protocol";
import {
  cosignatureBytes,
  formatSignature,
  generateSignerKey,
  parseNote,
  parseSignerKey,
  parseVerifierKey,
  utf8,
} from "@docket/tlog";
import { verifyReceipt } from "@docket/verify";
import { runKeyHistory, runKeyRotate, runPromote, runSucceed } from "../src/cli/succession/run.ts";
import { runInit } from "../src/cli/set-up.ts";
import { runVerify } from "../src/cli/verify/index.ts";
import type { Terminal } from "../src/cli/terminal.ts";
import { createInstallation, maintainedLog, readInstallation, verifierKeyPath } from "../src/installation.ts";
import { LogReader } from "../src/log/reader.ts";
import { openInstallation, openOpaqueInstallation } from "../src/main.ts";
import type { OpenInstallation } from "../src/main.ts";
import type { LogDisk } from "../src/log/disk.ts";
import { disk } from "../src/stores/files/node-disk.ts";
import { settleKeys, settleOpening } from "../src/succession/opening.ts";
import { beginKeyChange, finishKeyChange, isKeyChangeBegun } from "../src/succession/key-change.ts";
import { keyHistory } from "../src/succession/opening.ts";
import { randomBytes } from "node:crypto";
import { binary } from "./testing/docket.ts";

test("keys are changed twice; what older keys signed stays good, and verifies under each", async (t) => {
  const data = newData(t);
  const before = await decide(data, "a", "b");
  const oldKeys = keysOf(data);
  const receipts = [await receiptOf(data, before[0] ?? 0)];
  const change = await rotate(data);
  assert.equal(change.size, change.index + 1);
  assert.equal(keysOf(data).length, 2);
  assert.notDeepEqual(keysOf(data), oldKeys);
  assert.deepEqual(change, { ...change, old: oldKeys, new: keysOf(data) });
  for (const key of oldKeys)
    assert.ok(!readFileSync(keyFile(data, key), "utf8").includes(key.split("+")[1] ?? ""));
  // The kept checkpoint bears all four lines; the published one, from which receipts are given, the new two.
  assert.equal(linesOf(join(data, "sites/main/checkpoints", String(change.size))), 4);
  assert.equal(linesOf(join(data, "sites/main/checkpoint")), 2);
  receipts.push(await receiptOf(data, before[0] ?? 0));
  const middle = keysOf(data);
  await decide(data, "a", "c");
  await rotate(data);
  await decide(data, "d");
  receipts.push(await receiptOf(data, before[0] ?? 0));
  const newest = keysOf(data);
  for (const [place, keys] of [oldKeys, middle, newest].entries()) {
    const verifiers = keys.map((key) => parseVerifierKey(key));
    const report = verifyReceipt(receipts[place] ?? "", { keys: verifiers });
    assert.equal(report.verdict, "verified", JSON.stringify(report.checks));
    const file = join(data, `../${place}.vkey`);
    writeFileSync(file, `${keys.join("\n")}\n`);
    assert.equal(await verifies(data, file), "");
  }
  const history = await output((terminal) => runKeyHistory({ directory: data, json: true }, terminal));
  const { periods } = JSON.parse(history) as {
    periods: { from: number; until: number | null; keys: string[] }[];
  };
  assert.deepEqual(
    periods.map(({ keys }) => keys),
    [oldKeys, middle, newest],
  );
  assert.equal(periods[0]?.until, change.size);
  assert.equal(periods[1]?.from, change.size);
  // It is derived from the log: without the file it comes out again.
  rmSync(join(data, "sites/main/keys.json"));
  assert.equal(await output((terminal) => runKeyHistory({ directory: data, json: true }, terminal)), history);
});

test("a log made with Ed25519 alone goes on so, and gains ML-DSA-44 by a change of keys", async (t) => {
  const data = newData(t);
  rmSync(join(`${data}.keys`, "main/log-ml-dsa-44.key"));
  rmSync(join(data, "sites/main/keys.json"));
  const vkey = join(data, "log.vkey");
  writeFileSync(vkey, `${keysOf(data)[0] ?? ""}\n`);
  await decide(data, "a");
  assert.equal(linesOf(join(data, "sites/main/checkpoint")), 1);
  assert.equal(await verifies(data, vkey), "");
  const change = await rotate(data);
  assert.equal(change.old.length, 1);
  assert.equal(change.new.length, 2);
  await decide(data, "b");
  assert.equal(linesOf(join(data, "sites/main/checkpoint")), 2);
  assert.equal(await verifies(data, vkey), "");
});

test("a change of keys that ends at any step is brought to its end by the next opening", async (t) => {
  const data = newData(t);
  await decide(data, "a");
  let changed = 0;
  for (let step = 1; ; step++) {
    const oldKeys = keysOf(data);
    const installation = readInstallation(data);
    const log = maintainedLog(installation, crashingDisk(step));
    const vkeyPath = verifierKeyPath(installation);
    let crashed = false;
    try {
      await beginKeyChange(log, await settleKeys(log, vkeyPath), randomBytes);
      await finishKeyChange(log, keyHistory(log), vkeyPath);
    } catch (error) {
      if (!(error as Error).message.includes("crash")) throw error;
      crashed = true;
    }
    const begun = isKeyChangeBegun(log);
    await settleOpening(maintainedLog(installation, disk), vkeyPath);
    assert.equal(isKeyChangeBegun(log), false, `step ${step}`);
    if (begun || !crashed) assert.notDeepEqual(keysOf(data), oldKeys, `step ${step}`);
    if (keysOf(data)[0] !== oldKeys[0]) changed++;
    assert.equal(await verifies(data, vkeyPath), "", `step ${step}`);
    if (!crashed) break;
  }
  const changes = (await records(data)).filter(({ kind }) => kind === "key-change");
  assert.equal(changes.length, changed);
  assert.ok(changed > 3);
  await decide(data, "b");
  assert.equal(await verifies(data, join(data, "log.vkey")), "");
});

test("a change of keys that is killed at any moment leaves a log that opens and verifies", async (t) => {
  const data = newData(t);
  await decide(data, "a");
  const keys = new Set<string>();
  for (let kill = 0; kill < 5; kill++) {
    const child = spawn(process.execPath, ["--conditions=@docket/source", binary, "key", "rotate", data]);
    const ended = new Promise((resolve) => child.once("close", resolve));
    const next = join(`${data}.keys`, "main/next");
    while (child.exitCode === null && !existsSync(next)) await wait(1);
    await wait(kill * 40);
    child.kill("SIGKILL");
    await ended;
    await decide(data, `k${kill}`);
    keys.add(keysOf(data)[0] ?? "");
    assert.equal(await verifies(data, join(data, "log.vkey")), "", `kill ${kill}`);
  }
  const changes = (await records(data)).filter(({ kind }) => kind === "key-change");
  assert.equal(changes.length, 5);
  assert.equal(keys.size, 5);
});

test("an older copy is refused, an exact one is promoted, and the one that runs is fenced", async (t) => {
  const data = newData(t);
  await decide(data, "a");
  const backup = copyOf(data, "backup");
  await decide(data, "b");
  await assert.rejects(decide(backup, "c"), {
    code: "log_behind",
    message: /and this directory holds 5 entries/,
  });
  await assert.rejects(promote(backup), { code: "log_behind" });

  const running = await openInstallation(readInstallation(data));
  t.after(() => running.close());
  await decideOne(running, "d");
  await published(running);
  const copy = copyOf(data, "copy");
  await assert.rejects(decide(copy, "e"), { code: "log_unproven", message: /it is a copy, or a backup/ });
  const promotion = await promote(copy);
  assert.deepEqual(
    promotion.proofs.map(({ from }) => from),
    ["keys"],
  );
  await assert.rejects(decideOne(running, "f"), { code: "log_fenced" });
  await decide(copy, "g");
  await running.close();
  await assert.rejects(decide(data, "h"), { code: "log_behind" });
  assert.equal(await verifies(copy, join(copy, "log.vkey")), "");
  const sealed = (await records(copy)).find((record) => record.kind === "promoted");
  assert.ok(sealed?.kind === "promoted");
  assert.deepEqual(sealed.proofs, promotion.proofs);
  assert.equal(sealed.epoch, promotion.epoch);
});

test("with both directories copied, only a proof from outside or the operator's word promotes", async (t) => {
  const data = newData(t);
  await decide(data, "a");
  const place = mkdtempSync(join(tmpdir(), "docket-machine-"));
  t.after(() => rmSync(place, { recursive: true, force: true }));
  const copy = join(place, "data");
  cpSync(data, copy, { recursive: true });
  cpSync(`${data}.keys`, `${copy}.keys`, { recursive: true });
  await assert.rejects(promote(copy), {
    code: "log_unproven",
    message: /keys directory is a copy.*--seen.*--moved/s,
  });
  await decide(data, "b");
  // The old one went on: its checkpoint, its receipt and itself show that the copy is behind.
  const receipt = join(place, "receipt.json");
  writeFileSync(receipt, await receiptOf(data, 3));
  for (const seen of [join(data, "sites/main/checkpoint"), receipt, data]) {
    await assert.rejects(promote(copy, { seen: [seen], moved: true }), { code: "log_behind" }, seen);
  }
  rmSync(copy, { recursive: true });
  cpSync(data, copy, { recursive: true });
  const promotion = await promote(copy, { seen: [receipt, data] });
  assert.deepEqual(promotion.proofs.map(({ from }) => from).sort(), ["replica", "seen"]);
  await decide(copy, "c");
  assert.equal(await verifies(copy, join(copy, "log.vkey")), "");

  const moved = join(place, "moved");
  cpSync(copy, moved, { recursive: true });
  cpSync(`${copy}.keys`, `${moved}.keys`, { recursive: true });
  writeFileSync(join(moved, "docket.json"), '{"v":1,"keys":"../moved.keys"}\n');
  const byWord = await promote(moved, { moved: true });
  assert.deepEqual(
    byWord.proofs.map(({ from }) => from),
    ["operator"],
  );
  await decide(moved, "d");
});

test("a fork that was signed with the real key is seen by whoever kept a checkpoint", async (t) => {
  const data = newData(t);
  await decide(data, "a");
  const place = mkdtempSync(join(tmpdir(), "docket-fork-"));
  t.after(() => rmSync(place, { recursive: true, force: true }));
  const fork = join(place, "data");
  cpSync(data, fork, { recursive: true });
  cpSync(`${data}.keys`, `${fork}.keys`, { recursive: true });
  await promote(fork, { moved: true });
  await decide(fork, "b");
  await decide(data, "c", "d");
  const stranger = newData(t);
  await decide(stranger, "e");
  const seen = join(fork, "sites/main/checkpoint");
  rmSync(join(data, "sites/main/epoch.json"));
  await assert.rejects(promote(data, { seen: [seen] }), { code: "log_behind", message: /forked/ });
  await assert.rejects(promote(data, { seen: [join(stranger, "log.vkey")] }), { code: "usage" });
  await assert.rejects(promote(data, { seen: [join(stranger, "sites/main/checkpoint")] }), {
    code: "usage",
    message: /no checkpoint of/,
  });
  await assert.rejects(promote(data, { seen: [join(place, "nowhere")] }), { code: "usage" });
});

test("witnesses are asked: one that cosigned more refuses, one that is silent is named", async (t) => {
  const data = newData(t);
  await decide(data, "a");
  const copy = copyOf(data, "copy");
  const older = readFileSync(join(data, "sites/main/checkpoint"));
  const witness = await startWitness(t);
  const silent = parseSignerKey(
    generateSignerKey("silent.example", new Uint8Array(32).fill(2), "ml-dsa-44").signerKey,
    () => 0,
  );
  const policy = join(data, "../witnesses");
  writeFileSync(
    policy,
    `witness one ${witness.vkey} ${witness.url}\nwitness two ${silent.vkey} http://127.0.0.1:1\nquorum one\n`,
  );
  witness.latest = witness.cosign(older);
  await decide(data, "b");
  witness.latest = witness.cosign(readFileSync(join(data, "sites/main/checkpoint")));
  await assert.rejects(promote(copy, { policy }), {
    code: "log_behind",
    message: /one has a checkpoint of size/,
  });

  const exact = copyOf(data, "exact");
  const promotion = await promote(exact, { policy });
  assert.deepEqual(
    promotion.proofs.map(({ from, name }) => `${from} ${name ?? ""}`),
    ["keys ", "witness one.example"],
  );
  assert.deepEqual(
    promotion.unanswered.map(({ place }) => place),
    ["two"],
  );
  // What is not cosigned by the witness doesn't count as its word.
  const again = copyOf(exact, "again");
  witness.latest = readFileSync(join(exact, "sites/main/checkpoint"));
  const { unanswered } = await promote(again, { policy });
  assert.deepEqual(unanswered.map(({ place }) => place).sort(), ["one", "two"]);
});

test("a promotion that a crash interrupted is sealed by the next opening", async (t) => {
  const data = newData(t);
  await decide(data, "a");
  const copy = copyOf(data, "copy");
  const installation = readInstallation(copy);
  const log = maintainedLog(installation, disk);
  const proofs = [{ from: "keys", name: null, size: 4 }];
  writeFileSync(join(copy, "sites/main/promotion.json"), JSON.stringify({ v: 1, proofs }));
  const { raiseEpoch } = await import("../src/succession/epoch.ts");
  raiseEpoch({ origin: log.origin, site: log.paths.site, keys: log.keys }, true);
  await decide(copy, "b");
  assert.equal(existsSync(join(copy, "sites/main/promotion.json")), false);
  const found = (await records(copy)).filter(({ kind }) => kind === "promoted");
  assert.equal(found.length, 1);
});

test("a log that is behind is succeeded: closed for good, and named by record 0 of the next", async (t) => {
  const data = newData(t);
  await decide(data, "a");
  const backup = copyOf(data, "backup");
  await rotate(data);
  await decide(data, "b");
  const lost = readFileSync(join(data, "sites/main/checkpoint"), "utf8");
  const keys = keysOf(data);
  rmSync(data, { recursive: true });
  renameSync(backup, data);
  await assert.rejects(decide(data, "c"), { code: "log_behind" });
  const next = join(data, "../next");
  await output((terminal) => runSucceed({ old: data, directory: next, seen: [] }, terminal));
  await assert.rejects(decide(data, "c"), { code: "log_retired", message: /succeeds it/ });
  await assert.rejects(promote(data, { moved: true }), { code: "log_retired" });
  await assert.rejects(rotate(data), { code: "log_retired" });
  await decide(next, "c");
  const [first] = await records(next);
  assert.ok(first?.kind === "created");
  assert.equal(first.succeeds?.origin, readInstallation(data).origin);
  assert.deepEqual(first.succeeds?.keys, keys);
  assert.equal(first.succeeds?.checkpoint.split("\n\n")[0], lost.split("\n\n")[0]);
  assert.equal(await verifies(next, join(next, "log.vkey")), "");

  // Where nothing is left of the old log but what others have.
  const file = join(data, "../lost");
  writeFileSync(file, lost);
  writeFileSync(`${file}.vkey`, `${keys.join("\n")}\n`);
  const again = join(data, "../again");
  const options = { directory: again, succeeds: `${file}.vkey`, lastKnown: file };
  await output((terminal) => runInit(options, terminal));
  await decide(again, "d");
  const [record] = await records(again);
  assert.ok(record?.kind === "created" && record.succeeds !== undefined);
  assert.equal(record.succeeds.checkpoint, lost);
  const wrong = { ...options, directory: join(data, "../wrong"), succeeds: join(again, "log.vkey") };
  await assert.rejects(
    output((terminal) => runInit(wrong, terminal)),
    { code: "usage" },
  );
});

test("an opaque log is proved and promoted in the same way, and its keys cannot be changed", async (t) => {
  const directory = temporaryDirectory(t);
  const data = join(directory, "data");
  const installation = createInstallation(disk, data, undefined, { opaque: true });
  const add = async (where: string): Promise<void> => {
    const open = await openOpaqueInstallation(readInstallation(where));
    await open.log.append(Buffer.from("entry"));
    await open.close();
  };
  await add(data);
  const copy = copyOf(data, "copy");
  await assert.rejects(add(copy), { code: "log_unproven" });
  await promote(copy);
  await add(copy);
  await assert.rejects(add(data), { code: "log_behind" });
  await assert.rejects(rotate(copy), { code: "usage", message: /opaque/ });
  assert.equal(await verifies(copy, verifierKeyPath(installation)), "");
});

test("keys that are not those in force are refused", async (t) => {
  const data = newData(t);
  await decide(data, "a");
  const keys = join(`${data}.keys`, "main");
  const old = readFileSync(join(keys, "log.key"));
  await rotate(data);
  const log = maintainedLog(readInstallation(data), disk);
  writeFileSync(join(keys, "log.key"), old);
  await assert.rejects(settleOpening(log, join(data, "log.vkey")), {
    code: "usage",
    message: /not those in force/,
  });
});

type Promotion = {
  epoch: number;
  proofs: { from: string; name: string | null; size: number }[];
  unanswered: { place: string }[];
};
type Change = { index: number; size: number; old: string[]; new: string[] };

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-succession-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function newData(t: TestContext): string {
  const data = join(temporaryDirectory(t), "data");
  createInstallation(disk, data);
  return data;
}

// Beside it, so that it finds the same keys.
function copyOf(data: string, name: string): string {
  const copy = join(data, "..", name);
  cpSync(data, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

async function decide(data: string, ...ids: string[]): Promise<number[]> {
  const open = await openInstallation(readInstallation(data));
  const indexes: number[] = [];
  try {
    for (const id of ids) indexes.push(await decideOne(open, id));
  } finally {
    await open.close();
  }
  return indexes;
}

async function decideOne({ site }: OpenInstallation, id: string): Promise<number> {
  const event = { id, type: "comment", actor: { id: "alice" }, content: { text: `hello ${id}` } } as const;
  const request = { event, dryRun: false, by: "operator", source: "http", receivedMs: Date.now() } as const;
  return (await site.decide(request)).index ?? -1;
}

async function published({ site }: OpenInstallation): Promise<void> {
  while (site.status().publishedSize < site.status().size) await wait(10);
}

async function receiptOf(data: string, index: number): Promise<string> {
  const { paths } = readInstallation(data);
  const reader = new LogReader(paths);
  const { size } = JSON.parse(readFileSync(paths.state, "utf8")) as { size: number };
  const stored = await reader.record(index, size);
  const receipt: Receipt = {
    format: "docket-receipt/v1",
    leaf: stored.leaf,
    proof: await reader.proof(index),
    ...(stored.parts === undefined ? {} : { manifest: stored.parts.manifest.toString("utf8") }),
  };
  return encodeReceipt(receipt);
}

async function records(data: string): Promise<DocketRecord[]> {
  const { paths } = readInstallation(data);
  const { size } = JSON.parse(readFileSync(paths.state, "utf8")) as { size: number };
  const reader = new LogReader(paths);
  const all = Array.from({ length: size }, (_, index) => reader.record(index, size));
  return (await Promise.all(all)).map(({ leaf }) => parseLeaf(leaf));
}

function keysOf(data: string): string[] {
  return readFileSync(join(data, "log.vkey"), "utf8").trim().split("\n");
}

function keyFile(data: string, vkey: string): string {
  const isEd25519 = parseVerifierKey(vkey).algorithm === "ed25519";
  return join(`${data}.keys`, "main", isEd25519 ? "log.key" : "log-ml-dsa-44.key");
}

function linesOf(path: string): number {
  return parseNote(readFileSync(path)).signatures.length;
}

async function rotate(data: string): Promise<Change> {
  const text = await output((terminal) => runKeyRotate({ directory: data, json: true }, terminal));
  return JSON.parse(text) as Change;
}

async function promote(
  data: string,
  options: { seen?: string[]; moved?: boolean; policy?: string } = {},
): Promise<Promotion> {
  const given = { directory: data, seen: [], inodes: true, json: true, ...options };
  return JSON.parse(await output((terminal) => runPromote(given, terminal))) as Promotion;
}

/** What verification finds wrong; empty if nothing. */
async function verifies(data: string, key: string): Promise<string> {
  let text = "";
  const stdout = { write: (piece: string) => (text += piece) };
  const code = await runVerify({ target: data, key, json: false, stdout, stderr: new PassThrough() });
  return code === 0 ? "" : text;
}

async function output(run: (terminal: Terminal) => Promise<number>): Promise<string> {
  const stdout = new PassThrough();
  const code = await run({
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    env: {},
    clock: Date.now,
    nowMs: () => performance.now(),
    signals: new EventEmitter(),
    temporaryDirectory: tmpdir(),
    outputGone: new AbortController().signal,
  });
  assert.equal(code, 0);
  return String(stdout.read());
}

/** A disk whose step of that number, and every later one, throws: changes only, reading goes on. */
function crashingDisk(step: number): LogDisk {
  let left = step;
  const replaceFile: LogDisk["replaceFile"] = (...words) => disk.replaceFile(...words);
  const remove: LogDisk["remove"] = (path) => disk.remove(path);
  const crash = <Words extends unknown[]>(call: (...words: Words) => void) => {
    return (...words: Words): void => {
      if (--left <= 0) throw new Error("crash");
      call(...words);
    };
  };
  return { ...disk, replaceFile: crash(replaceFile), remove: crash(remove) };
}

type TestWitness = {
  url: string;
  vkey: string;
  latest: Uint8Array;
  cosign: (note: Uint8Array) => Uint8Array;
};

async function startWitness(t: TestContext): Promise<TestWitness> {
  const made = generateSignerKey("one.example", new Uint8Array(32).fill(1), "ed25519-cosignature");
  const signer = parseSignerKey(made.signerKey, () => 1_800_000_000);
  const witness: TestWitness = {
    url: "",
    vkey: signer.vkey,
    latest: new Uint8Array(0),
    cosign(note) {
      const signature = signer.sign(utf8(parseNote(note).text));
      assert.equal(signature.length, cosignatureBytes);
      const line = formatSignature({ name: signer.name, keyId: signer.keyId, signature });
      return Buffer.concat([note, Buffer.from(line, "utf8")]);
    },
  };
  const server = createServer((request, response) => {
    response.statusCode = /^\/[0-9a-f]{64}\/checkpoint$/.test(request.url ?? "") ? 200 : 404;
    response.end(witness.latest);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  witness.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return witness;
}
