// SPDX-License-Identifier: Apache-2.0
// `docket replica`, `docket backup`, `docket restore`, `docket drill`: their words, options and examples.
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { withPlaceAndJson } from "../command-parts.ts";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { BackupFlags } from "./run-backup.ts";
import type { DrillFlags } from "./run-drill.ts";
import type { ReplicaServeFlags, ReplicaStatusFlags } from "./run-replica.ts";

/** Adds all four. */
export function addCopies(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  addReplica(program, parts, terminal, give);
  addBackup(program, parts, terminal, give);
  addDrill(program, parts, terminal, give);
}

function addReplica(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const replica = program
    .command("replica")
    .description("Copies of the log that are kept while it is written; docket.yaml names them.")
    .addHelpText("after", parts.examples("docket replica status --data ./trial"));
  replica
    .command("serve")
    .description("Keep a copy of a log on this machine: take records and files from whoever has the key.")
    .argument("<directory>", "where the copy lies; made if it does not exist")
    .option("--listen <address>", "HOST:PORT; port 0 takes a free one", "127.0.0.1:7070")
    .option("--log <file>", "the log's verifier keys (log.vkey); another log is refused")
    .option("--new-key", "make a new key; the one before counts no more")
    .option("--tls-cert <file>", "certificate for https, PEM")
    .option("--tls-key <file>", "its key, PEM")
    .addHelpText("after", parts.examples("docket replica serve ./copy --log log.vkey --listen 0.0.0.0:7070"))
    .action(async (directory: string, options: Omit<ReplicaServeFlags, "directory">) => {
      const { runReplicaServe } = await import("./run-replica.ts");
      give(await runReplicaServe({ directory, ...options }, terminal));
    });
  withPlaceAndJson(
    replica
      .command("status")
      .description("Say how far each replica is. Exit code 1 if one is behind or can't be reached.")
      .option("--keys <directory>", "where the keys lie, if they were moved")
      .addHelpText("after", parts.examples("docket replica status --data ./trial")),
    parts,
  ).action(async (options: ReplicaStatusFlags) => {
    const { runReplicaStatus } = await import("./run-replica.ts");
    give(await runReplicaStatus(options, terminal));
  });
}

function addBackup(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  program
    .command("backup")
    .description("Back up a data directory, also while a server runs. Keys are never in it.")
    .requiredOption("--to <directory>", "where backups lie; each is a directory in it")
    .addOption(parts.data())
    .option("--keys <directory>", "where the keys lie, if they were moved")
    .option("--keep <time>", "remove older backups than that, but for the newest: 7d, 12h", duration)
    .option("--json", "print what was made as JSON")
    .addHelpText("after", parts.examples("docket backup --data ./trial --to /backups/trial --keep 7d"))
    .action(async (options: BackupFlags) => {
      const { runBackup } = await import("./run-backup.ts");
      give(await runBackup(options, terminal));
    });
  program
    .command("restore")
    .description(
      "Put a backup, or a replica's copy, in place as a data directory; what was erased since\n" +
        "stays erased. It signs nothing before docket promote.",
    )
    .argument("<from>", "a backup, a directory of backups (the newest is taken), or a replica's directory")
    .requiredOption("--to <directory>", "a new directory")
    .option("--keys <directory>", "where the keys lie that it goes on with (default: where they lay)")
    .option("--json", "print what was restored as JSON")
    .addHelpText("after", parts.examples("docket restore /backups/trial --to ./trial --keys ./trial.keys"))
    .action(async (from: string, options: { to: string; keys?: string; json?: true }) => {
      const { runRestore } = await import("./run-backup.ts");
      give(await runRestore({ from, ...options }, terminal));
    });
}

function addDrill(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  withPlaceAndJson(
    program
      .command("drill")
      .description(
        "Restore the newest copy in a scratch place, check all of it, measure what it lacks, and seal the\n" +
          "result. Exit code 1 if it failed.",
      )
      .option("--keys <directory>", "where the keys lie, if they were moved")
      .option("--from <directory>", "this backup or replica, and not the newest of those in docket.yaml")
      .option("--scratch <directory>", "where the scratch place is made (default: the system's)")
      .option("--unsealed", "seal nothing: for a log that is open elsewhere")
      .addHelpText(
        "after",
        parts.examples("docket drill --data ./trial", "docket drill --url http://127.0.0.1:8080"),
      ),
    parts,
  ).action(async (options: DrillFlags) => {
    const { runDrillCommand } = await import("./run-drill.ts");
    give(await runDrillCommand(options, terminal));
  });
}

const unitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function duration(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * (unitsMs[unit ?? ""] ?? Number.NaN);
  if (Number.isSafeInteger(ms)) return ms;
  throw new InvalidArgumentError("A time is a whole number and m, h or d: 7d.");
}
