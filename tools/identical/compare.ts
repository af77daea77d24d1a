// SPDX-License-Identifier: Apache-2.0
// Runs another Node, and says where lines differ.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("print.ts", import.meta.url));
const outputBytesMax = 268_435_456;

/**
 * What another Node computes.
 *
 * @throws {Error} it failed
 */
export function linesOfNode(node: string, count: number): string[] {
  const args = ["--conditions=@docket/source", program, String(count)];
  const { status, stdout, stderr } = spawnSync(node, args, { encoding: "utf8", maxBuffer: outputBytesMax });
  if (status !== 0) throw new Error(`${node} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as string[];
}

/** The first line that differs, with what stands there, or `undefined`. */
export function firstDifference(ours: readonly string[], theirs: readonly string[]): string | undefined {
  if (ours.length !== theirs.length) return `${theirs.length} lines instead of ${ours.length}`;
  const at = ours.findIndex((line, index) => line !== theirs[index]);
  return at < 0 ? undefined : `line ${at}: ${theirs[at]} instead of ${ours[at]}`;
}
