// SPDX-License-Identifier: Apache-2.0
// `docket decisions`: its words and options.
import { labelValues, outcomes } from "@docket/protocol";
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { withPlaceAndJson } from "../command-parts.ts";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { DecisionsOptions } from "./run.ts";

/** Adds `decisions`. */
export function addDecisions(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  withPlaceAndJson(
    program
      .command("decisions")
      .description(
        "Find decisions, the newest first; all that is given must hold.\n" +
          "A search by --text or --domain leaves a record that says what was searched for.",
      )
      .option("--actor <account>", "of this account, by its id in the app or its pseudonym")
      .addOption(new Option("--outcome <outcome...>", "with one of these outcomes").choices(outcomes))
      .option("--rule <rule>", "where this rule fired: policy/rule, policy/rule:shadow, or rule")
      .option("--type <type>", "of events of this type")
      .option("--op <operation>", "of this operation: create, edit, …")
      .option("--list <list>", "where a rule that fired had hit an entry of this list")
      .option("--campaign <campaign>", "that belong to this campaign")
      .option("--language <code>", "of texts in this language, where a policy reads it")
      .option("--release <hash>", "made under this release")
      .addOption(new Option("--label <label>", "with this label in force").choices(labelValues))
      .option("--text <words>", "of texts with all of these words; spam* is every word that begins so")
      .option("--domain <domain>", "of texts with a link to this domain, or to one below it")
      .option("--from <time>", "decided at or after, RFC 3339")
      .option("--to <time>", "decided before")
      .option("--before <index>", "those before this record", wholeNumber)
      .option("--after <index>", "those that follow this record", wholeNumber)
      .option("--limit <count>", "at most so many", wholeNumber, 50),
    parts,
  )
    .addHelpText(
      "after",
      parts.examples(
        "docket decisions --outcome reject hold --rule link-burst --data ./trial",
        'docket decisions --text "cheap watch*" --url http://127.0.0.1:8080',
      ),
    )
    .action(async (options: DecisionsOptions) => {
      const { runDecisions } = await import("./run.ts");
      give(await runDecisions(options, terminal));
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("It is a whole number from 0 on.");
}
