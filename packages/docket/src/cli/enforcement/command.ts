// SPDX-License-Identifier: Apache-2.0
// `docket verdict`, `restrict`, `lift` and `link`: their words and options.
import { linkRelations, verdicts } from "@docket/protocol";
import type { LinkRelation, Verdict } from "@docket/protocol";
import { Argument, InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { LiftOptions, LinkOptions, RestrictOptions, SaidOptions, VerdictOptions } from "./run.ts";

/** Adds the commands of enforcement. `give` is told the exit code of the command that ran. */
export function addEnforcement(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  addVerdict(program, parts, terminal, give);
  addRestrict(program, parts, terminal, give);
  addLift(program, parts, terminal, give);
  addLink(program, parts, terminal, give);
}

function addVerdict(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const command = program
    .command("verdict")
    .description(
      "Say what is in force for the content of a decision.\n" +
        "With --wrong its strikes are void, and restrictions that nothing else holds end; with --right\n" +
        "strikes that it had only announced are given.",
    )
    .addArgument(indexArgument("the decision's record"))
    .addArgument(new Argument("<verdict>", "what is in force from now on").choices(verdicts))
    .addOption(new Option("--wrong", "the decision was wrong").conflicts("right"))
    .option("--right", "the decision was right");
  said(command, parts)
    .option("--preview", "print what it would change and touch, and seal nothing")
    .addHelpText(
      "after",
      parts.examples(
        "docket verdict 17 restore --wrong --reason mistaken --preview --data ./trial",
        "docket verdict 21 remove --right --reason spam --tell en='Sold pills.' --data ./trial",
      ),
    )
    .action(async (of: number, verdict: Verdict, options: Omit<VerdictOptions, "of" | "verdict">) => {
      const { runVerdict } = await import("./run.ts");
      give(await runVerdict({ ...options, of, verdict }, terminal));
    });
}

function addRestrict(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const command = onSubject(
    program
      .command("restrict")
      .description(
        "Restrict an account, or for a time a network, device, e-mail host, domain or text.\n" +
          "What is no account is restricted only with --yes, once you have seen whom it hits.",
      ),
  )
    .option("--warn", "warn")
    .option("--throttle <rate>", "let so many events through: 1/m, 20/h")
    .option("--burst <count>", "with --throttle: so many at once (default 1)", wholeNumber)
    .option("--limit <ability>", "take an ability away, such as links; may be repeated", gathered)
    .option("--suspend", "refuse events until the end")
    .option("--ban", "refuse events for good; accounts only")
    .addOption(new Option("--for <time>", "how long: 30m, 24h, 7d").argParser(lengthOf).conflicts("until"))
    .option("--until <time>", "until when, RFC 3339")
    .addOption(
      new Option(
        "--step [name]",
        "take the step of a ladder that the decision of --of reached and that waits for a person",
      ).conflicts(["warn", "throttle", "limit", "suspend", "ban"]),
    );
  said(command, parts)
    .option("--of <records>", "records that it relies on: 17 or 17,21", recordsOf)
    .option("--preview", "print whom it would hit, and seal nothing")
    .option("--yes", "you have seen whom it hits")
    .addHelpText(
      "after",
      parts.examples(
        "docket restrict alice --suspend --for 24h --reason flood --of 17 --data ./trial",
        "docket restrict --network 203.0.113.0/24 --throttle 5/m --for 6h --reason flood --preview",
        "docket restrict alice --step --of 17 --reason ladder --data ./trial",
      ),
    )
    .action(async (account: string | undefined, options: Omit<RestrictOptions, "account">) => {
      const { runRestrict } = await import("./run.ts");
      give(await runRestrict({ ...options, account }, terminal));
    });
}

function addLift(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const command = onSubject(
    program.command("lift").description("End restrictions: those that are named, or all in force."),
  )
    .option("--restriction <id>", "which one, r_…; may be repeated", gathered)
    .option("--all", "all that are in force on the account");
  said(command, parts)
    .addHelpText(
      "after",
      parts.examples(
        "docket lift alice --all --reason mistaken --data ./trial",
        "docket lift --network 203.0.113.0/24 --restriction r_DA0ODxAREhMUFRYX --reason mistaken",
      ),
    )
    .action(async (account: string | undefined, options: Omit<LiftOptions, "account">) => {
      const { runLift } = await import("./run.ts");
      give(await runLift({ ...options, account }, terminal));
    });
}

function addLink(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const command = program
    .command("link")
    .description(
      "Link accounts that are one, with the records that show it, or unlink them.\n" +
        "With --cover what restricts one of them restricts all, for a time.",
    )
    .argument("<accounts...>", "the accounts, by the app's ids or by pseudonyms (a_…)")
    .addOption(
      new Option("--relation <relation>", "how they are one")
        .choices(linkRelations)
        .default("samePerson" satisfies LinkRelation),
    )
    .option("--of <records>", "records that show it: 17 or 17,21", recordsOf)
    .option("--cover <time>", "restrictions in force on one come to be on all, so long at most", lengthOf)
    .addOption(new Option("--unlink", "they are not linked any more").conflicts("cover"));
  said(command, parts)
    .addHelpText(
      "after",
      parts.examples(
        "docket link alice alice2 --of 17,40 --reason ban-evasion --cover 30d --data ./trial",
        "docket link alice alice2 --unlink --reason mistaken --data ./trial",
      ),
    )
    .action(async (accounts: string[], options: Omit<LinkOptions, "accounts">) => {
      const { runLink } = await import("./run.ts");
      give(await runLink({ ...options, accounts }, terminal));
    });
}

function onSubject(command: Command): Command {
  return command
    .argument("[account]", "the app's id of the account, or its pseudonym (a_…)")
    .option("--network <cidr>", "instead of an account: a network, such as 203.0.113.0/24")
    .option("--device <id>", "a device, by the app's id")
    .option("--email-host <host>", "a host of e-mail addresses")
    .option("--domain <domain>", "a domain that is linked to")
    .option("--fingerprint <hash>", "a text, by its fingerprint");
}

function said(command: Command, { data, url, apiKey }: CommandParts): Command {
  return command
    .option("--reason <code>", "why: spam, phishing, mistaken, … or a code of your own; anyone may see it")
    .option("--note <text>", "sealed with the record, readable with the site's keys")
    .option("--tell <language=text>", "what the affected user is told; may be repeated", texts)
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--json", "print what came of it as JSON");
}

function texts(value: string, before: SaidOptions["tell"] = {}): SaidOptions["tell"] {
  const place = value.indexOf("=");
  if (place < 1) throw new InvalidArgumentError("Write LANGUAGE=TEXT, for example en='Sold pills.'");
  return { ...before, [value.slice(0, place)]: value.slice(place + 1) };
}

function gathered(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function recordsOf(text: string): number[] {
  return text.split(",").map(wholeNumber);
}

function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number from 0 on.");
}

function indexArgument(what: string): Argument {
  return new Argument("<index>", what).argParser(wholeNumber);
}

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function lengthOf(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  const unitMs = unitsMs[unit ?? ""];
  if (count !== undefined && unitMs !== undefined) return Number(count) * unitMs;
  throw new InvalidArgumentError("A length is a whole number and s, m, h or d: 30m, 24h, 7d.");
}
