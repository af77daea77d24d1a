// SPDX-License-Identifier: Apache-2.0
// `docket records`: its words and options.
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { withPlaceAndJson } from "../command-parts.ts";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { RecordsOptions } from "./run.ts";

/** Adds `records`. */
export function addRecords(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  withPlaceAndJson(
    program
      .command("records")
      .description("List records of all kinds, the newest first.")
      .option("--kind <kinds>", "of these kinds, with commas between: release,brake")
      .option("--by <id>", "made by this key or person, or operator; decisions left aside")
      .option("--of <index>", "those that name this record", wholeNumber)
      .option("--subject <pseudonym>", "those about this actor or subject")
      .option("--until <time>", "sealed until this time, RFC 3339")
      .option("--before <index>", "those before this record", wholeNumber)
      .option("--limit <count>", "at most so many", wholeNumber, 50),
    parts,
  )
    .addHelpText(
      "after",
      parts.examples(
        "docket records --data ./trial",
        "docket records --kind opening,read,export --url http://127.0.0.1:8080",
      ),
    )
    .action(async (options: RecordsOptions) => {
      const { runRecords } = await import("./run.ts");
      give(await runRecords(options, terminal));
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("It is a whole number from 0 on.");
}
