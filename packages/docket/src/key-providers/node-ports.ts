// SPDX-License-Identifier: Apache-2.0
// What providers take of this machine.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { ProviderPorts, RunOptions, RunResult } from "./contract.ts";

/** Most bytes that are taken of what a program says. */
const outputBytesMax = 65_536;

/** The network, the programs and the environment of this process. */
export const nodeProviderPorts: ProviderPorts = {
  env: process.env,
  fetch: (url, request) => fetch(url, request),
  run,
  readFile: (path) => readFile(path),
  wait: (ms) => wait(ms),
  clock: Date.now,
  random: randomBytes,
};

function run(
  command: string,
  args: readonly string[],
  { input, env, timeoutMs }: RunOptions,
): Promise<RunResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: "pipe" });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    const timer = setTimeout(() => {
      resolve({ ended: "timeout" });
      child.kill("SIGKILL");
    }, timeoutMs);
    const gather = (into: Buffer[]) => {
      let size = 0;
      return (bytes: Buffer): void => {
        size += bytes.length;
        if (size <= outputBytesMax) into.push(bytes);
      };
    };
    child.stdout.on("data", gather(stdout));
    child.stderr.on("data", gather(stderr));
    child.on("error", () => {
      clearTimeout(timer);
      resolve({ ended: "missing" });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      const said = Buffer.concat(stderr).toString("utf8");
      resolve({ ended: "exit", code: code ?? -1, stdout: Buffer.concat(stdout), stderr: said });
    });
    // It may end before it has read all: then its exit code says why.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
