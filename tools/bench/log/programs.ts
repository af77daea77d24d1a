// SPDX-License-Identifier: Apache-2.0
// Other people's servers: finding, starting and stopping them.
import { spawn } from "node:child_process";
import type { ChildProcess, StdioOptions } from "node:child_process";
import { accessSync, constants, globSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const stopWithinMs = 10_000;
const startWithinMs = 30_000;
const retryMs = 50;

/** A user to run as: servers that refuse to be run by root get another one. */
export type User = { uid?: number; gid?: number };

/** Where a program lies: in `PATH`, or where Debian has those of PostgreSQL. */
export function findProgram(name: string): string | undefined {
  const debian = globSync("/usr/lib/postgresql/*/bin").sort((a, b) => versionOf(b) - versionOf(a));
  const places = [...(process.env["PATH"] ?? "").split(delimiter), ...debian];
  return places.map((place) => join(place, name)).find(isExecutable);
}

/** An ordinary user if this process is root's: one named `postgres` if there is one, else `nobody`. */
export function ordinaryUser(): User {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync("/etc/passwd", "utf8").split("\n");
  const of = (name: string): string | undefined => users.find((line) => line.startsWith(`${name}:`));
  const [, , uid, gid] = (of("postgres") ?? of("nobody") ?? "").split(":");
  if (uid === undefined || gid === undefined) throw new Error("there is no user postgres or nobody");
  return { uid: Number(uid), gid: Number(gid) };
}

/** Runs a program to its end. */
export async function run(program: string, words: readonly string[], user: User = {}): Promise<void> {
  const child = start(program, words, user);
  let output = "";
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("close", resolve);
    child.once("error", reject);
  });
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${output}`);
}

/** Starts a program; what it says on standard error can be read. */
export function start(program: string, words: readonly string[], user: User = {}): ChildProcess {
  const stdio: StdioOptions = ["ignore", "ignore", "pipe"];
  // A server in a group of its own gets no interrupt from the terminal: it is stopped in its turn.
  return spawn(program, words, { stdio, detached: true, cwd: "/", ...user });
}

/** Tries until it works: a server takes a moment before it answers. */
export async function retried<Result>(child: ChildProcess, attempt: () => Promise<Result>): Promise<Result> {
  let output = "";
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
  const untilMs = performance.now() + startWithinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const ended = child.exitCode ?? child.signalCode;
      if (ended !== null || performance.now() > untilMs) {
        throw new Error(`${child.spawnfile} does not answer: ${output}`, { cause: error });
      }
    }
    await sleep(retryMs);
  }
}

/** Ends a server in good order, or without it if it takes too long. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), stopWithinMs);
  await ended;
  clearTimeout(timer);
}

function versionOf(directory: string): number {
  return Number(directory.split("/").at(-2));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
