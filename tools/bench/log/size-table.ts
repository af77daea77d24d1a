// SPDX-License-Identifier: Apache-2.0
// What a log costs by its size: opening it, after a good end and after a kill; memory; an inclusion proof.
// One log that grows. All of it should stay flat.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startDocket } from "../servers.ts";
import { jsonOf, runNode } from "./child.ts";
import { growingLog } from "./section.ts";
import { grouped, short, table } from "./markdown.ts";
import { median } from "../numbers.ts";
import type { Opening } from "./open-log.ts";
import type { BenchContext, Section } from "./section.ts";

const openProgram = fileURLToPath(new URL("./open-log.ts", import.meta.url));
/** So many of the last entries are answered by a process that is then killed. */
const tailEntries = 20_000;
const proofsMeasured = 2000;
const mebibyte = 2 ** 20;

/** What was measured at one size. Times are medians, in ms. */
export type SizeRow = {
  size: number;
  openMs: number;
  openKilledMs: number;
  rssBytes: number;
  serveMs: number;
  serveRssBytes: number;
  proofs: { p50Ms: number; p99Ms: number };
};

/** Measures at each size. */
export async function measureSizes(context: BenchContext): Promise<Section<SizeRow[]>> {
  const rows: SizeRow[] = [];
  for (const size of context.sizes) {
    const row = await measureSize(context, size);
    context.progress(`  ${JSON.stringify(row)}`);
    rows.push(row);
  }
  return { data: rows, text: textOf(rows) };
}

async function measureSize(context: BenchContext, size: number): Promise<SizeRow> {
  const log = growingLog(context);
  context.progress(`growing a log to ${grouped(size)} entries`);
  await log.grow(size - tailEntries);
  const killed = await runNode([openProgram, log.directory, "--die", String(tailEntries)]);
  if (killed.signal !== "SIGKILL") throw new Error(`the log was to be killed, and ended with ${killed.code}`);
  log.grown(size);
  const afterKill = (await jsonOf([openProgram, log.directory])) as Opening;
  if (afterKill.size !== size) {
    throw new Error(
      `after a kill the log has ${afterKill.size} entries and not the ${size} that it answered`,
    );
  }
  const openings: Opening[] = [];
  const servings: { ms: number; rssBytes: number }[] = [];
  for (let round = 0; round < context.rounds; round++) {
    openings.push(
      (await jsonOf([openProgram, log.directory, "--proofs", String(proofsMeasured)])) as Opening,
    );
    servings.push(await serve(log.directory));
  }
  const proof = (value: (proofs: { p50Ms: number; p99Ms: number }) => number): number =>
    median(openings.flatMap(({ proofs }) => (proofs === undefined ? [] : [value(proofs)])));
  return {
    size,
    openMs: median(openings.map((each) => each.openMs)),
    openKilledMs: afterKill.openMs,
    rssBytes: median(openings.map((each) => each.rssBytes)),
    serveMs: median(servings.map((each) => each.ms)),
    serveRssBytes: median(servings.map((each) => each.rssBytes)),
    proofs: { p50Ms: proof(({ p50Ms }) => p50Ms), p99Ms: proof(({ p99Ms }) => p99Ms) },
  };
}

async function serve(directory: string): Promise<{ ms: number; rssBytes: number }> {
  const startedMs = performance.now();
  const server = await startDocket(directory, ["--public-add"]);
  const ms = performance.now() - startedMs;
  const rssBytes = residentBytes(server.pid);
  await server.stop();
  return { ms, rssBytes };
}

/** Memory of a process; `NaN` where the system does not tell. */
function residentBytes(pid: number): number {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kibibytes) * 1024;
  } catch {
    return Number.NaN;
  }
}

function textOf(rows: readonly SizeRow[]): string {
  const head = [
    "entries",
    "open",
    "open after a kill",
    "memory",
    "`docket serve` listens",
    "memory of it",
    "proof p50",
    "proof p99",
  ];
  const ms = (value: number): string => `${short(value)} ms`;
  const mib = (bytes: number): string => `${short(bytes / mebibyte)} MiB`;
  const lines = rows.map((row) => [
    grouped(row.size),
    ms(row.openMs),
    ms(row.openKilledMs),
    mib(row.rssBytes),
    ms(row.serveMs),
    mib(row.serveRssBytes),
    ms(row.proofs.p50Ms),
    ms(row.proofs.p99Ms),
  ]);
  return table([head, ...lines], 0);
}
