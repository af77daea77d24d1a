// SPDX-License-Identifier: Apache-2.0
// Every command with its words, options and examples. docs/reference/cli.md lists the same, and a test
// compares them.
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { version } from "../version.ts";
import type { DecideOptions } from "./decide/run-decide.ts";
import { addAccess } from "./access/command.ts";
import { keptSession } from "./access/session-file.ts";
import { addBatches } from "./batch/command.ts";
import { addActor } from "./actor/command.ts";
import { addAlerts } from "./alert/command.ts";
import { addAnchors } from "./anchor/command.ts";
import { addBacktest } from "./backtest/command.ts";
import type { CommandParts, Give } from "./command-parts.ts";
import { addEnforcement } from "./enforcement/command.ts";
import { addDisputes } from "./dispute/command.ts";
import { addDecisions } from "./decisions/command.ts";
import { addDelivery } from "./delivery/command.ts";
import { addExplain } from "./explain/command.ts";
import { addCase } from "./case/command.ts";
import { addClock } from "./clock/command.ts";
import { addConfig } from "./config/command.ts";
import { addCampaigns } from "./campaigns/command.ts";
import { addFindings } from "./findings/command.ts";
import { addFollowing } from "./monitor/command.ts";
import { addKeys } from "./keys/command.ts";
import { addLabel } from "./label/command.ts";
import { addList } from "./list/command.ts";
import { addModel } from "./model/command.ts";
import { addPolicy } from "./policy/command.ts";
import { addReceipt } from "./receipt/command.ts";
import { addReplay } from "./replay/command.ts";
import { addErasure } from "./erasure/command.ts";
import { addReads } from "./reads/command.ts";
import { addRecords } from "./records/command.ts";
import { addRequests } from "./request/command.ts";
import { addReviews } from "./review/command.ts";
import { addSettings } from "./settings/command.ts";
import { addKeyCommands, addSuccession } from "./succession/command.ts";
import type { ServeOptions } from "./serve.ts";
import type { InitOptions } from "./set-up.ts";
import type { Terminal } from "./terminal.ts";
import { addCopies } from "./copies/command.ts";
import { addViews } from "./views/command.ts";
import { addTransparency } from "./transparency/command.ts";
import { addWitness } from "./witness/command.ts";

/** The data directory if none is named. */
export const defaultData = "./docket-data";
/** The address that `serve` listens on if none is named. */
export const defaultListen = "127.0.0.1:8080";

/** Makes the program. `give` is told the exit code of the command that ran. */
export function createProgram(terminal: Terminal, give: Give): Command {
  const program = new Command("docket")
    .description(
      "Decides events by an anti-spam policy, and seals each decision in a log that shows every change.",
    )
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this")
    .helpCommand("help [command]", "print the help of a command")
    // Commands with others below them (key, receipt) must not take the options of those. Inherited by all.
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError("(docket --help lists the commands, docket COMMAND --help the options of one)")
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, "docket: ")),
    })
    .addHelpText("after", examples("docket serve", "docket decide --data ./trial examples/comments.ndjson"))
    // Whoever signed in at a server needs no key for it.
    .hook("preAction", (_program, action) => {
      const { url, apiKey } = action.opts<{ url?: string; apiKey?: string }>();
      if (url === undefined || apiKey !== undefined) return;
      action.setOptionValue("apiKey", keptSession(terminal.env, url)?.token);
    });
  const parts: CommandParts = {
    index: indexArgument,
    data: dataOption,
    url: urlOption,
    apiKey: apiKeyOption,
    examples,
  };
  addCommands(program, parts, terminal, give);
  for (const command of program.commands) command.summary(firstSentence(command.description()));
  return program;
}

function addCommands(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  // Help shows commands under these headings, each once, whatever the order below, which is that of the docs.
  const under = (heading: string): Command => program.commandsGroup(`${heading}:`);
  addSetUp(under("Begin"), terminal, give);
  addServe(program, terminal, give);
  addAccess(under("People and access"), parts, terminal, give);
  addDecide(under("Begin"), terminal, give);
  addPolicy(under("Policy"), parts, terminal, give);
  addList(program, parts, terminal, give);
  addModel(program, parts, terminal, give);
  addReading(under("What was decided"), terminal, give);
  addLabel(under("What people do"), parts, terminal, give);
  addEnforcement(program, parts, terminal, give);
  addDelivery(under("The app and its users"), parts, terminal, give);
  addConfig(under("Begin"), parts, terminal, give);
  addSettings(program, parts, terminal, give);
  addAlerts(program, parts, terminal, give);
  addReviews(under("What people do"), parts, terminal, give);
  addBatches(program, parts, terminal, give);
  addKeys(under("Keep it safe"), parts, terminal, give);
  addRequests(under("People and access"), parts, terminal, give);
  addReads(program, parts, terminal, give);
  addDecisions(under("What was decided"), parts, terminal, give);
  addRecords(program, parts, terminal, give);
  addErasure(under("Keep it safe"), parts, terminal, give);
  addDisputes(under("What people do"), parts, terminal, give);
  addTransparency(under("What was decided"), parts, terminal, give);
  addActor(program, parts, terminal, give);
  addFindings(program, parts, terminal, give);
  addCampaigns(program, parts, terminal, give);
  addCase(program, parts, terminal, give);
  addViews(under("Keep it safe"), parts, terminal, give);
  addAnchors(program, parts, terminal, give);
  addClock(program, parts, terminal, give);
  addCopies(program, parts, terminal, give);
  addVerify(under("Check"), terminal, give);
  addReplay(program, parts.data, terminal, give);
  addBacktest(under("Policy"), parts.data, terminal, give);
  addFollowing(under("Check"), terminal, give);
  addSuccession(under("Keep it safe"), terminal, give);
  addWitness(under("Check"), terminal, give);
}

// The list of all commands has room for one sentence of each.
function firstSentence(description: string): string {
  return /^[^.:;]*/.exec(description.replaceAll("\n", " "))?.[0] ?? description;
}

function addSetUp(program: Command, terminal: Terminal, give: Give): void {
  program
    .command("init")
    .description("Make a data directory: log, keys, verifier key, and an example policy for comments.")
    .argument("<directory>", "a new or empty directory")
    .option("--keys <directory>", "where the keys lie (default: beside the data, DIRECTORY.keys)")
    .addOption(
      new Option("--opaque", "a log of opaque entries instead: any bytes, no policy, no decisions").conflicts(
        "succeeds",
      ),
    )
    .option("--succeeds <keys>", "a file of verifier keys: of the log that this one goes on from")
    .option("--last-known <file>", "the last known checkpoint of that log, or a receipt or proof with it")
    .option("--json", "print what was made as JSON")
    .addHelpText(
      "after",
      examples(
        "docket init ./docket-data",
        "docket init /srv/docket --keys /etc/docket-keys",
        "docket init ./entries --opaque && docket serve --data ./entries",
      ),
    )
    .action(async (directory: string, options: Omit<InitOptions, "directory">) => {
      const { runInit } = await import("./set-up.ts");
      give(await runInit({ directory, ...options }, terminal));
    });
  const key = program
    .command("key")
    .description("Print the log's verifier keys, with which anyone can check what the log gives out.")
    .addOption(dataOption())
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("docket key --data ./docket-data > log.vkey"))
    .action(async (options: { data: string; json?: true }) => {
      const { runKey } = await import("./set-up.ts");
      give(await runKey({ data: options.data, json: options.json === true }, terminal));
    });
  addKeyCommands(key, terminal, give);
}

function addServe(program: Command, terminal: Terminal, give: Give): void {
  program
    .command("serve")
    .description("Start the server. Without a data directory it makes one, with a first API key.")
    .addOption(dataOption())
    .option("--policy <directory>", "policy files to decide by (default: policy/ in the data directory)")
    .option("--listen <address>", "HOST:PORT; port 0 takes a free one", defaultListen)
    .option("--keys <directory>", "where the keys lie, if they were moved")
    .option("--public-entries", "let anyone fetch the log's entries, not only auditors")
    .option("--public-add", "of an opaque log: let anyone add entries (default: only on a loopback address)")
    .addOption(dnsServerOption())
    .addHelpText("after", examples("docket serve", "docket serve --data /srv/docket --listen 0.0.0.0:8080"))
    .action(async (options: ServeOptions) => {
      const { runServe } = await import("./serve.ts");
      give(await runServe(options, terminal));
    });
}

function dnsServerOption(): Option {
  return new Option(
    "--dns-server <address>",
    "a server that policies' look-ups are asked through, ADDRESS or ADDRESS:PORT; may be repeated " +
      "(default: the system's)",
  ).argParser((address: string, others: string[] | undefined) => [...(others ?? []), address]);
}

function addDecide(program: Command, terminal: Terminal, give: Give): void {
  program
    .command("decide")
    .description(
      "Decide a file of events (NDJSON, plain or gzip) or mails by the policy and seal it, without a\n" +
        "server.\n" +
        "Decisions go to standard output, a line each; what they came to goes to standard error.",
    )
    .argument("[file]", "the events, or a directory of mails; - or nothing reads standard input", "-")
    .addOption(dataOption("made if it does not exist"))
    .option("--policy <directory>", "policy files to decide by (default: policy/ in the data directory)")
    .option("--keys <directory>", "where the keys lie, if they were moved")
    .addOption(
      new Option("--order <order>", "sort by the events' time first, or take them as they come")
        .choices(["time", "file"])
        .default("time"),
    )
    .option("--map <spec>", "names of the file's fields, or the name of a known set; see below")
    .addOption(
      new Option("--actor-from <whom>", "of mail: whose account it is, the envelope's sender's or From's")
        .choices(["envelope", "from"])
        .default("envelope"),
    )
    .addOption(dnsServerOption())
    .addOption(new Option("--receipts", "add its receipt to each decision").conflicts("quiet"))
    .option("--quiet", "print no decisions")
    .option("--summary-json <file>", "write the summary as JSON too")
    .addHelpText("after", mapHelp)
    .addHelpText(
      "after",
      examples(
        "docket decide --data ./trial examples/comments.ndjson > decisions.ndjson",
        "docket decide --data ./trial --map time=at,actor.id=user,content.text=body,type:=comment old.gz",
        "docket decide --data ./trial inbox.mbox",
      ),
    )
    .action(async (file: string, options: Omit<DecideOptions, "file">) => {
      const { runDecide } = await import("./decide/run-decide.ts");
      give(await runDecide({ ...options, file }, terminal));
    });
}

const mapHelp = `
--map names the fields of a file that is not in Docket's form, as TARGET=FIELD, separated by commas. TARGET is
a field of an event (id, type, time, actor.id, actor.attributes.karma, content.text, …), FIELD one of the file
(a dot goes into an object); TARGET:=VALUE gives every event the same value. A field that the map doesn't name
is not read. Files of the known sets comments-youtube, comments-youtube-stream, sms, chat-telegram,
email-enron and email-spamassassin are recognised by themselves; --map sms takes any file for one of those.

Mail is recognised too: a mail's file, an mbox, a directory with a file for each mail, and lines with a mail
in "raw_latin1", one character for each byte. Each is an event of type email, at the time that it was taken
in.`;

function addReading(program: Command, terminal: Terminal, give: Give): void {
  const parts = { index: indexArgument, data: dataOption, url: urlOption, apiKey: apiKeyOption };
  addReceipt(program, parts, terminal, give);
  program
    .command("show")
    .description("Print a record readably: what was decided, and why.")
    .addArgument(indexArgument())
    .addOption(dataOption().conflicts("url"))
    .addOption(urlOption())
    .addOption(apiKeyOption())
    .option("--json", "print record and facts as JSON")
    .addHelpText("after", examples("docket show 17 --data ./trial"))
    .action(async (index: number, options: ReadingOptions & { json?: true }) => {
      const { runShow } = await import("./reading.ts");
      give(await runShow({ index, ...options, json: options.json === true }, terminal));
    });
  addExplain(program, parts, terminal, give);
}

type ReadingOptions = { data: string; url?: string; apiKey?: string };

function addVerify(program: Command, terminal: Terminal, give: Give): void {
  program
    .command("verify")
    .description("Check a receipt, a data directory or a log's URL, offline as far as it can be checked.")
    .argument("<target>", "a receipt's file, a directory, or a URL")
    .option("--key <vkey>", "a verifier key that you trust, or a file of such; may be repeated", gathered)
    .option("--policy <file>", "a tlog-policy: the witnesses that must have cosigned, and keys of the log")
    .option(
      "--seen <path>",
      "checkpoints or receipts kept elsewhere: a file, or a directory of them",
      gathered,
    )
    .option(
      "--tsa-roots <file>",
      "root certificates (PEM) of time-stamping authorities that you trust; NAME=FILE for one of them",
      gathered,
    )
    .option("--roughtime <key>", "key (base64) of a Roughtime server that you trust", gathered)
    .addOption(recordOption())
    .option("--resume <file>", "go on where an earlier run was, and keep there how far this one came")
    .option("--opaque", "the log at a URL is one of opaque entries: check the tree, no chain")
    .addOption(apiKeyOption("of an auditor, for a URL"))
    .option("--json", "print the report as JSON")
    .addHelpText(
      "after",
      examples(
        "docket verify ./trial --key ./trial/log.vkey",
        "docket verify receipt-17.json --key log.vkey",
        "docket verify https://log.example.org --key log.vkey --seen kept/ --policy policy.txt",
      ),
    )
    .action(async (target: string, options: VerifyFlags) => {
      const { runVerify } = await import("./verify/index.ts");
      const { stdout, stderr } = terminal;
      give(await runVerify({ target, ...options, json: options.json === true, stdout, stderr }));
    });
}

type VerifyFlags = {
  key?: string[];
  policy?: string;
  seen?: string[];
  tsaRoots?: string[];
  roughtime?: string[];
  record?: number;
  resume?: string;
  opaque?: true;
  apiKey?: string;
  json?: true;
};

function recordOption(): Option {
  const about = "a record of the log: between what it was sealed, by the stamps around it";
  return new Option("--record <index>", about).argParser(parseIndex);
}

function gathered(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function dataOption(note?: string): Option {
  const about = note === undefined ? "the data directory" : `the data directory, ${note}`;
  return new Option("--data <directory>", about).default(defaultData);
}

function urlOption(): Option {
  return new Option("--url <url>", "ask a server instead of reading a directory");
}

function apiKeyOption(note = "for --url"): Option {
  return new Option("--api-key <key>", `API key ${note}`).env("DOCKET_API_KEY");
}

function indexArgument(): Argument {
  return new Argument("<index>", "the record's index").argParser(parseIndex);
}

function parseIndex(text: string): number {
  const index = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(index)) return index;
  throw new InvalidArgumentError("An index is a whole number from 0 on.");
}

function examples(...lines: string[]): string {
  const title = lines.length === 1 ? "Example" : "Examples";
  return `\n${title}:\n${lines.map((line) => `  $ ${line}`).join("\n")}`;
}
