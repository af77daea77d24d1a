// SPDX-License-Identifier: Apache-2.0
// The servers under test, each a process of its own on a loopback port.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Target } from "./load.ts";

const urlPattern = /http:\/\/127\.0\.0\.1:\d+/;
const startWithinMs = 30_000;
const docketBinary = fileURLToPath(new URL("../../packages/docket/bin/docket.js", import.meta.url));
const peerModule = fileURLToPath(new URL("./peer-json-lines.ts", import.meta.url));

/** A running server. `stop` ends it in good order. */
export type Server = Target & { stop(): Promise<void> };

/**
 * `docket serve` on a new data directory.
 *
 * @param options others of its options; with any the directory is one that was made before, of an opaque log,
 *   and no API key is read
 */
export async function startDocket(data: string, options: readonly string[] = []): Promise<Server> {
  const words = ["serve", "--data", data, "--listen", "127.0.0.1:0", ...options];
  if (options.length > 0) return startProgram(docketBinary, words);
  const { child, output } = await start([docketBinary, ...words], [urlPattern, /dk_[A-Za-z0-9_-]{43}/]);
  const [url = "", key = ""] = output;
  return { url, headers: { authorization: `Bearer ${key}` }, pid: child.pid ?? 0, stop: () => stop(child) };
}

/** The peer: conventional logging of the same events, one JSON line each, answered once it is on disk. */
export function startPeer(directory: string): Promise<Server> {
  return startProgram(peerModule, [join(directory, "events.ndjson")]);
}

/** A server that prints its address when it can be asked. */
export async function startProgram(program: string, words: readonly string[]): Promise<Server> {
  const { child, output } = await start([program, ...words], [urlPattern]);
  return { url: output[0] ?? "", headers: {}, pid: child.pid ?? 0, stop: () => stop(child) };
}

/** Starts a program of Node and waits until it has printed what matches each pattern. */
async function start(
  words: readonly string[],
  patterns: readonly RegExp[],
): Promise<{ child: ChildProcess; output: string[] }> {
  const child = spawn(process.execPath, ["--conditions=@docket/source", ...nodeOptions(), ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  const output = await new Promise<string[]>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${words[0]} did not start:\n${text}`)), startWithinMs);
    createInterface({ input: child.stdout }).on("line", (line) => {
      text += `${line}\n`;
      const found = patterns.map((pattern) => pattern.exec(text)?.[0]);
      if (found.includes(undefined)) return;
      clearTimeout(timer);
      resolve(found as string[]);
    });
    child.once("exit", (code) => reject(new Error(`${words[0]} ended with ${code}:\n${text}`)));
  });
  return { child, output };
}

/** Options for Node itself, to profile a server under the benchmark's load: `--cpu-prof --cpu-prof-dir=…`. */
function nodeOptions(): string[] {
  return (process.env["DOCKET_BENCH_NODE_OPTIONS"] ?? "").split(" ").filter((word) => word !== "");
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.removeAllListeners("exit");
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
