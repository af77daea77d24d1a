// SPDX-License-Identifier: Apache-2.0
// npm run bench:log -- [--only TABLE,…] [--rounds N] [--seconds S] [--writers N,…] [--sizes N,…] [--full]
//                      [--require] [--directory DIR] [--json FILE] [--write docs/reference/benchmarks.md]
//
// Measures the log beside what others use as one, in turns, and prints tables; progress goes to standard
// error.
//
//   append   opaque entries, in process: Docket, JSON lines, SQLite, PostgreSQL, Redis
//   records  records with parts and new actors, in process
//   http     opaque entries over HTTP
//   size     start, memory and proofs of logs of 100,000 and 1,000,000 entries, with --full also 10,000,000
//   verify   how fast `docket verify` is, of opaque entries and of records
//
// PostgreSQL and Redis are started here, each with data of its own, if they are installed; --require makes it
// an error if one is not. All is removed at the end.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureAppends } from "./log/append-table.ts";
import { measureHttp } from "./log/http-table.ts";
import { writeSection } from "./log/markdown.ts";
import { measureRecords } from "./log/records-table.ts";
import type { BenchContext, Section } from "./log/section.ts";
import { measureSizes } from "./log/size-table.ts";
import { measureVerify } from "./log/verify-table.ts";
import { openWorkplace } from "./log/workplace.ts";
import { describeMachine } from "./machine.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const fullSize = 10_000_000;
const tables: Readonly<Record<string, (context: BenchContext) => Promise<Section<unknown>>>> = {
  append: measureAppends,
  records: measureRecords,
  http: measureHttp,
  size: measureSizes,
  verify: measureVerify,
};

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(tables).join() },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "0.7" },
    writers: { type: "string", default: "1,64,256,1024" },
    sizes: { type: "string", default: "100000,1000000" },
    full: { type: "boolean", default: false },
    require: { type: "boolean", default: false },
    directory: { type: "string" },
    json: { type: "string" },
    write: { type: "string" },
  },
});
const wanted = options.only.split(",");
for (const name of wanted) if (!(name in tables)) throw new Error(`there is no table ${name}`);
const workplace = openWorkplace(options.directory);
try {
  await measureAll();
} finally {
  await workplace.end();
}

async function measureAll(): Promise<void> {
  const context: BenchContext = {
    workplace,
    rounds: positive("--rounds", options.rounds),
    seconds: positive("--seconds", options.seconds),
    writers: numbers("--writers", options.writers),
    peers: "all",
    require: options.require,
    sizes: [...numbers("--sizes", options.sizes), ...(options.full ? [fullSize] : [])],
    syncTimes: () => workplace.syncTimes(),
    progress: (text) => process.stderr.write(`${text}\n`),
  };
  const machine = describeMachine();
  context.progress(`working in ${workplace.directory} (${workplace.fileSystem})`);
  const sections: Record<string, unknown> = {};
  // In this order whatever was asked for: the log that one table grows is the next one's.
  for (const [name, measureTable] of Object.entries(tables)) {
    if (!wanted.includes(name)) continue;
    const { data, text } = await measureTable(context);
    sections[name] = data;
    const complete = `${text}\n\n${factsOf(name)}`;
    process.stdout.write(`\n## ${name}\n\n${complete}\n`);
    if (options.write !== undefined) writeSection(options.write, name, complete);
  }
  if (options.json === undefined) return;
  const { fileSystem } = workplace;
  const at = new Date().toISOString();
  const { rounds, seconds, writers } = context;
  const results = { format: "docket-bench-log/v1", at, version: version(), machine, fileSystem };
  const measured = { ...results, rounds, seconds, writers, tables: sections };
  writeFileSync(options.json, `${JSON.stringify(measured, undefined, 2)}\n`);
}

function factsOf(name: string): string {
  const { cpu, cores, memoryGiB, system, node } = describeMachine();
  const { rounds, seconds, full, sizes } = options;
  const bySize = name === "size" || name === "verify" ? ` --sizes ${sizes}${full ? " --full" : ""}` : "";
  const words = `--only ${name} --rounds ${rounds} --seconds ${seconds}${bySize}`;
  return (
    `Made by \`npm run bench:log -- ${words}\` on ${new Date().toISOString().slice(0, 10)}, ` +
    `Docket ${version()}: ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${workplace.fileSystem}, ${system}, ` +
    `Node ${node}.`
  );
}

function version(): string {
  const text = readFileSync(join(root, "packages/docket/package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function numbers(name: string, text: string): number[] {
  return text.split(",").map((part) => positive(name, part));
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`${name} ${text} is not a positive number`);
}
