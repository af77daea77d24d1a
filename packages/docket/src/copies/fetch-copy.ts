// SPDX-License-Identifier: Apache-2.0
// Takes a copy of a copy: a replica that may be written meanwhile, or a backup. What is taken can
// be brought up: the state file and the journal come first, and all again that changed if the state moved on.
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DocketError } from "../error.ts";
import { isFinalFile, listAllFiles } from "./all-files.ts";
import { copiedSite } from "./contract.ts";
import type { RemoteCopy } from "./copy-client.ts";
import { copyMark } from "./copy-store.ts";

/** Where a copy is taken from. */
export type CopyFiles = {
  /** Sizes of all files, by path. */
  list(): Promise<Readonly<Record<string, number>>>;
  /** Takes a file. */
  fetch(path: string, target: string): Promise<void>;
};

/** How often it is tried until the copy stood still meanwhile. */
const attemptsMax = 8;
const state = `sites/${copiedSite}/materialised.json`;
const journal = `sites/${copiedSite}/journal/`;
const checkpoint = `sites/${copiedSite}/checkpoint`;

/** The files of a copy in a directory of this machine. */
export function localCopyFiles(directory: string): CopyFiles {
  return {
    list: () => listAllFiles(directory),
    fetch: (path, target) => copyFile(join(directory, path), target),
  };
}

/** The files of a copy on another host. */
export function remoteCopyFiles(remote: RemoteCopy): CopyFiles {
  return {
    list: () => remote.allFiles(),
    fetch: (path, target) => remote.fetchFile(path, createWriteStream(target, { mode: 0o600 })),
  };
}

/**
 * Takes all files of a copy, but for what marks it as one.
 *
 * @param target an empty directory
 * @returns files and bytes that it has
 * @throws {DocketError} `directory_damaged` if the copy never stood still
 */
export async function fetchCopy(files: CopyFiles, target: string): Promise<{ files: number; bytes: number }> {
  mkdirSync(target, { recursive: true, mode: 0o700 });
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const sizes = await files.list();
    const paths = Object.keys(sizes).filter((path) => path !== copyMark);
    const taken = await takeAll(files, target, paths);
    const before = taken ? readState(target) : undefined;
    if (before === undefined) continue;
    await files.fetch(state, join(target, `${state}.now`));
    const after = readFileSync(join(target, `${state}.now`), "utf8");
    rmSync(join(target, `${state}.now`));
    if (after !== before) continue;
    const bytes = paths.reduce((sum, path) => sum + (sizes[path] ?? 0), 0);
    return { files: paths.length, bytes };
  }
  throw new DocketError("directory_damaged", "the copy changes faster than it can be read");
}

async function takeAll(files: CopyFiles, target: string, paths: readonly string[]): Promise<boolean> {
  rmSync(join(target, journal), { recursive: true, force: true });
  for (const path of inOrder(paths)) {
    const place = join(target, path);
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
    if (isFinalFile(path) && existsSync(place) && statSync(place).size > 0) continue;
    try {
      await files.fetch(path, place);
    } catch (error) {
      if (!isGone(error)) throw error;
      rmSync(place, { force: true });
      // A partial tile that a full one replaced: all again, and then the full one is there.
      if (!path.startsWith(journal)) return false;
    }
  }
  return true;
}

// The checkpoint covers no more than the journal that is taken after it, the state no more than the files.
function inOrder(paths: readonly string[]): string[] {
  const place = (path: string): number => {
    if (path === checkpoint) return 0;
    if (path === state) return 1;
    return path.startsWith(journal) ? 2 : 3;
  };
  return [...paths].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

function readState(target: string): string | undefined {
  const path = join(target, state);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function isGone(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "ENOENT" || code === "not_found";
}
