// SPDX-License-Identifier: Apache-2.0
// `docket findings`: its words and options.
import { Option } from "commander";
import type { Command } from "commander";
import { findingKinds } from "../../patterns/contract.ts";
import type { CommandParts } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { FindingsOptions } from "./run.ts";

/** Adds `findings`. */
export function addFindings(
  program: Command,
  { data, url, apiKey, examples }: CommandParts,
  terminal: Terminal,
  give: (code: number) => void,
): void {
  program
    .command("findings")
    .description(
      "Say what many decisions show together: repeat offenders, campaigns, bursts,\n" +
        "rules that reviewers contradict, groups and pairs that were not decided alike.\n" +
        "Each finding names the records that show it.",
    )
    .addOption(new Option("--kind <kind...>", "only findings of these kinds").choices(findingKinds))
    .option("--from <time>", "decided at or after, RFC 3339 (default: 7 days before --to)")
    .option("--to <time>", "decided before (default: after the last decision)")
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--json", "print them as JSON")
    .addHelpText(
      "after",
      examples(
        "docket findings --data ./trial",
        "docket findings --kind campaign burst --from 2026-11-01T00:00:00Z --data ./trial",
      ),
    )
    .action(async (options: FindingsOptions) => {
      const { runFindings } = await import("./run.ts");
      give(await runFindings(options, terminal));
    });
}
