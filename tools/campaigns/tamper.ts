// SPDX-License-Identifier: Apache-2.0
// The tamper campaign: changes logs and receipts in every way it knows, one at a time, and asks
// `docket verify` each time. It must find the change and blame nothing else, unless what is verified is as it
// was; and it must find nothing in a log that nobody touched.
//
//   npm run campaign:tamper -- [--mutations N] [--seed S] [--only NUMBER] [--processes P]
//                              [--json FILE] [--write docs/assurance.md]
//
// A change follows from the seed and its number: --only makes that one again, and prints what was said.
// Exit 1 if anything was missed, blamed on the wrong place, or found in an untouched log.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { tamperTable, writeTable } from "./assurance.ts";
import { runTamper } from "./tamper/campaign.ts";
import type { TamperResult, TamperRow } from "./tamper/campaign.ts";

/** Failures that are printed. */
const printedMax = 40;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      mutations: { type: "string", default: "100000" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      only: { type: "string" },
      processes: { type: "string", default: "1" },
      part: { type: "string" },
      json: { type: "string" },
      write: { type: "string" },
    },
  });
  const { seed } = values;
  if (values.only !== undefined) {
    console.log((await runTamper(seed, [Number(values.only)])).failures);
    return 0;
  }
  const count = Number(values.mutations);
  const processes = Number(values.processes);
  if (values.part !== undefined) {
    const part = Number(values.part);
    process.stdout.write(JSON.stringify(await runTamper(seed, numbers(count, part, processes))));
    return 0;
  }
  console.error(`tamper campaign: ${count} changes, seed ${seed}`);
  const report = (done: number): void => {
    if (done % 1000 === 0) console.error(`${done} of ${count}`);
  };
  const result =
    processes === 1
      ? await runTamper(seed, numbers(count, 0, 1), report)
      : merged(await Promise.all(Array.from({ length: processes }, (_, part) => runPart(part))));
  console.table(result.rows);
  console.log(`${result.untouched} untouched, ${result.falseAlarms} false alarms; ${result.seconds} s`);
  for (const { number, kind, log, what, said } of result.failures.slice(0, printedMax))
    console.log(`--seed ${seed} --only ${number}: ${kind}, ${log}: ${what}\n    ${said}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  if (values.write !== undefined) writeTable(values.write, "tamper", tamperTable(result));
  return result.failures.length === 0 ? 0 : 1;

  async function runPart(part: number): Promise<TamperResult> {
    const words = ["--mutations", values.mutations, "--seed", seed, "--processes", values.processes];
    const program = [...process.execArgv, fileURLToPath(import.meta.url), ...words, "--part", String(part)];
    const child = spawn(process.execPath, program, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (text: Buffer) => (output += text.toString("utf8")));
    await new Promise((resolve) => child.once("close", resolve));
    return JSON.parse(output) as TamperResult;
  }
}

function* numbers(count: number, first: number, step: number): Generator<number> {
  for (let number = first; number < count; number += step) yield number;
}

function merged(results: readonly TamperResult[]): TamperResult {
  const [sum, ...others] = results as [TamperResult, ...TamperResult[]];
  for (const other of others) {
    for (const row of other.rows) add(sum.rows, row);
    sum.untouched += other.untouched;
    sum.falseAlarms += other.falseAlarms;
    sum.failures.push(...other.failures);
    sum.seconds = Math.max(sum.seconds, other.seconds);
  }
  return sum;
}

function add(rows: TamperRow[], more: TamperRow): void {
  const row = rows.find(({ family, kind }) => family === more.family && kind === more.kind);
  if (row === undefined) {
    rows.push(more);
    return;
  }
  for (const key of ["made", "detected", "withSeen", "identical", "missed", "misblamed"] as const)
    row[key] += more[key];
}
