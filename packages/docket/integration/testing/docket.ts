// SPDX-License-Identifier: Apache-2.0
// The real command, as a process of its own.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

/** The command's program. */
export const binary: string = fileURLToPath(new URL("../../bin/docket.js", import.meta.url));
const runWithinMs = 120_000;
const startWithinMs = 60_000;

/** What a run of the command gave. */
export type Run = { code: number | null; stdout: string; stderr: string };
/** A server that runs: its address, a key of role admin, and how to stop it in good order. */
export type RunningServer = {
  url: string;
  key: string;
  child: ChildProcess;
  stop: () => Promise<number | null>;
};

/** Runs `docket` with these words. */
export function docket(
  words: readonly string[],
  options: { cwd?: string; input?: string } = {},
): Promise<Run> {
  const child = spawnDocket(words, options.cwd);
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
  const child = spawnDocket(["serve", "--listen", "127.0.0.1:0", ...words]);
  t.after(() => child.kill("SIGKILL"));
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  let output = "";
  let key = "";
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no address in time:\n${output}`)), startWithinMs);
    const read = (line: string): void => {
      output += `${line}\n`;
      key = /dk_[A-Za-z0-9_-]{43}/.exec(line)?.[0] ?? key;
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(output);
      // The key follows the address; both have come when the example that uses them has.
      if (found === null || !/Bearer dk_/.test(output)) return;
      clearTimeout(timer);
      resolve(found[0]);
    };
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", read);
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on("line", read);
    void exited.then(() => reject(new Error(`the server ended:\n${output}`)));
  });
  const stop = (): Promise<number | null> => {
    child.kill("SIGTERM");
    return exited;
  };
  return { url, key, child, stop };
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

function spawnDocket(words: readonly string[], cwd?: string): ChildProcess {
  return spawn(process.execPath, ["--conditions=@docket/source", binary, ...words], {
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ["pipe", "pipe", "pipe"],
  });
}
