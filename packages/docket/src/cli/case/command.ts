// SPDX-License-Identifier: Apache-2.0
// `docket case`: its words and options.
import type { Command } from "commander";
import type { CommandParts } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { CaseOptions } from "./run.ts";

/** Adds `case`. */
export function addCase(
  program: Command,
  { data, url, apiKey, examples }: CommandParts,
  terminal: Terminal,
  give: (code: number) => void,
): void {
  program
    .command("case")
    .description(
      "Make a case file: an actor's records, or those that are named and what came\n" +
        "after them, in plain words and with their receipts, as one page.\n" +
        "docket verify checks it offline. That it was made is sealed.",
    )
    .argument("<subject...>", "an account's id, a pseudonym (a_…), or indexes of records")
    .requiredOption("--reason <text>", "why it is made; it is sealed, and stands in the file")
    .option("-o, --output <file>", "the file to write (default: standard output)")
    .option("--evidence", "include texts, as far as they are there; each is sealed as an opening")
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--json", "as JSON on one line instead of a page")
    .addHelpText(
      "after",
      examples(
        'docket case a_6Zk3nX0b1Qm2Yc8sVdTf1A --reason "dispute 4711" -o case.html --data ./trial',
        'docket case 17 42 --json --reason "asked by a court" -o case.json --data ./trial',
        "docket verify case.html --key log.vkey",
      ),
    )
    .action(async (subject: string[], options: Omit<CaseOptions, "subject">) => {
      const { runCase } = await import("./run.ts");
      give(await runCase({ ...options, subject }, terminal));
    });
}
