// SPDX-License-Identifier: Apache-2.0
// `docket witness`: its words, options and examples.
import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";

/** The address that a witness listens on if none is named. */
export const defaultWitnessListen = "127.0.0.1:8090";

/** Adds `docket witness` and what is below it. `give` is told the exit code of the command that ran. */
export function addWitness(program: Command, terminal: Terminal, give: (code: number) => void): void {
  const witness = program
    .command("witness")
    .description("Run a witness, which cosigns the checkpoints of others' logs (C2SP tlog-witness).")
    .addHelpText("after", example("docket witness init ./witness --name witness.example.org/w1"));
  witness
    .command("init")
    .description("Make a witness: its directory and its two keys.")
    .argument("<directory>", "a new or empty directory")
    .requiredOption("--name <name>", "its name in signatures: a URL without the scheme, for ever")
    .option("--keys <directory>", "where the keys lie (default: beside it, DIRECTORY.keys)")
    .option("--json", "print what was made as JSON")
    .addHelpText("after", example("docket witness init ./witness --name witness.example.org/w1"))
    .action(async (directory: string, options: { name: string; keys?: string; json?: true }) => {
      const { runWitnessInit } = await import("./set-up.ts");
      give(await runWitnessInit({ directory, ...options, json: options.json === true }, terminal));
    });
  witness
    .command("add-log")
    .description("Let a witness cosign a log; also while it runs.")
    .argument("<directory>", "the witness's directory")
    .argument("<key>", "the log's verifier key, or a file of keys: log.vkey, a tlog-policy, a tlog-list")
    .option("--url <url>", "where the log can be read, for people")
    .option("--origin <origin>", "the log's origin, if it is another than the key's name")
    .addHelpText("after", example("docket witness add-log ./witness ./log.vkey"))
    .action(async (directory: string, key: string, options: { url?: string; origin?: string }) => {
      const { runWitnessAddLog } = await import("./logs.ts");
      give(await runWitnessAddLog({ directory, key, ...options }, terminal));
    });
  witness
    .command("list-logs")
    .description("List the logs that a witness cosigns, and how far it has seen them.")
    .argument("<directory>", "the witness's directory")
    .option("--json", "print a line of JSON for each")
    .addHelpText("after", example("docket witness list-logs ./witness"))
    .action(async (directory: string, options: { json?: true }) => {
      const { runWitnessListLogs } = await import("./logs.ts");
      give(await runWitnessListLogs({ directory, json: options.json === true }, terminal));
    });
  witness
    .command("serve")
    .description("Start the witness's server.")
    .argument("<directory>", "the witness's directory")
    .option("--listen <address>", "HOST:PORT; port 0 takes a free one", defaultWitnessListen)
    .option("--keys <directory>", "where the keys lie, if they were moved")
    .addHelpText("after", example("docket witness serve ./witness --listen 0.0.0.0:8090"))
    .action(async (directory: string, options: { listen: string; keys?: string }) => {
      const { runWitnessServe } = await import("./serve.ts");
      give(await runWitnessServe({ directory, ...options }, terminal));
    });
}

function example(line: string): string {
  return `\nExample:\n  $ ${line}`;
}
