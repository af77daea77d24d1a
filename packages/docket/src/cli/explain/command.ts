// SPDX-License-Identifier: Apache-2.0
// `docket explain`: its words, options and examples.
import type { ExplanationLanguage } from "@docket/policy";
import { Option } from "commander";
import type { Command } from "commander";
import type { ReadingParts } from "../receipt/command.ts";
import type { Terminal } from "../terminal.ts";
import type { ExplainOptions } from "./run.ts";

// Loading the policy language takes longer than printing this help.
const languages: readonly ExplanationLanguage[] = ["en", "de"];

/** Adds the command. `give` is told its exit code. */
export function addExplain(
  program: Command,
  parts: ReadingParts,
  terminal: Terminal,
  give: (code: number) => void,
): void {
  program
    .command("explain")
    .description(
      "Say in plain words why a decision came out as it did:\n" +
        "for an analyst everything that it was made of, for the affected user what may be told.",
    )
    .addArgument(parts.index())
    .addOption(new Option("--for <reader>", "who reads it").choices(["analyst", "user"]).default("analyst"))
    .addOption(new Option("--lang <language>", "in which language").choices(languages).default("en"))
    .addOption(parts.data().conflicts("url"))
    .addOption(parts.url())
    .addOption(parts.apiKey())
    .option("--evidence <reason>", "open the event too, for this reason; sealed (with --url)")
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  $ docket explain 17 --data ./trial\n" +
        "  $ docket explain 17 --for user --lang de --data ./trial",
    )
    .action(async (index: number, options: Omit<ExplainOptions, "index">) => {
      const { runExplain } = await import("./run.ts");
      give(await runExplain({ index, ...options }, terminal));
    });
}
