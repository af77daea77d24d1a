// SPDX-License-Identifier: Apache-2.0
// `docket witness init`.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { disk } from "../../stores/files/node-disk.ts";
import { createWitness } from "../../witness/directory.ts";
import { exitFine } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** Makes a witness and says what was made, its verifier keys last. */
export async function runWitnessInit(
  options: { directory: string; name: string; keys?: string | undefined; json: boolean },
  terminal: Terminal,
): Promise<number> {
  const made = createWitness(disk, options, terminal.clock(), randomBytes);
  const { directory, keysDirectory, name, paths } = made;
  const verifierKeys = readFileSync(paths.verifierKeys, "utf8").trim().split("\n");
  if (options.json) {
    await write(terminal, `${JSON.stringify({ directory, keys: keysDirectory, name, verifierKeys })}\n`);
    return exitFine;
  }
  const lines = [
    `Made the witness ${name} in ${directory}`,
    `  keys           ${keysDirectory} (whoever has them can sign in its name)`,
    `  logs           ${paths.logs} (none yet: docket witness add-log ${options.directory} KEY)`,
    `  verifier keys  ${paths.verifierKeys} (give them to the logs and to whoever checks them)`,
    "",
    ...verifierKeys,
  ];
  await write(terminal, `${lines.join("\n")}\n`);
  return exitFine;
}
