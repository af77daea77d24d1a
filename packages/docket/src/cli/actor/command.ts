// SPDX-License-Identifier: Apache-2.0
// `docket actor` and `docket actors`: their words and options.
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import {
  actorsListedDefault,
  actorsListedMax,
  timelineEntriesDefault,
  timelineEntriesMax,
} from "../../patterns/contract.ts";
import { withPlaceAndJson } from "../command-parts.ts";
import type { CommandParts } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { ActorsOptions } from "./list.ts";
import type { ActorOptions } from "./run.ts";

/** Adds `actor` and `actors`. */
export function addActor(
  program: Command,
  parts: CommandParts,
  terminal: Terminal,
  give: (code: number) => void,
): void {
  const { data, url, apiKey, examples } = parts;
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
  const actors = program
    .command("actors")
    .description(
      "List actors of whom something was flagged, challenged, delayed, held or rejected, or on whom a\n" +
        "measure was laid, the newest first, and how they stand. A later page may name one again.",
    )
    .option("--restricted", "only actors with a restriction in force")
    .option("--before <index>", "only by records before this one", wholeNumber)
    .option("--limit <count>", `most actors, at most ${actorsListedMax}`, wholeNumber, actorsListedDefault);
  withPlaceAndJson(actors, parts)
    .addHelpText("after", examples("docket actors --restricted --data ./trial"))
    .action(async (options: ActorsOptions) => {
      const { runActors } = await import("./list.ts");
      give(await runActors(options, terminal));
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d{1,15}$/.test(text)) return value;
  throw new InvalidArgumentError("give a whole number");
}
