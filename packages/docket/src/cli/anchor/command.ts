// SPDX-License-Identifier: Apache-2.0
// `docket anchor now` and `docket anchors`: their words and options.
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { withPlaceAndJson } from "../command-parts.ts";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { AnchorOptions } from "./run.ts";

/** Adds both. */
export function addAnchors(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const anchor = program
    .command("anchor")
    .description("Outside time-stamps of the log's checkpoints.")
    .addHelpText("after", parts.examples("docket anchor now --data ./trial"));
  withPlaceAndJson(
    anchor
      .command("now")
      .description("Have all configured outside clocks stamp the newest published checkpoint, and seal it.")
      .addHelpText(
        "after",
        parts.examples("docket anchor now --data ./trial", "docket anchor now --url http://127.0.0.1:8080"),
      ),
    parts,
  ).action(async (options: AnchorOptions) => {
    const { runAnchorNow } = await import("./run.ts");
    give(await runAnchorNow(options, terminal));
  });
  withPlaceAndJson(
    program
      .command("anchors")
      .description(
        "List the log's outside time-stamps, at their records' word; docket verify checks them.\n" +
          "With a record's index: between what that record was sealed.",
      )
      .addArgument(parts.index().argOptional())
      .option("--from <index>", "begin at this record", wholeNumber)
      .addHelpText(
        "after",
        parts.examples("docket anchors --data ./trial", "docket anchors 17 --data ./trial"),
      ),
    parts,
  ).action(async (index: number | undefined, options: AnchorOptions & { from?: number }) => {
    const { runAnchors } = await import("./run.ts");
    give(await runAnchors({ ...options, index }, terminal));
  });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("An index is a whole number from 0 on.");
}
