// SPDX-License-Identifier: Apache-2.0
// `docket keys`: its words and options. (`docket key` is about the keys that sign, and older.)
import { Argument, Option } from "commander";
import type { Command } from "commander";
import type { RotatableKey } from "../../key-desk/contract.ts";
import { rotatableKeys } from "../../key-desk/contract.ts";
import { providerNames } from "../../key-providers/contract.ts";
import { withPlaceAndJson } from "../command-parts.ts";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { BackupOptions, RestoreOptions } from "./backup.ts";
import type { HardenOptions } from "./harden.ts";
import type { ProtectOptions, StatusOptions } from "./protect.ts";
import type { KeysOptions, RotateOptions } from "./run.ts";

/** Adds `keys` and what is below it, and `harden`. */
export function addKeys(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const keys = withPlaceAndJson(
    program
      .command("keys")
      .description("List the keys of a site: what for, since when, where, and what protects them.")
      .addHelpText(
        "after",
        parts.examples("docket keys --data ./trial", "docket keys rotate site --why yearly"),
      ),
    parts,
  ).action(async (options: KeysOptions) => {
    const { runKeys } = await import("./run.ts");
    give(await runKeys(options, terminal));
  });
  addRotate(keys, parts, terminal, give);
  addProtection(keys, parts, terminal, give);
  addCopies(keys, parts, terminal, give);
  addHarden(program, parts, terminal, give);
}

function addRotate(keys: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  withPlaceAndJson(
    keys
      .command("rotate")
      .description(
        "Change a key of the evidence; a server goes on answering. What was sealed before stays readable.\n" +
          "Keys that sign are changed with docket key rotate.",
      )
      .addArgument(new Argument("<key>", "which").choices(rotatableKeys))
      .requiredOption("--why <text>", "sealed with the request, readable with the site's keys")
      .option("--request <index>", "the request that a second person approved", wholeIndex),
    parts,
  )
    .addHelpText(
      "after",
      parts.examples(
        "docket keys rotate keyEncryption --why 'the yearly change' --data ./trial",
        "docket keys rotate site --why 'somebody left' --url http://127.0.0.1:8080",
      ),
    )
    .action(async (key: RotatableKey, options: Omit<RotateOptions, "key">) => {
      const { runRotate } = await import("./run.ts");
      give(await runRotate({ ...options, key }, terminal));
    });
}

function addProtection(keys: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  keys
    .command("protect")
    .description(
      "Protect the files of the keys by something that is asked at each start, as docket.yaml says,\n" +
        "or make them plain files again. Stop the server first.",
    )
    .addOption(
      new Option("--with <provider>", "what protects them")
        .choices([...providerNames, "file"])
        .makeOptionMandatory(),
    )
    .addOption(parts.data())
    .option("--keys <directory>", "where the keys lie, if they were moved")
    .option("--json", "print what was done as JSON")
    .addHelpText("after", parts.examples("docket keys protect --with age --data ./trial"))
    .action(async (options: ProtectOptions) => {
      const { runProtect } = await import("./protect.ts");
      give(await runProtect(options, terminal));
    });
  keys
    .command("status")
    .description("Say how the keys are protected, and see whether they open: asks a KMS or a token.")
    .addOption(parts.data())
    .option("--keys <directory>", "where the keys lie, if they were moved")
    .option("--json", "print it as JSON")
    .addHelpText("after", parts.examples("docket keys status --data ./trial"))
    .action(async (options: StatusOptions) => {
      const { runStatus } = await import("./protect.ts");
      give(await runStatus(options, terminal));
    });
}

function addCopies(keys: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  keys
    .command("backup")
    .description("Write a copy of the keys, encrypted to recipients of age. Keep it apart from the data's.")
    .requiredOption("--to <file>", "the file; one that is there is replaced")
    .requiredOption("--age <recipient>", "who can open it, age1…; may be repeated", gathered)
    .addOption(parts.data())
    .option("--keys <directory>", "where the keys lie, if they were moved")
    .addHelpText(
      "after",
      parts.examples("docket keys backup --to /mnt/safe/keys.age --age age1… --data ./trial"),
    )
    .action(async (options: BackupOptions) => {
      const { runKeysBackup } = await import("./backup.ts");
      give(await runKeysBackup(options, terminal));
    });
  keys
    .command("restore")
    .description("Put the keys of a copy into a keys directory that has none, as plain files.")
    .argument("<file>", "the copy")
    .requiredOption("--identity <file>", "an identity of age that opens it")
    .addOption(parts.data())
    .option("--keys <directory>", "where the keys shall lie, if not where docket.json says")
    .addHelpText("after", parts.examples("docket keys restore keys.age --identity id.txt --data ./trial"))
    .action(async (file: string, options: Omit<RestoreOptions, "file">) => {
      const { runKeysRestore } = await import("./backup.ts");
      give(await runKeysRestore({ ...options, file }, terminal));
    });
}

function addHarden(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  program
    .command("harden")
    .description(
      "Make files of the log that never change append-only, where the file system can: nobody removes or\n" +
        "rewrites them then, not even root, before the attribute is taken off. Takes CAP_LINUX_IMMUTABLE.",
    )
    .addOption(parts.data())
    .addOption(new Option("--check", "only say how many are").conflicts("undo"))
    .option("--undo", "take the attribute off again")
    .option("--json", "print it as JSON")
    .addHelpText("after", parts.examples("docket harden --data /srv/docket"))
    .action(async (options: HardenOptions) => {
      const { runHarden } = await import("./harden.ts");
      give(await runHarden(options, terminal));
    });
}

function gathered(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function wholeIndex(text: string): number {
  const index = Number(text);
  // Whatever is no index is the index of no record.
  return Number.isSafeInteger(index) && index >= 0 ? index : -1;
}
