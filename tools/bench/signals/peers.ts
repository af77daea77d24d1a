// SPDX-License-Identifier: Apache-2.0
// Other people's filters on the same texts: taught the same, each in the way that is fastest for it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missingProgram, runProgram, writeMessages } from "../../accuracy/peers/peer.ts";
import { check, learn, startRspamd } from "../../accuracy/peers/rspamd.ts";
import { processorSeconds } from "../machine.ts";
import type { Contestant } from "./docket.ts";
import type { Workload } from "./workloads.ts";

/** Rspamd is asked about so many texts a round only: it is the slowest by far. */
const rspamdTextsMax = 300;
const rspamdTaughtMax = 600;

/** bogofilter in one process for all texts, which lie in files. Nothing where it isn't installed. */
export async function bogofilterContestant({ taught, texts }: Workload): Promise<Contestant[]> {
  if (missing("bogofilter")) return [];
  const directory = mkdtempSync(join(tmpdir(), "docket-bench-bogofilter-"));
  const database = join(directory, "db");
  mkdirSync(database);
  const paths = writeMessages(taught, join(directory, "taught"));
  for (const spam of [true, false]) {
    const list = paths.filter((_, index) => taught[index]?.spam === spam).join("\n");
    await runProgram("bogofilter", ["-C", "-d", database, spam ? "-s" : "-n", "-b"], `${list}\n`);
  }
  const list = join(directory, "list");
  const asked = writeMessages(texts, join(directory, "texts"));
  writeFileSync(list, `${asked.join("\n")}\n`);
  const times = join(directory, "times");
  const timed = 'time bogofilter -C -d "$0" -b -TT < "$1" > /dev/null';
  const command = `TIMEFORMAT='%U %S'; { ${timed}; } 2> "$2"; true`;
  return [
    {
      name: "bogofilter",
      run: async () => {
        await runProgram("bash", ["-c", command, database, list, times]);
        const [user = 0, system = 0] = readFileSync(times, "utf8").trim().split(" ").map(Number);
        return { texts: texts.length, processorSeconds: user + system };
      },
      stop: () => {
        rmSync(directory, { recursive: true, force: true });
      },
    },
  ];
}

/** Rspamd over HTTP with Bayes in Redis; the processor time of all its processes and of Redis. */
export async function rspamdContestant({ taught, texts }: Workload): Promise<Contestant[]> {
  if (missing("rspamd") || missing("redis-server")) return [];
  const directory = mkdtempSync(join(tmpdir(), "docket-bench-rspamd-"));
  const server = await startRspamd(directory);
  const step = Math.ceil(taught.length / rspamdTaughtMax);
  for (const item of taught.filter((_, index) => index % step === 0)) await learn(server, item);
  const asked = texts.slice(0, rspamdTextsMax);
  const used = (): number =>
    server.processes
      .flatMap(({ pid }) => (pid === undefined ? [] : withChildren(pid)))
      .reduce((sum, pid) => sum + (processorSeconds(pid) ?? 0), 0);
  return [
    {
      name: "Rspamd",
      run: async () => {
        const before = used();
        for (const item of asked) await check(server, item);
        return { texts: asked.length, processorSeconds: used() - before };
      },
      stop: async () => {
        await server.stop();
        rmSync(directory, { recursive: true, force: true });
      },
    },
  ];
}

function withChildren(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim();
    return [
      pid,
      ...children
        .split(" ")
        .filter((text) => text !== "")
        .map(Number),
    ];
  } catch {
    return [pid];
  }
}

function missing(program: string): boolean {
  const reason = missingProgram(program);
  if (reason !== undefined) console.log(`skipped: ${reason}`);
  return reason !== undefined;
}
