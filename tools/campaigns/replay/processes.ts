// SPDX-License-Identifier: Apache-2.0
// `docket` as a process of its own, under whichever Node.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The command's program. */
export const binary: string = fileURLToPath(
  new URL("../../../packages/docket/bin/docket.js", import.meta.url),
);

/** What a run gave; `code` is `null` if it was killed. */
export type Run = { code: number | null; stdout: string; stderr: string };

/**
 * Runs `docket`.
 *
 * @param options `node` the program of Node (default: this one); `killAfterMs` when it is killed
 */
export function docket(
  words: readonly string[],
  options: { node?: string; killAfterMs?: number } = {},
): Promise<Run> {
  const { node = process.execPath, killAfterMs } = options;
  const child = spawn(node, ["--conditions=@docket/source", binary, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  return new Promise((resolve) => {
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
}
