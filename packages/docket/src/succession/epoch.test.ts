// SPDX-License-Identifier: Apache-2.0
// Copies, backups and moves of real directories: which of them may sign.
import assert from "node:assert/strict";
import {
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { asHash, signCheckpoint } from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import type { HeldState } from "../log/held-state.ts";
import { openPrimacy } from "../log/newest-state.ts";
import { testOrigin, testSigner } from "../testing/test-log.ts";
import { claimEpoch, fenceAll, raiseEpoch, readEpoch } from "./epoch.ts";
import type { EpochPlaces } from "./epoch.ts";

test("each opening has the next number, and the directory that was opened last may be opened again", (t) => {
  const { places } = pair(t);
  assert.equal(readEpoch(places).kind, "first");
  for (const epoch of [1, 2, 3]) assert.equal(claimEpoch(places, held(10)).epoch, epoch);
  assert.equal(readEpoch(places).kind, "bound");
});

test("directories that were moved are the same; copies of either are not", (t) => {
  const { places, directory } = pair(t);
  publish(places, 10);
  const moved = { ...places, site: join(directory, "elsewhere"), keys: join(directory, "keys-elsewhere") };
  renameSync(places.site, moved.site);
  renameSync(places.keys, moved.keys);
  claimEpoch(moved, held(10));

  const copy = { ...moved, site: join(directory, "copy") };
  cpSync(moved.site, copy.site, { recursive: true, preserveTimestamps: true });
  refused(copy, /is a copy, or a backup/, true);
  const otherKeys = { ...moved, keys: join(directory, "keys-copy") };
  cpSync(moved.keys, otherKeys.keys, { recursive: true, preserveTimestamps: true });
  refused(otherKeys, /keys directory is a copy/, false);
  refused({ ...copy, keys: otherKeys.keys }, /keys directory is a copy/, false);
  claimEpoch(moved, held(10));
});

test("a backup that was put back in place is told by its epoch, by its file, or by what it lacks", (t) => {
  const { places, directory } = pair(t);
  const opening = publish(places, 10);
  const backup = join(directory, "backup");
  cpSync(places.site, backup, { recursive: true });
  const file = join(places.site, "epoch.json");
  // Within the same opening, file over file: only what was published meanwhile is missing.
  writeDown(opening, 12);
  assert.throws(() => claimEpoch(places, held(10)), { code: "log_behind", message: /size 12 was published/ });
  assert.throws(() => claimEpoch(places, held(12, 99)), { code: "log_behind", message: /forked/ });
  // Within the same opening, as a new file.
  rmSync(file);
  cpSync(join(backup, "epoch.json"), file);
  refused(places, /is a copy, or a backup/, true);
  raiseEpoch(places, true);
  // After another opening.
  writeFileSync(file, readFileSync(join(backup, "epoch.json")));
  refused(places, /was opened last as epoch 1, but the keys directory is at epoch/, true);
});

test("a backup of both directories, put back in place, is told by the files of the keys directory", (t) => {
  const { places, directory } = pair(t);
  publish(places, 10);
  const files = ["site/epoch.json", "keys/epoch", "keys/newest"].map((name) => join(directory, name));
  const backup = files.map((path) => readFileSync(path));
  publish(places, 12);
  for (const [place, path] of files.entries()) writeFileSync(path, backup[place] ?? "");
  // Overwritten, not replaced: the directories and inodes are the old ones, and still it shows.
  refused(places, /keys directory is a copy, or a backup/, false);
});

test("what is missing in either directory closes the log", (t) => {
  const { places } = pair(t);
  publish(places, 10);
  claimEpoch(places, held(10));
  const missing = (path: string, reason: RegExp, keysIntact: boolean): void => {
    const away = `${path}.away`;
    renameSync(path, away);
    refused(places, reason, keysIntact);
    renameSync(away, path);
    claimEpoch(places, held(10));
  };
  missing(join(places.site, "epoch.json"), /data directory of none/, true);
  missing(join(places.keys, "epoch"), /epoch is missing/, false);
  missing(join(places.keys, "newest"), /newest is missing or older/, false);
  writeFileSync(join(places.keys, "newest"), "nonsense");
  refused(places, /newest is damaged/, false);
});

test("a crash between the two writings of an opening is made good by the next", (t) => {
  const { places, directory } = pair(t);
  publish(places, 10);
  const keys = join(directory, "keys-before");
  const epoch = join(places.keys, "epoch");
  linkSync(epoch, keys);
  // The writing of the keys' file is what the crashes took back.
  for (let crash = 0; crash < 2; crash++) {
    raiseEpoch(places, true);
    cpSync(epoch, join(directory, "lost"));
    rmSync(epoch);
    linkSync(keys, epoch);
  }
  assert.equal(claimEpoch(places, held(10)).epoch, 4);
});

test("a promotion of one copy fences the other, and a fence fences all", (t) => {
  const { places, directory } = pair(t);
  const first = openPrimacy(publish(places, 10));
  const copy = { ...places, site: join(directory, "copy") };
  cpSync(places.site, copy.site, { recursive: true });
  first.check();
  const second = openPrimacy(raiseEpoch(copy, true));
  assert.throws(() => first.check(), { code: "log_fenced" });
  refused(places, /another copy was promoted/, true);
  second.check();
  claimEpoch(copy, held(10));
  fenceAll(copy);
  assert.throws(() => second.check(), { code: "log_fenced" });
  refused(copy, /another copy was promoted/, true);
});

test("without inode numbers a copy of the same epoch passes, and what is behind does not", (t) => {
  const { places, directory } = pair(t);
  raiseEpoch(places, false);
  publish(places, 10);
  const copy = { ...places, site: join(directory, "copy") };
  cpSync(places.site, copy.site, { recursive: true });
  assert.throws(() => claimEpoch(copy, held(9)), { code: "log_behind" });
  claimEpoch(copy, held(10));
  refused(places, /another copy was promoted/, true);
});

test("another log's keys, and files that something else wrote, are named", (t) => {
  const { places } = pair(t);
  raiseEpoch(places, true);
  assert.throws(() => readEpoch({ ...places, origin: "other" }), {
    code: "usage",
    message: /of the log docket-/,
  });
  writeFileSync(join(places.site, "epoch.json"), "7\n");
  assert.throws(() => readEpoch(places), { code: "directory_damaged", message: /holds no epoch/ });
});

function pair(t: TestContext): { places: EpochPlaces; directory: string } {
  const directory = mkdtempSync(join(tmpdir(), "docket-epoch-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const places = { origin: testOrigin, site: join(directory, "site"), keys: join(directory, "keys") };
  mkdirSync(places.site);
  mkdirSync(places.keys);
  return { places, directory };
}

function held(size: number, byte = 0): HeldState {
  const rootAt = (at: number): Hash | undefined => (at <= size ? rootOf(at + byte) : undefined);
  return { size: () => size, rootAt, lastLeaf: () => undefined };
}

function publish(places: EpochPlaces, size: number): ReturnType<typeof raiseEpoch> {
  const start = claimEpoch(places, held(size));
  writeDown(start, size);
  return start;
}

function writeDown(start: ReturnType<typeof raiseEpoch>, size: number): void {
  const primacy = openPrimacy(start);
  const checkpoint = { origin: testOrigin, size, root: rootOf(size), extensions: [] };
  primacy.published(signCheckpoint(checkpoint, [testSigner]));
  primacy.close();
}

function rootOf(size: number): Hash {
  return asHash(new Uint8Array(32).fill(size));
}

function refused(places: EpochPlaces, reason: RegExp, keysIntact: boolean): void {
  const state = readEpoch(places);
  assert.equal(state.kind, "unproven");
  if (state.kind !== "unproven") return;
  assert.match(state.reason, reason);
  assert.equal(state.keysIntact, keysIntact);
  assert.throws(() => claimEpoch(places, held(1000)), { code: /^log_(unproven|behind)$/ });
}
