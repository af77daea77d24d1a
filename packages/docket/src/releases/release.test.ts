// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DocketError } from "../error.ts";
import { MemoryDisk } from "../testing/memory-disk.ts";
import {
  encodeKeptRelease,
  filesIdOf,
  keepRelease,
  keptRelease,
  keptReleasePath,
  releaseOf,
  withLists,
} from "./release.ts";
import type { ReleaseManifest } from "./release.ts";
import { policyFile } from "./testing/policies.ts";

const paths = { releases: "/data/releases" } as Parameters<typeof keepRelease>[1];
const file = policyFile("comments", [{ id: "links", when: "signals.linkCount >= 3", outcome: "reject" }]);

void test("a release is named by the hash of a manifest with fixed keys", () => {
  const { manifest, id } = releaseOf([file]);
  const parsed = JSON.parse(manifest) as ReleaseManifest;
  const keys = ["format", "language", "signals", "unicode", "files", "lists", "models"];
  assert.deepEqual(Object.keys(parsed), keys);
  assert.equal(parsed.format, "docket-release/v1");
  assert.match(id, /^[A-Za-z0-9_-]{43}$/);
  assert.equal(releaseOf([file]).id, id);
  assert.notEqual(releaseOf([{ ...file, text: `${file.text}\n` }]).id, id);
});

void test("other versions of lists make another release of the same files", () => {
  const release = releaseOf([file]);
  const versions = [
    { name: "zebra", kind: "domain" as const, version: "b" },
    { name: "apple", kind: "term" as const, version: "a" },
  ];
  const changed = withLists(release, { versions, views: new Map() });
  assert.notEqual(changed.id, release.id);
  const manifest = JSON.parse(changed.manifest) as ReleaseManifest;
  assert.deepEqual(
    manifest.lists?.map(({ name }) => name),
    ["apple", "zebra"],
  );
  assert.equal(filesIdOf(manifest), filesIdOf(JSON.parse(release.manifest) as ReleaseManifest));
  assert.equal(releaseOf([file], () => ({ versions, views: new Map() })).id, changed.id);
});

void test("a kept release is loaded by its id, with the lists that its manifest names", () => {
  const disk = new MemoryDisk();
  const versions = [{ name: "bad", kind: "domain" as const, version: "v1" }];
  const release = releaseOf([file], () => ({ versions, views: new Map() }));
  keepRelease(disk, paths, release);
  keepRelease(disk, paths, release);
  const asked: unknown[] = [];
  const loaded = keptRelease(disk, paths, release.id, (wished) => {
    asked.push(wished);
    return new Map();
  });
  assert.equal(loaded.id, release.id);
  assert.equal(loaded.manifest, release.manifest);
  assert.deepEqual(asked, [versions]);
  assert.deepEqual(
    loaded.policies.policies.map(({ id }) => id),
    ["comments"],
  );
});

void test("any changed byte of a kept release is refused, saying what was expected", () => {
  const disk = new MemoryDisk();
  const release = releaseOf([file]);
  keepRelease(disk, paths, release);
  const path = keptReleasePath(paths, release.id);
  const kept = disk.readFile(path) as Buffer;
  const messages = new Set<string>();
  for (let at = 0; at < kept.length - 1; at++) {
    const changed = Buffer.from(kept);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    disk.replaceFile(path, changed, true);
    try {
      keptRelease(disk, paths, release.id);
      // Another way to write the same JSON: every hash is right.
      assert.deepEqual(JSON.parse(changed.toString("utf8")), JSON.parse(kept.toString("utf8")), `byte ${at}`);
    } catch (error) {
      assert.ok(error instanceof DocketError && error.code === "directory_damaged", String(error));
      messages.add(error.message.replaceAll(/[\w-]{43}/g, "HASH"));
    }
  }
  assert.ok(
    messages.has("releases/HASH.json is not what was kept: its manifest has the hash HASH, expected HASH"),
  );
  assert.ok(
    messages.has("releases/HASH.json is not what was kept: comments.yaml has the hash HASH, expected HASH"),
  );
  assert.ok(messages.has("releases/HASH.json is not what was kept: it is not JSON"));
});

void test("a release that isn't kept is not found", () => {
  assert.throws(
    () => keptRelease(new MemoryDisk(), paths, "A".repeat(43)),
    (error) => error instanceof DocketError && error.code === "not_found",
  );
});

void test("a release in which only lists changed leans on the files of another, which are checked", () => {
  const disk = new MemoryDisk();
  const release = releaseOf([file]);
  const versions = [{ name: "bad", kind: "domain" as const, version: "v2" }];
  const changed = withLists(release, { versions, views: new Map() });
  const put = (id: string, bytes: Uint8Array): void =>
    disk.replaceFile(keptReleasePath(paths, id), bytes, true);
  disk.makeDirectory(paths.releases);
  put(changed.id, encodeKeptRelease(changed, release.id));
  const refused = (message: RegExp): void =>
    assert.throws(
      () => keptRelease(disk, paths, changed.id),
      (error) =>
        error instanceof DocketError && error.code === "directory_damaged" && message.test(error.message),
    );
  refused(/its files are those of [\w-]{43}, which is not kept/);
  put(release.id, encodeKeptRelease({ ...release, files: [{ ...file, text: `${file.text}#` }] }));
  refused(/comments\.yaml has the hash/);
  put(release.id, encodeKeptRelease(release, changed.id));
  refused(/which has none of its own/);
  put(release.id, encodeKeptRelease(release));
  assert.deepEqual(keptRelease(disk, paths, changed.id).files, [file]);
});

void test("the example of docs/formats/release.md is a release of the form that is written", () => {
  const page = readFileSync(new URL("../../../../docs/formats/release.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/```(?:text|yaml)\n([^`]*)```/g)].map(([, text = ""]) => text);
  const [policy = "", manifest = "", id = ""] = blocks;
  const version = (JSON.parse(manifest) as ReleaseManifest).lists?.[0];
  assert.ok(version !== undefined);
  const files = [{ path: "links.yaml", text: policy }];
  const made = releaseOf(files, () => ({ versions: [version], views: new Map() }));
  const read = (text: string): ReleaseManifest => JSON.parse(text) as ReleaseManifest;
  assert.deepEqual(Object.keys(read(manifest)), Object.keys(read(made.manifest)));
  assert.deepEqual(read(manifest).files, read(made.manifest).files);
  assert.deepEqual(read(manifest).lists, read(made.manifest).lists);
  assert.equal(hash("sha256", manifest.trimEnd(), "base64url"), id.trimEnd());
});
