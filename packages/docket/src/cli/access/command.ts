// SPDX-License-Identifier: Apache-2.0
// `docket apikey`, `person`, `login`, `logout`, `whoami`, `password` and `factor`: their words and options.
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import type { ApiKeyOptions } from "../api-keys.ts";
import { withPlace, withPlaceAndJson } from "../command-parts.ts";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { PersonOptions } from "./people.ts";
import type { SessionOptions } from "./session.ts";

/** Adds the commands about who comes in. */
export function addAccess(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  addApiKeys(program, parts, terminal, give);
  addPeople(program, parts, terminal, give);
  addSession(program, parts, terminal, give);
}

function addApiKeys(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const { examples } = parts;
  const apikey = program
    .command("apikey")
    .description("Make, list, rotate and revoke API keys; also while a server runs.")
    .addHelpText("after", examples("docket apikey create --role ingest --label shop --data ./docket-data"));
  const run = (options: ApiKeyOptions): Promise<void> =>
    import("../api-keys.ts").then(async ({ runApiKey }) => give(await runApiKey(options, terminal)));
  withPlace(apikey.command("create"), parts)
    .description("Make a key and print it, this once.")
    .requiredOption("--role <role>", "ingest, analyst, reviewer, auditor or admin")
    .option("--label <text>", "what it is for")
    .option("--scope <action>", "limit it to this action of its role; may be repeated", gathered)
    .addOption(lifeOption())
    .addOption(requestOption())
    .addOption(whyOption())
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      examples("docket apikey create --role ingest --label shop --scope decide --for 90d"),
    )
    .action((options: Omit<ApiKeyOptions, "act">) => run({ ...options, act: "create" }));
  withPlace(apikey.command("list"), parts)
    .description("List the keys, without the keys themselves: nobody has those.")
    .option("--json", "print a line of JSON for each")
    .addHelpText("after", examples("docket apikey list --data ./docket-data"))
    .action((options: Omit<ApiKeyOptions, "act">) => run({ ...options, act: "list" }));
  withPlace(apikey.command("rotate"), parts)
    .description("Make a key in the place of another, with the same rights, and print it, this once.")
    .argument("<id>", "the key's id, k_…, as `docket apikey list` shows it")
    .addOption(
      new Option("--overlap <time>", "the old key goes on for so long")
        .argParser(timeMs)
        .default(86_400_000, "1d"),
    )
    .addOption(lifeOption())
    .addOption(requestOption())
    .addOption(whyOption())
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("docket apikey rotate k_3q2-7wAAAAAAAAAA --overlap 2h"))
    .action((id: string, options: Omit<ApiKeyOptions, "act">) => run({ ...options, id, act: "rotate" }));
  withPlace(apikey.command("revoke"), parts)
    .description("Revoke a key. A server that runs refuses it within two seconds.")
    .argument("<id>", "the key's id, k_…, as `docket apikey list` shows it")
    .addHelpText("after", examples("docket apikey revoke k_3q2-7wAAAAAAAAAA"))
    .action((id: string, options: Omit<ApiKeyOptions, "act">) => run({ ...options, id, act: "revoke" }));
}

function addPeople(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const { examples } = parts;
  const person = program
    .command("person")
    .description("Say who may sign in, and as what; also while a server runs.")
    .addHelpText("after", examples("docket person add ana --role admin --data ./docket-data"));
  const run = (options: PersonOptions): Promise<void> =>
    import("./people.ts").then(async ({ runPerson }) => give(await runPerson(options, terminal)));
  const command = (name: PersonOptions["act"], about: string, ...example: string[]): Command => {
    const made = withPlaceAndJson(person.command(name), parts).description(about);
    return made.addHelpText("after", examples(...example));
  };
  const role = (): Option =>
    new Option("--role <role>", "ingest, analyst, reviewer, auditor or admin; may be repeated").argParser(
      gathered,
    );
  type Given = Omit<PersonOptions, "act" | "who">;
  command(
    "add",
    "Add a person, and print the token with which they set a password.",
    "docket person add ana --role reviewer",
  )
    .argument("<name>", "by which they sign in")
    .addOption(role().makeOptionMandatory())
    .addOption(requestOption())
    .addOption(whyOption())
    .action((who: string, options: Given) => run({ ...options, who, act: "add" }));
  command("list", "List the people.", "docket person list").action((options: Given) =>
    run({ ...options, act: "list" }),
  );
  command(
    "change",
    "Give a person other roles; none lets them do nothing.",
    "docket person change ana --role reviewer --role analyst",
  )
    .argument("<person>", "their name or id")
    .addOption(role())
    .addOption(requestOption())
    .addOption(whyOption())
    .action((who: string, options: Given) => run({ ...options, who, act: "change" }));
  command("remove", "Remove a person; their sessions end.", "docket person remove ana")
    .argument("<person>", "their name or id")
    .action((who: string, options: Given) => run({ ...options, who, act: "remove" }));
  command("password", "Print a token with which a person sets a new password.", "docket person password ana")
    .argument("<person>", "their name or id")
    .addOption(requestOption())
    .addOption(whyOption())
    .action((who: string, options: Given) => run({ ...options, who, act: "password" }));
  command(
    "drop-factor",
    "Take a person's second factor away, for one who lost it.",
    "docket person drop-factor ana",
  )
    .argument("<person>", "their name or id")
    .addOption(requestOption())
    .addOption(whyOption())
    .action((who: string, options: Given) => run({ ...options, who, act: "drop-factor" }));
  command("sign-out", "End all sessions of a person.", "docket person sign-out ana")
    .argument("<person>", "their name or id")
    .action((who: string, options: Given) => run({ ...options, who, act: "sign-out" }));
}

function addSession(program: Command, { examples }: CommandParts, terminal: Terminal, give: Give): void {
  const url = "http://127.0.0.1:8080";
  const command = (name: string, about: string, example: string): Command =>
    program
      .command(name)
      .description(about)
      .addOption(new Option("--url <url>", "the server").makeOptionMandatory())
      .option("--json", "print it as JSON")
      .addHelpText("after", examples(example));
  command(
    "login",
    "Sign in at a server. Commands with --url work with the session until it ends; the password is read\n" +
      "from the terminal, or the first line of standard input.",
    `docket login --url ${url} --name ana`,
  )
    .requiredOption("--name <name>", "by which you sign in")
    .option("--token <token>", "a token for a first or a new password, which is then asked for")
    .option("--code <code>", "what your authenticator app shows")
    .option("--recovery-code <code>", "one of your recovery codes, in the code's place")
    .action(async (options: SessionOptions) =>
      give(await (await import("./session.ts")).runLogin(options, terminal)),
    );
  command("logout", "Sign out at a server.", `docket logout --url ${url}`)
    .option("--all", "end all your sessions there")
    .action(async (options: SessionOptions) =>
      give(await (await import("./session.ts")).runLogout(options, terminal)),
    );
  command("whoami", "Say who you are at a server.", `docket whoami --url ${url}`).action(
    async (options: SessionOptions) =>
      give(await (await import("./session.ts")).runWhoAmI(options, terminal)),
  );
  command(
    "password",
    "Change your password. The old and the new one are read from the terminal, or from lines of\n" +
      "standard input.",
    `docket password --url ${url}`,
  ).action(async (options: SessionOptions) =>
    give(await (await import("./session.ts")).runPassword(options, terminal)),
  );
  command("factor", "Set up your second factor, with an authenticator app.", `docket factor --url ${url}`)
    .option("--code <code>", "of the second factor that you have, if any")
    .action(async (options: SessionOptions) =>
      give(await (await import("./session.ts")).runFactor(options, terminal)),
    );
}

function lifeOption(): Option {
  return new Option("--for <time>", "it ends by itself after so long: 12h, 90d (default: never)").argParser(
    timeMs,
  );
}

function requestOption(): Option {
  return new Option("--request <index>", "the approved request, where it takes a second person").argParser(
    (text: string) => {
      if (/^\d{1,15}$/.test(text)) return Number(text);
      throw new InvalidArgumentError("An index is a whole number from 0 on.");
    },
  );
}

function whyOption(): Option {
  return new Option("--why <text>", "for whoever approves it; with --url");
}

function timeMs(text: string): number {
  const [, count, unit] = /^(0|[1-9]\d{0,8})(s|m|h|d)$/.exec(text) ?? [];
  const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit ?? ""];
  if (unitMs === undefined) throw new InvalidArgumentError("A time is written as 30m, 12h or 90d.");
  return Number(count) * unitMs;
}

function gathered(value: string, before: string[] = []): string[] {
  return [...before, value];
}
