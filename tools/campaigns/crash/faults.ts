// SPDX-License-Identifier: Apache-2.0
// The fault campaign, in one process on a simulated disk: a script's steps on the disk (every write, sync,
// truncation, rename, directory sync, removal, and making of files and directories) are counted, and then it
// runs again for each step and each kind of fault, with that fault at that step. After it the process starts
// again, everything is compared with what was answered and signed, the rest of the script runs, and all is
// compared again.
import { CrashError, MemoryDisk, systemError } from "../../../packages/docket/src/testing/memory-disk.ts";
import { seededRandom } from "../seeded-random.ts";
import type { Random } from "../seeded-random.ts";
import type { LogKind } from "../writer.ts";
import { newRow } from "./row.ts";
import type { CrashRow } from "./row.ts";
import { fixedScript, randomScript } from "./script.ts";
import type { Action } from "./script.ts";
import {
  BrokenPromise,
  checkComplete,
  digestOf,
  newWorld,
  recoverAndCheck,
  restart,
  runActions,
  verifies,
} from "./world.ts";
import type { WrongKind } from "./world.ts";

/**
 * What goes wrong at a step. `killed`: the process ends before it, a write is cut short. `power cut`: the
 * machine too, and what was not synced is lost, kept, or kept in part. `EIO`, `ENOSPC`: that one step fails
 * (a write after some of its bytes), and the process goes on as far as it does. `full`: every step that takes
 * space fails from then on for a while. The rest: a failure, and some steps later the power is cut.
 */
export const faultKinds = [
  "killed",
  "power cut",
  "EIO",
  "ENOSPC",
  "full",
  "EIO, then power cut",
  "ENOSPC, then power cut",
  "full, then power cut",
] as const;
/** What goes wrong at a step. */
export type FaultKind = (typeof faultKinds)[number];

/** One cycle: everything about it follows from these. */
export type Cycle = { log: LogKind; script: string; fault: FaultKind; step: number; seed: string };

/** What a cycle came to. */
export type CycleResult = {
  answered: number;
  /** The names of records and times that came out, in short: the same cycle gives the same. */
  digest: string;
  wrong: { kind: WrongKind; message: string } | undefined;
};

/** A disk that is full stays so for up to this many steps. */
const fullStepsMax = 25;
/** The power is cut up to this many steps after the failure. */
const cutAfterStepsMax = 40;
/** Cycles that share a script by chance. */
const cyclesPerScript = 5;

/** How many steps on the disk a script takes when nothing goes wrong. */
export function countSteps(kind: LogKind, script: string): number {
  const known = stepsOf.get(`${kind} ${script}`);
  if (known !== undefined) return known;
  const world = newWorld(kind);
  const before = world.disk.steps;
  runActions(world, scriptOf(script));
  const steps = world.disk.steps - before;
  stepsOf.set(`${kind} ${script}`, steps);
  return steps;
}

const stepsOf = new Map<string, number>();

/** Every step of a script with every kind of fault. */
export function everyCycle(log: LogKind, script: string, seed: string): Cycle[] {
  const steps = countSteps(log, script);
  return faultKinds.flatMap((fault) =>
    Array.from({ length: steps }, (_, at): Cycle => ({ log, script, fault, step: at + 1, seed })),
  );
}

/** Every step of the fixed script with every kind of fault, in a log of records and in an opaque one. */
export function everyStep(seed: string): Cycle[] {
  return [...everyCycle("records", "fixed", seed), ...everyCycle("opaque", "fixed", seed)];
}

/**
 * Runs one cycle.
 *
 * @param disk an empty one; a test of the campaign itself gives one that lies
 */
export async function runCycle(cycle: Cycle, disk?: MemoryDisk): Promise<CycleResult> {
  const random = seededRandom(nameOf(cycle));
  const world = newWorld(cycle.log, disk);
  const script = scriptOf(cycle.script);
  let wrong: CycleResult["wrong"];
  try {
    const power = cycle.fault.endsWith("power cut") ? "lost" : "kept";
    arm(world.disk, cycle, random);
    const done = runActions(world, script);
    const killed = power === "kept" && world.disk.down;
    restart(world, power, () => random.below(2 ** 32) / 2 ** 32);
    // A kill leaves nothing that is wrong, also before recovery; lost power may, where nothing was synced.
    if (killed) await verifies(world, "before recovery");
    recoverAndCheck(world);
    runActions(world, script.slice(done));
    restart(world, "kept", () => 0);
    recoverAndCheck(world);
    runActions(world, [{ kind: "commit", count: 1, parts: true }, { kind: "sync" }]);
    checkComplete(world);
    await verifies(world, "at the end");
  } catch (error) {
    wrong =
      error instanceof BrokenPromise
        ? { kind: error.kind, message: error.message }
        : { kind: "refused", message: (error as Error).stack ?? String(error) };
  }
  return { answered: world.answered.size, digest: digestOf(world), wrong };
}

/** Cycles with scripts of their own, and a step and a kind of fault by chance. */
export function randomCycles(count: number, seed: string, random: Random): Cycle[] {
  return Array.from({ length: count }, (_, at): Cycle => {
    const script = `random-${seed}-${Math.floor(at / cyclesPerScript)}`;
    const fault = faultKinds[random.below(faultKinds.length)] ?? "killed";
    const log = at % 2 === 0 ? "records" : "opaque";
    return { log, script, fault, step: 1 + random.below(countSteps(log, script)), seed };
  });
}

/** So many of a list, spread evenly; all of it if it is shorter. */
export function sampled<T>(all: readonly T[], count: number, random: Random): T[] {
  if (count >= all.length) return [...all];
  const share = all.length / count;
  const places = Array.from({ length: count }, (_, at) =>
    Math.floor((at + random.below(1000) / 1000) * share),
  );
  return places.flatMap((place) => all.slice(place, place + 1));
}

/** Runs cycles, and adds them up by kind of fault. What went wrong is printed with the cycle's name. */
export async function runCycles(
  cycles: readonly Cycle[],
  report: (done: number) => void = () => undefined,
): Promise<CrashRow[]> {
  const rows = new Map<string, CrashRow>();
  for (const [done, cycle] of cycles.entries()) {
    const how = cycle.script === "fixed" ? "every step" : "by chance";
    const name = `${how} ${cycle.log} ${cycle.fault}`;
    const row = rows.get(name) ?? newRow(`simulated, ${cycle.log}: ${how}`, cycle.fault);
    rows.set(name, row);
    const { answered, wrong } = await runCycle(cycle);
    row.cycles++;
    row.answered += answered;
    if (wrong !== undefined) {
      row[wrong.kind]++;
      console.log(`--only '${nameOf(cycle)}': ${wrong.message}`);
    }
    report(done + 1);
  }
  return [...rows.values()];
}

/** How a cycle is called, to run it alone. */
export function nameOf({ log, script, fault, step, seed }: Cycle): string {
  return `${log}/${script}/${fault}/${step}/${seed}`;
}

/** The cycle of that name; `undefined` if it is none. */
export function cycleOf(name: string): Cycle | undefined {
  const [log = "", script = "", fault = "", step = "", seed = ""] = name.split("/");
  const kind = faultKinds.find((each) => each === fault);
  if (kind === undefined || !/^\d+$/.test(step) || (log !== "records" && log !== "opaque")) return undefined;
  return { log, script, fault: kind, step: Number(step), seed };
}

function scriptOf(name: string): readonly Action[] {
  return name === "fixed" ? fixedScript : randomScript(seededRandom(name));
}

function arm(disk: MemoryDisk, { fault, step }: Cycle, random: Random): void {
  const first = disk.steps + step;
  const last = fault.startsWith("full") ? first + random.below(fullStepsMax) : first;
  const cut = fault.endsWith(", then power cut") ? last + 1 + random.below(cutAfterStepsMax) : Infinity;
  disk.writtenOfFailed = (bytes) => [0, 1, bytes >> 1, bytes - 1, random.below(bytes)][random.below(5)] ?? 0;
  disk.onStep = (kind, path) => {
    const now = disk.steps;
    const ends = fault === "killed" || fault === "power cut";
    if (now >= (ends ? first : cut)) throw new CrashError(`down before ${kind} of ${path}`);
    if (ends || now < first || now > last) return;
    const taking = kind === "write" || kind === "create" || kind === "mkdir";
    if (fault.startsWith("full") && !taking) return;
    throw systemError(fault.startsWith("EIO") ? "EIO" : "ENOSPC", path);
  };
}
