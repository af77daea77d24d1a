// SPDX-License-Identifier: Apache-2.0
// Real processes, killed at random moments and started again on the same directory.
//
//   decide   `docket decide` on a file
//   serve    `docket serve` under load from several connections
//   opaque   a program that appends to an opaque log
//   power    a program that decides a file on a disk that loses what was not synced
//            (packages/docket/src/testing/power-loss-disk.ts)
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { eventLine } from "./events.ts";
import { losePower } from "./lose-power.ts";
import { Observer } from "./observer.ts";
import type { Answer } from "./observer.ts";
import { addTo, newRow } from "./row.ts";
import type { CrashRow } from "./row.ts";
import { serveCycles } from "./serve.ts";
import type { Random } from "../seeded-random.ts";

/** Who is killed. */
export type ProcessMode = "decide" | "serve" | "opaque" | "power";

const root = fileURLToPath(new URL("../../../", import.meta.url));
/** The command. */
export const binary: string = join(root, "packages/docket/bin/docket.js");
const childProgram = join(root, "tools/campaigns/crash/child.ts");
const opaqueProgram = join(root, "tools/campaigns/crash/opaque-child.ts");
const powerLossDisk = new URL("../../../packages/docket/src/testing/power-loss-disk.ts", import.meta.url)
  .href;
/** After so many cycles a new log is begun: a young log crosses more borders. */
const cyclesPerLog = 20;
/** Events of one cycle, by some of which it gets on. */
const eventsPerCycle = 400;
/** Entries of a cycle of an opaque log: more than are appended before the kill. */
const opaquePerCycle = 20_000;
/** So many events of the cycle before are asked for again in the next. */
const repeatedPerCycle = 100;
/** One kill in four falls anywhere from the start on, mostly into recovery; the others after an answer. */
const killAfterStartMsMax = 2500;
const killAfterAnswerMsMax = 700;

type Kill = { from: "start" | "answer"; ms: number };

/** Hears of each cycle. */
export type Report = (done: number) => void;

/** Runs cycles of one mode below an empty directory. What went wrong is printed too. */
export async function runProcesses(
  mode: ProcessMode,
  directory: string,
  cycles: number,
  random: Random,
  report: Report = () => undefined,
): Promise<CrashRow> {
  const fault = mode === "power" ? "power cut" : "SIGKILL";
  const sum = newRow(`process: ${mode}`, fault);
  for (let first = 0; first < cycles; first += cyclesPerLog) {
    const here = join(directory, `log-${first}`);
    const kind = mode === "opaque" ? "opaque" : "records";
    const observer = new Observer(join(here, "data"), sum.mode, fault, kind);
    const count = Math.min(cyclesPerLog, cycles - first);
    const onCycle = (cycle: number): void => report(first + cycle);
    if (mode === "serve") await serveCycles({ directory: here, cycles: count, random, observer, onCycle });
    else if (mode === "opaque") await opaqueCycles(here, count, random, observer, onCycle);
    else await fileCycles(mode, here, count, random, observer, onCycle);
    await observer.verify("at the end");
    if (mode === "power") await observer.replay();
    observer.compare();
    addTo(sum, observer.row);
    for (const problem of observer.problems.slice(0, 10)) console.log(problem);
    if (observer.problems.length === 0) rmSync(here, { recursive: true, force: true });
    else console.log(`kept: ${here}`);
  }
  return sum;
}

async function fileCycles(
  mode: "decide" | "power",
  directory: string,
  cycles: number,
  random: Random,
  observer: Observer,
  onCycle: Report,
): Promise<void> {
  const data = join(directory, "data");
  const events = join(directory, "events.ndjson");
  const list = join(directory, "unsynced.txt");
  const lines = Array.from({ length: cycles * eventsPerCycle }, (_, place) => eventLine(place));
  mkdirSync(directory, { recursive: true });
  await runUntilKilled(docket(["init", data]), undefined, observer);
  for (let cycle = 1; cycle <= cycles; cycle++) {
    // The last cycle runs to its end over all events: each is decided then, or was and is only repeated.
    const last = cycle === cycles;
    const first = last ? 0 : Math.max(0, observer.answered.size - repeatedPerCycle);
    writeFileSync(events, lines.slice(first).join(""));
    const child =
      mode === "power"
        ? startChild([data, events, powerLossDisk], { DOCKET_UNSYNCED_LIST: list })
        : docket(["decide", "--data", data, "--order", "file", "--receipts", events]);
    await runUntilKilled(child, last ? undefined : nextKill(random), observer);
    if (mode === "power" && !last) losePower(list, random);
    else observer.fetchCheckpoint();
    // What a kill leaves is sound as it lies there; what was not synced when the power went may not be.
    if (mode === "decide") await observer.verify(`after kill ${cycle}`);
    observer.row.cycles++;
    onCycle(cycle);
  }
}

async function opaqueCycles(
  directory: string,
  cycles: number,
  random: Random,
  observer: Observer,
  onCycle: Report,
): Promise<void> {
  const data = join(directory, "data");
  mkdirSync(directory, { recursive: true });
  await runUntilKilled(startWords(opaqueWords(data, 0, 1)), undefined, observer);
  for (let cycle = 1; cycle <= cycles; cycle++) {
    const last = cycle === cycles;
    const child = startWords(opaqueWords(data, 1 + cycle * opaquePerCycle, last ? 10 : opaquePerCycle));
    await runUntilKilled(child, last ? undefined : nextKill(random), observer);
    observer.fetchCheckpoint();
    await observer.verify(`after kill ${cycle}`);
    observer.row.cycles++;
    onCycle(cycle);
  }
}

/** Starts the program of child.ts. */
export function startChild(words: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, ["--conditions=@docket/source", childProgram, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
}

/** The words that start the program of child.ts. */
export function childWords(data: string, events: string): string[] {
  return [process.execPath, "--conditions=@docket/source", childProgram, data, events];
}

/** The words that append entries `[first, first + count)` to an opaque log. */
export function opaqueWords(data: string, first: number, count: number): string[] {
  return [process.execPath, "--conditions=@docket/source", opaqueProgram, data, String(first), String(count)];
}

function startWords([command = "", ...words]: readonly string[]): ChildProcess {
  return spawn(command, words, { stdio: ["ignore", "pipe", "pipe"] });
}

/** Starts the command. */
export function docket(words: readonly string[]): ChildProcess {
  return spawn(process.execPath, ["--conditions=@docket/source", binary, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** An answer's line; `undefined` for the half of one that a killed process leaves: that was no answer. */
export function readAnswer(line: string): Answer | undefined {
  try {
    const answer = JSON.parse(line) as Partial<Answer>;
    const { id, index, receipt } = answer;
    return id === undefined || index === undefined ? undefined : { id, index, receipt };
  } catch {
    return undefined;
  }
}

/** Likewise of the answer to a verdict or a measure. */
function readAct(line: string): { act: number; leaf: string } | undefined {
  try {
    const { act, leaf } = JSON.parse(line) as { act?: number; leaf?: string };
    return act === undefined || leaf === undefined ? undefined : { act, leaf };
  } catch {
    return undefined;
  }
}

function nextKill(random: Random): Kill {
  return random.below(4) === 0
    ? { from: "start", ms: random.below(killAfterStartMsMax) }
    : { from: "answer", ms: random.below(killAfterAnswerMsMax) };
}

async function runUntilKilled(
  child: ChildProcess,
  kill: Kill | undefined,
  observer: Observer,
): Promise<void> {
  let errors = "";
  child.stderr?.on("data", (text: Buffer) => (errors += text.toString("utf8")));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const arm = (from: Kill["from"]): void => {
    if (kill?.from === from) timer ??= setTimeout(() => child.kill("SIGKILL"), kill.ms);
  };
  arm("start");
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  if (child.stdout === null) throw new Error("the process has no output");
  for await (const line of createInterface({ input: child.stdout })) {
    const act = readAct(line);
    if (act !== undefined) observer.hearAct(act.act, act.leaf);
    const answer = readAnswer(line);
    if (answer === undefined) continue;
    observer.hear(answer);
    arm("answer");
  }
  const code = await exited;
  clearTimeout(timer);
  if (code !== 0 && code !== null) observer.refused(`the process ended with ${code}: ${errors}`);
}
