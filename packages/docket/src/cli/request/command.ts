// SPDX-License-Identifier: Apache-2.0
// `docket requests` and `docket request`: their words and options.
import type { Command } from "commander";
import { withPlaceAndJson } from "../command-parts.ts";
import type { CommandParts, Give } from "../command-parts.ts";
import type { Terminal } from "../terminal.ts";
import type { RequestOptions, RequestsOptions, RequestVerb } from "./run.ts";

/** Adds `requests` and `request`. */
export function addRequests(program: Command, parts: CommandParts, terminal: Terminal, give: Give): void {
  withPlaceAndJson(
    program
      .command("requests")
      .description("List what was asked for that takes a second person, the newest first.")
      .option("--all", "also what is over"),
    parts,
  )
    .addHelpText("after", parts.examples("docket requests --url http://127.0.0.1:8080"))
    .action(async (options: RequestsOptions) => {
      const { runRequests } = await import("./run.ts");
      give(await runRequests(options, terminal));
    });
  const request = program
    .command("request")
    .description("Show, approve, refuse or withdraw a request for what takes a second person.")
    .addHelpText("after", parts.examples("docket request show 117 --url http://127.0.0.1:8080"));
  addVerb(
    request,
    "show",
    "Show what it asks for, whom it reaches, and how it stands.",
    parts,
    terminal,
    give,
  );
  addVerb(request, "approve", "Approve a request of another person.", parts, terminal, give).option(
    "--hash <hash>",
    "the hash of what you looked at, as `show` prints it; another is refused",
  );
  addVerb(request, "refuse", "Refuse a request.", parts, terminal, give);
  addVerb(request, "withdraw", "Withdraw a request of your own.", parts, terminal, give);
}

function addVerb(
  request: Command,
  verb: RequestVerb,
  description: string,
  parts: CommandParts,
  terminal: Terminal,
  give: Give,
): Command {
  const command = withPlaceAndJson(
    request.command(verb).description(description).addArgument(parts.index()),
    parts,
  );
  if (verb !== "show") command.option("--why <text>", "sealed with the step, readable with the site's keys");
  return command
    .addHelpText("after", parts.examples(`docket request ${verb} 117 --url http://127.0.0.1:8080`))
    .action(async (index: number, options: Omit<RequestOptions, "index" | "verb">) => {
      const { runRequest } = await import("./run.ts");
      give(await runRequest({ ...options, verb, index }, terminal));
    });
}
