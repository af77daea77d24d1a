// SPDX-License-Identifier: Apache-2.0
// An opaque log with its real threads on a real disk, and on one that fails as it is told. What it publishes
// is compared with the tree of the same entries, computed the slow way.
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import {
  decodeEntryBundle,
  entriesPath,
  leafHash,
  nodeHash,
  openCheckpoint,
  tileNodes,
  tilePath,
  tilesOfSize,
  tileWidth,
} from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import { disk } from "../stores/files/node-disk.ts";
import { at } from "../testing/at.ts";
import type { Fault } from "../testing/faulty-disk.ts";
import { createTestLog, testOrigin, testSignerKey, testVerifier } from "../testing/test-log.ts";
import { encodeBatch } from "./frame.ts";
import type { RecordFrames } from "./frame.ts";
import { OpaqueLog } from "./opaque-log.ts";
import { logPaths } from "./paths.ts";
import type { LogPaths } from "./paths.ts";

const timeout = 120_000;

void test(
  "what is added is published at every size around a tile's edge, and is there after a restart",
  {
    timeout,
  },
  async (t) => {
    const { paths, open } = place(t);
    const entries: Buffer[] = [];
    for (const size of [1, 255, 256, 257, 513]) {
      const log = await open();
      assert.equal(log.opening.size, entries.length);
      assert.equal(log.opening.recovered, 0, "a clean stop leaves nothing to recover");
      entries.push(...(await addUpTo(log, entries.length, size)));
      await log.published(size);
      checkFiles(paths, entries);
      const { durableSize, integratedSize, publishedSize, size: answered, waiting } = log.status;
      assert.deepEqual(
        [answered, durableSize, integratedSize, publishedSize, waiting],
        [size, size, size, size, 0],
      );
      await log.close();
      checkFiles(paths, entries);
    }
  },
);

void test("a tree of three levels of tiles", { timeout }, async (t) => {
  const { paths, open } = place(t);
  const log = await open();
  const entries: Buffer[] = [];
  for (const size of [30_000, 60_000, 65_535, 65_536, 65_537]) {
    entries.push(...(await addUpTo(log, entries.length, size)));
    await log.published(size);
    assert.equal(rootOf(paths).size, size);
    if (size === 65_536) checkFiles(paths, entries);
  }
  await log.close();
  const again = await open();
  assert.equal(await again.append(Buffer.from("one more")), 65_537);
  await again.close();
  checkFiles(paths, [...entries, Buffer.from("one more")]);
});

void test("entries of no bytes and of as many as fit", { timeout }, async (t) => {
  const { paths, open } = place(t);
  const log = await open();
  const entries = Array.from({ length: 600 }, (_, index) =>
    index % 3 === 0 ? Buffer.alloc(65_535, index) : index % 3 === 1 ? Buffer.alloc(0) : Buffer.of(index),
  );
  const answers = await Promise.all(entries.map((entry) => log.append(entry)));
  assert.deepEqual(answers, [...entries.keys()]);
  await assert.rejects(log.append(Buffer.alloc(65_536)), { code: "body_too_large" });
  await log.published(entries.length);
  checkFiles(paths, entries);
  await log.close();
  checkFiles(paths, entries);
});

void test("the caller's bytes are its own again when append returns", { timeout }, async (t) => {
  const { paths, open } = place(t);
  const log = await open();
  const bytes = Buffer.from("first");
  const first = log.append(bytes);
  bytes.write("xxxxx");
  await first;
  await log.close();
  checkFiles(paths, [Buffer.from("first")]);
});

void test("a log that was killed comes back from its journal, with the same tree", { timeout }, async (t) => {
  const { data, open } = place(t);
  const log = await open();
  const entries = await addUpTo(log, 0, 1000);
  await log.published(1000);
  const published = rootOf(logPaths(data, "main"));
  const copy = copyOf(t, data);
  await log.close();
  const again = await openAt(copy);
  assert.deepEqual([again.opening.size, again.opening.recovered], [1000, 1000]);
  await again.published(1000);
  assert.deepEqual(rootOf(logPaths(copy, "main")), published);
  checkFiles(logPaths(copy, "main"), entries);
  entries.push(...(await addUpTo(again, 1000, 1100)));
  await again.close();
  checkFiles(logPaths(copy, "main"), entries);
});

void test(
  "a torn tail is left behind; entries whose bytes say that they are batches change nothing",
  {
    timeout,
  },
  async (t) => {
    const { data, open } = place(t);
    const log = await open();
    const one = await log.append(Buffer.from("one"));
    const [segment] = segments(data);
    assert.ok(segment !== undefined && one === 0);
    const end = lastByte(segment);
    const records = ["two", "three"].map((text) => recordOf(text));
    const signed = { size: 0, root: new Uint8Array(32), signature: new Uint8Array(64) };
    // Batches as they would stand in this log, as far as anyone outside can know.
    const hostile = Buffer.concat([1, 2].map((firstIndex) => encodeBatch({ firstIndex, signed, records })));
    await log.append(hostile);
    const copy = copyOf(t, data);
    await log.close();

    const [torn] = segments(copy);
    assert.ok(torn !== undefined);
    const bytes = readFileSync(torn);
    // Power loss kept the second batch's later sectors, and not the one with its header.
    bytes.fill(0, end, end + 128);
    writeFileSync(torn, bytes);
    rmSync(logPaths(copy, "main").checkpoint, { force: true });
    for (const name of readdirSync(logPaths(copy, "main").keptCheckpoints)) {
      rmSync(join(logPaths(copy, "main").keptCheckpoints, name));
    }
    const again = await openAt(copy);
    assert.deepEqual([again.opening.size, again.opening.recovered], [1, 1]);
    assert.ok(again.opening.tornBytes > 0);
    assert.equal(await again.append(Buffer.from("two")), 1);
    await again.close();
    checkFiles(logPaths(copy, "main"), [Buffer.from("one"), Buffer.from("two")]);
  },
);

void test("a journal that was cut into what is published is damage", { timeout }, async (t) => {
  const { data, open } = place(t);
  const log = await open();
  await addUpTo(log, 0, 10);
  await log.published(10);
  const copy = copyOf(t, data);
  await log.close();
  const [segment] = segments(copy);
  assert.ok(segment !== undefined);
  truncateSync(segment, lastByte(segment) - 1);
  await assert.rejects(openAt(copy), { code: "directory_damaged" });
});

void test(
  "a full disk voids what waits, and the log goes on with the next index when there is room",
  {
    timeout,
  },
  async (t) => {
    const { paths, open, fault } = place(t);
    const log = await open();
    const entries = await addUpTo(log, 0, 300);
    fault([{ call: "write", path: ".journal", as: "ENOSPC" }]);
    const refused = await Promise.allSettled(
      Array.from({ length: 50 }, () => log.append(Buffer.from("void"))),
    );
    for (const each of refused) {
      assert.equal(each.status === "rejected" && (each.reason as { code: string }).code, "sealing_failed");
    }
    assert.equal(log.status.ended, undefined);
    fault([]);
    entries.push(...(await addUpTo(log, 300, 400)));
    await log.close();
    checkFiles(paths, entries);
  },
);

void test(
  "while the files' disk is full entries are durable and not published; then they are",
  {
    timeout,
  },
  async (t) => {
    const { paths, open, fault } = place(t);
    const log = await open();
    const entries = await addUpTo(log, 0, 300);
    await log.published(300);
    fault([{ call: "replaceFile", path: "/tile/", as: "ENOSPC" }]);
    entries.push(...(await addUpTo(log, 300, 600)));
    await assert.rejects(log.published(600, true));
    const { size, durableSize, publishedSize, publicationFault } = log.status;
    assert.deepEqual([size, durableSize, publishedSize], [600, 600, 300]);
    assert.ok(publicationFault?.message.includes("ENOSPC"));
    const patient = log.published(600);
    fault([]);
    await patient;
    assert.equal(log.status.publicationFault, undefined);
    checkFiles(paths, entries);
    await log.close();
  },
);

void test(
  "after a failed sync of the journal nothing is written, and a restart finds what was answered",
  {
    timeout,
  },
  async (t) => {
    const { paths, open, fault } = place(t);
    const log = await open();
    const entries = await addUpTo(log, 0, 20);
    fault([{ call: "sync", path: ".journal", as: "EIO" }]);
    await assert.rejects(log.append(Buffer.from("unknown")), { code: "log_closed" });
    fault([]);
    await assert.rejects(log.append(Buffer.from("after")), { code: "log_closed" });
    assert.equal(log.status.ended?.code, "log_closed");
    await log.close();
    const again = await open();
    // Its bytes were written, so it may be there; what was answered must.
    assert.ok(again.opening.size === 20 || again.opening.size === 21);
    if (again.opening.size === 21) entries.push(Buffer.from("unknown"));
    await again.close();
    checkFiles(paths, entries);
  },
);

void test(
  "after a failed sync of the files publication ends, and a restart makes it good",
  {
    timeout,
  },
  async (t) => {
    const { paths, open, fault } = place(t);
    const log = await open();
    const entries = await addUpTo(log, 0, 300);
    fault([{ call: "syncFile", path: "/tile/", as: "EIO" }]);
    await assert.rejects(log.sync(), { code: "log_closed" });
    fault([]);
    await assert.rejects(log.sync(), { code: "log_closed" });
    entries.push(...(await addUpTo(log, 300, 310)));
    await assert.rejects(log.published(310), { code: "log_closed" });
    await log.close();
    const again = await open();
    assert.equal(again.opening.recovered, 310, "the state has not moved");
    await again.close();
    checkFiles(paths, entries);
  },
);

void test("a sync that a full disk stopped is made good by itself", { timeout }, async (t) => {
  const { paths, open, fault } = place(t);
  const log = await open();
  const entries = await addUpTo(log, 0, 300);
  fault([{ call: "replaceFile", path: "materialised.json", as: "ENOSPC" }]);
  await assert.rejects(log.sync());
  assert.equal(stateSize(paths), 0);
  fault([]);
  while (stateSize(paths) !== 300) await new Promise((resolve) => setTimeout(resolve, 20));
  while (log.status.publicationFault !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  await log.close();
  checkFiles(paths, entries);
});

void test(
  "a hung disk holds up entries and nothing else; they are there when it goes on",
  {
    timeout,
  },
  async (t) => {
    const { paths, open, fault } = place(t);
    const log = await open();
    const entries = await addUpTo(log, 0, 5);
    await log.published(5);
    fault([{ call: "sync", path: ".journal", as: "hang" }]);
    const hung = Array.from({ length: 100 }, (_, place) => log.append(Buffer.from(`hung ${place}`)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual([log.status.waiting, log.status.size, log.status.durableSize], [100, 5, 5]);
    fault([]);
    assert.deepEqual(
      await Promise.all(hung),
      [...Array(100).keys()].map((place) => place + 5),
    );
    entries.push(...Array.from({ length: 100 }, (_, place) => Buffer.from(`hung ${place}`)));
    await log.close();
    checkFiles(paths, entries);
  },
);

void test(
  "too much that waits is refused at once, and taken again when it is written",
  { timeout },
  async (t) => {
    const { open, fault } = place(t);
    const log = await open();
    fault([{ call: "sync", path: ".journal", as: "hang" }]);
    const large = Buffer.alloc(65_535);
    const answers = Array.from({ length: 2500 }, () => log.append(large));
    const admitted = log.status.waiting;
    assert.ok(admitted > 1000 && admitted < 2500, `${admitted} entries of 64 KiB wait`);
    const refused = await Promise.allSettled(answers.slice(admitted));
    assert.ok(refused.every((each) => each.status === "rejected"));
    await assert.rejects(log.append(Buffer.of(1)), { code: "overloaded", retryAfterSeconds: 1 });
    fault([]);
    const indexes = await Promise.all(answers.slice(0, admitted));
    assert.deepEqual(indexes, [...indexes.keys()]);
    assert.equal(await log.append(Buffer.of(1)), admitted);
    await log.close();
  },
);

void test(
  "closing under load answers everything, and what comes after is refused",
  { timeout },
  async (t) => {
    const { paths, open } = place(t);
    const log = await open();
    const entries = Array.from({ length: 5000 }, (_, index) => entryOf(index));
    const answers = entries.map((entry) => log.append(entry));
    const closed = log.close();
    const second = log.close();
    await assert.rejects(log.append(Buffer.from("late")), { code: "log_closed" });
    assert.deepEqual(await Promise.all(answers), [...entries.keys()]);
    await second;
    await closed;
    checkFiles(paths, entries);
    const { size, publishedSize } = log.status;
    assert.deepEqual([size, publishedSize], [5000, 5000]);
  },
);

void test(
  "whoever waits for publication is told when the log is closed without it",
  { timeout },
  async (t) => {
    const { open, fault } = place(t);
    const log = await open();
    fault([{ call: "replaceFile", path: "/tile/", as: "ENOSPC" }]);
    await log.append(Buffer.from("one"));
    const waiting = assert.rejects(log.published(1));
    const beyond = assert.rejects(log.published(7), { code: "log_closed" });
    await log.close();
    await waiting;
    await beyond;
    await assert.rejects(log.published(1));
    await assert.rejects(log.sync());
  },
);

for (const [what, fault] of [
  ["sequencer", { call: "write", path: ".journal", as: "die" }],
  ["materialiser", { call: "replaceFile", path: "/tile/", as: "die" }],
] as const) {
  void test(
    `a ${what} that dies ends the log: nobody waits for ever, and closing returns`,
    {
      timeout,
    },
    async (t) => {
      const { paths, open, fault: set } = place(t);
      const log = await open();
      const entries = await addUpTo(log, 0, 10);
      await log.published(10);
      set([fault]);
      const beyond = assert.rejects(log.published(1000), { code: "log_closed" });
      const answers: PromiseSettledResult<number>[] = [];
      while (log.status.ended === undefined) {
        answers.push(
          ...(await Promise.allSettled([log.append(Buffer.from("x")), log.append(Buffer.from("x"))])),
        );
      }
      await beyond;
      await assert.rejects(log.append(Buffer.from("after")), { code: "log_closed" });
      set([]);
      await log.close();
      const again = await open();
      const sure = answers.filter((each) => each.status === "fulfilled").length;
      assert.ok(again.opening.size >= 10 + sure, `${again.opening.size} of ${10 + sure}`);
      for (let index = 10; index < again.opening.size; index++) entries.push(Buffer.from("x"));
      await again.close();
      checkFiles(paths, entries);
    },
  );
}

void test(
  "a log whose files cannot be read is not opened, and no thread is left behind",
  {
    timeout,
  },
  async (t) => {
    const { data, open } = place(t);
    const log = await open();
    await addUpTo(log, 0, 300);
    await log.close();
    const tile = join(logPaths(data, "main").site, tilePath({ level: 0, index: 1, width: 44 }));
    renameSync(tile, `${tile}.away`);
    await assert.rejects(open(), { code: "directory_damaged" });
    renameSync(`${tile}.away`, tile);
    const again = await open();
    assert.equal(again.opening.size, 300);
    await again.close();
  },
);

void test("once its files are synced, old partial tiles and journal segments go", { timeout }, async (t) => {
  const { data, paths, open } = place(t);
  const log = await open();
  const entries = await addUpTo(log, 0, 200);
  await log.published(200);
  assert.ok(existsSync(join(paths.site, "tile/0/000.p/200")));
  // More than a segment holds.
  for (let round = 0; round < 6; round++) {
    const large = Array.from({ length: 60 }, () => Buffer.alloc(60_000, round));
    await Promise.all(large.map((entry) => log.append(entry)));
    entries.push(...large);
  }
  assert.ok(segments(data).length > 1);
  await log.sync();
  await addUpTo(log, 560, 561).then((more) => entries.push(...more));
  while (segments(data).length > 1) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(!existsSync(join(paths.site, "tile/0/000.p")));
  await log.close();
  checkFiles(paths, entries);
});

void test("a log that was closed keeps the open segment of its journal alone", { timeout }, async (t) => {
  const { data, open } = place(t);
  const log = await open();
  for (let round = 0; round < 6; round++) {
    await Promise.all(Array.from({ length: 60 }, () => log.append(Buffer.alloc(60_000, round))));
  }
  assert.ok(segments(data).length > 1);
  await log.close();
  assert.equal(segments(data).length, 1);
});

type Place = {
  data: string;
  paths: LogPaths;
  open: () => Promise<OpaqueLog>;
  /** Sets what fails from now on. */
  fault: (faults: readonly Fault[]) => void;
};

function place(t: TestContext): Place {
  const directory = temporary(t);
  const data = join(directory, "data");
  const faults = join(directory, "faults.json");
  const paths = createTestLog(disk, data);
  return {
    data,
    paths,
    open: () => openAt(data, faults),
    fault: (each) => disk.replaceFile(faults, Buffer.from(JSON.stringify(each)), false),
  };
}

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-opaque-log-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function openAt(data: string, faults = ""): Promise<OpaqueLog> {
  const diskModule = new URL("../testing/faulty-disk.ts", import.meta.url);
  diskModule.searchParams.set("faults", faults);
  return OpaqueLog.open({
    paths: logPaths(data, "main"),
    origin: testOrigin,
    signerKeys: { roots: [testSignerKey], published: [] },
    diskModule: diskModule.href,
  });
}

/** What a kill at this moment would leave. */
function copyOf(t: TestContext, data: string): string {
  const copy = join(temporary(t), "data");
  cpSync(data, copy, { recursive: true });
  return copy;
}

function entryOf(index: number): Buffer {
  return Buffer.from(`entry ${index} ${"x".repeat(index % 37)}`);
}

async function addUpTo(log: OpaqueLog, from: number, size: number): Promise<Buffer[]> {
  const entries = Array.from({ length: size - from }, (_, place) => entryOf(from + place));
  const answers = await Promise.all(entries.map((entry) => log.append(entry)));
  assert.deepEqual(
    answers,
    [...entries.keys()].map((place) => from + place),
  );
  return entries;
}

function segments(data: string): string[] {
  const { journal } = logPaths(data, "main");
  return readdirSync(journal)
    .sort()
    .map((name) => join(journal, name));
}

/** Where a segment ends, but for the room behind it. */
function lastByte(segment: string): number {
  const bytes = readFileSync(segment);
  let end = bytes.length;
  while (bytes[end - 1] === 0) end--;
  return end;
}

function recordOf(text: string): RecordFrames {
  return { leaf: Buffer.from(text), manifest: undefined, parts: [], actors: [] };
}

function stateSize(paths: LogPaths): number {
  return (JSON.parse(readFileSync(paths.state, "utf8")) as { size: number }).size;
}

function rootOf(paths: LogPaths): { size: number; root: string } {
  const { checkpoint } = openCheckpoint(readFileSync(paths.checkpoint), [testVerifier], testOrigin);
  return { size: checkpoint.size, root: Buffer.from(checkpoint.root).toString("hex") };
}

/** Checkpoint, tiles and bundles are those of the tree of these entries. */
function checkFiles(paths: LogPaths, entries: readonly Buffer[]): void {
  const size = entries.length;
  const tree = new Map<string, Hash>();
  const hashOf = (level: number, index: number): Hash => {
    const key = `${level}/${index}`;
    const known = tree.get(key);
    if (known !== undefined) return known;
    const hash =
      level === 0
        ? leafHash(at(entries, index))
        : nodeHash(hashOf(level - 1, 2 * index), hashOf(level - 1, 2 * index + 1));
    tree.set(key, hash);
    return hash;
  };
  for (const tile of tilesOfSize(size)) {
    const expected = Buffer.concat(tileNodes(tile).map(({ level, index }) => hashOf(level, index)));
    const path = tilePath(tile);
    assert.ok(readFileSync(join(paths.site, path)).equals(expected), `${path} of ${size}`);
  }
  for (let first = 0; first < size; first += tileWidth) {
    const width = Math.min(tileWidth, size - first);
    const path = entriesPath(first / tileWidth, width);
    const bundle = decodeEntryBundle(readFileSync(join(paths.site, path)), width);
    assert.ok(
      bundle.every((entry, place) => at(entries, first + place).equals(entry)),
      `${path} of ${size}`,
    );
  }
  assert.deepEqual(rootOf(paths), { size, root: Buffer.from(naiveRoot(0, size, hashOf)).toString("hex") });
}

/** RFC 9162 section 2.1.1, to the letter. */
function naiveRoot(first: number, size: number, hashOf: (level: number, index: number) => Hash): Hash {
  const level = Math.log2(size);
  if (Number.isInteger(level)) return hashOf(level, first / size);
  const left = 2 ** Math.floor(level);
  return nodeHash(naiveRoot(first, left, hashOf), naiveRoot(first + left, size - left, hashOf));
}
