// SPDX-License-Identifier: Apache-2.0
// Commands as tests run them, in this process, on a terminal that keeps what they print.
import { EventEmitter } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { TestContext } from "node:test";
import { createInstallation } from "../../installation.ts";
import type { Installation } from "../../installation.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { run } from "../main.ts";
import type { Terminal } from "../terminal.ts";

/** What came of a command. */
export type Ran = { code: number; out: string; err: string };
/** A terminal, and what was printed on it since it was last asked for. */
export type TestTerminal = { terminal: Terminal; stdout: () => string; stderr: () => string };

const printedBytesMax = 1 << 26;

/** A terminal with something on standard input. */
export function testTerminal(input: string | Uint8Array = ""): TestTerminal {
  const stdin = new PassThrough();
  stdin.end(input);
  const stdout = new PassThrough({ highWaterMark: printedBytesMax });
  const stderr = new PassThrough({ highWaterMark: printedBytesMax });
  const terminal: Terminal = {
    stdin,
    stdout,
    stderr,
    env: {},
    // The log under a command goes by the time of day, and what the command decides with must not lie behind.
    clock: Date.now,
    nowMs: () => 0,
    signals: new EventEmitter(),
    temporaryDirectory: tmpdir(),
    outputGone: new AbortController().signal,
  };
  const text = (stream: PassThrough): string => String(stream.read() ?? "");
  return { terminal, stdout: () => text(stdout), stderr: () => text(stderr) };
}

/** Runs `docket WORDS`, with something on standard input. */
export async function docket(input: string | Uint8Array, ...words: string[]): Promise<Ran> {
  const { terminal, stdout, stderr } = testTerminal(input);
  const code = await run(words, terminal);
  return { code, out: stdout(), err: stderr() };
}

/** A directory of the test's own. */
export function directoryOf(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-cli-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A new data directory whose policy is this text alone. */
export function installationWith(t: TestContext, policy: string): Installation {
  const installation = createInstallation(disk, join(directoryOf(t), "data"));
  const { policyDirectory } = installation;
  for (const name of readdirSync(policyDirectory)) rmSync(join(policyDirectory, name), { recursive: true });
  writeFileSync(join(policyDirectory, "policy.yaml"), policy);
  return installation;
}
