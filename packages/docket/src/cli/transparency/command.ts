// SPDX-License-Identifier: Apache-2.0
// `docket transparency`, `docket weekly` and `docket statements`: their words and options.
import type { Command } from "commander";
import { withPlace } from "../command-parts.ts";
import type { CommandParts } from "../command-parts.ts";
import { withRequest } from "../request/options.ts";
import type { Terminal } from "../terminal.ts";
import type { ReportOptions, StatementsOptions, WeeklyOptions } from "./run.ts";

/** Adds `transparency`, `weekly` and `statements`. */
export function addTransparency(
  program: Command,
  parts: CommandParts,
  terminal: Terminal,
  give: (code: number) => void,
): void {
  const { examples } = parts;
  withPlace(
    program
      .command("transparency")
      .description(
        "Make the transparency report of a period: decisions by rule, outcome and automation, disputes,\n" +
          "error rates with intervals, reviewers' agreement.",
      )
      .option("--from <time>", "RFC 3339 time or date, UTC (default: 183 days before the end)")
      .option("--to <time>", "the same (default: now)"),
    parts,
  )
    .option("-o, --output <file>", "FILE.html, FILE.csv or FILE.json (default: text)")
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      examples("docket transparency --from 2026-07-01 --to 2027-01-01 -o report.html --data ./trial"),
    )
    .action(async (options: ReportOptions) => {
      const { runTransparency } = await import("./run.ts");
      give(await runTransparency(options, terminal));
    });
  withPlace(
    program
      .command("weekly")
      .description("Make the manager's week: spam caught, estimated mistakes, disputes, waiting times.")
      .option("--to <time>", "the end of the week, RFC 3339 time or date, UTC (default: now)"),
    parts,
  )
    .option("-o, --output <file>", "FILE.html or FILE.json (default: text)")
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("docket weekly -o week.html --data ./trial"))
    .action(async (options: WeeklyOptions) => {
      const { runWeekly } = await import("./run.ts");
      give(await runWeekly(options, terminal));
    });
  addStatements(program, parts, terminal, give);
}

function addStatements(
  program: Command,
  parts: CommandParts,
  terminal: Terminal,
  give: (code: number) => void,
): void {
  const command = withPlace(
    program
      .command("statements")
      .description(
        "Write decisions as statements of reasons for the EU's DSA Transparency Database, without\n" +
          "personal data. That they went out is sealed.",
      )
      .requiredOption("--from <time>", "RFC 3339 time or date, UTC")
      .requiredOption("--to <time>", "the same; records before it")
      .requiredOption(
        "-o, --output <file>",
        "FILE.ndjson: a request of up to 100 a line; FILE.json or FILE.csv",
      ),
    parts,
  )
    .option("--terms <url>", "where the site's rules are")
    .option("--category <category>", "without STATEMENT_CATEGORY_", "OTHER_VIOLATION_TC")
    .option("--content-type <type>", "without CONTENT_TYPE_", "TEXT")
    .option("--territory <states>", "countries such as DE,FR (default: all of the Union)")
    .option("--why <text>", "why, where it takes a second person; sealed with the request");
  withRequest(command)
    .option("--json", "print how many were written as JSON")
    .addHelpText(
      "after",
      parts.examples("docket statements --from 2026-11-01 --to 2026-12-01 -o november.ndjson --data ./trial"),
    )
    .action(async (options: StatementsOptions) => {
      const { runStatements } = await import("./run.ts");
      give(await runStatements(options, terminal));
    });
}
