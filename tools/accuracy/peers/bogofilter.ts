// SPDX-License-Identifier: Apache-2.0
// bogofilter with its defaults: learn each message once, then the score with all its digits.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Peer, missingProgram, programVersion, runProgram, writeMessages } from "./peer.ts";

/** The exit code tells what it held of a message: spam, ham or (2) neither. */
const unsureCode = 2;

/** bogofilter (Debian: bogofilter). */
export const bogofilter: Peer = {
  name: "bogofilter",
  identity: () => `${programVersion("bogofilter", "-V")}, defaults, -TT`,
  scorers: { bogofilter: 0.99, "bogofilter at .5": 0.5 },
  missing: () => missingProgram("bogofilter"),
  run: async ({ train, test }, directory) => {
    const database = join(directory, "db");
    mkdirSync(database);
    const paths = writeMessages(train, join(directory, "train"));
    for (const [spam, option] of [
      [true, "-s"],
      [false, "-n"],
    ] as const) {
      const list = paths.filter((_, index) => train[index]?.spam === spam).join("\n");
      await runProgram("bogofilter", ["-C", "-d", database, option, "-b"], `${list}\n`);
    }
    const asked = writeMessages(test, join(directory, "test"));
    const answer = await scores(database, asked);
    return { bogofilter: answer, "bogofilter at .5": answer };
  },
};

async function scores(database: string, paths: readonly string[]): Promise<number[]> {
  const text = await runProgram("bogofilter", ["-C", "-d", database, "-b", "-TT"], `${paths.join("\n")}\n`, {
    codeMax: unsureCode,
  });
  const byPath = new Map(text.split("\n").map((line) => line.split(" ") as [string, string]));
  return paths.map((path) => {
    const score = Number(byPath.get(path) ?? Number.NaN);
    if (Number.isNaN(score)) throw new Error(`bogofilter gave no score for ${path}`);
    return score;
  });
}
