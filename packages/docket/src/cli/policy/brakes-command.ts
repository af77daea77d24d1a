// SPDX-License-Identifier: Apache-2.0
// `docket policy brakes` and `docket policy confirm`: their words and options.
import type { Command } from "commander";
import type { CommandParts } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { BrakesWhere } from "./brakes.ts";

/** Adds `brakes` and `confirm` to `docket policy`. */
export function addBrakeCommands(
  policy: Command,
  parts: CommandParts,
  terminal: Terminal,
  give: (code: number) => void,
): void {
  const { index, data, url, apiKey, examples } = parts;
  policy
    .command("brakes")
    .description("List what hit too much and has no power until a person confirms it, and what is watched.")
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("docket policy brakes --url http://127.0.0.1:8080"))
    .action(async (options: BrakesWhere & { json?: true }) => {
      const { runPolicyBrakes } = await import("./brakes.ts");
      give(await runPolicyBrakes({ ...options, json: options.json === true }, terminal));
    });
  policy
    .command("confirm")
    .description("Give its power back to what a brake stopped, after a look at what it hit.")
    .addArgument(index())
    .requiredOption("--why <text>", "why it is right; sealed with the record")
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--json", "print the confirmation as JSON")
    .addHelpText("after", examples('docket policy confirm 1842 --why "looked at fifty of them, all spam"'))
    .action(async (of: number, options: BrakesWhere & { why: string; json?: true }) => {
      const { runPolicyConfirm } = await import("./brakes.ts");
      give(await runPolicyConfirm({ ...options, index: of, json: options.json === true }, terminal));
    });
}
