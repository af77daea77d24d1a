// SPDX-License-Identifier: Apache-2.0
// `docket replay`: its words, options and examples.
import type { Command, Option } from "commander";
import { boundOption } from "../record-range.ts";
import type { Terminal } from "../terminal.ts";
import type { ReplayOptions } from "./run.ts";

/** Adds the command. `give` is told its exit code. */
export function addReplay(
  program: Command,
  data: () => Option,
  terminal: Terminal,
  give: (code: number) => void,
): void {
  program
    .command("replay")
    .description(
      "Decide recorded decisions again, from the log and the kept releases, and report every difference.\n" +
        "Also while a server writes. Exit code 1 if anything is not as it was recorded.",
    )
    .addOption(data())
    .addOption(boundOption("--from <bound>", "the first record, or a time (default: 0)"))
    .addOption(boundOption("--to <bound>", "the record after the last, or a time (default: all)"))
    .option("--evidence", "compute signals, list hits and counters' keys again too, where evidence is left")
    .option("--alone", "each decision by itself: don't recount what it read of the records before it")
    .option("--keys <directory>", "where the keys lie, if they were moved")
    .option("--json", "print the report as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  $ docket replay --data ./trial\n  $ docket replay --data ./trial --evidence --json",
    )
    .action(async (options: ReplayOptions) => {
      const { runReplay } = await import("./run.ts");
      give(await runReplay(options, terminal));
    });
}
