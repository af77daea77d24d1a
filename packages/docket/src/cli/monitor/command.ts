// SPDX-License-Identifier: Apache-2.0
// `docket monitor` and `docket mirror`: their words, options and examples.
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";

/** Time from one look to the next, in seconds, if none is given. */
export const defaultIntervalSeconds = 60;
/** How long a log may show nothing new before it counts as stalled, in seconds, if nothing is given. */
export const defaultStallSeconds = 86_400;
/** The longest time that an option may give, in seconds: what a timer can wait. */
const secondsMax = 2_000_000;

/** Adds `docket monitor` and `docket mirror`. `give` is told the exit code of the command that ran. */
export function addFollowing(program: Command, terminal: Terminal, give: (code: number) => void): void {
  addMonitor(program, terminal, give);
  addMirror(program, terminal, give);
}

type Monitoring = {
  key?: string;
  state?: string;
  policy?: string;
  interval: number;
  stall: number;
  once?: true;
  json?: true;
};

function addMonitor(program: Command, terminal: Terminal, give: (code: number) => void): void {
  program
    .command("monitor")
    .description("Follow a log, Docket's or any C2SP tlog-tiles log, and report forks, rollbacks and stalls.")
    .argument("<url>", "where the log is published: /checkpoint and /tile lie below")
    .addOption(keyOption())
    .option("--state <file>", "where the newest checkpoint is kept (default: ORIGIN.checkpoint)")
    .addOption(policyOption())
    .addOption(secondsOption("--interval", "time from one look to the next", defaultIntervalSeconds))
    .addOption(
      secondsOption("--stall", "how long nothing new may come before that is reported", defaultStallSeconds),
    )
    .option("--once", "look once, and end with what was found: 0, 1 or 3")
    .option("--json", "print a line of JSON for each event")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  $ docket monitor https://log.example/ --key log.vkey\n" +
        "  $ docket monitor https://log.example/ --key log.vkey --state ./seen --once",
    )
    .action(async (url: string, options: Monitoring) => {
      const { runMonitor } = await import("./run.ts");
      give(await runMonitor({ url, ...options }, terminal));
    });
}

type Mirroring = {
  key?: string;
  entries?: true;
  checkpoints?: true;
  policy?: string;
  recheck?: true;
  apiKey?: string;
  json?: true;
};

function addMirror(program: Command, terminal: Terminal, give: (code: number) => void): void {
  program
    .command("mirror")
    .description("Make a verified copy of a log's public files, or bring one up to date.")
    .argument("<url>", "where the log is published: /checkpoint and /tile lie below")
    .argument("<directory>", "the copy: a new or empty directory, or a mirror of the same log")
    .addOption(keyOption())
    .option("--entries", "copy the entries too, not only the hashes")
    .option("--checkpoints", "copy the checkpoints too that a log of Docket keeps for good")
    .addOption(policyOption())
    .option("--recheck", "check every file of the copy again, and repair what is damaged or missing")
    .addOption(
      new Option("--api-key <key>", "API key of an auditor, where entries need one").env("DOCKET_API_KEY"),
    )
    .option("--json", "print the report as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ docket mirror https://log.example/ ./copy --key log.vkey --entries",
    )
    .action(async (url: string, directory: string, options: Mirroring) => {
      const { runMirror } = await import("../mirror/run.ts");
      give(await runMirror({ url, directory, ...options }, terminal));
    });
}

function keyOption(): Option {
  return new Option("--key <vkey>", "the log's verifier key, or a file of them, one a line");
}

function policyOption(): Option {
  return new Option("--policy <file>", "a C2SP tlog-policy: who must have cosigned each checkpoint");
}

function secondsOption(name: string, about: string, seconds: number): Option {
  return new Option(`${name} <seconds>`, about).default(seconds).argParser((text: string) => {
    const given = Number(text);
    if (/^\d{1,7}$/.test(text) && given > 0 && given <= secondsMax) return given;
    throw new InvalidArgumentError(`A whole number of seconds, from 1 to ${secondsMax}, is expected.`);
  });
}
