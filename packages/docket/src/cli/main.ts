// SPDX-License-Identifier: Apache-2.0
// The command line: words in, exit code out. Each command's module is loaded when it is called, so that
// `docket --help` and `docket verify` load neither server nor store.
import { CommanderError } from "commander";
import { exitFine, exitUsage, reportFailure } from "./failure.ts";
import { createProgram } from "./program.ts";
import { processTerminal } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Runs the command that `words` name.
 *
 * @returns the exit code: 0 fine, 1 something was found wrong, 2 used wrongly
 */
export function main(words: readonly string[]): Promise<number> {
  return run(words, processTerminal());
}

/** {@link main} in a given terminal. */
export async function run(words: readonly string[], terminal: Terminal): Promise<number> {
  let code = exitFine;
  const program = createProgram(terminal, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...words], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitFine : exitUsage;
    return reportFailure(error, terminal);
  }
}
