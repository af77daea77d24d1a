// SPDX-License-Identifier: Apache-2.0
// One command from a clone to a receipt that is verified offline: npm run receipt
//
// Makes a log in ./first-receipt, decides the shipped sample, takes the receipt of a refused comment, and
// checks it with the log's public key alone, as anybody elsewhere would. Commands are printed as they run.
import { existsSync, mkdirSync } from "node:fs";
import { runDocket } from "./demo/site.ts";

const folder = "first-receipt";

process.exitCode = await main();

async function main(): Promise<number> {
  if (existsSync(folder)) {
    process.stderr.write(`${folder} is there already; remove it, or look around in it\n`);
    return 2;
  }
  mkdirSync(folder);
  if ((await step(["init", "data"])) === undefined) return 1;
  const decided = await step(["decide", "--data", "data", "../examples/comments.ndjson"]);
  if (decided === undefined) return 1;
  const index = refusedIn(decided);
  if (index === undefined) throw new Error("no comment of the sample was refused");
  if ((await step(["receipt", String(index), "--data", "data", "-o", "receipt.json"])) === undefined)
    return 1;
  const checked = await step(["verify", "receipt.json", "--key", "data/log.vkey"]);
  if (checked === undefined) return 1;
  process.stdout.write(`${checked}\nAll of it lies in ./${folder}. Next: docs/tutorials/first-decision.md\n`);
  return 0;
}

/** Runs a command and says which; `undefined` if it failed. */
async function step(words: readonly string[]): Promise<string | undefined> {
  process.stdout.write(`$ npx docket ${words.join(" ")}\n`);
  const { code, output } = await runDocket(words, folder);
  if (code === 0) return output;
  process.stderr.write(output);
  return undefined;
}

function refusedIn(output: string): number | undefined {
  const lines = output.split("\n").filter((line) => line.startsWith('{"line"'));
  const decisions = lines.map((line) => JSON.parse(line) as { index: number; outcome: string });
  return decisions.find(({ outcome }) => outcome === "reject")?.index;
}
