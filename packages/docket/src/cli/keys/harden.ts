// SPDX-License-Identifier: Apache-2.0
// `docket harden`: append-only attributes, by chattr and lsattr of e2fsprogs, on files of the log that never
// change again. Whether the file system has them, and lets this user set them, is tried and not assumed.
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DocketError } from "../../error.ts";
import { readInstallation } from "../../installation.ts";
import { nodeProviderPorts } from "../../key-providers/node-ports.ts";
import { loadMaterialised } from "../../log/materialised.ts";
import { unchangingFiles } from "../../log/unchanging-files.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket harden` is told. */
export type HardenOptions = {
  data: string;
  check?: true | undefined;
  undo?: true | undefined;
  json?: true | undefined;
};

/** Files that one call of chattr or lsattr is given. */
const filesAtOnce = 500;
const withinMs = 60_000;

type Hardened = {
  /** Files that never change again, and how many of them are append-only now. */
  files: number;
  appendOnly: number;
  /** Why they can't be made so; `null` if they can, or nobody tried. */
  why: string | null;
};

/**
 * Runs `docket harden`, also while a server runs.
 *
 * @returns 1 if not all files are append-only afterwards, or not all without it after `--undo`
 */
export async function runHarden(options: HardenOptions, terminal: Terminal): Promise<number> {
  const { paths } = readInstallation(options.data);
  const { size } = loadMaterialised(disk, paths).frontier;
  const files = [...unchangingFiles(size)]
    .map((path) => join(paths.site, path))
    .filter((path) => existsSync(path));
  const why = options.check === true ? null : await probe(paths.site);
  if (options.check !== true && why === null) {
    for (const some of batches(files))
      await attributes("chattr", [options.undo === true ? "-a" : "+a", ...some]);
  }
  let appendOnly = 0;
  for (const some of batches(files)) appendOnly += await countAppendOnly(some);
  const hardened: Hardened = { files: files.length, appendOnly, why };
  await write(terminal, options.json === true ? `${JSON.stringify(hardened)}\n` : hardenedText(hardened));
  const wanted = options.undo === true ? 0 : files.length;
  return why === null && appendOnly === wanted ? exitFine : exitWrong;
}

function hardenedText({ files, appendOnly, why }: Hardened): string {
  const fault = why === null ? "" : `They can't be changed here: ${why}\n`;
  return `${fault}${appendOnly} of ${files} files that never change again are append-only.\n`;
}

/** Why the attribute can't be set in a directory; `null` if it can. */
async function probe(directory: string): Promise<string | null> {
  const path = join(directory, `.append-only-${process.pid}`);
  writeFileSync(path, "", { flag: "wx", mode: 0o600 });
  try {
    const fault = await attributes("chattr", ["+a", path]).then(
      () => null,
      (error: Error) => error.message,
    );
    if (fault !== null) return fault;
    // A file system may take it and forget it.
    const isSet = (await countAppendOnly([path])) === 1;
    await attributes("chattr", ["-a", path]);
    return isSet ? null : "the file system does not keep the attribute";
  } finally {
    rmSync(path, { force: true });
  }
}

// lsattr: twenty-odd letters or dashes, a space, the path; `a` is in a place of its own.
async function countAppendOnly(files: readonly string[]): Promise<number> {
  if (files.length === 0) return 0;
  const text = await attributes("lsattr", ["-d", ...files]).catch(() => "");
  return text.split("\n").filter((line) => /^[A-Za-z-]*a[A-Za-z-]* /.test(line)).length;
}

async function attributes(command: "chattr" | "lsattr", args: readonly string[]): Promise<string> {
  const how = { input: new Uint8Array(), env: { LC_ALL: "C" }, timeoutMs: withinMs };
  const result = await nodeProviderPorts.run(command, args, how);
  if (result.ended === "missing") throw new DocketError("usage", `there is no program ${command}`);
  if (result.ended === "timeout") throw new DocketError("usage", `${command} did not end in time`);
  if (result.code === 0) return Buffer.from(result.stdout).toString("latin1");
  const [, reason = "it failed"] = /: ([^:\n]+)\n?$/.exec(result.stderr) ?? [];
  throw new DocketError("usage", `${command} says: ${reason.trim()}`);
}

function* batches(files: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < files.length; at += filesAtOnce) yield files.slice(at, at + filesAtOnce);
}
