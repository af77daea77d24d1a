// SPDX-License-Identifier: Apache-2.0
// The crash campaign: kills docket at random moments and checks that every answered decision is in the log
// afterwards, that the log verifies, and that no event is decided twice.
//
//   npm run campaign:crash -- [--cycles N] [--mode decide|serve|power|all] [--seed S] [--keep] [--json FILE]
//
//   decide   `docket decide` on a file, killed and started again on the same file
//   serve    `docket serve` under load from several connections, killed and started again
//   power    as decide, on a disk that loses what was not synced
//   (packages/docket/src/testing/power-loss-disk.ts)
//
// The seed is printed; kill moments follow from it, what the machine makes of them does not.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { losePower } from "./lose-power.ts";
import { seededRandom } from "./seeded-random.ts";
import type { Random } from "./seeded-random.ts";
import { serveCycles } from "./crash-serve.ts";
import { checkLog } from "./check-log.ts";

/** What a scenario did and found. */
export type CampaignRow = {
  mode: string;
  cycles: number;
  answered: number;
  records: number;
  events: number;
  lost: number;
  twice: number;
  verified: boolean;
};

const root = fileURLToPath(new URL("../../", import.meta.url));
const binary = join(root, "packages/docket/bin/docket.js");
const childProgram = join(root, "tools/campaigns/crash-child.ts");
const powerLossDisk = new URL("../../packages/docket/src/testing/power-loss-disk.ts", import.meta.url).href;
/** Events of one scenario; each cycle gets on by some of them. */
const eventsPerCycle = 400;
/** So many events of the cycle before are asked for again in the next. */
const repeatedPerCycle = 100;
/**
 * One kill in four falls anywhere from the start on, which is mostly recovery; the others after an answer.
 */
const killAfterStartMsMax = 2500;
const killAfterAnswerMsMax = 700;

type Kill = { from: "start" | "answer"; ms: number };

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      cycles: { type: "string", default: "50" },
      mode: { type: "string", default: "all" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      keep: { type: "boolean", default: false },
      json: { type: "string" },
    },
  });
  const cycles = Number(values.cycles);
  const modes = values.mode === "all" ? ["decide", "serve", "power"] : [values.mode];
  console.log(`crash campaign: ${cycles} cycles a mode, seed ${values.seed}`);
  const rows: CampaignRow[] = [];
  for (const mode of modes) {
    const directory = mkdtempSync(join(tmpdir(), `docket-crash-${mode}-`));
    rows.push(await runScenario(mode, directory, cycles, seededRandom(`${values.seed} ${mode}`)));
    if (values.keep) console.log(`kept: ${directory}`);
    else rmSync(directory, { recursive: true, force: true });
  }
  console.table(rows);
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ seed: values.seed, rows }, null, 2)}\n`);
  return rows.every((row) => row.lost === 0 && row.twice === 0 && row.verified) ? 0 : 1;
}

/** Runs one scenario in an empty directory. */
export async function runScenario(
  mode: string,
  directory: string,
  cycles: number,
  random: Random,
): Promise<CampaignRow> {
  const data = join(directory, "data");
  const events = join(directory, "events.ndjson");
  const answered = new Map<string, number>();
  const disagreements: string[] = [];
  const note = (id: string, index: number): void => {
    const before = answered.get(id);
    if (before !== undefined && before !== index) disagreements.push(`${id}: ${before} and ${index}`);
    answered.set(id, index);
  };
  let eventCount = 0;
  if (mode === "serve") {
    eventCount = await serveCycles({ binary, data, cycles, random, note, report });
  } else {
    eventCount = cycles * eventsPerCycle;
    const lines = Array.from({ length: eventCount }, (_, place) => eventLine(place));
    for (let cycle = 1; cycle <= cycles; cycle++) {
      // The last cycle runs to its end over all events: each is decided then, or was and is only repeated.
      const kill = cycle === cycles ? undefined : nextKill(random);
      const first = kill === undefined ? 0 : Math.max(0, answered.size - repeatedPerCycle);
      writeFileSync(events, lines.slice(first).join(""));
      const list = join(directory, "unsynced.txt");
      const child = mode === "power" ? powerChild(data, events, list) : decideChild(data, events);
      await runUntilKilled(child, kill, note);
      if (mode === "power" && kill !== undefined) losePower(list, random);
      report(mode, cycle, cycles, answered.size);
    }
  }
  const log = await checkLog(binary, data);
  const lost = [...answered].filter(([, index]) => !log.decisions.has(index)).length;
  if (log.problem !== undefined) console.log(`${mode}: ${log.problem}`);
  for (const disagreement of disagreements.slice(0, 5))
    console.log(`${mode}: decided twice: ${disagreement}`);
  return {
    mode,
    cycles,
    answered: answered.size,
    records: log.size,
    events: eventCount,
    lost,
    twice: disagreements.length + Math.max(0, log.decisions.size - eventCount),
    verified: log.problem === undefined,
  };
}

/** One event: mostly harmless, some link spam, few actors, so that counters and standing matter. */
export function eventLine(place: number): string {
  const time = new Date(Date.UTC(2026, 0, 1) + place * 900).toISOString();
  const text =
    place % 6 === 0
      ? `visit http://spam${place % 3}.example.com/ now and buy the thing everybody wants`
      : `comment number ${place} says something of its own`;
  const event = {
    id: `e${place}`,
    type: "comment",
    time,
    actor: { id: `u${place % 97}` },
    content: { text },
  };
  return `${JSON.stringify(event)}\n`;
}

function nextKill(random: Random): Kill {
  return random.below(4) === 0
    ? { from: "start", ms: random.below(killAfterStartMsMax) }
    : { from: "answer", ms: random.below(killAfterAnswerMsMax) };
}

function decideChild(data: string, events: string): ChildProcess {
  return spawn(
    process.execPath,
    ["--conditions=@docket/source", binary, "decide", "--data", data, "--order", "file", events],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
}

function powerChild(data: string, events: string, list: string): ChildProcess {
  return spawn(process.execPath, ["--conditions=@docket/source", childProgram, data, events, powerLossDisk], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DOCKET_UNSYNCED_LIST: list },
  });
}

async function runUntilKilled(
  child: ChildProcess,
  kill: Kill | undefined,
  note: (id: string, index: number) => void,
): Promise<void> {
  let errors = "";
  child.stderr?.on("data", (text: Buffer) => (errors += text.toString("utf8")));
  let timer: NodeJS.Timeout | undefined;
  const arm = (from: Kill["from"]): void => {
    if (kill?.from === from) timer ??= setTimeout(() => child.kill("SIGKILL"), kill.ms);
  };
  arm("start");
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  if (child.stdout === null) throw new Error("the process has no output");
  for await (const line of createInterface({ input: child.stdout })) {
    const answer = parseAnswer(line);
    if (answer === undefined) continue;
    note(answer.id, answer.index);
    arm("answer");
  }
  const code = await exited;
  clearTimeout(timer);
  if (code !== 0 && code !== null) throw new Error(`the process ended with ${code}: ${errors}`);
}

// A killed process may leave half a line; its decision was not answered.
function parseAnswer(line: string): { id: string; index: number } | undefined {
  const [, index, id] = /^(\d+) (e\d+)$/.exec(line) ?? [];
  if (id !== undefined) return { index: Number(index), id };
  try {
    const answer = JSON.parse(line) as { id?: string; index?: number };
    return answer.id === undefined || answer.index === undefined
      ? undefined
      : { id: answer.id, index: answer.index };
  } catch {
    return undefined;
  }
}

function report(mode: string, cycle: number, cycles: number, answered: number): void {
  if (cycle % 10 === 0 || cycle === cycles)
    console.log(`${mode}: ${cycle}/${cycles} kills, ${answered} answered`);
}
