// SPDX-License-Identifier: Apache-2.0
// Other people's filters: each learns a training part and scores a test part, in a directory of its own.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Fold, Item } from "../corpora.ts";

/** A filter that is not ours. */
export interface Peer {
  readonly name: string;
  /** What makes up its result besides the texts: version and settings. Part of the cache's key. */
  readonly identity: () => string;
  /** The scores that it gives, with the cut of each that its authors chose. */
  readonly scorers: Readonly<Record<string, number>>;
  /** Rows of which it does a part only, since it is slow: so many folds, of their texts one in `every`. */
  readonly parts?: Readonly<Record<string, { readonly folds: number; readonly every: number }>>;
  /** Why it can't run here. */
  readonly missing: () => string | undefined;
  /**
   * Learns `fold.train`, scores `fold.test`: for each scorer the scores in the order of the test part.
   *
   * @param directory empty, and deleted afterwards
   */
  readonly run: (fold: Fold, directory: string) => Promise<Record<string, number[]>>;
}

/** The cut of a probability where a filter that knows nothing says a half: that is no spam. */
export const aboveHalf = 0.500001;

/** The message as a filter of mail is given it: raw bytes as they came, other texts as a mail of one part. */
export function messageBytes({ raw, title, text }: Item): Buffer {
  if (raw !== undefined) return Buffer.from(raw, "latin1");
  const head = [
    ...(title === undefined ? [] : [`Subject: ${encodedSubject(title)}`]),
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
  ];
  return Buffer.from(`${head.join("\n")}\n\n${text}\n`);
}

// RFC 2047: encoded words where there is more than ASCII, of whole characters and at most 75 long each.
function encodedSubject(title: string): string {
  const line = title.replaceAll(/[\r\n]+/g, " ");
  if (/^[\x20-\x7e\t]*$/.test(line)) return line;
  const words: string[] = [];
  let word = "";
  for (const character of line) {
    if (Buffer.byteLength(word + character) > 42) {
      words.push(word);
      word = "";
    }
    word += character;
  }
  return [...words, word].map((each) => `=?utf-8?B?${Buffer.from(each).toString("base64")}?=`).join("\n ");
}

/** What of a row's folds a peer does: all, unless it is slow. It always learns the whole training part. */
export function peerFolds({ parts }: Peer, row: string, folds: readonly Fold[]): Fold[] {
  const { folds: count, every } = parts?.[row] ?? { folds: folds.length, every: 1 };
  return folds
    .slice(0, count)
    .map((fold) => ({ ...fold, test: fold.test.filter((_, index) => index % every === 0) }));
}

/** Writes each message into a file of its own and returns the paths in order. */
export function writeMessages(items: readonly Item[], directory: string): string[] {
  mkdirSync(directory, { recursive: true });
  return items.map((item, index) => {
    const path = join(directory, String(index).padStart(6, "0"));
    writeFileSync(path, messageBytes(item));
    return path;
  });
}

/**
 * Runs a program to its end and returns what it wrote.
 *
 * @param options its environment, and the highest exit code that is no failure
 * @throws {Error} it did not end well
 */
export function runProgram(
  program: string,
  args: readonly string[],
  input: string | Uint8Array = "",
  { codeMax = 0, env }: { readonly codeMax?: number; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...(env !== undefined && { env }), stdio: "pipe" });
    const out: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.on("error", reject);
    child.on("close", (code) => {
      if (code !== null && code <= codeMax) resolve(Buffer.concat(out).toString("utf8"));
      else
        reject(
          new Error(`${program} ended with ${code}: ${Buffer.concat(complaints).toString().slice(-2000)}`),
        );
    });
  });
}

/** Why a program can't be run, or `undefined`. */
export function missingProgram(program: string): string | undefined {
  const found = spawnSync("which", [program]).status === 0;
  return found ? undefined : `${program} is not installed`;
}

/** The first line of what a program says of its version. */
export function programVersion(program: string, option: string): string {
  const { stdout, stderr } = spawnSync(program, [option], { encoding: "utf8" });
  return (
    `${stdout}${stderr}`
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim() ?? program
  );
}
