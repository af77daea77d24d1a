// SPDX-License-Identifier: Apache-2.0
// `docket clock`: its words and options.
import type { Command } from "commander";
import { withPlaceAndJson } from "../command-parts.ts";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { ClockOptions } from "./run.ts";

/** Adds `clock` and `clock correct`. */
export function addClock(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  const clock = withPlaceAndJson(
    program
      .command("clock")
      .description("How exact the time is that records bear: sources of time, steps, what was sealed of it.")
      .option("--check", "ask the sources of docket.yaml now, from here; exits with 1 if they don't agree")
      .addHelpText(
        "after",
        parts.examples("docket clock --data ./trial --check", "docket clock --url http://127.0.0.1:8080"),
      ),
    parts,
  ).action(async (options: ClockOptions) => {
    const { runClock } = await import("./run.ts");
    give(await runClock(options, terminal));
  });
  clock
    .command("correct")
    .description(
      "Say that the clock is right now although the last record is later, so that later records may be\n" +
        "earlier than that one. It is sealed. Sources that agree do it by themselves.",
    )
    .addOption(parts.data())
    .option("--json", "print it as JSON")
    .addHelpText("after", parts.examples("docket clock correct --data ./trial"))
    .action(async (_options: unknown, command: Command) => {
      const { runClockCorrect } = await import("./run.ts");
      give(await runClockCorrect(command.optsWithGlobals<ClockOptions>(), terminal));
    });
}
