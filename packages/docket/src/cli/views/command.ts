// SPDX-License-Identifier: Apache-2.0
// `docket views`: its words and options.
import type { Command } from "commander";
import type { CommandParts } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { RebuildOptions } from "./run.ts";

/** Adds `views`. */
export function addViews(
  program: Command,
  { data, examples }: CommandParts,
  terminal: Terminal,
  give: (code: number) => void,
): void {
  const views = program
    .command("views")
    .description("The look-ups that are made from the log: repeats, standings, decisions, what came after.");
  views
    .command("rebuild")
    .description(
      "Make the look-ups of a closed data directory again from the log, and prove that they are the same.\n" +
        "Exit code 1 if they are not.",
    )
    .addOption(data())
    .option("--keys <directory>", "where the keys lie, if they were moved")
    .option("--json", "print the report as JSON")
    .addHelpText("after", examples("docket views rebuild --data ./trial"))
    .action(async (options: RebuildOptions) => {
      const { runRebuild } = await import("./run.ts");
      give(await runRebuild(options, terminal));
    });
}
