// SPDX-License-Identifier: Apache-2.0
// `docket list`: its words, options and examples.
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { parseTime } from "@docket/protocol";
import type { Terminal } from "../terminal.ts";

/** Options that the commands have in common with others. */
export type ListParts = { data: () => Option; url: () => Option; apiKey: () => Option };

type Give = (code: number) => void;
type Where = { data: string; url?: string; apiKey?: string };
type Json = { json?: true };
type Glass = { breakGlass?: true; for?: number };
type Previewed = { why?: string; preview?: true };

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** Entries that `show` prints, and changes that `log` does, if nothing is said. */
const shownDefault = 20;
const entriesShownMax = 10_000;
const changesShownMax = 100;

/** Adds `docket list` and what is below it. `give` is told the exit code of the command that ran. */
export function addList(program: Command, parts: ListParts, terminal: Terminal, give: Give): void {
  const list = program
    .command("list")
    .description("Read the lists that policies ask, and change them.")
    .addHelpText(
      "after",
      examples("docket list ls", "docket list add bad_domains evil.example --why 'spam wave'"),
    );
  addReading(list, parts, terminal, give);
  addChanging(list, parts, terminal, give);
  addMoving(list, parts, terminal, give);
}

function addReading(list: Command, parts: ListParts, terminal: Terminal, give: Give): void {
  located(list.command("ls").description("Print the lists that policies in force declare."), parts)
    .option("--json", "print them as JSON")
    .addHelpText("after", examples("docket list ls --data ./docket-data"))
    .action(async (options: Where & Json) => {
      const { runListLs } = await import("./reading.ts");
      give(await runListLs(options, terminal));
    });
  located(list.command("show").description("Print a list, and entries of it in order."), parts)
    .argument("<name>", "the list's name")
    .option("--q <text>", "only entries that hold this text")
    .option("--after <entry>", "only entries after this one")
    .addOption(count("--limit <count>", "how many entries", entriesShownMax).default(shownDefault))
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("docket list show bad_domains --q casino"))
    .action(async (name: string, options: Where & Json & { q?: string; after?: string; limit: number }) => {
      const { runListShow } = await import("./reading.ts");
      give(await runListShow({ name, ...options }, terminal));
    });
  located(
    list.command("log").description("Print the changes of a list, newest first: when, by whom, why."),
    parts,
  )
    .argument("<name>", "the list's name")
    .addOption(count("--limit <count>", "how many changes", changesShownMax).default(shownDefault))
    .addOption(count("--before <index>", "only changes before this record", Number.MAX_SAFE_INTEGER))
    .option("--json", "print a line of JSON for each")
    .addHelpText("after", examples("docket list log bad_domains --limit 5"))
    .action(async (name: string, options: Where & Json & { limit: number; before?: number }) => {
      const { runListLog } = await import("./reading.ts");
      give(await runListLog({ name, ...options }, terminal));
    });
  located(
    list
      .command("check")
      .description(
        "Say which lists a value hits now: a link, an address, a text, an account id.\nExit code 1 if none.",
      ),
    parts,
  )
    .argument("<value>", "what is looked up; - reads it from standard input")
    .option("--list <name>", "only this list")
    .option("--json", "print the hits as JSON")
    .addHelpText("after", examples("docket list check https://www.evil.example/offer"))
    .action(async (value: string, options: Where & Json & { list?: string }) => {
      const { runListCheck } = await import("./reading.ts");
      give(await runListCheck({ value, ...options }, terminal));
    });
}

function addChanging(list: Command, parts: ListParts, terminal: Terminal, give: Give): void {
  located(
    list
      .command("add")
      .description(
        "Put entries into a list. Sealed, and in force at once; above level solo, when others approve it.",
      ),
    parts,
  )
    .argument("<name>", "the list's name")
    .argument("<entries...>", "what is put in")
    .option("--why <text>", "why; sealed with the change")
    .addOption(previewed())
    .addOption(until())
    .addOption(breakGlass())
    .addOption(glassTime())
    .option("--json", "print what came of it as JSON")
    .addHelpText(
      "after",
      examples(
        "docket list add bad_domains evil.example --why 'phishing, ticket 812'",
        "docket list add bad_domains evil.example --preview",
        "docket list add bad_networks 192.0.2.0/24 --until 2026-12-31T00:00:00Z --why 'attack'",
        "docket list add bad_domains evil.example --break-glass --for 4h --why 'flood since 14:00'",
      ),
    )
    .action(
      async (
        name: string,
        entries: string[],
        options: Where & Json & Glass & Previewed & { until?: number },
      ) => {
        const { runListAdd } = await import("./changing.ts");
        give(await runListAdd({ name, entries, ...options }, terminal));
      },
    );
  located(
    list
      .command("remove")
      .description(
        "Take entries out of a list. Sealed, and in force at once; above level solo, when others approve it.",
      ),
    parts,
  )
    .argument("<name>", "the list's name")
    .argument("<entries...>", "what is taken out")
    .option("--why <text>", "why; sealed with the change")
    .addOption(previewed())
    .addOption(breakGlass())
    .addOption(glassTime())
    .option("--json", "print what came of it as JSON")
    .addHelpText(
      "after",
      examples("docket list remove bad_domains evil.example --why 'sold to somebody else'"),
    )
    .action(async (name: string, entries: string[], options: Where & Json & Glass & Previewed) => {
      const { runListRemove } = await import("./changing.ts");
      give(await runListRemove({ name, entries, ...options }, terminal));
    });
}

function addMoving(list: Command, parts: ListParts, terminal: Terminal, give: Give): void {
  located(
    list
      .command("import")
      .description(
        "Put all entries of a file into a list: one a line, # begins a comment, plain or gzip.\n" +
          "A line may end in: until 2026-12-31T00:00:00Z",
      ),
    parts,
  )
    .argument("<name>", "the list's name")
    .argument("<file>", "the entries; - reads standard input")
    .requiredOption("--why <text>", "why; sealed with each change that this takes")
    .addOption(until())
    .option("--replace", "take out what the file does not have")
    .addOption(breakGlass())
    .addOption(glassTime())
    .option("--json", "print what came of it as JSON")
    .addHelpText("after", examples("docket list import bad_domains feed.txt.gz --why 'feed of 23 November'"))
    .action(
      async (
        name: string,
        file: string,
        options: Where & Json & Glass & { why: string; until?: number; replace?: true },
      ) => {
        const { runListImport } = await import("./changing.ts");
        give(await runListImport({ name, file, ...options }, terminal));
      },
    );
  located(
    list.command("export").description("Print all entries of a list, as a file that can be imported."),
    parts,
  )
    .argument("<name>", "the list's name")
    .addHelpText("after", examples("docket list export bad_domains > bad_domains.txt"))
    .action(async (name: string, options: Where) => {
      const { runListExport } = await import("./reading.ts");
      give(await runListExport({ name, ...options }, terminal));
    });
}

function located(command: Command, { data, url, apiKey }: ListParts): Command {
  return command.addOption(data().conflicts("url")).addOption(url()).addOption(apiKey());
}

function until(): Option {
  return new Option("--until <time>", "in force before this time only, RFC 3339").argParser(
    (text: string) => {
      const ms = parseTime(text);
      if (ms !== undefined) return ms;
      throw new InvalidArgumentError("A time is written 2026-12-31T00:00:00Z.");
    },
  );
}

function previewed(): Option {
  const about = "only say what it would have done to the events of the last week; that may take a minute";
  return new Option("--preview", about).conflicts(["why", "breakGlass"]);
}

function breakGlass(): Option {
  const about = "at any level at once and alone; it reverts by itself unless it is approved";
  return new Option("--break-glass", about);
}

function glassTime(): Option {
  const about = "with --break-glass: how long it stays unless it is approved, 24h at most: 90m, 4h";
  return new Option("--for <time>", about).argParser((text: string) => {
    const [, number, unit] = /^([1-9]\d{0,3})([mh])$/.exec(text) ?? [];
    if (number !== undefined) return Number(number) * (unit === "h" ? hourMs : minuteMs);
    throw new InvalidArgumentError("A time is a number of minutes or hours: 90m, 4h.");
  });
}

function count(flags: string, about: string, most: number): Option {
  return new Option(flags, about).argParser((text: string) => {
    const value = Number(text);
    if (/^\d{1,16}$/.test(text) && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number, at most ${most}.`);
  });
}

function examples(...lines: string[]): string {
  const title = lines.length === 1 ? "Example" : "Examples";
  return `\n${title}:\n${lines.map((line) => `  $ ${line}`).join("\n")}`;
}
