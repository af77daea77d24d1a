// SPDX-License-Identifier: Apache-2.0
// `docket keys protect` and `docket keys status`.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { isProtected } from "../../evidence/key-folder.ts";
import type { KeyFolder } from "../../evidence/key-folder.ts";
import { readInstallation } from "../../installation.ts";
import type { Installation } from "../../installation.ts";
import type { ProviderName } from "../../key-providers/contract.ts";
import { nodeProviderPorts } from "../../key-providers/node-ports.ts";
import { exposeFolder, protectFolder, readProtection, secretNames } from "../../key-providers/protection.ts";
import { keyFolderPath, keyProvider, keysConfigOf, unlockInstallation } from "../../key-providers/unlock.ts";
import { lockDirectory } from "../../stores/sqlite/directory-lock.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { openWithProgress } from "../open-with-progress.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket keys status` is told. */
export type StatusOptions = { data: string; keys?: string | undefined; json?: true | undefined };
/** What `docket keys protect` is told. */
export type ProtectOptions = StatusOptions & { with: ProviderName | "file" };

/** What was protected. */
type Protected = { protectedBy: ProviderName | null; files: number; index: number | null };

/**
 * Runs `docket keys protect`.
 *
 * @throws {DocketError} `directory_locked` while a server runs; what the provider throws: then nothing was
 *   changed
 */
export async function runProtect(options: ProtectOptions, terminal: Terminal): Promise<number> {
  const installation = readInstallation(options.data, { keys: options.keys });
  const done = installation.opaque
    ? await protectOpaque(installation, options.with, terminal)
    : await protectSealed(installation, options.with, terminal);
  const { protectedBy, files, index } = done;
  const text =
    protectedBy === null
      ? `${files} files of keys are plain now: whoever reads them reads all.`
      : `${files} files of keys are protected by ${protectedBy} now, which is asked at each start.`;
  const record = index === null ? "" : ` Record ${index} says so.`;
  await write(terminal, options.json === true ? `${JSON.stringify(done)}\n` : `${text}${record}\n`);
  return exitFine;
}

/** Runs `docket keys status`. @returns 1 if a key doesn't open, or not all files are protected */
export async function runStatus(options: StatusOptions, terminal: Terminal): Promise<number> {
  const installation = readInstallation(options.data, { keys: options.keys });
  const path = keyFolderPath(installation);
  const guards = readProtection(path);
  const files = secretNames(path).map((name) => ({ name, protected: isProtected({ path }, name) === true }));
  const config = keysConfigOf(installation);
  const [guard] = guards;
  const opens = await unlockInstallation(installation).then(
    () => null,
    (error: Error & { code?: string }) => ({ code: error.code ?? "internal", message: error.message }),
  );
  const provider = guard && keyProvider(guard.provider, config, nodeProviderPorts, installation.origin);
  const status = {
    directory: path,
    protectedBy: guard?.provider ?? null,
    place: provider?.place ?? null,
    since: guard?.since ?? null,
    files,
    fault: opens,
  };
  const isWhole = guards.length === 0 || (guards.length === 1 && files.every((file) => file.protected));
  await write(terminal, options.json === true ? `${JSON.stringify(status)}\n` : statusText(status, isWhole));
  return opens === null && isWhole ? exitFine : exitWrong;
}

type Status = {
  directory: string;
  protectedBy: ProviderName | null;
  place: string | null;
  since: string | null;
  files: readonly { name: string; protected: boolean }[];
  fault: { code: string; message: string } | null;
};

function statusText(
  { directory, protectedBy, place, since, files, fault }: Status,
  isWhole: boolean,
): string {
  const head =
    protectedBy === null
      ? `${files.length} plain files of keys: whoever reads them reads all. docket keys protect changes that.`
      : `Protected by ${protectedBy} (${place}) since ${since}.`;
  const plain = files.filter((file) => !file.protected).map(({ name }) => name);
  const half = `Not protected yet: ${plain.join(", ")}. The next start, or docket keys protect, does that.`;
  const opens = fault === null ? "They open." : `They don't open: ${fault.message} (${fault.code})`;
  return `${directory}\n${head}\n${isWhole ? "" : `${half}\n`}${opens}\n`;
}

async function protectSealed(
  installation: Installation,
  by: ProviderName | "file",
  terminal: Terminal,
): Promise<Protected> {
  const opened = await openWithProgress(installation, terminal);
  try {
    const { files, protectedBy } = await change(installation, by, terminal);
    const body = { kind: "key-rotation", by: "operator", role: "operator", key: "protection" } as const;
    const { index } = await opened.site.seal({ ...body, count: files }, []);
    return { protectedBy, files, index };
  } finally {
    await opened.close();
  }
}

// Its log holds no records that could say so.
async function protectOpaque(
  installation: Installation,
  by: ProviderName | "file",
  terminal: Terminal,
): Promise<Protected> {
  const lock = lockDirectory(join(installation.data, "lock.sqlite"), installation.data);
  try {
    return { ...(await change(installation, by, terminal)), index: null };
  } finally {
    lock.release();
  }
}

async function change(
  installation: Installation,
  by: ProviderName | "file",
  { clock }: Terminal,
): Promise<Omit<Protected, "index">> {
  const { guard } = await unlockInstallation(installation);
  const folder: KeyFolder = { path: keyFolderPath(installation), guard };
  const files = secretNames(folder.path).length;
  if (by === "file") {
    exposeFolder(folder, randomBytes);
    return { protectedBy: null, files };
  }
  const provider = keyProvider(by, keysConfigOf(installation), nodeProviderPorts, installation.origin);
  await protectFolder(folder, provider, clock(), randomBytes);
  return { protectedBy: by, files };
}
