// SPDX-License-Identifier: Apache-2.0
// How fast texts are looked at: all signals and the classifier, in turns with other people's filters.
//
// npm run bench:signals -- [--rounds N] [--posts N] [--mails N] [--peers bogofilter,rspamd|none] [--json
// FILE]
//                            [--write docs/reference/benchmarks.md]
//
// Rates are for each second of processor time of the processes that do the work, so that they are of one
// core.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { sharedPath, skipReason } from "../shared-data.ts";
import { short, table, writeSection } from "./log/markdown.ts";
import { describeMachine } from "./machine.ts";
import { median } from "./numbers.ts";
import { type Contestant, docketContestants } from "./signals/docket.ts";
import { bogofilterContestant, rspamdContestant } from "./signals/peers.ts";
import { type Workload, readWorkloads } from "./signals/workloads.ts";

const bars: Readonly<Record<string, number>> = { posts: 10_000, mails: 1_000 };
const streamPath = "data/comments-youtube-stream/data.jsonl.gz";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    posts: { type: "string", default: "8000" },
    mails: { type: "string", default: "1000" },
    peers: { type: "string", default: "bogofilter,rspamd" },
    json: { type: "string" },
    write: { type: "string" },
  },
});
process.exitCode = await main();

interface Measured {
  readonly workload: string;
  readonly name: string;
  /** Texts for each second of processor time, one value a round. */
  readonly perSecond: number[];
}

async function main(): Promise<number> {
  if (sharedPath(streamPath) === undefined) {
    console.log(`skipped: ${skipReason(streamPath)}`);
    return 1;
  }
  const measured: Measured[] = [];
  for (const workload of readWorkloads(Number(options.posts), Number(options.mails))) {
    measured.push(...(await measureWorkload(workload)));
  }
  const text = `${tableOf(measured)}\n\n${factsOf()}`;
  console.log(text);
  if (options.write !== undefined) writeSection(options.write, "signals", text);
  if (options.json !== undefined) {
    const result = {
      format: "docket-bench-signals/v1",
      at: new Date().toISOString(),
      machine: describeMachine(),
      measured,
    };
    writeFileSync(options.json, `${JSON.stringify(result, undefined, 2)}\n`);
  }
  return 0;
}

async function measureWorkload(workload: Workload): Promise<Measured[]> {
  const contestants: Contestant[] = [...docketContestants(workload)];
  try {
    if (options.peers.includes("bogofilter")) contestants.push(...(await bogofilterContestant(workload)));
    if (options.peers.includes("rspamd")) contestants.push(...(await rspamdContestant(workload)));
    const measured = contestants.map(({ name }): Measured => ({
      workload: workload.name,
      name,
      perSecond: [],
    }));
    // Once unmeasured, then in turns, each round beginning with another.
    for (const { run } of contestants) await run();
    for (let round = 0; round < Number(options.rounds); round++) {
      for (let turn = 0; turn < contestants.length; turn++) {
        const index = (round + turn) % contestants.length;
        const { texts, processorSeconds } = (await contestants[index]?.run()) ?? {
          texts: 0,
          processorSeconds: 1,
        };
        measured[index]?.perSecond.push(texts / processorSeconds);
      }
      process.stderr.write(`${workload.name}: round ${round + 1} of ${options.rounds}\n`);
    }
    return measured;
  } finally {
    for (const { stop } of contestants) await stop();
  }
}

function tableOf(measured: readonly Measured[]): string {
  const whole = (workload: string): number =>
    median(measured.find((each) => each.workload === workload)?.perSecond ?? []);
  const lines = measured.map(({ workload, name, perSecond }, index) => {
    const rate = median(perSecond);
    const first = measured.findIndex((each) => each.workload === workload) === index;
    const bar = bars[workload] ?? 0;
    const wanted = first ? `≥ ${short(bar)}: ${rate >= bar ? "met" : "**missed**"}` : "";
    return [
      workload,
      name,
      short(rate),
      `${short(1e6 / rate)} µs`,
      `${short(rate / whole(workload))}×`,
      wanted,
    ];
  });
  return table([["texts", "", "texts/s", "each", "÷ Docket", "bar"], ...lines], 2);
}

function factsOf(): string {
  const { cpu, cores, memoryGiB, system, node } = describeMachine();
  const { version } = JSON.parse(
    readFileSync(new URL("../../packages/docket/package.json", import.meta.url), "utf8"),
  ) as { version: string };
  const words = `--rounds ${options.rounds} --posts ${options.posts} --mails ${options.mails}`;
  const day = new Date().toISOString().slice(0, 10);
  return (
    `Made by \`npm run bench:signals -- ${words}\` on ${day}, Docket ${version}: ${cpu}, one of ${cores} ` +
    `cores, ${memoryGiB} GiB, ${system}, Node ${node}. ` +
    "Medians of rounds in turns, by processor time."
  );
}
