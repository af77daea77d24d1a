// SPDX-License-Identifier: Apache-2.0
// npm run bench [-- --rounds N --seconds S --directory DIR --json FILE --readme]
//
// Measures `docket serve` over loopback, sealed and unsealed, beside conventional logging; then the file path
// in a process of its own. The measures of a round follow each other, beginning at another one each round, so
// that what else the machine does falls on all alike. Prints a table; progress goes to standard error.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { DecideSample } from "./decide-sample.ts";
import { eventSource } from "./events.ts";
import { batchEvents, singleEvents } from "./load.ts";
import type { Sample, Target } from "./load.ts";
import { describeMachine, diskSyncMs } from "./machine.ts";
import { median } from "./numbers.ts";
import { markdownOf, measures, mediansOf } from "./report.ts";
import type { Measure, Results, Round } from "./report.ts";
import { startDocket, startPeer } from "./servers.ts";

const connectionsMany = 64;
const root = fileURLToPath(new URL("../../", import.meta.url));
const sample = join(root, "examples/comments.ndjson");
const readme = join(root, "README.md");
const readmeMarks = ["<!-- bench -->", "<!-- /bench -->"] as const;

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    directory: { type: "string", default: tmpdir() },
    json: { type: "string" },
    readme: { type: "boolean", default: false },
  },
});
const rounds = positive("--rounds", options.rounds);
const seconds = positive("--seconds", options.seconds);
const directory = mkdtempSync(join(options.directory, "docket-bench-"));
try {
  const results = await measureAll();
  const text = markdownOf(results);
  process.stdout.write(`${text}\n`);
  const path = options.json ?? join(root, "bench-results", `${results.at.replaceAll(/[:.]/g, "-")}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, undefined, 2)}\n`);
  progress(`All numbers are in ${path}`);
  if (options.readme) writeReadme(text);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function measureAll(): Promise<Results> {
  const measured = await measureServers();
  progress("deciding a file in a process of its own");
  const decide = await decideSample();
  const { version } = JSON.parse(readFileSync(join(root, "packages/docket/package.json"), "utf8")) as {
    version: string;
  };
  return {
    format: "docket-bench/v1",
    at: new Date().toISOString(),
    version,
    machine: describeMachine(),
    secondsPerMeasure: seconds,
    syncMs: median(measured.map((round) => round.syncMs)),
    medians: mediansOf(measured),
    decide,
    rounds: measured,
  };
}

async function measureServers(): Promise<Round[]> {
  const docket = await startDocket(join(directory, "data"));
  const peer = await startPeer(directory);
  try {
    const nextEvent = eventSource("bench");
    const single =
      (target: Target, connections: number, dryRun = false) =>
      (): Promise<Sample> =>
        singleEvents(target, nextEvent, { connections, seconds, dryRun });
    const runs: Record<Measure, () => Promise<Sample>> = {
      sealed1: single(docket, 1),
      unsealed1: single(docket, 1, true),
      peer1: single(peer, 1),
      sealed64: single(docket, connectionsMany),
      unsealed64: single(docket, connectionsMany, true),
      peer64: single(peer, connectionsMany),
      batch: () => batchEvents(docket, nextEvent, seconds),
    };
    progress("warming up");
    for (const measure of measures) await runs[measure]();
    const done: Round[] = [];
    for (let round = 0; round < rounds; round++) done.push(await measureRound(round, runs));
    return done;
  } finally {
    await Promise.all([docket.stop(), peer.stop()]);
  }
}

async function measureRound(round: number, runs: Record<Measure, () => Promise<Sample>>): Promise<Round> {
  const syncMs = diskSyncMs(directory);
  const samples: Partial<Record<Measure, Sample>> = {};
  for (let step = 0; step < measures.length; step++) {
    const measure = measures[(round + step) % measures.length] ?? "sealed1";
    const found = await runs[measure]();
    samples[measure] = found;
    const latency = Number.isNaN(found.p50Ms) ? "" : `, median ${found.p50Ms.toFixed(2)} ms`;
    progress(`round ${round + 1} of ${rounds}: ${measure} ${Math.round(found.perSecond)}/s${latency}`);
  }
  return { ...(samples as Record<Measure, Sample>), syncMs };
}

function decideSample(): Promise<DecideSample> {
  const program = fileURLToPath(new URL("./decide-sample.ts", import.meta.url));
  const words = ["--conditions=@docket/source", program, join(directory, "file"), sample];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
  return new Promise((resolve, reject) => {
    child.once("close", (code) => {
      if (code === 0) resolve(JSON.parse(output) as DecideSample);
      else reject(new Error(`deciding the sample ended with ${code}`));
    });
  });
}

function writeReadme(text: string): void {
  const [begin, end] = readmeMarks;
  const before = readFileSync(readme, "utf8");
  const from = before.indexOf(begin);
  const to = before.indexOf(end);
  if (from === -1 || to < from) throw new Error(`README.md has no ${begin} … ${end}`);
  writeFileSync(readme, `${before.slice(0, from + begin.length)}\n${text}\n${before.slice(to)}`);
  progress("README.md has the new numbers");
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`${name} ${text} is not a positive number`);
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
