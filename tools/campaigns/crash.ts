// SPDX-License-Identifier: Apache-2.0
// The crash campaign: makes the disk fail and processes die, starts again, and checks that every answer is in
// the log, unaltered and once, that no root was ever signed that the log afterwards contradicts, and that it
// verifies.
//
//   npm run campaign:crash -- [--mode MODE,…] [--cycles N | --short] [--processes N]
//                             [--seed S] [--only CYCLE] [--json FILE] [--write docs/assurance.md] [--keep]
//
//   faults    a simulated process on a simulated disk: each kind of fault at every step of a fixed script
//   random    the same, with scripts and moments by chance
//   decide    `docket decide` on a file, killed
//   serve     `docket serve` under load from several connections, killed
//   opaque    a program that appends to an opaque log, killed
//   power     a real process on a disk that loses what was not synced, killed
//   syscalls  a real process whose system calls fail, or that is killed at them, by strace
//
// Without --cycles: everything in `faults`, and for the others the numbers of the long form; with --short
// some of each; --processes is the number for each mode of real processes. The seed is printed; it gives the
// faults of a simulated disk again exactly, and --only runs one cycle of these alone; of real processes it
// gives the moments, not what the machine makes of them.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { crashTable, writeTable } from "./assurance.ts";
import { cycleOf, everyStep, randomCycles, runCycle, runCycles, sampled } from "./crash/faults.ts";
import { runProcesses } from "./crash/processes.ts";
import { isClean } from "./crash/row.ts";
import type { CrashRow } from "./crash/row.ts";
import { runSyscalls, whyNoSyscalls } from "./crash/syscalls.ts";
import { seededRandom } from "./seeded-random.ts";
import type { Random } from "./seeded-random.ts";

/** Cycles of each mode in the long form; of `faults` there are as many as there are steps and kinds. */
const longForm = {
  faults: Infinity,
  random: 600,
  decide: 120,
  serve: 60,
  opaque: 120,
  power: 120,
  syscalls: 80,
};
type Mode = keyof typeof longForm;
/** A taste of each, in a few minutes. */
const shortForm: typeof longForm = {
  faults: 400,
  random: 80,
  decide: 6,
  serve: 6,
  opaque: 6,
  power: 6,
  syscalls: 6,
};

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      mode: { type: "string", default: Object.keys(longForm).join() },
      cycles: { type: "string" },
      short: { type: "boolean", default: false },
      processes: { type: "string" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      only: { type: "string" },
      json: { type: "string" },
      write: { type: "string" },
      keep: { type: "boolean", default: false },
    },
  });
  if (values.only !== undefined) return runOnly(values.only);
  const started = Date.now();
  console.log(`crash campaign, seed ${values.seed}`);
  const directory = mkdtempSync(join(tmpdir(), "docket-crash-"));
  const rows: CrashRow[] = [];
  for (const mode of values.mode.split(",").filter(isMode)) {
    const form = values.short ? shortForm : longForm;
    const simulated = mode === "faults" || mode === "random";
    const asked = (simulated ? undefined : values.processes) ?? values.cycles;
    const cycles = asked === undefined ? form[mode] : Number(asked);
    const random = seededRandom(`${values.seed} ${mode}`);
    rows.push(...(await runMode(mode, join(directory, mode), cycles, values.seed, random)));
  }
  const clean = rows.every(isClean);
  if (clean && !values.keep) rmSync(directory, { recursive: true, force: true });
  else console.log(`kept: ${directory}`);
  console.table(rows);
  const seconds = Math.round((Date.now() - started) / 1000);
  const result = { seed: values.seed, seconds, rows };
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  if (values.write !== undefined) writeTable(values.write, "crash", crashTable(result));
  return clean ? 0 : 1;
}

function isMode(name: string): name is Mode {
  if (name in longForm) return true;
  throw new Error(`there is no mode ${name}: ${Object.keys(longForm).join(", ")}`);
}

async function runMode(
  mode: Mode,
  directory: string,
  cycles: number,
  seed: string,
  random: Random,
): Promise<CrashRow[]> {
  const every = Math.max(1, Math.min(250, Math.floor(cycles / 10)));
  const report = (done: number): void => {
    if (done % every === 0) console.log(`${mode}: ${done} cycles`);
  };
  switch (mode) {
    case "faults":
      return runCycles(sampled(everyStep(seed), cycles, random), report);
    case "random":
      return runCycles(randomCycles(cycles, seed, random), report);
    case "syscalls": {
      const why = whyNoSyscalls();
      if (why === undefined) {
        return [
          await runSyscalls(join(directory, "records"), "records", cycles, random, report),
          await runSyscalls(join(directory, "opaque"), "opaque", cycles, random, report),
        ];
      }
      console.log(`skipped: syscalls: ${why}`);
      return [];
    }
    case "decide":
    case "serve":
    case "opaque":
    case "power":
      return [await runProcesses(mode, directory, cycles, random, report)];
  }
}

async function runOnly(name: string): Promise<number> {
  const cycle = cycleOf(name);
  if (cycle === undefined) throw new Error(`${name} is no cycle: LOG/SCRIPT/FAULT/STEP/SEED`);
  const result = await runCycle(cycle);
  console.log(result);
  return result.wrong === undefined ? 0 : 1;
}
