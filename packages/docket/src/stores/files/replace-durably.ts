// SPDX-License-Identifier: Apache-2.0
// Puts a file in place without blocking the thread that answers.
import { link, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { temporarySuffix } from "./node-disk.ts";

let written = 0;

/**
 * Puts a file in place: a reader sees the old content or the new, never a part. When it resolves, the new
 * one survives power loss. When it rejects, the old one stands, or, after an error of the directory's sync,
 * one of the two.
 *
 * @param content all of it, or piece by piece
 * @param temporary where it is written first, in the same directory; what a process left there that died is
 *   written over. Without it a name of its own, since another thread may be putting a file in the same place
 * @throws the error of the file system
 */
export async function replaceDurably(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  temporary: string = nameOfItsOwn(path),
): Promise<void> {
  // Held from before the rename on: else an error of the write may be told to nobody.
  const directory = await open(dirname(path), "r");
  try {
    await writeSynced(temporary, content);
    await rename(temporary, path);
    await directory.sync();
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  } finally {
    await directory.close();
  }
}

/**
 * Puts a file in place unless there is one already: whoever was first stays. When it resolves, the one that
 * is there survives power loss.
 *
 * @throws the error of the file system
 */
export async function createDurably(path: string, content: Uint8Array): Promise<void> {
  const temporary = nameOfItsOwn(path);
  const directory = await open(dirname(path), "r");
  try {
    await writeSynced(temporary, content);
    await link(temporary, path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    });
    await unlink(temporary);
    await directory.sync();
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  } finally {
    await directory.close();
  }
}

async function writeSynced(path: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

function nameOfItsOwn(path: string): string {
  return `${path}.${process.pid}-${++written}${temporarySuffix}`;
}
