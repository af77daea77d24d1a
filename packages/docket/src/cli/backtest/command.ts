// SPDX-License-Identifier: Apache-2.0
// `docket backtest`: its words, options and examples.
import { Option } from "commander";
import type { Command } from "commander";
import { boundOption } from "../record-range.ts";
import type { Terminal } from "../terminal.ts";
import type { BacktestFlags } from "./run.ts";

/** Adds the command. `give` is told its exit code. */
export function addBacktest(
  program: Command,
  data: () => Option,
  terminal: Terminal,
  give: (code: number) => void,
): void {
  program
    .command("backtest")
    .description(
      "Decide recorded events again under other policies, and report what comes out otherwise.\n" +
        "Counters, limits, standing and brakes are as they would have been. Also while a server writes.",
    )
    .argument("<candidate>", "a directory of policy files, or the id of a kept release")
    .addOption(data())
    .addOption(
      boundOption("--from <bound>", "the first record that is decided again, or a time (default: 0)"),
    )
    .addOption(boundOption("--to <bound>", "the record after the last, or a time (default: all)"))
    .option("--warm", "begin with what the records before --from left (the default with --from)")
    .addOption(new Option("--cold", "begin with empty counters, limits and standing").conflicts("warm"))
    .option(
      "--sample <file>",
      'labels, a line of JSON each: {"index": 17, "label": "spam"} (default: those in force)',
    )
    .option("--keys <directory>", "where the keys lie, if they were moved")
    .option("--json", "print the report as JSON")
    .option("--html <file>", "write the report as a page with plots")
    .option("--fail-if-changed", "exit with 1 if any decision comes out otherwise")
    .addHelpText(
      "after",
      "\nExamples:\n  $ docket backtest ./policy --data ./trial\n" +
        "  $ docket backtest ./policy --data ./trial --from 20000 --html report.html --sample labels.ndjson",
    )
    .action(async (candidate: string, options: Omit<BacktestFlags, "candidate">) => {
      const { runBacktest } = await import("./run.ts");
      give(await runBacktest({ ...options, candidate }, terminal));
    });
}
