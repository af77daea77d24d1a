// SPDX-License-Identifier: Apache-2.0
// `docket label`: its words and options.
import { labelSources, labelValues } from "@docket/protocol";
import type { LabelSource, LabelValue } from "@docket/protocol";
import { Argument, Option } from "commander";
import type { Command } from "commander";
import type { CommandParts } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { LabelOptions } from "./run.ts";

/** Adds `label`. */
export function addLabel(
  program: Command,
  { index, data, url, apiKey, examples }: CommandParts,
  terminal: Terminal,
  give: (code: number) => void,
): void {
  program
    .command("label")
    .description(
      "Say what the content of a decision is, or list what was said.\n" +
        "A later label of the same decision takes the place of an earlier one.",
    )
    .addArgument(index().argOptional())
    .addArgument(new Argument("[label]", "what it is").choices(labelValues))
    .addOption(new Option("--source <source>", "who is behind it").choices(labelSources))
    .option("--reason <code>", "a code of your own, such as phishing; the record shows it to anyone")
    .option("--note <text>", "sealed with the record, readable with the site's keys")
    .addOption(
      new Option("--in <file>", 'labels, a line of JSON each: {"index": 17, "label": "spam"}').conflicts([
        "note",
        "list",
      ]),
    )
    .option("--list", "list the labels in force")
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--json", "print labels as JSON, a line each")
    .addHelpText(
      "after",
      examples(
        "docket label 17 spam --reason phishing --data ./trial",
        "docket label --in labels.ndjson --url http://127.0.0.1:8080",
        "docket label --list --data ./trial",
      ),
    )
    .action(async (of: number | undefined, label: LabelValue | undefined, options: Flags) => {
      const { runLabel } = await import("./run.ts");
      give(await runLabel({ ...options, index: of, label }, terminal));
    });
}

type Flags = Omit<LabelOptions, "index" | "label"> & { source?: LabelSource };
