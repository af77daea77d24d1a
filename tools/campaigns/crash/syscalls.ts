// SPDX-License-Identifier: Apache-2.0
// Faults in a real process's system calls, made by strace: the calls of one run that touch the data directory
// are counted, and then runs follow in which the n-th of them fails with EIO or ENOSPC, or in which the
// process is killed at it, one call and one n after the other. SQLite's calls are among them. Short writes
// are made by a limit on the length of files.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eventLine } from "./events.ts";
import { Observer } from "./observer.ts";
import { childWords, opaqueWords, readAnswer } from "./processes.ts";
import type { Report } from "./processes.ts";
import { addTo, newRow } from "./row.ts";
import type { CrashRow } from "./row.ts";
import type { Random } from "../seeded-random.ts";
import type { LogKind } from "../writer.ts";

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
/** And in so many a write is short. */
const shortOf100 = 15;
/** Files may grow to up to this many KiB then: shorter than what a few cycles write. */
const limitKibMax = 300;
const eventsPerCycle = 24;
const cyclesPerLog = 15;
/** A process that goes on after a fault, but does not end, is ended after this long. */
const endWithinMs = 120_000;

type Call = (typeof calls)[number];
/** The n-th call fails; or files may be so many KiB long: the write that would pass that is short. */
type Fault =
  | { call: Call; nth: number; what: (typeof kinds)[number] }
  | { call: "write"; nth: number; what: "short" };

/** Why there can be no such run here, if so. */
export function whyNoSyscalls(): string | undefined {
  const traced = spawnSync("strace", ["-f", "--seccomp-bpf", "-o", "/dev/null", "true"]);
  if (traced.error !== undefined) return "strace is not installed";
  return traced.status === 0 ? undefined : `strace does not work here: ${traced.stderr.toString("utf8")}`;
}

/** Runs so many cycles, spread evenly over all calls and all n; `random` gives the kinds. */
export async function runSyscalls(
  directory: string,
  kind: LogKind,
  cycles: number,
  random: Random,
  report: Report = () => undefined,
): Promise<CrashRow> {
  const sum = newRow(`process: system calls, ${kind}`, "EIO, ENOSPC, short writes, SIGKILL");
  const faults = await chooseFaults(join(directory, "counted"), kind, cycles, random);
  for (let first = 0; first < faults.length; first += cyclesPerLog) {
    const here = join(directory, `log-${first}`);
    mkdirSync(here, { recursive: true });
    const observer = new Observer(join(here, "data"), sum.mode, sum.fault, kind);
    let sent = 0;
    // A log that exists already: making one is not sealing, and one half made is refused as such.
    await run(here, [0, (sent += 2)], undefined, observer);
    for (const [place, fault] of faults.slice(first, first + cyclesPerLog).entries()) {
      const { call, nth, what } = fault;
      // Events are asked again, entries of an opaque log are new ones each time.
      const from = kind === "opaque" ? sent : Math.max(0, sent - eventsPerCycle);
      await run(here, [from, (sent += eventsPerCycle)], fault, observer);
      await observer.verify(`after ${what} at ${call} ${nth}`);
      observer.row.cycles++;
      report(first + place + 1);
    }
    const again = kind === "opaque" ? sent++ : 0;
    const code = await run(here, [again, sent], undefined, observer);
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

async function chooseFaults(
  directory: string,
  kind: LogKind,
  cycles: number,
  random: Random,
): Promise<Fault[]> {
  mkdirSync(directory, { recursive: true });
  const observer = new Observer(join(directory, "data"), "", "", kind);
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
    if (random.below(100) < shortOf100)
      return { call: "write", nth: 1 + random.below(limitKibMax), what: "short" };
    const what =
      random.below(100) < killedOf100
        ? "signal=SIGKILL"
        : random.below(2) === 0
          ? "error=EIO"
          : "error=ENOSPC";
    return { call, nth, what };
  });
}

/** Which of a thread's calls touch the data: those on open files, and those that name it. */
function placesOf(trace: string, data: string): Map<Call, Set<number>> {
  const counts = new Map<string, number>();
  const places = new Map<Call, Set<number>>();
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
  const data = join(directory, "data");
  const events = join(directory, "events.ndjson");
  writeFileSync(events, Array.from({ length: to - from }, (_, at) => eventLine(from + at)).join(""));
  const program = observer.kind === "opaque" ? opaqueWords(data, from, to - from) : childWords(data, events);
  const [command = "", ...words] = [
    ...(how === undefined ? [] : "call" in how ? tracerOf(how) : how),
    ...program,
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

function tracerOf({ call, nth, what: inject }: Fault): string[] {
  // A write up to the limit is short, and the next one fails with EFBIG.
  if (inject === "short") return ["bash", "-c", 'trap "" XFSZ; ulimit -f "$0"; exec "$@"', String(nth)];
  const filter = inject === "signal=SIGKILL" ? [] : ["--seccomp-bpf"];
  const what = ["-e", `trace=${call}`, "-e", `inject=${call}:${inject}:when=${nth}`];
  return ["strace", "-f", ...filter, "-o", "/dev/null", ...what];
}
