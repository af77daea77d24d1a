// SPDX-License-Identifier: Apache-2.0
// `docket keys backup` and `docket keys restore`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DocketError } from "../../error.ts";
import { readInstallation, readKeys } from "../../installation.ts";
import {
  decryptKeysBackup,
  encryptKeysBackup,
  keysBackupBytesMax,
  restoreKeys,
} from "../../key-desk/backup.ts";
import { identitiesIn } from "../../key-providers/age.ts";
import { nodeProviderPorts } from "../../key-providers/node-ports.ts";
import { keyFolderPath, unlockInstallation } from "../../key-providers/unlock.ts";
import { replaceDurably } from "../../stores/files/replace-durably.ts";
import { lockDirectory } from "../../stores/sqlite/directory-lock.ts";
import { exitFine } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

type Where = { data: string; keys?: string | undefined };
/** What `docket keys backup` is told. */
export type BackupOptions = Where & { to: string; age: string[] };
/** What `docket keys restore` is told. */
export type RestoreOptions = Where & { file: string; identity: string };

/** Runs `docket keys backup`, also while a server runs. @throws {DocketError} as the keys open */
export async function runKeysBackup(options: BackupOptions, terminal: Terminal): Promise<number> {
  const installation = await unlockInstallation(readInstallation(options.data, { keys: options.keys }));
  const folder = { path: keyFolderPath(installation), guard: installation.guard };
  const about = { origin: installation.origin, nowMs: terminal.clock() };
  await replaceDurably(options.to, await encryptKeysBackup(folder, about, options.age));
  const text =
    `Wrote the keys of ${installation.origin} to ${options.to}, for ${options.age.length} recipients. ` +
    "Keep it apart from the data;\nmake another when a key was changed, and after each erasure.\n";
  await write(terminal, text);
  return exitFine;
}

/**
 * Runs `docket keys restore`.
 *
 * @throws {DocketError} `usage` if there are keys already, or the copy is of another log; `keys_locked` if
 *   the
 *   identity doesn't open it
 */
export async function runKeysRestore(options: RestoreOptions, terminal: Terminal): Promise<number> {
  const installation = readInstallation(options.data, { keys: options.keys });
  const identities = await identitiesIn(options.identity, nodeProviderPorts);
  const backup = await decryptKeysBackup(readCopy(options.file), identities);
  if (backup.origin !== installation.origin) {
    throw new DocketError(
      "usage",
      `${options.file} has the keys of ${backup.origin}, and ${installation.data} is ${installation.origin}`,
    );
  }
  const lock = lockDirectory(join(installation.data, "lock.sqlite"), installation.data);
  try {
    const names = restoreKeys(keyFolderPath(installation), backup);
    if (!installation.opaque) readKeys(installation);
    const text =
      `Put ${names.length} files of ${backup.at} into ${keyFolderPath(installation)}.\n` +
      "They are plain: docket keys protect protects them. The log signs again after docket promote.\n";
    await write(terminal, text);
  } finally {
    lock.release();
  }
  return exitFine;
}

function readCopy(file: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new DocketError("usage", `cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
  if (bytes.length > keysBackupBytesMax)
    throw new DocketError("usage", `${file} is too long for a copy of keys`);
  return bytes;
}
