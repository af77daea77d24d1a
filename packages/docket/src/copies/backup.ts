// SPDX-License-Identifier: Apache-2.0
// Backups: each is a copy of the log (copy-store.ts) in a directory of its own, named by its time, complete
// by itself. What never changes is shared with the one before by hard links. Keys are in none of them.
//
//   DIR/20261123T175503123Z/            a copy, and
//   DIR/20261123T175503123Z/backup.json {"v":1,"origin":"…","at":"…","size":N,"files":{PATH:{"bytes":N,
//                                        "sha256":"…"}}}; the last of what is made
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { copyFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DocketError } from "../error.ts";
import type { KeyFolder } from "../evidence/key-folder.ts";
import type { LogDisk } from "../log/disk.ts";
import type { LogPaths } from "../log/paths.ts";
import type { DurableNews } from "../log/replica-gate.ts";
import { isFinalFile, listAllFiles } from "./all-files.ts";
import { Copier } from "./copier.ts";
import { CopyStore } from "./copy-store.ts";
import { LogSource } from "./log-source.ts";
import { hashFile, WatchedFiles } from "./side-files.ts";
import { Snapshots } from "./snapshots.ts";

/** What is backed up, and where. */
export type BackupOptions = {
  data: string;
  paths: LogPaths;
  origin: string;
  folder: KeyFolder;
  /** The directory of the backups. The caller holds its lock. */
  to: string;
  disk: LogDisk;
  /** Older ones go, but for the newest. Ms. */
  keepMs?: number | undefined;
  /** Ms since 1970. */
  clock: () => number;
};

/** The manifest of a backup. */
export type BackupManifest = {
  v: 1;
  origin: string;
  at: string;
  size: number;
  files: Readonly<Record<string, { bytes: number; sha256: string }>>;
};

/** What a backup came to. */
export type Backup = {
  name: string;
  directory: string;
  size: number;
  files: number;
  bytes: number;
  /** Of these, bytes that were copied and are not shared with the one before. */
  newBytes: number;
  removed: string[];
};

/** The manifest's file: a directory without it is no backup. */
export const backupManifest = "backup.json";
const unfinished = ".unfinished";
/** Where nothing more can be read of the log for this long, in ms, the backup is given up. */
const stalledMs = 30_000;
const lookAgainMs = 20;

/**
 * Makes a backup, also while a server writes the log.
 *
 * @throws {DocketError} `usage` if the directory holds backups of another log; `replica_forked` if the one
 *   before is of another tree
 */
export async function makeBackup(options: BackupOptions): Promise<Backup> {
  const { to, disk, origin, clock } = options;
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(to)) if (name.endsWith(unfinished)) disk.remove(join(to, name));
  const before = listBackups(to).at(-1);
  if (before !== undefined && before.manifest.origin !== origin) {
    throw new DocketError("usage", `${to} holds backups of ${before.manifest.origin}, not of ${origin}`);
  }
  const at = new Date(clock());
  const name = at.toISOString().replaceAll(/[-:.]/g, "");
  const making = join(to, `${name}${unfinished}`);
  mkdirSync(making, { mode: 0o700 });
  if (before !== undefined) await share(before, making);
  const size = await fill(options, making);
  const { manifest, newBytes } = await describe(
    making,
    { origin, at: at.toISOString(), size },
    before?.manifest,
  );
  disk.replaceFile(join(making, backupManifest), Buffer.from(`${JSON.stringify(manifest)}\n`), true);
  renameSync(making, join(to, name));
  disk.syncDirectory(to);
  const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
  const removed = removeOld(options, name);
  const files = Object.keys(manifest.files).length;
  return { name, directory: join(to, name), size, files, bytes, newBytes, removed };
}

/** The finished backups of a directory, oldest first. */
export function listBackups(to: string): { name: string; directory: string; manifest: BackupManifest }[] {
  if (!existsSync(to)) return [];
  return readdirSync(to)
    .filter((name) => /^\d{8}T\d{9}Z$/.test(name))
    .sort()
    .flatMap((name) => {
      const directory = join(to, name);
      const manifest = readManifest(directory);
      return manifest === undefined ? [] : [{ name, directory, manifest }];
    });
}

/**
 * The manifest of a backup; `undefined` if a directory has none.
 *
 * @throws {DocketError} `directory_damaged`
 */
export function readManifest(directory: string): BackupManifest | undefined {
  const path = join(directory, backupManifest);
  if (!existsSync(path)) return undefined;
  try {
    const manifest = JSON.parse(readFileSync(path, "utf8")) as BackupManifest;
    if (manifest.v === 1 && typeof manifest.origin === "string") return manifest;
  } catch {
    // Below.
  }
  throw new DocketError("directory_damaged", `${path} is no manifest of a backup`);
}

// A file that never changes may stand in both; the others are copied, since they are written in place.
async function share(
  { directory, manifest }: { directory: string; manifest: BackupManifest },
  making: string,
): Promise<void> {
  for (const path of Object.keys(manifest.files)) {
    const target = join(making, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    if (isFinalFile(path, manifest.size)) linkSync(join(directory, path), target);
    else await copyFile(join(directory, path), target);
  }
}

async function fill(
  { data, paths, origin, folder, disk, clock }: BackupOptions,
  making: string,
): Promise<number> {
  const source = new LogSource(paths, origin);
  const snapshots = new Snapshots(data, join(making, "snapshots"), folder);
  const keys = (): string => readFileSync(join(paths.site, "keys.json"), "utf8");
  const store = new CopyStore(making, { disk, clock });
  try {
    const newest = source.published();
    const copier = new Copier(
      { data, origin, keys, source, files: new WatchedFiles(data), snapshots },
      store,
    );
    await copier.connect(newest);
    if (newest !== undefined) await catchUp(copier, newest, data);
    await store.settle();
    await copier.sendFiles();
    await copier.forget();
    await copier.sendDatabases();
    return copier.size;
  } finally {
    await store.close();
    source.close();
    snapshots.close();
  }
}

async function catchUp(copier: Copier, newest: DurableNews, data: string): Promise<void> {
  let movedMs = performance.now();
  while (copier.size < newest.size) {
    if (await copier.step(newest)) movedMs = performance.now();
    else if (performance.now() - movedMs < stalledMs) await sleep(lookAgainMs);
    else
      throw new DocketError("directory_damaged", `nothing can be read of record ${copier.size} of ${data}`);
  }
}

async function describe(
  making: string,
  head: Pick<BackupManifest, "origin" | "at" | "size">,
  before: BackupManifest | undefined,
): Promise<{ manifest: BackupManifest; newBytes: number }> {
  const files: Record<string, { bytes: number; sha256: string }> = {};
  let newBytes = 0;
  for (const [path, bytes] of Object.entries(await listAllFiles(making))) {
    const shared = before?.files[path];
    const isShared = shared !== undefined && statSync(join(making, path)).nlink > 1;
    if (!isShared) newBytes += bytes;
    files[path] = isShared ? shared : { bytes, sha256: await hashFile(join(making, path)) };
  }
  return { manifest: { v: 1, ...head, files }, newBytes };
}

function removeOld({ to, keepMs, clock }: BackupOptions, newest: string): string[] {
  if (keepMs === undefined) return [];
  const old = listBackups(to).filter(
    ({ name, manifest }) => name !== newest && Date.parse(manifest.at) < clock() - keepMs,
  );
  for (const { directory } of old) {
    // Without its manifest first: what a crash leaves of it is no backup, and goes with the next.
    renameSync(directory, `${directory}${unfinished}`);
    rmSync(`${directory}${unfinished}`, { recursive: true, force: true });
  }
  return old.map(({ name }) => name);
}
