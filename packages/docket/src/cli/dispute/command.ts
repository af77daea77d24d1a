// SPDX-License-Identifier: Apache-2.0
// `docket dispute`, `docket disputes` and `docket rule`: their words and options.
import { Argument, InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { withPlaceAndJson } from "../command-parts.ts";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { RuleOptions } from "./rule.ts";
import type { DisputeOptions, ListOptions } from "./run.ts";

/** Adds `dispute`, `disputes` and `rule`. */
export function addDisputes(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const dispute = program
    .command("dispute")
    .description("Object to a decision, with a token or for an account; write to a dispute; read it.")
    .addHelpText("after", parts.examples("docket dispute show 42 --data ./trial"));
  addWriting(dispute, parts, terminal, give);
  addReading(dispute, parts, terminal, give);
  addAnswering(dispute, parts, terminal, give);
  addList(program, parts, terminal, give);
  addRule(program, parts, terminal, give);
}

function addWriting(parent: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const run = async (act: DisputeOptions["act"], index: number | undefined, flags: Flags): Promise<void> => {
    const { runDispute } = await import("./run.ts");
    give(await runDispute({ ...flags, act, index }, terminal));
  };
  const shared = (command: Command): Command => {
    return withPlaceAndJson(command, parts).addOption(tokenOption()).addOption(accountOption());
  };
  const written = (command: Command): Command =>
    command
      .option("--text <text>", "what there is to say (default: standard input)")
      .option("--language <tag>", "the language that it is in, such as en")
      .option("--attach <file>", "a file to add: PNG, JPEG, WebP, PDF or text; may be repeated", gathered);
  written(shared(parent.command("open").description("Object to a decision, a verdict or a measure.")))
    .addArgument(parts.index().argOptional())
    .addHelpText(
      "after",
      parts.examples(
        'docket dispute open --token dt1.… --text "It was my own blog." --url http://127.0.0.1:8080',
        'docket dispute open 17 --account alice --text "It was my own blog." --data ./trial',
      ),
    )
    .action((index: number | undefined, flags: Flags) => run("open", index, flags));
  written(
    shared(
      parent
        .command("message")
        .description("Add to a dispute: from the complainant with --token or --account, else to them."),
    ),
  )
    .addArgument(parts.index().argOptional())
    .addHelpText("after", parts.examples('docket dispute message 42 --text "Which blog?" --data ./trial'))
    .action((index: number | undefined, flags: Flags) => run("message", index, flags));
  shared(parent.command("withdraw").description("Withdraw a dispute, with --token or --account."))
    .addArgument(parts.index().argOptional())
    .addHelpText("after", parts.examples("docket dispute withdraw --token dt1.… --url http://127.0.0.1:8080"))
    .action((index: number | undefined, flags: Flags) => run("withdraw", index, flags));
}

function addReading(parent: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  withPlaceAndJson(
    parent.command("show").description("Print a dispute: with --token as its complainant sees it."),
    parts,
  )
    .addArgument(parts.index().argOptional())
    .addOption(tokenOption())
    .addOption(accountOption())
    .addOption(new Option("--lang <language>", "in which language").choices(["en", "de"]).default("en"))
    .option("--without-content", "leave out what was decided on; otherwise that it was read is sealed")
    .addHelpText(
      "after",
      parts.examples("docket dispute show 42 --data ./trial", "docket dispute show --token dt1.… --lang de"),
    )
    .action(async (index: number | undefined, flags: Flags) => {
      const { runDispute } = await import("./run.ts");
      give(await runDispute({ ...flags, act: "show", index }, terminal));
    });
  parent
    .command("token")
    .description("Print the token with which the affected user may object to a record.")
    .addArgument(parts.index())
    .addOption(parts.data())
    .option("--json", "print it as JSON")
    .addHelpText("after", parts.examples("docket dispute token 17 --data ./trial"))
    .action(async (index: number, flags: Flags) => {
      const { runDispute } = await import("./run.ts");
      give(await runDispute({ ...flags, act: "token", index }, terminal));
    });
}

function addAnswering(parent: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  withPlaceAndJson(parent.command("revoke").description("Revoke the dispute tokens of a record."), parts)
    .addArgument(parts.index())
    .addHelpText("after", parts.examples("docket dispute revoke 17 --data ./trial"))
    .action(async (index: number, flags: Flags) => {
      const { runDispute } = await import("./run.ts");
      give(await runDispute({ ...flags, act: "revoke", index }, terminal));
    });
  withPlaceAndJson(
    parent
      .command("abuse")
      .description("Warn the complainant not to abuse disputes, or keep them from opening further ones."),
    parts,
  )
    .addArgument(parts.index())
    .addArgument(new Argument("<step>", "a limit takes an earlier warning").choices(["warn", "limit"]))
    .option("--days <days>", "for how long", whole, 30)
    .option("--told <text>", "what they are told, LANGUAGE=TEXT; may be repeated", gathered)
    .option("--note <text>", "sealed with the site's key")
    .addHelpText("after", parts.examples("docket dispute abuse 42 warn --data ./trial"))
    .action(async (index: number, step: "warn" | "limit", flags: Flags) => {
      const { runDispute } = await import("./run.ts");
      give(await runDispute({ ...flags, act: "abuse", index, step }, terminal));
    });
}

function addList(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const disputes = withPlaceAndJson(
    program.command("disputes").description("List disputes, the oldest first, or say how they went."),
    parts,
  )
    .addOption(
      new Option("--state <state>", "which").choices(["open", "overdue", "ended", "all"]).default("open"),
    )
    .addHelpText("after", parts.examples("docket disputes --state overdue --data ./trial"))
    .action(async (options: ListOptions) => {
      const { runDisputes } = await import("./run.ts");
      give(await runDisputes(options, terminal));
    });
  withPlaceAndJson(
    disputes
      .command("statistics")
      .description("How disputes of a period went: times, and how often who had decided was wrong."),
    parts,
  )
    .option("--from <time>", "RFC 3339 time or date (default: 90 days before the end)")
    .option("--to <time>", "RFC 3339 time or date (default: now)")
    .addHelpText("after", parts.examples("docket disputes statistics --from 2026-11-01 --data ./trial"))
    .action(async (options: ListOptions) => {
      const { runDisputeStatistics } = await import("./run.ts");
      give(await runDisputeStatistics(options, terminal));
    });
}

function addRule(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  withPlaceAndJson(
    program
      .command("rule")
      .description(
        "Decide a dispute. Overturning undoes all that followed from the decision.\n" +
          "Nobody decides on what they did or approved themselves.",
      ),
    parts,
  )
    .addArgument(parts.index())
    .addArgument(
      new Argument("<ruling>", "how the dispute ends").choices(["upheld", "overturned", "modified"]),
    )
    .requiredOption("--reason <code>", "such as mistaken or spam; the record shows it to anyone")
    .requiredOption("--told <text>", "the written reason, LANGUAGE=TEXT; may be repeated", gathered)
    .option("--note <text>", "sealed with the site's key")
    .addOption(
      new Option("--verdict <verdict>", "with modified: what becomes of the content").choices([
        "release",
        "remove",
        "restore",
        "label",
        "keep",
      ]),
    )
    .option("--end <restriction>", "with modified: a restriction that ends; may be repeated", gathered)
    .option(
      "--restrict <restriction>",
      'with modified: one in its place, such as "suspend 1d" or "limit links 7d"; may be repeated',
      gathered,
    )
    .option("--preview", "only say what would change")
    .addHelpText(
      "after",
      parts.examples(
        'docket rule 42 overturned --reason mistaken --told "en=It was your own blog." --data ./trial',
        'docket rule 42 modified --reason user-error --told "en=A day." --end r_… --restrict "suspend 1d"',
      ),
    )
    .action(async (index: number, ruling: RuleOptions["ruling"], options: RuleOptions) => {
      const { runRule } = await import("./rule.ts");
      give(await runRule({ ...options, index, ruling }, terminal));
    });
}

type Flags = Omit<DisputeOptions, "act" | "index">;

function tokenOption(): Option {
  return new Option("--token <token>", "the dispute token of the notice").conflicts("account");
}

function accountOption(): Option {
  return new Option("--account <id>", "the app's id of the account that it is for");
}

function gathered(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function whole(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Give a whole number.");
}
