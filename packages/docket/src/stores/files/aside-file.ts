// SPDX-License-Identifier: Apache-2.0
// The file in which events are kept that passed unsealed, without blocking the thread that answers.
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { AsideFile } from "../../gaps/aside.ts";

/** Its name, in the directory that is configured for it. */
export const asideFileName = "unsealed.aside";

/** The file in a directory, which is made when it is first needed. */
export function openAsideFile(directory: string): AsideFile {
  const path = join(directory, asideFileName);
  let made = false;
  return {
    read: async () => {
      try {
        return await readFile(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    append: async (bytes) => {
      if (!made) await mkdir(directory, { recursive: true, mode: 0o700 });
      const file = await open(path, "a", 0o600);
      try {
        await file.writeFile(bytes);
        await file.datasync();
      } finally {
        await file.close();
      }
      // Its name has to survive too.
      if (!made) await syncDirectory(directory);
      made = true;
    },
    remove: async () => {
      made = false;
      await rm(path, { force: true });
      await syncDirectory(directory);
    },
  };
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
