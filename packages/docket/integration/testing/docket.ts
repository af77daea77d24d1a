// SPDX-License-Identifier: Apache-2.0
// The real command, as a process of its own.
import { spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

/** The command's program. */
export const binary: string = fileURLToPath(new URL("../../bin/docket.js", import.meta.url));
const runWithinMs = 120_000;
const startWithinMs = 60_000;

/** What a run of the command gave. */
export type Run = { code: number | null; stdout: string; stderr: string };
/** A command that serves. */
export type Serving = {
  url: string;
  child: ChildProcess;
  /** All lines that it has written. */
  output: () => string;
  /** Resolves with its exit code when it has ended. */
  exited: Promise<number | null>;
  /** Stops it, in good order unless another signal is named, and waits for its end. */
  stop: (signal?: NodeJS.Signals) => Promise<number | null>;
};
/** A server that runs, and a key of role admin. */
export type RunningServer = Serving & { key: string };

/** Runs `docket` with these words. */
export function docket(
  words: readonly string[],
  options: { cwd?: string; input?: string } = {},
): Promise<Run> {
  const child = spawnDocket(words, options.cwd === undefined ? {} : { cwd: options.cwd });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin?.end(options.input ?? "");
  const timer = setTimeout(() => child.kill("SIGKILL"), runWithinMs);
  return new Promise((resolve) => {
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
}

/** Starts `docket serve` with these words on a free port, and kills it when the test ends. */
export async function startServer(t: TestContext, words: readonly string[]): Promise<RunningServer> {
  // The key follows the address; both have come when the example that uses them has.
  const isReady = (output: string): boolean => output.includes("Bearer dk_");
  const serving = await startServing(t, ["serve", "--listen", "127.0.0.1:0", ...words], { isReady });
  return { ...serving, key: /dk_[A-Za-z0-9_-]{43}/.exec(serving.output())?.[0] ?? "" };
}

/**
 * Starts a command that serves, waits until it has said where, and kills it when the test ends.
 *
 * @param isReady whether what it has written by then says all that is needed
 * @param withinMs how long it is waited for, in ms
 */
export async function startServing(
  t: Pick<TestContext, "after">,
  words: readonly string[],
  {
    env,
    isReady = () => true,
    withinMs = startWithinMs,
  }: { env?: Record<string, string>; isReady?: (output: string) => boolean; withinMs?: number } = {},
): Promise<Serving> {
  const child = spawnDocket(words, { env: { ...process.env, ...env } });
  t.after(() => child.kill("SIGKILL"));
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no address in time:\n${output}`)), withinMs);
    const read = (line: string): void => {
      output += `${line}\n`;
      const found = / on (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1];
      if (found === undefined || !isReady(output)) return;
      clearTimeout(timer);
      resolve(found);
    };
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", read);
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on("line", read);
    void exited.then(() => reject(new Error(`it ended:\n${output}`)));
  });
  const stop = (signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> => {
    child.kill(signal);
    return exited;
  };
  return { url, child, output: () => output, exited, stop };
}

/** Sends one event. */
export async function postEvent(
  server: RunningServer,
  event: object,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${server.url}/v1/decisions`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json" },
    body: JSON.stringify(event),
  });
  return { status: response.status, body: await response.json() };
}

function spawnDocket(words: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return spawn(process.execPath, ["--conditions=@docket/source", binary, ...words], {
    ...options,
    stdio: ["pipe", "pipe", "pipe"],
  });
}
