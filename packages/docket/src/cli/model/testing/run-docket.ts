// SPDX-License-Identifier: Apache-2.0
// Commands as tests run them, and texts that a model can learn from.
import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { TestContext } from "node:test";
import { run } from "../../main.ts";
import type { Terminal } from "../../terminal.ts";

/** What came of a command. */
export type Ran = { code: number; out: string; err: string };

/** Runs `docket WORDS`, with something on standard input. */
export async function docket(input: string | Uint8Array, ...words: string[]): Promise<Ran> {
  const stdin = new PassThrough();
  stdin.end(input);
  const stdout = new PassThrough({ highWaterMark: 1 << 26 });
  const stderr = new PassThrough();
  const terminal: Terminal = {
    stdin,
    stdout,
    stderr,
    env: {},
    clock: () => Date.UTC(2026, 10, 23),
    nowMs: () => 0,
    signals: new EventEmitter(),
    temporaryDirectory: tmpdir(),
    outputGone: new AbortController().signal,
  };
  const code = await run(words, terminal);
  return { code, out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

/** A directory of the test's own. */
export function directoryOf(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-model-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const spamWords = "win free cash prize click claim offer bonus casino cheap pills loan".split(" ");
const hamWords = "meeting lunch tomorrow thanks song garden music family weather river school book".split(
  " ",
);

/** A text of either class; the same for the same number. */
export function textOf(spam: boolean, number: number): string {
  const words = spam ? spamWords : hamWords;
  return Array.from({ length: 8 }, (_, place) => words[(number * 7 + place * 5 + place * number) % 12]).join(
    " ",
  );
}

/** Lines of labelled texts, half of either class. */
export function labelledLines(count: number, first: number = 0): string {
  return Array.from({ length: count }, (_, place) => {
    const spam = place % 2 === 0;
    const id = `t${first + place}`;
    return `${JSON.stringify({ id, label: spam ? "spam" : "ham", text: textOf(spam, first + place) })}\n`;
  }).join("");
}
