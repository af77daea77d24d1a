// SPDX-License-Identifier: Apache-2.0
// `docket revert`, `docket sweep` and `docket batches`: their words and options.
import { Option } from "commander";
import type { Command } from "commander";
import { withPlaceAndJson } from "../command-parts.ts";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { BatchesOptions, CorrectionFlags } from "./run.ts";

/** Adds `revert`, `sweep` and `batches`. */
export function addBatches(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const { examples } = parts;
  const run = async (batch: "revert" | "sweep", target: string | undefined, flags: CorrectionFlags) => {
    const { runCorrection } = await import("./run.ts");
    give(await runCorrection(batch, target, flags, terminal));
  };
  corrected(
    program
      .command("revert")
      .description(
        "Take back what a rule or a release decided, or what another batch did.\n" +
          "Shows what would change; with --apply each decision gets a sealed verdict.",
      )
      .argument("[rule|release]", "a rule (links or comments/links), or the beginning of a release's id")
      .option("--batch <index>", "the verdicts of this batch instead", Number),
    parts,
  )
    .addHelpText(
      "after",
      examples(
        "docket revert links --from 2026-11-20T00:00:00Z --reason policy-changed --data ./trial",
        "docket revert links --reason policy-changed --apply --data ./trial",
        "docket revert --batch 117 --reason mistaken --apply --data ./trial",
      ),
    )
    .action((target: string | undefined, flags: CorrectionFlags) => run("revert", target, flags));
  corrected(
    program
      .command("sweep")
      .description(
        "Remove of the past what a rule in force would refuse now, or what belongs together.\n" +
          "Shows what would change; with --apply each decision gets a sealed verdict.",
      )
      .argument("[rule]", "a rule of the release in force")
      .option("--campaign <id>", "what belongs to this campaign instead")
      .option("--actor <pseudonym>", "what this actor posted instead")
      .option("--fingerprint <hash>", "what has this text instead"),
    parts,
  )
    .addHelpText(
      "after",
      examples(
        "docket sweep links --reason spam --data ./trial",
        "docket sweep --campaign c_4 --reason spam --apply --url http://127.0.0.1:8080",
      ),
    )
    .action((target: string | undefined, flags: CorrectionFlags) => run("sweep", target, flags));
  addList(program, parts, terminal, give);
}

function addList(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  withPlaceAndJson(
    program
      .command("batches")
      .description("List corrections of many decisions, show one, approve it, or end it."),
    parts,
  )
    .addArgument(parts.index().argOptional())
    .addOption(new Option("--approve", "let a batch go on that waits for a second person").conflicts("stop"))
    .option("--stop", "end it; what was made stays")
    .addHelpText(
      "after",
      parts.examples(
        "docket batches --data ./trial",
        "docket batches 117 --approve --url http://127.0.0.1:8080",
      ),
    )
    .action(async (index: number | undefined, options: Omit<BatchesOptions, "index">) => {
      const { runBatches } = await import("./run.ts");
      give(await runBatches({ ...options, index }, terminal));
    });
}

function corrected(command: Command, parts: CommandParts): Command {
  return withPlaceAndJson(
    command
      .option("--from <time>", "decided from then on, such as 2026-11-20T00:00:00Z")
      .option("--to <time>", "decided before then")
      .option("--reason <code>", "why, such as policy-changed or spam; the records show it to anyone")
      .option("--note <text>", "sealed with the batch, readable with the site's keys")
      .option("--reviewed", "also decisions on which a person has spoken since")
      .option("--apply", "do it"),
    parts,
  );
}
