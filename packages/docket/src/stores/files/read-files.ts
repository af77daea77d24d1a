// SPDX-License-Identifier: Apache-2.0
// Reads whole files that need not be there.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/**
 * The content of a file, read without blocking the thread; `undefined` if there is none.
 *
 * @throws the error of the file system, if it is another one
 */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return readFile(path).catch(noneIfAbsent);
}

/**
 * The content of a file below a directory; `undefined` if there is none, or if the path leads out of it.
 *
 * @throws the error of the file system, if it is another one
 */
export function readBelow(directory: string, path: string): Uint8Array | undefined {
  const place = join(directory, path);
  if (relative(directory, place).startsWith("..")) return undefined;
  try {
    return readFileSync(place);
  } catch (error) {
    return noneIfAbsent(error);
  }
}

function noneIfAbsent(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return undefined;
  throw error;
}
