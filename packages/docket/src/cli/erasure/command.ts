// SPDX-License-Identifier: Apache-2.0
// `docket erase`, `docket erasures` and `docket hold`: their words and options.
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { withPlaceAndJson } from "../command-parts.ts";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { RetentionOptions } from "./retention.ts";
import type { SubjectOptions } from "./subject.ts";
import type { EraseOptions, HoldListOptions, LiftOptions, PlaceOptions } from "./run.ts";

/** Adds the commands. */
export function addErasure(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  addErase(program, parts, terminal, give);
  withPlaceAndJson(program.command("erasures").description("List erasures, the newest first."), parts)
    .addHelpText("after", parts.examples("docket erasures --data ./trial"))
    .action(async (options: HoldListOptions) => {
      const { runErasures } = await import("./run.ts");
      give(await runErasures(options, terminal));
    });
  addRetention(program, parts, terminal, give);
  addSubject(program, parts, terminal, give);
  const hold = program
    .command("hold")
    .description("Legal holds: what must be neither erased nor dropped by its age.")
    .addHelpText("after", parts.examples("docket hold list --data ./trial"));
  addPlace(hold, parts, terminal, give);
  addLift(hold, parts, terminal, give);
  withPlaceAndJson(hold.command("list").description("List legal holds."), parts)
    .option("--all", "also those that were lifted")
    .addHelpText("after", parts.examples("docket hold list --all --data ./trial"))
    .action(async (options: HoldListOptions) => {
      const { runHoldList } = await import("./run.ts");
      give(await runHoldList(options, terminal));
    });
}

function addRetention(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const retention = program
    .command("retention")
    .description("How long evidence is kept: the section retention of docket.yaml.")
    .addHelpText("after", parts.examples("docket retention run --preview --data ./trial"));
  const run = retention
    .command("run")
    .description(
      "Drop the evidence whose time is over; with --preview, say what that is. A server does it in time.",
    )
    .option("--preview", "say what is due, and drop nothing");
  withPlaceAndJson(run, parts)
    .addHelpText("after", parts.examples("docket retention run --preview --data ./trial"))
    .action(async (options: RetentionOptions) => {
      const { runRetention } = await import("./retention.ts");
      give(await runRetention(options, terminal));
    });
}

function addSubject(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const subject = program
    .command("subject")
    .description("What is known of one person.")
    .addHelpText(
      "after",
      parts.examples('docket subject export alice -o alice --reason "ticket 12" --data ./trial'),
    );
  const command = subject
    .command("export")
    .description("Export everything about one actor, for that person: a page, JSON, and receipts.")
    .argument("<account>", "the app's id of the account, or an actor's pseudonym (a_…)")
    .requiredOption("-o, --output <directory>", "a new directory for it")
    .requiredOption("--reason <text>", "why it is taken out; sealed with the record of it")
    .addOption(
      new Option("--language <language>", "of the explanations").choices(["en", "de"]).default("en"),
    );
  withPlaceAndJson(command, parts)
    .addHelpText(
      "after",
      parts.examples('docket subject export alice -o alice --reason "ticket 12" --data ./trial'),
    )
    .action(async (account: string, options: Omit<SubjectOptions, "account">) => {
      const { runSubjectExport } = await import("./subject.ts");
      give(await runSubjectExport({ ...options, account }, terminal));
    });
}

function addErase(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const command = program
    .command("erase")
    .description(
      "Erase an actor: what is known of an account is destroyed for good, and every proof stays valid.\n" +
        "With --preview it says what would go and what would stay, and does nothing.",
    )
    .argument("<account>", "the app's id of the account, or an actor's pseudonym (a_…)")
    .option("--ground <code>", "why, as a code: request, consent-withdrawn; the record shows it to anyone")
    .option(
      "--asked-by <text>",
      "who asked and how, such as a ticket's number; kept, so never the account's name",
    )
    .option("--preview", "say what would go and what would stay")
    .option("--despite-dispute", "also where a dispute of theirs is open, which nobody can answer then");
  withPlaceAndJson(withRequest(command), parts)
    .addHelpText(
      "after",
      parts.examples(
        "docket erase alice --preview --data ./trial",
        'docket erase alice --ground request --asked-by "ticket 4711" --data ./trial',
      ),
    )
    .action(async (account: string, options: Omit<EraseOptions, "account">) => {
      const { runErase } = await import("./run.ts");
      give(await runErase({ ...options, account }, terminal));
    });
}

function addPlace(hold: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const command = hold
    .command("place")
    .description("Place a legal hold, on one account or, with --everybody, on all. It acts at once.")
    .argument("[account]", "the app's id of the account, or an actor's pseudonym (a_…)")
    .option("--everybody", "on all there is");
  withPlaceAndJson(withGroundAndWhy(command), parts)
    .addHelpText(
      "after",
      parts.examples('docket hold place alice --ground court-order --why "case 12/26" --data ./trial'),
    )
    .action(async (account: string | undefined, options: Omit<PlaceOptions, "account">) => {
      const { runPlace } = await import("./run.ts");
      give(await runPlace({ ...options, account }, terminal));
    });
}

function addLift(hold: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const command = hold
    .command("lift")
    .description("Lift a legal hold. It takes a second person.")
    .addArgument(parts.index());
  withPlaceAndJson(withRequest(withGroundAndWhy(command)), parts)
    .addHelpText(
      "after",
      parts.examples('docket hold lift 117 --ground closed --why "case 12/26 is over" --data ./trial'),
    )
    .action(async (index: number, options: Omit<LiftOptions, "index">) => {
      const { runLift } = await import("./run.ts");
      give(await runLift({ ...options, index }, terminal));
    });
}

function withGroundAndWhy(command: Command): Command {
  return command
    .requiredOption("--ground <code>", "a code; the record shows it to anyone")
    .requiredOption("--why <text>", "sealed with the record, readable with the site's keys");
}

function withRequest(command: Command): Command {
  const option = new Option("--request <index>", "the request that another person approved");
  return command.addOption(option.argParser(wholeNumber));
}

function wholeNumber(text: string): number {
  if (/^(0|[1-9]\d{0,15})$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is no index of a record.");
}
