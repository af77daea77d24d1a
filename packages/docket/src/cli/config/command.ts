// SPDX-License-Identifier: Apache-2.0
// `docket config`: its words and options.
import type { Command } from "commander";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";

/** Adds `config`. */
export function addConfig(
  program: Command,
  { data, examples }: CommandParts,
  terminal: Terminal,
  give: Give,
): void {
  const config = program
    .command("config")
    .description("The operator's configuration: docket.yaml in the data directory, if there is one.");
  config
    .command("check")
    .description("Read the configuration without starting anything, and say what is wrong with it.")
    .addOption(data())
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("docket config check --data ./trial"))
    .action(async (options: { data: string; json?: true }) => {
      const { runConfigCheck } = await import("./run.ts");
      give(await runConfigCheck(options, terminal));
    });
}
