// SPDX-License-Identifier: Apache-2.0
// The options of every command that may take a second person.
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";

/** Adds `--request`, with the index of a request that was approved. */
export function withRequest(command: Command): Command {
  return command.option(
    "--request <index>",
    "the request for this that another person approved",
    wholeNumber,
  );
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("It is the index of a record.");
}
