// SPDX-License-Identifier: Apache-2.0
// `docket init` and `docket key`.
import { join } from "node:path";
import type { Succession } from "@docket/protocol";
import { readSeenFile } from "@docket/verify";
import { createInstallation, readInstallation, verifierKeyPath } from "../installation.ts";
import type { Installation } from "../installation.ts";
import { disk } from "../stores/files/node-disk.ts";
import { DocketError } from "../error.ts";
import { successionOf } from "../succession/succeed.ts";
import { exitFine } from "./failure.ts";
import { write } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** What `docket init` is told. */
export type InitOptions = {
  directory: string;
  keys?: string | undefined;
  opaque?: boolean | undefined;
  /** A file of verifier keys, and one with the last known checkpoint, of a log that this one goes on from. */
  succeeds?: string | undefined;
  lastKnown?: string | undefined;
  json?: boolean | undefined;
};

/** Makes a data directory and says what was made. */
export async function runInit(options: InitOptions, terminal: Terminal): Promise<number> {
  const { opaque: isOpaque, succeeds, lastKnown } = options;
  const made = createInstallation(disk, options.directory, options.keys, {
    opaque: isOpaque === true,
    succeeds: readSuccession(succeeds, lastKnown),
  });
  const verifierKeys = readVerifierKeys(made);
  if (options.json) {
    const { data, keysDirectory: keys, policyDirectory, origin, opaque } = made;
    const kind = opaque ? { opaque } : { policy: policyDirectory };
    const json = { data, keys, ...kind, origin, verifierKey: verifierKeys[0], verifierKeys };
    await write(terminal, `${JSON.stringify(json)}\n`);
    return exitFine;
  }
  await write(terminal, `${describeInstallation(made)}\n`);
  return exitFine;
}

/** Prints the verifier keys of a data directory, a line each. */
export async function runKey(options: { data: string; json: boolean }, terminal: Terminal): Promise<number> {
  const installation = readInstallation(options.data);
  const verifierKeys = readVerifierKeys(installation);
  const json = { origin: installation.origin, verifierKey: verifierKeys[0], verifierKeys };
  await write(terminal, options.json ? `${JSON.stringify(json)}\n` : `${verifierKeys.join("\n")}\n`);
  return exitFine;
}

/** What was made, for people. */
export function describeInstallation(installation: Installation): string {
  const { data, keysDirectory, policyDirectory, origin, opaque } = installation;
  return [
    `Made the data directory ${data}`,
    `  log           ${origin}${opaque ? " (of opaque entries)" : ""}`,
    ...(opaque
      ? []
      : [`  policy        ${policyDirectory} (an example for comments; change it as you like)`]),
    `  keys          ${keysDirectory} (keep a copy elsewhere; whoever has them can sign and read)`,
    `  verifier key  ${join(data, "log.vkey")} (give it to whoever shall check the log)`,
  ].join("\n");
}

// Of a log that is lost: its keys and last known checkpoint, as others have them.
function readSuccession(keys: string | undefined, lastKnown: string | undefined): Succession | undefined {
  if (keys === undefined && lastKnown === undefined) return undefined;
  if (keys === undefined || lastKnown === undefined) {
    throw new DocketError("usage", "--succeeds and --last-known go together; see docket init --help");
  }
  const vkeys = readText(keys).trim().split("\n");
  const origin = vkeys[0]?.split("+")[0] ?? "";
  try {
    const [seen, ...more] = readSeenFile(lastKnown, Buffer.from(readText(lastKnown)));
    if (seen === undefined || more.length > 0) throw new DocketError("usage", "it holds several checkpoints");
    return successionOf(origin, vkeys, seen.note);
  } catch (error) {
    throw new DocketError("usage", `${lastKnown}, under the keys in ${keys}: ${(error as Error).message}`);
  }
}

function readText(path: string): string {
  const bytes = disk.readFile(path);
  if (bytes === undefined) throw new DocketError("usage", `there is no file ${path}`);
  return bytes.toString("utf8");
}

function readVerifierKeys(installation: Installation): string[] {
  const path = verifierKeyPath(installation);
  const bytes = disk.readFile(path);
  if (bytes === undefined) {
    throw new DocketError(
      "directory_damaged",
      `${path} is missing; it can be restored from any copy of the key`,
    );
  }
  return bytes.toString("utf8").trim().split("\n");
}
