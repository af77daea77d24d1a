// SPDX-License-Identifier: Apache-2.0
// The copies of a log that can be brought up: its replicas and its newest backup, and how much each holds.
import { join } from "node:path";
import { DocketError } from "../error.ts";
import type { KeyFolder } from "../evidence/key-folder.ts";
import { readHeldState } from "../log/held-state.ts";
import type { LogDisk } from "../log/disk.ts";
import { logPaths } from "../log/paths.ts";
import { listBackups, readManifest } from "./backup.ts";
import type { ReplicasConfig } from "./config.ts";
import { copiedSite } from "./contract.ts";
import { RemoteCopy } from "./copy-client.ts";
import { fetchCopy, localCopyFiles, remoteCopyFiles } from "./fetch-copy.ts";
import { placeOf } from "./replication.ts";

/** A copy that can be brought up. `size` is `null` where it can't be asked, and `fault` says why. */
export type KnownCopy = {
  /** As records of drills name it. */
  name: string;
  size: number | null;
  fault: string | null;
  /** Takes all of it into an empty directory. */
  fetch(target: string): Promise<unknown>;
};

/** Where copies are looked for. */
export type KnownCopiesOptions = {
  config: ReplicasConfig;
  folder: KeyFolder;
  variables: Readonly<Record<string, string | undefined>>;
  origin: string;
  disk: LogDisk;
};

/** The copies that the configuration names. */
export async function knownCopies(options: KnownCopiesOptions): Promise<KnownCopy[]> {
  const { config, origin, disk } = options;
  const copies: KnownCopy[] = [];
  for (const replica of config.to) {
    const name = `replica ${replica.name}`;
    const place = placeOf(replica, options);
    if ("directory" in place) copies.push(directoryCopy(name, place.directory, origin, disk));
    else copies.push(await remoteCopy(name, place.url, place.key));
  }
  const newest = config.backups === undefined ? undefined : listBackups(config.backups).at(-1);
  if (newest !== undefined) copies.push(backupCopy(newest.directory, newest.name));
  return copies;
}

/**
 * The copy in a directory: a backup, the newest of several, or a replica.
 *
 * @throws {DocketError} `usage` if it is none
 */
export function copyAt(directory: string, origin: string, disk: LogDisk): KnownCopy {
  if (readManifest(directory) !== undefined) return backupCopy(directory, directory);
  const newest = listBackups(directory).at(-1);
  if (newest !== undefined) return backupCopy(newest.directory, newest.name);
  const copy = directoryCopy(directory, directory, origin, disk);
  if (copy.size !== null) return copy;
  throw new DocketError("usage", `${directory} is no backup, no directory of backups and no replica`);
}

function directoryCopy(name: string, directory: string, origin: string, disk: LogDisk): KnownCopy {
  const fetch = (target: string): Promise<unknown> => fetchCopy(localCopyFiles(directory), target);
  try {
    const size = readHeldState(disk, logPaths(directory, copiedSite), origin).size();
    return { name, size, fault: null, fetch };
  } catch (error) {
    return { name, size: null, fault: (error as Error).message, fetch };
  }
}

async function remoteCopy(name: string, url: string, key: string): Promise<KnownCopy> {
  const remote = new RemoteCopy(url, key);
  const fetch = async (target: string): Promise<unknown> => {
    const again = new RemoteCopy(url, key);
    try {
      return await fetchCopy(remoteCopyFiles(again), target);
    } finally {
      await again.close();
    }
  };
  try {
    const state = await remote.state();
    return { name, size: state?.size ?? 0, fault: null, fetch };
  } catch (error) {
    return { name, size: null, fault: (error as Error).message, fetch };
  } finally {
    await remote.close();
  }
}

function backupCopy(directory: string, name: string): KnownCopy {
  const size = readManifest(directory)?.size ?? 0;
  const fetch = (target: string): Promise<unknown> => fetchCopy(localCopyFiles(directory), target);
  return { name: `backup ${join(name)}`, size, fault: null, fetch };
}
