// SPDX-License-Identifier: Apache-2.0
// Faults in a real process's system calls, made by strace: the calls of one run that touch the data directory
// are counted, and then runs follow in which the n-th of them fails with EIO or ENOSPC, or in which the
// process is killed at it, one call and one n after the other. SQLite's calls are among them.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eventLine } from "./events.ts";
import { Observer } from "./observer.ts";
import { childWords, readAnswer } from "./processes.ts";
import type { Report } from "./processes.ts";
import { addTo, newRow } from "./row.ts";
import type { CrashRow } from "./row.ts";
import type { Random } from "../seeded-random.ts";

const calls = [
  "pwrite64",
  "fdatasync",
  "fsync",
  "rename",
  "ftruncate",
  "unlink",
  "unlinkat",
  "rmdir",
  "mkdir",
  "openat",
] as const;
/** What a call does instead of its work. strace cannot kill where it filters calls in the kernel: slower. */
const kinds = ["error=EIO", "error=ENOSPC", "signal=SIGKILL"] as const;
/** To kill a process at one call, strace stops it at every one, which takes long: so many in a hundred. */
const killedOf100 = 15;
const eventsPerCycle = 24;
const cyclesPerLog = 15;
/** A process that goes on after a fault, but does not end, is ended after this long. */
const endWithinMs = 120_000;

type Fault = { call: (typeof calls)[number]; nth: number; kind: (typeof kinds)[number] };

/** Why there can be no such run here, if so. */
export function whyNoSyscalls(): string | undefined {
  const traced = spawnSync("strace", ["-f", "--seccomp-bpf", "-o", "/dev/null", "true"]);
  if (traced.error !== undefined) return "strace is not installed";
  return traced.status === 0 ? undefined : `strace does not work here: ${traced.stderr.toString("utf8")}`;
}

/** Runs so many cycles, spread evenly over all calls and all n; `random` gives the kinds. */
export async function runSyscalls(
  directory: string,
  cycles: number,
  random: Random,
  report: Report = () => undefined,
): Promise<CrashRow> {
  const sum = newRow("process: system calls", "EIO, ENOSPC, SIGKILL");
  const faults = await chooseFaults(join(directory, "counted"), cycles, random);
  for (let first = 0; first < faults.length; first += cyclesPerLog) {
    const here = join(directory, `log-${first}`);
    mkdirSync(here, { recursive: true });
    const observer = new Observer(join(here, "data"), sum.mode, sum.fault);
    let sent = 0;
    // A log that exists already: making one is not sealing, and one half made is refused as such.
    await run(here, [0, (sent += 2)], undefined, observer);
    for (const [place, fault] of faults.slice(first, first + cyclesPerLog).entries()) {
      const { call, nth, kind } = fault;
      const from = sent;
      await run(here, [Math.max(0, from - eventsPerCycle), (sent += eventsPerCycle)], fault, observer);
      await observer.verify(`after ${kind} at ${call} ${nth}`);
      observer.row.cycles++;
      report(first + place + 1);
    }
    const code = await run(here, [0, sent], undefined, observer);
    if (code !== 0) observer.refused(`the last start, without a fault, ended with ${code}`);
    await observer.verify("at the end");
    observer.compare();
    addTo(sum, observer.row);
    for (const problem of observer.problems.slice(0, 10)) console.log(problem);
    if (observer.problems.length === 0) rmSync(here, { recursive: true, force: true });
    else console.log(`kept: ${here}`);
  }
  return sum;
}

async function chooseFaults(directory: string, cycles: number, random: Random): Promise<Fault[]> {
  mkdirSync(directory, { recursive: true });
  const observer = new Observer(join(directory, "data"), "", "");
  await run(directory, [0, 2], undefined, observer);
  const trace = join(directory, "calls.txt");
  const tracing = ["strace", "-f", "--seccomp-bpf", "-o", trace, "-e", `trace=${calls.join(",")}`];
  await run(directory, [2, 2 + eventsPerCycle], tracing, observer);
  const places = [...placesOf(readFileSync(trace, "utf8"), join(directory, "data"))];
  const all = places.flatMap(([call, nths]) => [...nths].map((nth) => ({ call, nth })));
  return Array.from({ length: cycles }, (_, cycle) => {
    const { call, nth } = all[Math.floor(((cycle + random.below(1000) / 1000) * all.length) / cycles)] ?? {
      call: "pwrite64",
      nth: 1,
    };
    const kind =
      random.below(100) < killedOf100
        ? "signal=SIGKILL"
        : random.below(2) === 0
          ? "error=EIO"
          : "error=ENOSPC";
    return { call, nth, kind };
  });
}

/** Which of a thread's calls touch the data: those on open files, and those that name it. */
function placesOf(trace: string, data: string): Map<Fault["call"], Set<number>> {
  const counts = new Map<string, number>();
  const places = new Map<Fault["call"], Set<number>>();
  for (const line of trace.split("\n")) {
    const [, thread, name] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    const call = calls.find((each) => each === name);
    if (call === undefined) continue;
    const nth = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, nth);
    if (call === "openat" && !(line.includes(`${data}/`) && /O_RDWR|O_WRONLY/.test(line))) continue;
    places.set(call, (places.get(call) ?? new Set<number>()).add(nth));
  }
  return places;
}

/**
 * Decides events `[from, to)`, which may be asked again, and listens.
 *
 * @param how a fault, or the words of a tracer to run under
 * @returns the exit code, `null` if it was killed
 */
async function run(
  directory: string,
  [from, to]: readonly [number, number],
  how: Fault | readonly string[] | undefined,
  observer: Observer,
): Promise<number | null> {
  const events = join(directory, "events.ndjson");
  writeFileSync(events, Array.from({ length: to - from }, (_, at) => eventLine(from + at)).join(""));
  const [command = "", ...words] = [
    ...(how === undefined ? [] : "call" in how ? tracerOf(how) : how),
    ...childWords(join(directory, "data"), events),
  ];
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "ignore"], detached: true });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const timer = setTimeout(() => process.kill(-(child.pid as number), "SIGKILL"), endWithinMs);
  for await (const line of createInterface({ input: child.stdout })) {
    const answer = readAnswer(line);
    if (answer !== undefined) observer.hear(answer);
  }
  const code = await exited;
  clearTimeout(timer);
  observer.fetchCheckpoint();
  return code;
}

function tracerOf({ call, nth, kind }: Fault): string[] {
  const filter = kind === "signal=SIGKILL" ? [] : ["--seccomp-bpf"];
  const what = ["-e", `trace=${call}`, "-e", `inject=${call}:${kind}:when=${nth}`];
  return ["strace", "-f", ...filter, "-o", "/dev/null", ...what];
}
