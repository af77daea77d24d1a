// SPDX-License-Identifier: Apache-2.0
// A copy takes what the log signed, once and in order, and nothing else; what a crash or a full disk leaves
// of it goes on.
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { encodeBase64, generateSignerKey, parseSignerKey, signCheckpoint } from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import { DocketError } from "../error.ts";
import type { LogDisk } from "../log/disk.ts";
import { readHeldState } from "../log/held-state.ts";
import { logPaths } from "../log/paths.ts";
import { decodeRecordParts, encodeRecordParts, recordOffsets } from "../log/parts-bundle.ts";
import { recoverLog } from "../log/recovery.ts";
import type { Commit } from "../log/sequencer.ts";
import { disk } from "../stores/files/node-disk.ts";
import { createTestLog, openTestLog, testOrigin, testRequest, testSigner } from "../testing/test-log.ts";
import type { TestLog } from "../testing/test-log.ts";
import { isCopiedFile } from "./contract.ts";
import type { Push } from "./contract.ts";
import { CopyStore } from "./copy-store.ts";
import { LogSource } from "./log-source.ts";
import { isWholePartsFile } from "./parts-file.ts";
import { decodePush, encodePush } from "./push-bytes.ts";

const keys = JSON.stringify({
  v: 1,
  origin: testOrigin,
  periods: [{ from: 0, until: null, keys: [testSigner.vkey] }],
});
let nowMs = 1_700_000_000_000;
const now = (): number => (nowMs += 1000);

type Both = { log: TestLog; data: string; copy: string; store: CopyStore };

async function both(t: TestContext): Promise<Both> {
  const directory = mkdtempSync(join(tmpdir(), "docket-copy-"));
  const data = join(directory, "data");
  const copy = join(directory, "copy");
  const log = openTestLog(disk, createTestLog(disk, data), now);
  const store = new CopyStore(copy, { disk, clock: now });
  await store.begin({ origin: testOrigin, keys });
  t.after(async () => {
    await store.close().catch(() => undefined);
    log.sequencer.close();
    log.materialiser.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { log, data, copy, store };
}

/** Commits records to the log and publishes them; gives what a copy is sent. */
function commit({ sequencer, materialiser }: TestLog, count: number, text?: string): Push {
  const { batch, checkpoint } = sequencer.commit(
    Array.from({ length: count }, (_, id) => testRequest(id, id % 2 === 0 ? text : undefined)),
  );
  const push = pushOf(batch, checkpoint);
  materialiser.ingest({ batches: [batch], checkpoint });
  materialiser.publish(now());
  return push;
}

function pushOf({ firstIndex, count, payload }: Commit["batch"], checkpoint: Uint8Array): Push {
  return { firstIndex, count, payload: Buffer.from(payload), checkpoint, proof: [] };
}

function refusedAs(code: string): (error: unknown) => boolean {
  return (error) => error instanceof DocketError && error.code === code;
}

async function sizeOf(store: CopyStore): Promise<number | undefined> {
  return (await store.state())?.size;
}

test("records are taken in order, over restarts, and the copy recovers to the same root", async (t) => {
  const { log, copy, store } = await both(t);
  for (const count of [1, 3, 300]) await store.push(commit(log, count, "text"));
  assert.equal(await sizeOf(store), 304);
  await store.close();
  const again = new CopyStore(copy, { disk, clock: now });
  assert.equal(await again.push(commit(log, 2)), 306);
  const root = (await again.state())?.root;
  await again.close();
  const recovered = recoverLog(disk, logPaths(copy, "main"), testOrigin, [testSigner]);
  assert.equal(recovered.head.frontier.size, 306);
  recovered.journal.close();
  const held = readHeldState(disk, logPaths(copy, "main"), testOrigin).rootAt(306);
  assert.equal(encodeBase64(held as Hash), root);
});

test("what is not the next of this log, signed by its key, leaves the copy as it was", async (t) => {
  const { log, data, copy, store } = await both(t);
  await store.push(commit(log, 4, "text"));
  cpSync(data, `${data}-other`, { recursive: true });
  const good = commit(log, 2, "mine");
  const other = openTestLog(disk, logPaths(`${data}-other`, "main"), now);
  const forked = commit(other, 2, "other");
  other.sequencer.close();
  const bytes = readFileSync(newestSegment(copy));
  const stranger = parseSignerKey(generateSignerKey(testOrigin, new Uint8Array(32).fill(9)).signerKey);
  const root = new Uint8Array(32) as unknown as Hash;
  const wrong: [Push, string][] = [
    [{ ...good, firstIndex: 3 }, "replica_refused"],
    [{ ...good, count: 3 }, "replica_refused"],
    [{ ...good, payload: good.payload.subarray(0, -1) }, "replica_refused"],
    [{ ...good, payload: flipped(good.payload, good.payload.length >> 1) }, "replica_refused"],
    [{ ...good, payload: forked.payload }, "replica_forked"],
    [{ ...good, checkpoint: forked.checkpoint }, "replica_forked"],
    [{ ...good, checkpoint: sign(6, root, stranger) }, "replica_forked"],
    [{ ...good, checkpoint: sign(6, root, testSigner) }, "replica_forked"],
    [{ ...good, checkpoint: sign(5, root, testSigner) }, "replica_forked"],
    [{ ...good, checkpoint: new Uint8Array([7]) }, "replica_forked"],
  ];
  for (const [push, code] of wrong) await assert.rejects(store.push(push), refusedAs(code));
  assert.equal(await sizeOf(store), 4);
  assert.ok(readFileSync(newestSegment(copy)).equals(bytes), "nothing of them was written");
  assert.equal(await store.push(good), 6);
  await assert.rejects(store.push({ ...forked, firstIndex: 6 }), refusedAs("replica_forked"));
});

test("records that a later checkpoint covers come with a proof; a wrong one is refused", async (t) => {
  const { log, data, store } = await both(t);
  for (let round = 0; round < 6; round++) commit(log, 700, "text");
  const source = new LogSource(logPaths(data, "main"), testOrigin);
  log.sequencer.release(log.materialiser.sync(now()));
  rmSync(join(data, "sites/main/journal"), { recursive: true });
  disk.makeDirectory(join(data, "sites/main/journal"));
  for (const name of readdirSync(join(data, "sites/main/checkpoints"))) {
    rmSync(join(data, "sites/main/checkpoints", name));
  }
  const newest = source.published();
  assert.ok(newest);
  let lots = 0;
  let proofs = 0;
  for (let size = 0; size < newest.size; lots++) {
    const lot = await source.next(size, newest);
    assert.ok(lot);
    if (lot.proof.length > 0) {
      proofs++;
      const proof = lot.proof.map((hash, place) => (place === 0 ? flipped(hash, 0) : hash));
      await assert.rejects(store.push({ ...lot, proof }), refusedAs("replica_forked"));
    }
    size = await store.push(lot);
  }
  assert.ok(lots > 1 && proofs > 0, `${lots} lots, ${proofs} with a proof`);
  assert.equal(await sizeOf(store), 4200);
  source.close();
});

test("the journal is read while it is written, from the middle of a batch too", async (t) => {
  const { log, data, store } = await both(t);
  const source = new LogSource(logPaths(data, "main"), testOrigin);
  const sent = new Map<number, Push>();
  for (let round = 0; round < 5; round++) {
    const push = commit(log, 40, "x".repeat(60_000));
    sent.set(push.firstIndex + push.count, push);
    const newest = { size: push.firstIndex + push.count, checkpoint: push.checkpoint };
    for (let size = (await sizeOf(store)) ?? 0; size < newest.size;) {
      const lot = await source.next(size, newest);
      assert.ok(lot);
      size = await store.push(lot);
    }
  }
  assert.equal(await sizeOf(store), 200);
  assert.ok(readdirSync(join(data, "sites/main/journal")).length > 0);
  const last = sent.get(200);
  const newest = { size: 200, checkpoint: (last as Push).checkpoint };
  const fresh = new LogSource(logPaths(data, "main"), testOrigin);
  const lot = await fresh.next(190, newest);
  assert.equal(lot?.firstIndex, 190);
  assert.equal(lot?.count, 10);
  fresh.close();
  source.close();
});

test("a torn tail is left behind, and what it held is taken again", async (t) => {
  const { log, copy, store } = await both(t);
  await store.push(commit(log, 3, "text"));
  await store.close();
  const third = new CopyStore(copy, { disk, clock: now });
  const push = commit(log, 2, "torn");
  await third.push(push);
  const torn = `${copy}-torn`;
  cpSync(copy, torn, { recursive: true });
  await third.close();
  const segment = newestSegment(torn);
  const bytes = readFileSync(segment);
  // Behind the last byte that is not room made ahead, and cut in the last batch.
  let end = bytes.length;
  while (bytes[end - 1] === 0) end--;
  truncateSync(segment, end - 5);
  const again = new CopyStore(torn, { disk, clock: now });
  assert.equal(await sizeOf(again), 3);
  assert.equal(await again.push(push), 5);
  await again.close();
});

test("after a kill the files hold again what the published checkpoint covers", async (t) => {
  const { log, copy, store } = await both(t);
  await store.push(commit(log, 300, "text"));
  const killed = `${copy}-killed`;
  cpSync(copy, killed, { recursive: true });
  const parts = (path: string): Buffer => readFileSync(join(path, "sites/main/parts/000"));
  assert.ok(isWholePartsFile(parts(copy)));
  const again = new CopyStore(killed, { disk, clock: now });
  assert.ok(parts(killed).equals(parts(copy)), "cut to what was synced, and written again");
  await again.close();
});

test("a full disk refuses the records and harms nothing", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "docket-copy-full-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const log = openTestLog(disk, createTestLog(disk, join(directory, "data")), now);
  let full = false;
  const filling: LogDisk = {
    ...disk,
    open: (path, create) => {
      const file = disk.open(path, create);
      const write = (position: number, bytes: Uint8Array): void => {
        if (full) throw Object.assign(new Error("full"), { code: "ENOSPC" });
        file.write(position, bytes);
      };
      return { ...file, write };
    },
  };
  const store = new CopyStore(join(directory, "copy"), { disk: filling, clock: now });
  await store.begin({ origin: testOrigin, keys });
  await store.push(commit(log, 2));
  full = true;
  const push = commit(log, 2);
  await assert.rejects(store.push(push), refusedAs("sealing_failed"));
  assert.equal(await sizeOf(store), 2);
  full = false;
  assert.equal(await store.push(push), 4);
  await store.close();
  log.sequencer.close();
  log.materialiser.close();
});

test("a directory that holds something else is left alone, and so is a copy that was promoted", async (t) => {
  const { copy, store } = await both(t);
  await store.close();
  writeFileSync(join(copy, "sites/main/epoch.json"), "{}");
  assert.throws(() => new CopyStore(copy, { disk, clock: now }), refusedAs("usage"));
  const other = mkdtempSync(join(tmpdir(), "docket-copy-other-"));
  t.after(() => rmSync(other, { recursive: true, force: true }));
  writeFileSync(join(other, "thesis.txt"), "mine");
  assert.throws(() => new CopyStore(other, { disk, clock: now }), refusedAs("usage"));
  const empty = new CopyStore(join(other, "new"), { disk, clock: now, keys: ["another+00000000+key"] });
  await assert.rejects(empty.begin({ origin: testOrigin, keys }), refusedAs("replica_refused"));
});

test("files are taken at their places only, whole, and never out of the directory", async (t) => {
  const { copy, data, store } = await both(t);
  const from = join(data, "file");
  writeFileSync(from, "content");
  for (const path of [
    "../evil",
    "sites/main/../../evil",
    "policy/../../evil",
    "/etc/passwd",
    "sites/main/epoch.json",
    "policy/.git/config",
    "KEYS/main/log.key",
    "sites/main/materialised.json",
    "policy/a\0b",
  ]) {
    assert.equal(isCopiedFile(path), false, path);
    await assert.rejects(store.putFile(path, from, "x"), refusedAs("replica_refused"));
  }
  await assert.rejects(store.putFile("policy/a.yaml", from, "x"), refusedAs("replica_refused"));
  assert.equal(existsSync(join(copy, "policy/a.yaml")), false);
  const { hashFile } = await import("./side-files.ts");
  await store.putFile("policy/a.yaml", from, await hashFile(from));
  assert.equal(readFileSync(join(copy, "policy/a.yaml"), "utf8"), "content");
  await assert.rejects(store.removeFiles(["docket.json"]), refusedAs("replica_refused"));
  await store.removeFiles(["policy/a.yaml"]);
  assert.equal(existsSync(join(copy, "policy/a.yaml")), false);
});

test("of a parts file parts may be dropped, and nothing else be changed", async (t) => {
  const { log, copy, store } = await both(t);
  await store.push(commit(log, 300, "text"));
  await store.settle();
  const path = "sites/main/parts/000";
  const before = readFileSync(join(copy, path));
  const offsets = recordOffsets(before, 256) ?? [];
  const pieces = offsets.slice(0, -1).map((offset, at) => before.subarray(offset, offsets[at + 1]));
  const first = decodeRecordParts(pieces[0] ?? Buffer.alloc(0));
  assert.ok(first !== undefined && first !== "malformed");
  const dropped = Buffer.concat([encodeRecordParts(first.manifest, []), ...pieces.slice(1)]);
  const altered = Buffer.concat([
    encodeRecordParts(first.manifest, [{ name: "facts", bytes: Buffer.from("other") }]),
    ...pieces.slice(1),
  ]);
  const manifest = Buffer.concat([encodeRecordParts(Buffer.from("{}"), []), ...pieces.slice(1)]);
  const cut = before.subarray(0, offsets[100]);
  const from = `${copy}-parts`;
  const put = async (bytes: Buffer): Promise<void> => {
    writeFileSync(from, bytes);
    await store.putFile(path, from, hash("sha256", bytes, "base64url"));
  };
  for (const bytes of [altered, manifest, cut, Buffer.alloc(0)]) {
    await assert.rejects(put(bytes), refusedAs("replica_refused"));
  }
  assert.ok(readFileSync(join(copy, path)).equals(before));
  await put(dropped);
  assert.ok(readFileSync(join(copy, path)).equals(dropped));
});

test("a push reads back as it was written, and hostile bytes are refused", () => {
  const push: Push = {
    firstIndex: 3,
    count: 2,
    payload: Buffer.from("frames"),
    checkpoint: Buffer.from("note\n"),
    proof: [new Uint8Array(32).fill(4)],
  };
  const read = decodePush(encodePush(push));
  assert.equal(Buffer.from(read.payload).toString(), "frames");
  assert.deepEqual(
    { ...read, payload: 0, checkpoint: Buffer.from(read.checkpoint) },
    { ...push, payload: 0, checkpoint: Buffer.from(push.checkpoint) },
  );
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.alloc(3),
    Buffer.from([255, 255, 255, 255]),
    Buffer.from([0, 0, 0, 2, 123, 125]),
  ]) {
    assert.throws(() => decodePush(bytes), refusedAs("replica_refused"));
  }
});

function sign(size: number, root: Hash, signer: typeof testSigner): Uint8Array {
  return signCheckpoint({ origin: testOrigin, size, root, extensions: [] }, [signer]);
}

function flipped(bytes: Uint8Array, place: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[place] = (copy[place] ?? 0) ^ 1;
  return copy;
}

function newestSegment(copy: string): string {
  const directory = join(copy, "sites/main/journal");
  return join(directory, readdirSync(directory).sort().at(-1) as string);
}
