// SPDX-License-Identifier: Apache-2.0
// Programs of ours that run in a process of their own and print one line of JSON.
import { spawn } from "node:child_process";

/** How a program ended: what it printed, and how long it ran, in ms. */
export type Ended = { code: number | null; signal: NodeJS.Signals | null; output: string; ms: number };

/**
 * Runs a program of ours with Node to its end.
 *
 * @param quiet what it says on standard error, its progress for example, is not shown
 */
export async function runNode(words: readonly string[], quiet = false): Promise<Ended> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, ["--conditions=@docket/source", ...words], {
    stdio: ["ignore", "pipe", quiet ? "ignore" : "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      resolve({ code, signal, output, ms: performance.now() - startedMs });
    });
  });
}

/**
 * Runs a program of ours that prints JSON.
 *
 * @throws {Error} if it does not end well
 */
export async function jsonOf(words: readonly string[]): Promise<unknown> {
  const { code, signal, output } = await runNode(words);
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${signal ?? code}: ${output}`);
  return JSON.parse(output) as unknown;
}
