// SPDX-License-Identifier: Apache-2.0
// `docket reads`: its words and options.
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { withPlaceAndJson } from "../command-parts.ts";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { ReadsOptions } from "./run.ts";

/** Adds `reads`. */
export function addReads(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  withPlaceAndJson(
    program
      .command("reads")
      .description("List who read what of the site, the newest first.")
      .option("--by <id>", "who read: the id of a key or person, or operator")
      .option("--subject <pseudonym>", "whom it was about")
      .option("--of <index>", "the record that was read", wholeNumber)
      .option("--limit <count>", "at most so many", wholeNumber, 100),
    parts,
  )
    .addHelpText(
      "after",
      parts.examples(
        "docket reads --data ./trial",
        "docket reads --by k_3q2-7wAAAAAAAAAA --url http://127.0.0.1:8080",
      ),
    )
    .action(async (options: ReadsOptions) => {
      const { runReads } = await import("./run.ts");
      give(await runReads(options, terminal));
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("It is a whole number from 0 on.");
}
