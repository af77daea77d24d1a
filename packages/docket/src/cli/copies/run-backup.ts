// SPDX-License-Identifier: Apache-2.0
// `docket backup` and `docket restore`.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { makeBackup } from "../../copies/backup.ts";
import type { Backup } from "../../copies/backup.ts";
import { restore } from "../../copies/restore.ts";
import type { Restoration } from "../../copies/restore.ts";
import { DocketError } from "../../error.ts";
import { readInstallation, readKeys } from "../../installation.ts";
import { unlockInstallation } from "../../key-providers/unlock.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { lockDirectory } from "../../stores/sqlite/directory-lock.ts";
import { exitFine } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { erasuresReplayer } from "./erasures.ts";

/** What `docket backup` is told. `keep` is in ms. */
export type BackupFlags = {
  data: string;
  to: string;
  keys?: string | undefined;
  keep?: number | undefined;
  json?: true | undefined;
};

/** Runs `docket backup`. */
export async function runBackup(options: BackupFlags, terminal: Terminal): Promise<number> {
  const installation = await unlockInstallation(readInstallation(options.data, { keys: options.keys }));
  const { data, paths, origin } = installation;
  if (installation.opaque) throw new DocketError("usage", `${data} holds an opaque log; mirror it`);
  const to = resolve(options.to);
  if (to === data || to.startsWith(`${data}/`)) {
    throw new DocketError("usage", `${to} lies inside the data directory; backups must lie outside of it`);
  }
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const lock = lockDirectory(join(to, "lock.sqlite"), to);
  try {
    const { folder } = readKeys(installation);
    const { clock } = terminal;
    const backup = await makeBackup({ data, paths, origin, folder, to, disk, keepMs: options.keep, clock });
    await write(terminal, options.json === true ? `${JSON.stringify(backup)}\n` : backupText(backup));
    return exitFine;
  } finally {
    lock.release();
  }
}

/** Runs `docket restore`. */
export async function runRestore(
  options: { from: string; to: string; keys?: string | undefined; json?: true | undefined },
  terminal: Terminal,
): Promise<number> {
  const to = resolve(options.to);
  const from = resolve(options.from);
  const replayErasures = (data: string, origin: string): number => {
    const { keysDirectory } = readInstallation(data, { keys: options.keys });
    return erasuresReplayer(keysDirectory)(data, origin);
  };
  const restored = await restore({ from, to, keys: options.keys, disk, replayErasures });
  await write(terminal, options.json === true ? `${JSON.stringify(restored)}\n` : restoredText(restored));
  return exitFine;
}

function backupText({ directory, size, files, bytes, newBytes, removed }: Backup): string {
  const lines = [
    `Backed up ${size} records to ${directory}`,
    `  ${files} files, ${bytes} bytes; ${newBytes} of them new, the rest shared with the backup before`,
    ...removed.map((name) => `  removed ${name}, which was older than --keep`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function restoredText({ from, to, at, files, bytes, erasuresReplayed, origin }: Restoration): string {
  const made = at === null ? "" : `, made ${at}`;
  const lines = [
    `Restored ${origin} from ${from}${made}`,
    `  to ${to}: ${files} files, ${bytes} bytes, each as its manifest says`,
    ...(erasuresReplayed > 0 ? [`  erased again: ${erasuresReplayed} rows and segments of persons`] : []),
    `It signs nothing yet: docket promote ${to}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}
