// SPDX-License-Identifier: Apache-2.0
// How a command fails: what it says, and its exit code.
import { errorTable, ProtocolError } from "@docket/protocol";
import type { ErrorCode } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { Terminal } from "./terminal.ts";

/** Exit codes of every command. */
export const exitFine = 0;
/** Something was found wrong, or did not work. */
export const exitWrong = 1;
/** The command was used wrongly, and did nothing. */
export const exitUsage = 2;

/** Errors by which the command did nothing, and whoever called it can put that right. */
const usageCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "usage",
  "directory_locked",
  "policy_invalid",
  "model_invalid",
  "examples_invalid",
  "not_found",
  "unauthenticated",
  "forbidden",
]);

/**
 * Says on standard error what went wrong and what to do, with the code.
 *
 * @returns the exit code
 */
export function reportFailure(error: unknown, terminal: Pick<Terminal, "stderr" | "env">): number {
  const { stderr, env } = terminal;
  if (error instanceof DocketError || error instanceof ProtocolError) {
    const { code, message } = error;
    stderr.write(`docket: ${message}\n  ${code}: ${errorTable[code].remedy}\n`);
    if (env["DOCKET_DEBUG"] === "1") stderr.write(`${stackOf(error)}\n`);
    return usageCodes.has(code) ? exitUsage : exitWrong;
  }
  const { message } = error as Error;
  stderr.write(
    `docket: unexpected error: ${message}\n  internal: This is a bug, or something of the machine that ` +
      "docket does not know. Call it with DOCKET_DEBUG=1 in the environment and report what it prints.\n",
  );
  if (env["DOCKET_DEBUG"] === "1") stderr.write(`${stackOf(error)}\n`);
  return exitWrong;
}

function stackOf(error: unknown): string {
  const { stack, cause } = error as Error;
  return cause === undefined ? String(stack) : `${stack}\ncaused by ${stackOf(cause)}`;
}
