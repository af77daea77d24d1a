// SPDX-License-Identifier: Apache-2.0
// What commands share: arguments and options with the same words everywhere.
import type { Argument, Command, Option } from "commander";

/** Told the exit code of the command that ran. */
export type Give = (code: number) => void;

/** Arguments and options that commands share; each call makes a new one. */
export type CommandParts = {
  /** A record's index. */
  index: () => Argument;
  data: () => Option;
  url: () => Option;
  apiKey: () => Option;
  /** The text of examples, a line each. */
  examples: (...lines: string[]) => string;
};

/** Adds the options of where a command works: a data directory, or a server that is asked instead. */
export function withPlace(command: Command, { data, url, apiKey }: CommandParts): Command {
  return command.addOption(data().conflicts("url")).addOption(url()).addOption(apiKey());
}

/** The same, and `--json`. */
export function withPlaceAndJson(command: Command, parts: CommandParts): Command {
  return withPlace(command, parts).option("--json", "print it as JSON");
}
