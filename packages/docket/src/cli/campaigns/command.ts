// SPDX-License-Identifier: Apache-2.0
// `docket campaigns`: its words and options.
import type { Command } from "commander";
import type { CommandParts } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { CampaignsOptions } from "./run.ts";

/** Adds `campaigns`. */
export function addCampaigns(
  program: Command,
  { data, url, apiKey, examples }: CommandParts,
  terminal: Terminal,
  give: (code: number) => void,
): void {
  program
    .command("campaigns")
    .description(
      "List near copies, or texts that lead to one place, by several accounts;\n" +
        "or, of one campaign, say who shares what with whom.",
    )
    .argument("[campaign]", "the id of one")
    .option("--from <time>", "decided at or after, RFC 3339 (default: 7 days before --to)")
    .option("--to <time>", "decided before (default: after the last decision)")
    .option("--actors <count>", "by at least so many accounts", "2")
    .option("--decisions <count>", "at least so many decisions", "3")
    .option("--limit <count>", "most campaigns, those with the most decisions first", "50")
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--json", "print them as JSON")
    .addHelpText(
      "after",
      examples(
        "docket campaigns --data ./trial",
        "docket campaigns --actors 10 --from 2026-11-01T00:00:00Z --data ./trial",
      ),
    )
    .action(async (campaign: string | undefined, options: CampaignsOptions) => {
      const { runCampaigns } = await import("./run.ts");
      give(await runCampaigns(campaign, options, terminal));
    });
}
