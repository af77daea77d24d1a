// SPDX-License-Identifier: Apache-2.0
// Puts a backup, or a copy, in place as a data directory. It signs nothing: that is for `docket promote` to
// allow.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { DocketError } from "../error.ts";
import type { LogDisk } from "../log/disk.ts";
import { listAllFiles } from "./all-files.ts";
import { listBackups, readManifest } from "./backup.ts";
import type { BackupManifest } from "./backup.ts";
import { copyMark } from "./copy-store.ts";
import { fetchCopy, localCopyFiles } from "./fetch-copy.ts";
import { hashFile } from "./side-files.ts";

/** What is restored, and where to. */
export type RestoreOptions = {
  /** A backup, a directory of backups (the newest is taken), or a copy. */
  from: string;
  to: string;
  /** Where the keys lie that it is brought up with; without it where they lay. */
  keys?: string | undefined;
  disk: LogDisk;
  /** Takes out what was erased since, before anything is opened. Gives how much it was. */
  replayErasures: (data: string, origin: string) => number;
};

/** What a restoration came to. */
export type Restoration = {
  from: string;
  to: string;
  origin: string;
  /** When the backup was made; `null` for a copy. */
  at: string | null;
  files: number;
  bytes: number;
  /** Rows and journal segments that had something of persons who were erased since. */
  erasuresReplayed: number;
};

/**
 * Restores.
 *
 * @throws {DocketError} `usage` if there is nothing to restore, or something in the way;
 *   `directory_damaged` with the first file that is not what the manifest says
 */
export async function restore(options: RestoreOptions): Promise<Restoration> {
  const { to, keys, disk, replayErasures } = options;
  const from = whatToRestore(options.from);
  if (existsSync(to) && readdirSync(to).length > 0) {
    throw new DocketError("usage", `${to} is not empty; name a new directory`);
  }
  const { files, bytes } = await fetchCopy(localCopyFiles(from.directory), to);
  if (from.manifest !== undefined) await checkManifest(to, from.manifest);
  const origin = from.manifest?.origin ?? originOf(to);
  if (keys !== undefined) {
    const content = { v: 1, keys: relative(resolve(to), resolve(keys)) };
    disk.replaceFile(join(to, "docket.json"), Buffer.from(`${JSON.stringify(content)}\n`), true);
  }
  const erasuresReplayed = replayErasures(to, origin);
  const restored = Object.keys(await listAllFiles(to)).map((path) => join(to, path));
  await disk.syncFiles?.(restored);
  for (const directory of new Set(restored.map((path) => dirname(path)))) disk.syncDirectory(directory);
  disk.syncDirectory(to);
  const at = from.manifest?.at ?? null;
  return { from: from.directory, to, origin, at, files, bytes, erasuresReplayed };
}

function whatToRestore(from: string): { directory: string; manifest: BackupManifest | undefined } {
  const manifest = readManifest(from);
  if (manifest !== undefined) return { directory: from, manifest };
  if (existsSync(join(from, copyMark))) return { directory: from, manifest: undefined };
  const newest = listBackups(from).at(-1);
  if (newest !== undefined) return newest;
  throw new DocketError("usage", `${from} is no backup, no directory of backups and no replica`);
}

/**
 * Checks that all files of a backup are what its manifest says.
 *
 * @throws {DocketError} `directory_damaged` with the first that is not
 */
export async function checkManifest(directory: string, { files }: BackupManifest): Promise<void> {
  for (const [path, { sha256 }] of Object.entries(files)) {
    if (path === copyMark) continue;
    const hash = await hashFile(join(directory, path)).catch(() => "missing");
    if (hash === sha256) continue;
    const why = hash === "missing" ? "is missing" : "is not what was backed up";
    throw new DocketError("directory_damaged", `${path} ${why}: restore from another backup`);
  }
}

function originOf(data: string): string {
  const site = JSON.parse(readFileSync(join(data, "sites", "main", "site.json"), "utf8")) as {
    origin: string;
  };
  return site.origin;
}
