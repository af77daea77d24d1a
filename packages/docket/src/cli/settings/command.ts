// SPDX-License-Identifier: Apache-2.0
// `docket settings`: its words and options.
import type { Command } from "commander";
import type { CommandParts } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { SettingsOptions } from "./run.ts";

/** Adds `settings`. */
export function addSettings(
  program: Command,
  { data, url, apiKey, examples }: CommandParts,
  terminal: Terminal,
  give: (code: number) => void,
): void {
  program
    .command("settings")
    .description(
      "List the settings of the site, or change some: periods of disputes, samples for review, caps.\n" +
        "Each change is a record of the log.",
    )
    .argument("[settings...]", "settings to change, NAME=VALUE each")
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--json", "print them as JSON")
    .addHelpText(
      "after",
      examples("docket settings --data ./trial", "docket settings disputePeriodDays=90 --data ./trial"),
    )
    .action(async (wished: string[], options: Omit<SettingsOptions, "wished">) => {
      const { runSettings } = await import("./run.ts");
      give(await runSettings({ ...options, wished }, terminal));
    });
}
