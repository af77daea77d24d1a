// SPDX-License-Identifier: Apache-2.0
// `docket changes`, `notices`, `webhooks` and `reports`: their words and options.
import { Argument, InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { noticeLanguages } from "../../delivery/notice.ts";
import { messageFamilies } from "../../delivery/webhooks/contract.ts";
import type { MessageFamily } from "../../delivery/webhooks/contract.ts";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { ChangesOptions } from "./changes.ts";
import type { NoticesOptions } from "./notices.ts";
import type { ReportsOptions } from "./reports.ts";
import type { WebhookOptions } from "./webhooks.ts";

/** Adds the commands about what goes out of a site, and what users report. */
export function addDelivery(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  addChanges(program, parts, terminal, give);
  addNotices(program, parts, terminal, give);
  addReports(program, parts, terminal, give);
  addWebhooks(program, parts, terminal, give);
}

function addChanges(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const { data, url, apiKey, examples } = parts;
  program
    .command("changes")
    .description(
      "List what changed of what is in force, and whether the app has done it; or say that it has; or\n" +
        "show what is in force for a content.",
    )
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .addOption(new Option("--after <index>", "after this record").argParser(wholeNumber).default(-1, "start"))
    .option("--unconfirmed", "what the app has not confirmed in time; exits with 1 if there is any")
    .option("--applied <index>", "say that what a record ordered is done; may be repeated", gatheredNumbers)
    .option("--content <id>", "what is in force for a content, by the app's id, and how it came to be")
    .option("--json", "print a line of JSON for each")
    .addHelpText(
      "after",
      examples("docket changes --data ./trial", "docket changes --unconfirmed --url http://127.0.0.1:8080"),
    )
    .action(async (options: ChangesOptions) => {
      const { runChanges } = await import("./changes.ts");
      give(await runChanges(options, terminal));
    });
}

function addNotices(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const { data, url, apiKey, examples } = parts;
  program
    .command("notices")
    .description(
      "Print what affected users are told, in the order of the log; of one record, with receipt and\n" +
        "dispute token. With --quiet-until a record is kept from its actor until a time.",
    )
    .addArgument(new Argument("[index]", "the record").argParser(wholeNumber))
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--after <cursor>", "after this cursor, as the page before gave it", "-1")
    .addOption(new Option("--format <format>", "how").choices(["json", "text", "html"]).default("text"))
    .addOption(
      new Option("--language <language>", "in this language (default: the user's)").choices([
        ...noticeLanguages,
      ]),
    )
    .option("--quiet-until <time>", "keep the record from its actor until then, RFC 3339")
    .option("--ground <code>", "on which ground, such as investigation")
    .option("--why <text>", "why a record is kept quiet, or why it is read; sealed with the record")
    .addHelpText(
      "after",
      examples(
        "docket notices --data ./trial",
        "docket notices 17 --format html --language de --data ./trial",
      ),
    )
    .action(async (index: number | undefined, options: Omit<NoticesOptions, "index">) => {
      const { runNotices } = await import("./notices.ts");
      give(await runNotices({ ...options, index }, terminal));
    });
}

function addReports(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const { data, url, apiKey, examples } = parts;
  program
    .command("reports")
    .description("List what users reported, with what the reports weigh; or report something for a user.")
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--open", "only what nobody has looked at since")
    .option("--floods", "more reports against one actor within an hour than chance explains")
    .option("--content <id>", "report this content, by the app's id")
    .addOption(new Option("--index <index>", "report the content of this decision").argParser(wholeNumber))
    .option("--reporter <account>", "whose report it is, by the app's id")
    .option("--category <code>", "as what: spam, scam, …", "spam")
    .option("--text <text>", "what they wrote; sealed with their own key")
    .option("--trusted", "they are a trusted flagger")
    .option("--json", "print a line of JSON for each")
    .addHelpText(
      "after",
      examples(
        "docket reports --open --data ./trial",
        "docket reports --index 17 --reporter bob --category scam --data ./trial",
      ),
    )
    .action(async (options: ReportsOptions) => {
      const { runReports } = await import("./reports.ts");
      give(await runReports(options, terminal));
    });
}

function addWebhooks(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const { data, url, apiKey, examples } = parts;
  const webhooks = program
    .command("webhooks")
    .description("Say who is told of changes and notices, and look after what could not be delivered.")
    .addHelpText("after", examples("docket webhooks add https://app.example/hooks --data ./docket-data"));
  const command = (name: string, about: string, ...example: string[]): Command =>
    webhooks
      .command(name)
      .description(about)
      .addOption(data().conflicts("url"))
      .addOption(url())
      .addOption(apiKey())
      .option("--json", "print it as JSON")
      .addHelpText("after", examples(...example));
  const run = async (act: string, options: Omit<WebhookOptions, "act">): Promise<void> => {
    const { runWebhooks } = await import("./webhooks.ts");
    give(await runWebhooks({ ...options, act }, terminal));
  };
  const id = "w_AAAAAAAAAAAAAAAA";
  command(
    "add",
    "Add an address, and print its id and secret, this once.",
    "docket webhooks add https://app.example/hooks --only notice",
  )
    .argument("<address>", "http or https; whoever is there learns what users are told")
    .addOption(
      new Option("--only <family>", "tell it of these alone; may be repeated")
        .choices([...messageFamilies])
        .argParser((family: string, others: MessageFamily[] | undefined) => [
          ...(others ?? []),
          knownFamily(family),
        ]),
    )
    .action((address: string, options: Given) => run("add", { ...options, address }));
  command("list", "List them and how they fare.", "docket webhooks list").action((options: Given) =>
    run("list", options),
  );
  const one = (act: string, about: string, ...example: string[]): Command =>
    command(act, about, ...example).argument("<id>", "the webhook's id, w_…");
  const plain: readonly [string, string][] = [
    ["remove", "Remove one, with its secret."],
    ["rotate", "Give it a new secret and print it; the old one signs too for a day."],
    ["enable", "Switch it on again; it goes on where it was."],
    ["test", "Send it a message that says nothing, and tell what came back."],
    ["dead", "List messages that were given up."],
  ];
  for (const [act, about] of plain) {
    one(act, about, `docket webhooks ${act} ${id}`).action((which: string, options: Given) =>
      run(act, { ...options, id: which }),
    );
  }
  one("disable", "Switch it off.", `docket webhooks disable ${id} --why 'we move'`)
    .requiredOption("--why <text>", "why; sealed with the record")
    .action((which: string, options: Given) => run("disable", { ...options, id: which }));
  one(
    "replay",
    "Send messages again: those that were given up, or all after a record.",
    `docket webhooks replay ${id} --url http://127.0.0.1:8080`,
    `docket webhooks replay ${id} --after 1832`,
  )
    .addOption(new Option("--after <index>", "all after this record").argParser(wholeNumber))
    .option("--message <id>", "this one alone; may be repeated", gathered)
    .action((which: string, options: Given) => run("replay", { ...options, id: which }));
}

type Given = Omit<WebhookOptions, "act" | "id" | "address">;

function wholeNumber(text: string): number {
  if (/^(-1|\d{1,15})$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a record's index.");
}

function gatheredNumbers(text: string, before: number[] = []): number[] {
  return [...before, wholeNumber(text)];
}

function gathered(text: string, before: string[] = []): string[] {
  return [...before, text];
}

function knownFamily(text: string): MessageFamily {
  const family = messageFamilies.find((each) => each === text);
  if (family !== undefined) return family;
  throw new InvalidArgumentError(`It is ${messageFamilies.join(" or ")}.`);
}
