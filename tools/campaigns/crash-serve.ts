// SPDX-License-Identifier: Apache-2.0
// The serve scenario: a server under load from several connections is killed and started again. After each
// start all answers of the cycle before are asked for again: the same event must give the same record.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { eventLine } from "./crash.ts";
import type { Random } from "./seeded-random.ts";

const connections = 16;
const killAfterMsMax = 1500;
const startWithinMs = 30_000;

/** What the scenario needs. `note` hears of each answered decision. */
export type ServeOptions = {
  binary: string;
  data: string;
  cycles: number;
  random: Random;
  note: (id: string, index: number) => void;
  report: (mode: string, cycle: number, cycles: number, answered: number) => void;
};

type Server = { child: ChildProcess; url: string; exited: Promise<unknown> };

/** @returns how many different events were sent */
export async function serveCycles(options: ServeOptions): Promise<number> {
  const { cycles, random, note, report } = options;
  await run(options.binary, ["init", options.data]);
  const key = (
    await run(options.binary, ["apikey", "create", "--role", "ingest", "--data", options.data])
  ).match(/dk_[A-Za-z0-9_-]{43}/)?.[0];
  if (key === undefined) throw new Error("apikey create printed no key");
  let next = 0;
  let previous: number[] = [];
  for (let cycle = 1; cycle <= cycles; cycle++) {
    const server = await start(options.binary, options.data);
    const timer = setTimeout(() => server.child.kill("SIGKILL"), 100 + random.below(killAfterMsMax));
    const answered: number[] = [];
    const again = [...previous];
    const state = { stopped: false };
    void server.exited.then(() => (state.stopped = true));
    const worker = async (): Promise<void> => {
      while (!state.stopped) {
        const place = again.pop() ?? next++;
        const index = await post(server.url, key, place);
        if (index === undefined) continue;
        note(`e${place}`, index);
        answered.push(place);
      }
    };
    await Promise.all(Array.from({ length: connections }, worker));
    clearTimeout(timer);
    previous = answered.slice(-200);
    report("serve", cycle, cycles, next);
  }
  const last = await start(options.binary, options.data);
  for (let place = 0; place < next; place++) {
    const index = await post(last.url, key, place);
    if (index === undefined) throw new Error(`event ${place} was not decided by a healthy server`);
    note(`e${place}`, index);
  }
  last.child.kill("SIGTERM");
  await last.exited;
  return next;
}

async function start(binary: string, data: string): Promise<Server> {
  const child = spawn(
    process.execPath,
    ["--conditions=@docket/source", binary, "serve", "--data", data, "--listen", "127.0.0.1:0"],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
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
    createInterface({ input: child.stdout }).on("line", read);
    createInterface({ input: child.stderr }).on("line", read);
    void exited.then(() => reject(new Error(`the server ended:\n${output}`)));
  });
  return { child, url, exited };
}

async function post(url: string, key: string, place: number): Promise<number | undefined> {
  try {
    const response = await fetch(`${url}/v1/decisions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: eventLine(place),
    });
    if (response.status !== 200) return undefined;
    return ((await response.json()) as { index: number }).index;
  } catch {
    // The server was killed while it answered: not answered.
    return undefined;
  }
}

function run(binary: string, words: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ["--conditions=@docket/source", binary, ...words]);
  let output = "";
  child.stdout.on("data", (text: Buffer) => (output += text.toString("utf8")));
  child.stderr.on("data", (text: Buffer) => (output += text.toString("utf8")));
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => (code === 0 ? resolve(output) : reject(new Error(output))));
  });
}
