// SPDX-License-Identifier: Apache-2.0
// `docket init` and `docket key`.
import { join } from "node:path";
import { createInstallation, readInstallation } from "../installation.ts";
import type { Installation } from "../installation.ts";
import { disk } from "../stores/files/node-disk.ts";
import { DocketError } from "../error.ts";
import { exitFine } from "./failure.ts";
import { write } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** Makes a data directory and says what was made. */
export async function runInit(
  options: { directory: string; keys?: string | undefined; opaque?: true | undefined; json: boolean },
  terminal: Terminal,
): Promise<number> {
  const made = createInstallation(disk, options.directory, options.keys, {
    opaque: options.opaque === true,
  });
  const verifierKey = readVerifierKey(made);
  if (options.json) {
    const { data, keysDirectory: keys, policyDirectory, origin, opaque } = made;
    const kind = opaque ? { opaque } : { policy: policyDirectory };
    await write(terminal, `${JSON.stringify({ data, keys, ...kind, origin, verifierKey })}\n`);
    return exitFine;
  }
  await write(terminal, `${describeInstallation(made)}\n`);
  return exitFine;
}

/** Prints the verifier key of a data directory. */
export async function runKey(options: { data: string; json: boolean }, terminal: Terminal): Promise<number> {
  const installation = readInstallation(options.data);
  const verifierKey = readVerifierKey(installation);
  const { origin } = installation;
  await write(terminal, options.json ? `${JSON.stringify({ origin, verifierKey })}\n` : `${verifierKey}\n`);
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

function readVerifierKey(installation: Installation): string {
  const path = join(installation.data, "log.vkey");
  const bytes = disk.readFile(path);
  if (bytes === undefined) {
    throw new DocketError(
      "directory_damaged",
      `${path} is missing; it can be restored from any copy of the key`,
    );
  }
  return bytes.toString("utf8").trim();
}
