// SPDX-License-Identifier: Apache-2.0
// `docket key rotate`, `docket key history`, `docket promote` and `docket succeed`: their words, options and
// examples.
import { Option } from "commander";
import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";

type Give = (code: number) => void;

/** Adds `rotate` and `history` below `docket key`. `give` is told the exit code of the command that ran. */
export function addKeyCommands(key: Command, terminal: Terminal, give: Give): void {
  key
    .command("rotate")
    .description("Change the log's keys: new ones sign from the next checkpoint on. Stop the server first.")
    .argument("<directory>", "the data directory")
    .addOption(keysOption())
    .option("--json", "print the change as JSON")
    .addHelpText("after", example("docket key rotate ./docket-data"))
    .action(async (directory: string, options: { keys?: string; json?: true }) => {
      const { runKeyRotate } = await import("./run.ts");
      give(await runKeyRotate({ directory, ...options }, terminal));
    });
  key
    .command("history")
    .description("Print all keys that signed the log, and which checkpoints each may have signed.")
    .argument("<directory>", "the data directory")
    .option("--json", "print it as JSON, as sites/main/keys.json has it")
    .addHelpText("after", example("docket key history ./docket-data"))
    .action(async (directory: string, options: { json?: true }) => {
      const { runKeyHistory } = await import("./run.ts");
      give(await runKeyHistory({ directory, ...options }, terminal));
    });
}

type Promoting = {
  keys?: string;
  seen: string[];
  policy?: string;
  moved?: true;
  /** `--no-inodes` */
  inodes: boolean;
  json?: true;
};
type Succeeding = { keys?: string; oldKeys?: string; seen: string[]; policy?: string; json?: true };

/** Adds `docket promote` and `docket succeed`. */
export function addSuccession(program: Command, terminal: Terminal, give: Give): void {
  program
    .command("promote")
    .description(
      "Let a log that was restored, copied or moved sign again, if it holds its newest signed state.\n" +
        "Whatever process has another copy of it open signs no more.",
    )
    .argument("<directory>", "the data directory")
    .addOption(keysOption())
    .addOption(seenOption())
    .addOption(policyOption())
    .option("--moved", "you say that all was moved after a stop, and no other copy has signed since")
    .option("--no-inodes", "don't tell copies by inode numbers, where the file system doesn't keep them")
    .option("--json", "print what showed it as JSON")
    .addHelpText(
      "after",
      example("docket promote ./docket-data --seen ./seen --seen https://mirror.example/log"),
    )
    .action(async (directory: string, options: Promoting) => {
      const { runPromote } = await import("./run.ts");
      give(await runPromote({ directory, ...options }, terminal));
    });
  program
    .command("succeed")
    .description(
      "Close a log for good that lacks what it signed, and begin another,\n" +
        "which names its last known checkpoint.",
    )
    .argument("<old>", "the data directory of the log that ends")
    .argument("<new>", "a new or empty directory")
    .option("--keys <directory>", "where the new keys lie (default: beside the new data, NEW.keys)")
    .option("--old-keys <directory>", "where the old keys lie, if they were moved")
    .addOption(seenOption())
    .addOption(policyOption())
    .option("--json", "print what was made as JSON")
    .addHelpText("after", example("docket succeed ./docket-data ./docket-data-2 --seen ./seen"))
    .action(async (old: string, directory: string, options: Succeeding) => {
      const { runSucceed } = await import("./run.ts");
      give(await runSucceed({ old, directory, ...options }, terminal));
    });
}

function keysOption(): Option {
  return new Option("--keys <directory>", "where the keys lie, if they were moved");
}

function seenOption(): Option {
  return new Option(
    "--seen <target>",
    "a checkpoint from elsewhere: a file (checkpoints, receipt, proof), a directory, a log's URL; repeatable",
  )
    .default([] as string[], "none")
    .argParser((target: string, before: string[]) => [...before, target]);
}

function policyOption(): Option {
  return new Option(
    "--policy <file>",
    "a tlog-policy: its witnesses are asked what they cosigned last (default: witnesses.policy in the data)",
  );
}

function example(line: string): string {
  return `\nExample:\n  $ ${line}`;
}
