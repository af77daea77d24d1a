// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseLeaf } from "@docket/protocol";
import { decodeEntryBundle, entriesPath, parseCheckpoint, parseNote, tileWidth } from "@docket/tlog";

/** What a data directory's log holds, and whether `docket verify` accepts it. */
export type CheckedLog = {
  size: number;
  /** Pseudonym of the actor by index, of decisions. */
  decisions: Map<number, string>;
  /** What verification found wrong. */
  problem: string | undefined;
};

/** Reads a closed log and verifies it with the command that a user would run. */
export async function checkLog(binary: string, data: string): Promise<CheckedLog> {
  const site = join(data, "sites/main");
  const { size } = parseCheckpoint(parseNote(readFileSync(join(site, "checkpoint"))).text);
  const decisions = new Map<number, string>();
  for (let first = 0; first < size; first += tileWidth) {
    const width = Math.min(tileWidth, size - first);
    const bundle = readFileSync(join(site, entriesPath(first / tileWidth, width)));
    for (const [place, entry] of decodeEntryBundle(bundle, width).entries()) {
      const record = parseLeaf(Buffer.from(entry).toString("utf8"));
      if (record.kind === "decision") decisions.set(first + place, record.actor);
    }
  }
  return { size, decisions, problem: await verify(binary, data) };
}

function verify(binary: string, data: string): Promise<string | undefined> {
  const key = join(data, "log.vkey");
  const child = spawn(process.execPath, [
    "--conditions=@docket/source",
    binary,
    "verify",
    data,
    "--key",
    key,
  ]);
  let output = "";
  child.stdout.on("data", (text: Buffer) => (output += text.toString("utf8")));
  child.stderr.on("data", (text: Buffer) => (output += text.toString("utf8")));
  return new Promise((resolve) => {
    child.once("exit", (code) => resolve(code === 0 ? undefined : `verify exits with ${code}:\n${output}`));
  });
}
