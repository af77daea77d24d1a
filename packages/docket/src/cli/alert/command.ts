// SPDX-License-Identifier: Apache-2.0
// `docket alert`: its words and options.
import type { Command } from "commander";
import { withPlaceAndJson } from "../command-parts.ts";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { AlertOptions } from "./run.ts";

/** Adds `alert list` and `alert test`. */
export function addAlerts(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const alert = program
    .command("alert")
    .description("What is wrong with the site now, and who is told of it.");
  withPlaceAndJson(
    alert
      .command("list")
      .description("List the alerts that are open or ended lately, and the channels that are told.")
      .addHelpText("after", parts.examples("docket alert list --url http://127.0.0.1:8080")),
    parts,
  ).action(async (options: AlertOptions) => {
    const { runAlertList } = await import("./run.ts");
    give(await runAlertList(options, terminal));
  });
  withPlaceAndJson(
    alert
      .command("test")
      .description("Send each channel, or those that are named, a message that only tries it.")
      .argument("[channels...]", "their ids, as docket.yaml has them")
      .addHelpText(
        "after",
        parts.examples(
          "docket alert test operators --data ./trial",
          "docket alert test --url http://127.0.0.1:8080",
        ),
      ),
    parts,
  ).action(async (channels: string[], options: AlertOptions) => {
    const { runAlertTest } = await import("./run.ts");
    give(await runAlertTest(channels, options, terminal));
  });
}
