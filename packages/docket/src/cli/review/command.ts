// SPDX-License-Identifier: Apache-2.0
// `docket queue`, `docket review` and `docket reviews`: their words and options.
import { reviewFindings, reviewTasks, verdicts } from "@docket/protocol";
import type { ReviewFinding } from "@docket/protocol";
import { Argument, Option } from "commander";
import type { Command } from "commander";
import { withPlaceAndJson } from "../command-parts.ts";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { QueueOptions, ReviewOptions, StatisticsOptions } from "./run.ts";

/** Adds `queue`, `review` and `reviews`. */
export function addReviews(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  addQueue(program, parts, terminal, give);
  addReview(program, parts, terminal, give);
  const reviews = program
    .command("reviews")
    .description("What reviews say of the policy and of each other.")
    .addHelpText("after", parts.examples("docket reviews stats --data ./trial"));
  withPlaceAndJson(
    reviews.command("stats").description("Misses, mistakes, agreement and waiting times."),
    parts,
  )
    .option("--from <time>", "from when on, such as 2026-11-01T00:00:00Z (default: 30 days ago)")
    .option("--to <time>", "until when (default: now)")
    .addHelpText("after", parts.examples("docket reviews stats --from 2026-11-01T00:00:00Z --data ./trial"))
    .action(async (options: StatisticsOptions) => {
      const { runStatistics } = await import("./run.ts");
      give(await runStatistics(options, terminal));
    });
}

function addQueue(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  withPlaceAndJson(
    program
      .command("queue")
      .description(
        "List the cases that wait for a reviewer, in the order in which they are best worked through,\n" +
          "or show one with all that matters to it.",
      ),
    parts,
  )
    .addArgument(parts.index().argOptional())
    .addOption(new Option("--task <task>", "only cases of this task").choices(reviewTasks))
    .option("--unclaimed", "without what others have claimed")
    .option("--limit <number>", "most cases (default 50)", Number)
    .option("--claim", "claim the case: others keep off it for a while; with --url")
    .option("--no-content", "don't show what was posted; to read it is recorded")
    .addHelpText(
      "after",
      parts.examples(
        "docket queue --data ./trial",
        "docket queue 17 --claim --url http://127.0.0.1:8080",
        "docket queue --task hold --json --url http://127.0.0.1:8080",
      ),
    )
    .action(async (index: number | undefined, options: Omit<QueueOptions, "index">) => {
      const { runQueue } = await import("./run.ts");
      give(await runQueue({ ...options, index }, terminal));
    });
}

function addReview(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  withPlaceAndJson(
    program
      .command("review")
      .description(
        "Say what was found in a case of the queue, or in many at once.\n" +
          "Seals the review, the label, and the verdict that follows.",
      ),
    parts,
  )
    .addArgument(parts.index().argOptional())
    .addArgument(new Argument("[finding]", "what was found").choices(reviewFindings))
    .option("--reason <code>", "why, such as spam or mistaken; the record shows it to anyone")
    .option("--note <text>", "sealed with the record, readable with the site's keys")
    .addOption(
      new Option("--task <task>", "what it answers, if several things are asked").choices(reviewTasks),
    )
    .addOption(
      new Option("--verdict <verdict>", "what becomes of the content, if not what follows by itself").choices(
        verdicts,
      ),
    )
    .addOption(
      new Option("--bulk <finding>", "many cases: shows what would change, and with --apply does it")
        .choices(reviewFindings)
        .conflicts("verdict"),
    )
    .option("--rule <rule>", "with --bulk: cases in which this rule fired")
    .option("--campaign <id>", "with --bulk: cases of this campaign")
    .option("--cases <indexes>", "with --bulk: these cases, with commas between")
    .option("--apply", "with --bulk: do it")
    .addHelpText(
      "after",
      parts.examples(
        "docket review 17 spam --reason spam --data ./trial",
        'docket review 17 notSpam --reason mistaken --note "a regular" --url http://127.0.0.1:8080',
        "docket review --bulk spam --task flag --campaign c_4 --reason spam --data ./trial",
      ),
    )
    .action(async (index: number | undefined, finding: ReviewFinding | undefined, options: Flags) => {
      const { runReview } = await import("./run.ts");
      give(await runReview({ ...options, index, finding }, terminal));
    });
}

type Flags = Omit<ReviewOptions, "index" | "finding">;
