// SPDX-License-Identifier: Apache-2.0
// How fast the policy is, measured in turns with other engines on one core.
//
//   npm run bench:policy -- [--only rule,stream,backtest] [--rounds N] [--seconds S] [--events N]
//                           [--json FILE] [--write docs/reference/benchmarks.md]
//
// With --write each table replaces what stands between `<!-- bench:policy-NAME -->` and its end in the page.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { writeSection } from "./log/markdown.ts";
import { describeMachine } from "./machine.ts";
import { measureBacktest } from "./policy/backtest-table.ts";
import type { PolicyBench, PolicySection } from "./policy/context.ts";
import { measureRule } from "./policy/rule-table.ts";
import { measureStream } from "./policy/stream-table.ts";

/** The tables by name, each in its own section of the page; the backtest's belongs here too. */
const tables: Readonly<Record<string, (context: PolicyBench) => Promise<PolicySection>>> = {
  rule: measureRule,
  stream: measureStream,
  backtest: measureBacktest,
};

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(tables).join() },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "0.5" },
    events: { type: "string", default: "20000" },
    json: { type: "string" },
    write: { type: "string" },
  },
});
await main();

async function main(): Promise<void> {
  const context: PolicyBench = {
    rounds: positive("--rounds", options.rounds),
    seconds: positive("--seconds", options.seconds),
    events: positive("--events", options.events),
    progress: (text) => process.stderr.write(`${text}\n`),
  };
  const machine = describeMachine();
  const sections: Record<string, unknown> = {};
  for (const name of options.only.split(",")) {
    const measureTable = tables[name];
    if (measureTable === undefined) throw new Error(`there is no table ${name}`);
    const { data, text } = await measureTable(context);
    sections[name] = data;
    const complete = `${text}\n\n${factsOf(name)}`;
    process.stdout.write(`\n## ${name}\n\n${complete}\n`);
    if (options.write !== undefined) writeSection(options.write, `policy-${name}`, complete);
  }
  if (options.json === undefined) return;
  const { rounds, seconds } = context;
  const at = new Date().toISOString();
  const results = { format: "docket-bench-policy/v1", at, version: version(), machine, rounds, seconds };
  writeFileSync(options.json, `${JSON.stringify({ ...results, tables: sections }, undefined, 2)}\n`);
}

function factsOf(name: string): string {
  const { cpu, cores, memoryGiB, system, node } = describeMachine();
  const words = `--only ${name} --rounds ${options.rounds} --seconds ${options.seconds}`;
  const day = new Date().toISOString().slice(0, 10);
  return (
    `Made by \`npm run bench:policy -- ${words}\` on ${day}, Docket ${version()}: ${cpu}, one of ${cores} ` +
    `cores, ${memoryGiB} GiB, ${system}, Node ${node}. Medians of rounds in turns; the machine did other ` +
    "work meanwhile, so that ratios count."
  );
}

function version(): string {
  const text = readFileSync(new URL("../../packages/docket/package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`${name} ${text} is not a positive number`);
}
