// SPDX-License-Identifier: Apache-2.0
// Puts a small file in place without blocking the thread that answers.
import { open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { temporarySuffix } from "./node-disk.ts";

let written = 0;

/**
 * Puts a file in place: a reader sees the old content or the new, never a part. When it resolves, the new
 * one survives power loss. When it rejects, the old one stands, or, after an error of the directory's sync,
 * one of the two.
 *
 * @throws the error of the file system
 */
export async function replaceDurably(path: string, bytes: Uint8Array): Promise<void> {
  // A name of its own: another thread may be putting a file in the same place.
  const temporary = `${path}.${process.pid}-${++written}${temporarySuffix}`;
  // Held from before the rename on: else an error of the write may be told to nobody.
  const directory = await open(dirname(path), "r");
  try {
    await writeSynced(temporary, bytes);
    await rename(temporary, path);
    await directory.sync();
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  } finally {
    await directory.close();
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
