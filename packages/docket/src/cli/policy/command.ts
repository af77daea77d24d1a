// SPDX-License-Identifier: Apache-2.0
// `docket policy`: its words, options and examples.
import { Argument, InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import type { DutyLevel } from "@docket/protocol";
import { dutyLevels } from "@docket/protocol";
import type { Terminal } from "../terminal.ts";
import { addBrakeCommands } from "./brakes-command.ts";

/** Options that the commands have in common with others. */
export type PolicyParts = {
  data: () => Option;
  url: () => Option;
  apiKey: () => Option;
};

type Give = (code: number) => void;
type Where = { data: string; url?: string; apiKey?: string };
type Json = { json?: true };

const hourMs = 3_600_000;
const minuteMs = 60_000;
/** Records that `log` lists if nothing is said. */
const listedDefault = 50;

/** Adds `docket policy` and what is below it. `give` is told the exit code of the command that ran. */
export function addPolicy(program: Command, parts: PolicyParts, terminal: Terminal, give: Give): Command {
  const policy = program
    .command("policy")
    .description("Write, check and test policies, and take their changes on their way.")
    .addHelpText(
      "after",
      examples(
        "docket policy check ./policy",
        "docket policy propose ./policy --why 'link spam since Monday'",
      ),
    );
  addWriting(policy, parts, terminal, give);
  addDiff(policy, parts, terminal, give);
  addProposing(policy, parts, terminal, give);
  addPublishing(policy, parts, terminal, give);
  addReading(policy, parts, terminal, give);
  const index = (): Argument => recordArgument("the brake's record");
  addBrakeCommands(policy, { ...parts, index, examples }, terminal, give);
  return policy;
}

function addWriting(policy: Command, { data }: PolicyParts, terminal: Terminal, give: Give): void {
  policy
    .command("new")
    .description("Write a policy to begin with: a skeleton, or a copy of one that comes with Docket.")
    .argument("<name>", "the policy's name, and its file's")
    .option("--from <policy>", "one that comes with Docket; a name that there isn't lists them")
    .option("--dir <directory>", "where it is written (default: policy/ in the data directory)")
    .addOption(data())
    .addHelpText(
      "after",
      examples("docket policy new forum --dir ./policy", "docket policy new forum --from comments"),
    )
    .action(async (name: string, options: { from?: string; dir?: string; data: string }) => {
      const { runPolicyNew } = await import("./new.ts");
      const { from, dir } = options;
      give(await runPolicyNew({ name, from, directory: dir, data: options.data }, terminal));
    });
  policy
    .command("check")
    .description("Check policy files: every mistake with file, line and column, and what to do about it.")
    .argument("[directory]", "the files (default: policy/ in the data directory)")
    .addOption(data())
    .option("--json", "print mistakes and warnings as JSON")
    .addHelpText("after", examples("docket policy check ./policy"))
    .action(async (directory: string | undefined, options: Json & { data: string }) => {
      const { runPolicyCheck } = await import("./check.ts");
      give(await runPolicyCheck({ directory, data: options.data, json: options.json === true }, terminal));
    });
  policy
    .command("test")
    .description(
      "Run the tests that stand in policy files, and say of each that fails which clauses made it so.",
    )
    .argument("[directory]", "the files (default: policy/ in the data directory)")
    .addOption(data())
    .option("-v, --verbose", "show every test, with the rules that fired and their clauses")
    .option("--json", "print the results as JSON")
    .addHelpText("after", examples("docket policy test ./policy --verbose"))
    .action(async (directory: string | undefined, options: Json & { data: string; verbose?: true }) => {
      const { runPolicyTest } = await import("./tests.ts");
      const { data: from, verbose, json } = options;
      const wish = { directory, data: from, verbose: verbose === true, json: json === true };
      give(await runPolicyTest(wish, terminal));
    });
}

function addDiff(policy: Command, { data, url, apiKey }: PolicyParts, terminal: Terminal, give: Give): void {
  policy
    .command("diff")
    .description(
      "Show what differs between two policies: rules, counters, lists, and whether it restricts more.",
    )
    .argument("[a]", "a directory, or a release: in-force, an id, the beginning of one, or a record's index")
    .argument("[b]", "the same; with one argument, a is compared with the release in force")
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--text", "show the lines that differ, as diff -u")
    .option("--json", "print the differences as JSON")
    .addHelpText(
      "after",
      examples(
        "docket policy diff ./policy",
        "docket policy diff 1832 in-force",
        "docket policy diff ./old ./new --text",
      ),
    )
    .action(async (a: string | undefined, b: string | undefined, options: Where & Json & { text?: true }) => {
      const { runPolicyDiff } = await import("./diff.ts");
      const flags = { text: options.text === true, json: options.json === true };
      give(await runPolicyDiff({ a, b, ...options, ...flags }, terminal));
    });
}

type MeantOptions = { release?: string; keepLists?: true; why?: string };

function addProposing(
  policy: Command,
  { data, url, apiKey }: PolicyParts,
  terminal: Terminal,
  give: Give,
): void {
  policy
    .command("propose")
    .description("Propose a change: it is checked, tested and previewed, and sealed with what differs.")
    .argument("[directory]", "the policy files (default: policy/ in the data directory)")
    .option(
      "--release <release>",
      "propose an earlier release instead: its id, the beginning of it, or its record",
    )
    .option("--keep-lists", "with --release: leave the lists as they are now")
    .option("--why <text>", "why; sealed with the proposal")
    .option("--standby", "once approved, it waits to be switched to, whatever is in force then")
    .addOption(data())
    .addOption(url())
    .addOption(apiKey())
    .option("--json", "print the proposal and its change as JSON")
    .addHelpText(
      "after",
      examples(
        "docket policy propose ./policy --why 'link spam since Monday'",
        "docket policy propose --release 1832 --url http://127.0.0.1:8080",
      ),
    )
    .action(
      async (directory: string | undefined, options: Where & Json & MeantOptions & { standby?: true }) => {
        const { runPolicyPropose } = await import("./changes.ts");
        const flags = { ...meant(options), standby: options.standby === true };
        give(await runPolicyPropose({ ...options, directory, ...flags }, terminal));
      },
    );
  for (const [name, about, word] of [
    ["approve", "Approve a proposal, or confirm a release that would revert by itself.", "Approve"],
    ["cancel", "Cancel a proposal.", "Cancel"],
  ] as const) {
    policy
      .command(name)
      .description(about)
      .addArgument(recordArgument("the record of the proposal, or of the release"))
      .addOption(data().conflicts("url"))
      .addOption(url())
      .addOption(apiKey())
      .option("--json", "print how it stands then as JSON")
      .addHelpText("after", examples(`docket policy ${name} 1832 --url http://127.0.0.1:8080`))
      .action(async (of: number, options: Where & Json) => {
        const { runPolicyApprove, runPolicyCancel } = await import("./changes.ts");
        const run = word === "Approve" ? runPolicyApprove : runPolicyCancel;
        give(await run({ ...options, of, json: options.json === true }, terminal));
      });
  }
}

function addPublishing(
  policy: Command,
  { data, url, apiKey }: PolicyParts,
  terminal: Terminal,
  give: Give,
): void {
  policy
    .command("publish")
    .description(
      "Put an approved proposal in force; or, alone and for a time, a release that nobody approved.",
    )
    .addArgument(recordArgument("the proposal's record", false))
    .option("--break-glass", "publish alone and at once; it reverts by itself unless it is approved")
    .option(
      "--policy <directory>",
      "with --break-glass: policy files (default: policy/ in the data directory)",
    )
    .option("--release <release>", "with --break-glass: an earlier release instead")
    .option("--keep-lists", "with --release: leave the lists as they are now")
    .addOption(
      new Option(
        "--for <time>",
        "how long it stays in force unless it is approved, 24h at most: 90m, 4h",
      ).argParser(durationOf),
    )
    .option("--why <text>", "why; sealed with it")
    .addOption(data())
    .addOption(url())
    .addOption(apiKey())
    .option("--json", "print the release in force as JSON")
    .addHelpText(
      "after",
      examples(
        "docket policy publish 1832",
        "docket policy publish --break-glass --policy ./strict --for 4h --why flood",
      ),
    )
    .action(
      async (
        of: number | undefined,
        options: Where & Json & MeantOptions & { breakGlass?: true; policy?: string; for?: number },
      ) => {
        const { runPolicyPublish } = await import("./changes.ts");
        const { policy: directory, for: forMs, breakGlass } = options;
        const flags = { ...meant(options), breakGlass: breakGlass === true };
        give(await runPolicyPublish({ ...options, of, directory, forMs, ...flags }, terminal));
      },
    );
  policy
    .command("rollback")
    .description("Withdraw the release in force by naming an earlier one, and say what it did meanwhile.")
    .argument("[release]", "its id, the beginning of it, or its record (default: the one before)")
    .option("--keep-lists", "leave the lists as they are now")
    .option("--why <text>", "why; sealed with it")
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--json", "print the release in force and what the withdrawn one did as JSON")
    .addHelpText("after", examples("docket policy rollback --why 'it hits newcomers'"))
    .action(async (to: string | undefined, options: Where & Json & MeantOptions) => {
      const { runPolicyRollback } = await import("./changes.ts");
      give(await runPolicyRollback({ ...options, to, ...meant(options) }, terminal));
    });
}

function addReading(
  policy: Command,
  { data, url, apiKey }: PolicyParts,
  terminal: Terminal,
  give: Give,
): void {
  policy
    .command("log")
    .description("List the records of changes of the policy, newest first.")
    .addOption(new Option("--limit <count>", "how many at most").default(listedDefault).argParser(countOf))
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--json", "print a line of JSON for each")
    .addHelpText("after", examples("docket policy log --data ./docket-data"))
    .action(async (options: Where & Json & { limit: number }) => {
      const { runPolicyLog } = await import("./log.ts");
      give(await runPolicyLog({ ...options, json: options.json === true }, terminal));
    });
  policy
    .command("show")
    .description(
      "Show a change with all that differs, its tests and its preview; or a release with its files.",
    )
    .argument("<id>", "a record's index; or a release: in-force, its id, or the beginning of it")
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("docket policy show 1832", "docket policy show in-force"))
    .action(async (name: string, options: Where & Json) => {
      const { runPolicyShow } = await import("./log.ts");
      give(await runPolicyShow({ ...options, name, json: options.json === true }, terminal));
    });
  policy
    .command("level")
    .description(
      "Say what is in force and how many persons a change takes; or propose another level of duties.",
    )
    .addArgument(new Argument("[level]", "propose this level").choices(dutyLevels))
    .option("--why <text>", "why; sealed with the proposal")
    .addOption(data().conflicts("url"))
    .addOption(url())
    .addOption(apiKey())
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      examples("docket policy level", "docket policy level pair --why 'we are three now'"),
    )
    .action(async (level: DutyLevel | undefined, options: Where & Json & { why?: string }) => {
      const { runPolicyLevel } = await import("./changes.ts");
      give(await runPolicyLevel({ ...options, level, json: options.json === true }, terminal));
    });
}

function meant({ keepLists, json }: MeantOptions & Json): { keepLists: boolean; json: boolean } {
  return { keepLists: keepLists === true, json: json === true };
}

function recordArgument(about: string, required = true): Argument {
  return new Argument(required ? "<record>" : "[record]", about).argParser(countOf);
}

function countOf(text: string): number {
  const count = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError("It is a whole number from 0 on.");
}

function durationOf(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,3})([mh])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * (unit === "h" ? hourMs : minuteMs);
  throw new InvalidArgumentError("A time is a number of minutes or hours: 90m, 4h.");
}

function examples(...lines: string[]): string {
  const title = lines.length === 1 ? "Example" : "Examples";
  return `\n${title}:\n${lines.map((line) => `  $ ${line}`).join("\n")}`;
}
