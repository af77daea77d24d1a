// SPDX-License-Identifier: Apache-2.0
// spamprobe with its defaults: learn each message once (good, spam), then score.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Peer, missingProgram, programVersion, runProgram, writeMessages } from "./peer.ts";

/** How many files one command line names. */
const filesAtOnce = 2_000;

/** spamprobe (Debian: spamprobe). */
export const spamprobe: Peer = {
  name: "spamprobe",
  identity: () => `spamprobe ${programVersion("spamprobe", "-V")}, defaults`,
  scorers: { spamprobe: 0.6 },
  missing: () => missingProgram("spamprobe"),
  run: async ({ train, test }, directory) => {
    const database = join(directory, "db");
    mkdirSync(database);
    const paths = writeMessages(train, join(directory, "train"));
    for (const [spam, command] of [
      [true, "spam"],
      [false, "good"],
    ] as const) {
      const some = paths.filter((_, index) => train[index]?.spam === spam);
      for (const files of chunks(some)) {
        await runProgram("spamprobe", ["-c", "-d", database, command, ...files]);
      }
    }
    const scores: number[] = [];
    for (const files of chunks(writeMessages(test, join(directory, "test")))) {
      const text = await runProgram("spamprobe", ["-d", database, "score", ...files]);
      scores.push(...readScores(text, files));
    }
    return { spamprobe: scores };
  },
};

// A line "path: SPAM 0.9999999 digest" for each message.
function readScores(text: string, files: readonly string[]): number[] {
  const lines = text.split("\n").filter((line) => /(?:SPAM|GOOD) [0-9.]+ [0-9a-f]+/.test(line));
  if (lines.length !== files.length) {
    throw new Error(`spamprobe gave ${lines.length} scores for ${files.length} messages`);
  }
  return lines.map((line) => Number(/(?:SPAM|GOOD) ([0-9.]+)/.exec(line)?.[1]));
}

function chunks(files: readonly string[]): string[][] {
  const count = Math.ceil(files.length / filesAtOnce);
  return Array.from({ length: count }, (_, i) => files.slice(i * filesAtOnce, (i + 1) * filesAtOnce));
}
