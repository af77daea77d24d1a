// SPDX-License-Identifier: Apache-2.0
// `docket receipt` and `docket receipt refresh`: their words, options and examples.
import { InvalidArgumentError, Option } from "commander";
import type { Argument, Command } from "commander";
import { parseChoice } from "../../publication/refresh.ts";
import type { CheckpointChoice } from "../../publication/refresh.ts";
import type { Terminal } from "../terminal.ts";

/** What both commands have in common with others that read a log. */
export type ReadingParts = {
  index: () => Argument;
  data: () => Option;
  url: () => Option;
  apiKey: () => Option;
};

type Reading = { data: string; url?: string; apiKey?: string; output?: string };

/** Adds both. `give` is told the exit code of the command that ran. */
export function addReceipt(
  program: Command,
  parts: ReadingParts,
  terminal: Terminal,
  give: (code: number) => void,
): void {
  const receipt = program
    .command("receipt")
    .description("Fetch the receipt of a record: with it and the verifier key anyone can check the decision.")
    .addArgument(parts.index())
    .addOption(parts.data().conflicts("url"))
    .addOption(parts.url())
    .addOption(parts.apiKey())
    .addOption(
      checkpointOption("to which the record is proved: a size, cosigned, or kept (default: the newest)"),
    )
    .addOption(
      new Option("--anchored", "with the outside time-stamps around the record, for docket verify").conflicts(
        "checkpoint",
      ),
    )
    .option("-o, --output <file>", "write it to a file (default: standard output)")
    .addHelpText(
      "after",
      examples(
        "docket receipt 17 --data ./trial -o receipt-17.json",
        "docket receipt 17 --data ./trial --checkpoint cosigned",
        "docket receipt 17 --data ./trial --anchored -o receipt-17.json",
      ),
    )
    .action(async (index: number, options: Reading & { checkpoint?: CheckpointChoice; anchored?: true }) => {
      const { runReceipt } = await import("./run.ts");
      give(await runReceipt({ index, ...options }, terminal));
    });
  receipt
    .command("refresh")
    .description(
      "Prove a receipt's record to a checkpoint that witnesses cosigned since, and keep its opening.",
    )
    .argument("<file>", "the receipt, which is replaced unless --output names another file")
    .addOption(parts.data().conflicts("url"))
    .addOption(parts.url())
    .addOption(parts.apiKey())
    .addOption(checkpointOption("a size, cosigned, or kept").default("cosigned"))
    .option("-o, --output <file>", "write it to another file")
    .addHelpText("after", examples("docket receipt refresh receipt-17.json --data ./trial"))
    .action(async (file: string, options: Reading & { checkpoint: CheckpointChoice }) => {
      const { runReceiptRefresh } = await import("./run.ts");
      give(await runReceiptRefresh({ file, ...options }, terminal));
    });
}

function checkpointOption(about: string): Option {
  return new Option("--checkpoint <which>", about).argParser((text: string) => {
    const choice = parseChoice(text);
    if (choice !== undefined) return choice;
    throw new InvalidArgumentError("Give a checkpoint's size, or cosigned, or kept.");
  });
}

function examples(...lines: string[]): string {
  const title = lines.length === 1 ? "Example" : "Examples";
  return `\n${title}:\n${lines.map((line) => `  $ ${line}`).join("\n")}`;
}
