// SPDX-License-Identifier: Apache-2.0
// All files of a copy that is settled, as a backup, a restore or a drill takes them: what is needed to bring
// it up, and nothing that is made again.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { tileWidth } from "@docket/tlog";
import { copiedSite, identityFile, isCopiedFile } from "./contract.ts";

const site = `sites/${copiedSite}`;
const storedPatterns: readonly RegExp[] = [
  /^copy\.json$/,
  new RegExp(`^${site}/(materialised\\.json|keys\\.json|checkpoint)$`),
  new RegExp(`^${site}/recent/[0-9TZ-]{1,32}$`),
  new RegExp(`^${site}/journal/\\d{8}\\.journal$`),
  new RegExp(`^${site}/tile/(\\d{1,2}|entries)(/x\\d{3}){0,5}/\\d{3}(\\.p/\\d{1,3})?$`),
];
const depthMax = 10;

/** Whether a file of a copy is one that is needed to bring it up. */
export function isStoredFile(path: string): boolean {
  return path === identityFile || isCopiedFile(path) || storedPatterns.some((pattern) => pattern.test(path));
}

/**
 * Whether a file is never written in place from now on: it may be replaced, but the same file may stand for
 * it in several backups.
 *
 * @param size records of the copy
 */
export function isFinalFile(path: string, size = 0): boolean {
  const parts = new RegExp(`^${site}/parts/(.+)$`).exec(path)?.[1];
  if (parts !== undefined) return Number(parts.replaceAll(/[x/]/g, "")) < Math.floor(size / tileWidth);
  return /\/(tile|releases|models|checkpoints)\//.test(path);
}

/** Sizes of all files that are needed, by path in the directory. */
export async function listAllFiles(directory: string): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const path of await walk(directory, "", depthMax)) {
    if (isStoredFile(path)) sizes[path] = (await stat(join(directory, path))).size;
  }
  return sizes;
}

async function walk(directory: string, place: string, depth: number): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(directory, place), { withFileTypes: true })) {
    const path = place === "" ? entry.name : `${place}/${entry.name}`;
    if (entry.isFile()) paths.push(path);
    else if (entry.isDirectory() && depth > 0) paths.push(...(await walk(directory, path, depth - 1)));
  }
  return paths.sort();
}
