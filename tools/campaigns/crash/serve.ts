// SPDX-License-Identifier: Apache-2.0
// A server under load from several connections is killed and started again. After each start the last answers
// of the cycle before are asked for again: the same event must give the same record.
import type { ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eventLine } from "./events.ts";
import type { Answer, Observer } from "./observer.ts";
import { docket } from "./processes.ts";
import type { Random } from "../seeded-random.ts";

const connections = 16;
const killAfterMsMax = 1500;
const startWithinMs = 30_000;
const repeatedPerCycle = 200;

/** What the scenario needs. */
export type ServeOptions = {
  directory: string;
  cycles: number;
  random: Random;
  observer: Observer;
  onCycle: (cycle: number) => void;
};

type Server = { child: ChildProcess; url: string; exited: Promise<unknown> };

/** Runs the cycles; at last every event that was ever sent is asked for again, and the server stopped. */
export async function serveCycles(options: ServeOptions): Promise<void> {
  const { directory, cycles, random, observer, onCycle } = options;
  const data = join(directory, "data");
  mkdirSync(directory, { recursive: true });
  await outputOf(["init", data]);
  const made = await outputOf(["apikey", "create", "--role", "ingest", "--data", data]);
  const key = /dk_[A-Za-z0-9_-]{43}/.exec(made)?.[0];
  if (key === undefined) throw new Error("apikey create printed no key");
  let next = 0;
  let previous: number[] = [];
  for (let cycle = 1; cycle <= cycles; cycle++) {
    const server = await start(data);
    const timer = setTimeout(() => server.child.kill("SIGKILL"), 100 + random.below(killAfterMsMax));
    const answered: number[] = [];
    const again = [...previous];
    const state = { stopped: false };
    void server.exited.then(() => (state.stopped = true));
    const worker = async (): Promise<void> => {
      while (!state.stopped) {
        const place = again.pop() ?? next++;
        const answer = await post(server.url, key, place);
        if (answer === undefined) continue;
        observer.hear(answer);
        answered.push(place);
        if (place % 50 === 0) await seePublished(server.url, observer);
      }
    };
    await Promise.all(Array.from({ length: connections }, worker));
    clearTimeout(timer);
    previous = answered.slice(-repeatedPerCycle);
    await observer.verify(`after kill ${cycle}`);
    observer.row.cycles++;
    onCycle(cycle);
  }
  const last = await start(data);
  for (let place = 0; place < next; place++) {
    const answer = await post(last.url, key, place);
    if (answer === undefined) throw new Error(`event ${place} was not decided by a healthy server`);
    observer.hear(answer);
  }
  last.child.kill("SIGTERM");
  await last.exited;
}

async function start(data: string): Promise<Server> {
  const child = docket(["serve", "--data", data, "--listen", "127.0.0.1:0"]);
  const exited = new Promise((resolve) => child.once("exit", resolve));
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the server did not start:\n${output}`)), startWithinMs);
    const read = (line: string): void => {
      output += `${line}\n`;
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found[0]);
    };
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null) createInterface({ input: stream }).on("line", read);
    void exited.then(() => reject(new Error(`the server ended:\n${output}`)));
  });
  return { child, url, exited };
}

// `undefined` if the server was killed before it had answered, or refused.
async function post(url: string, key: string, place: number): Promise<Answer | undefined> {
  try {
    const response = await fetch(`${url}/v1/decisions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: eventLine(place),
    });
    if (response.status !== 200) return undefined;
    const { index, receipt } = (await response.json()) as Answer;
    return { id: `e${place}`, index, receipt };
  } catch {
    return undefined;
  }
}

async function seePublished(url: string, observer: Observer): Promise<void> {
  let bytes: Uint8Array;
  try {
    const response = await fetch(`${url}/checkpoint`);
    if (response.status !== 200) return;
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch {
    return;
  }
  observer.seeCheckpoint(bytes);
}

function outputOf(words: readonly string[]): Promise<string> {
  const child = docket(words);
  let output = "";
  child.stdout?.on("data", (text: Buffer) => (output += text.toString("utf8")));
  child.stderr?.on("data", (text: Buffer) => (output += text.toString("utf8")));
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => (code === 0 ? resolve(output) : reject(new Error(output))));
  });
}
