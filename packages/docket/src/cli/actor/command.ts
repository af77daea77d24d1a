// SPDX-License-Identifier: Apache-2.0
// `docket actor`: its words and options.
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { timelineEntriesDefault, timelineEntriesMax } from "../../patterns/contract.ts";
import type { CommandParts } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { ActorOptions } from "./run.ts";

/** Adds `actor`. */
export function addActor(
  program: Command,
  { data, url, apiKey, examples }: CommandParts,
  terminal: Terminal,
  give: (code: number) => void,
): void {
  program
    .command("actor")
    .description(
      "Show an account: its standing, what its decisions came to, and everything that\n" +
        "concerns it, the newest first.",
    )
    .argument("<account>", "the account's id in the app, or its pseudonym (a_…)")
    .option("--before <index>", "only records before this one", wholeNumber)
    .option(
      "--limit <count>",
      `most records, at most ${timelineEntriesMax}`,
      wholeNumber,
      timelineEntriesDefault,
    )
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("docket actor u-17 --data ./trial"))
    .action(async (account: string, options: Omit<ActorOptions, "account">) => {
      const { runActor } = await import("./run.ts");
      give(await runActor({ ...options, account }, terminal));
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d{1,15}$/.test(text)) return value;
  throw new InvalidArgumentError("give a whole number");
}
