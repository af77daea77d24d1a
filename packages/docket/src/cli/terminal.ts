// SPDX-License-Identifier: Apache-2.0
// What a command sees of the process that it runs in: streams, clock, signals. Commands take it as an
// argument.
import type { EventEmitter } from "node:events";
import { tmpdir } from "node:os";
import type { Readable, Writable } from "node:stream";

/** A stream that a command writes to. */
export type Output = Writable & { isTTY?: boolean };

/** The process as a command sees it. */
export type Terminal = {
  stdin: Readable;
  stdout: Output;
  stderr: Output;
  env: Readonly<Record<string, string | undefined>>;
  /** Ms since 1970. */
  clock: () => number;
  /** A monotonic clock, in ms. */
  nowMs: () => number;
  /** Emits `SIGINT` and `SIGTERM`. */
  signals: EventEmitter;
  temporaryDirectory: string;
  /** Aborted when whoever reads standard output has gone away (EPIPE). */
  outputGone: AbortSignal;
};

/** The process that runs. Call once: it listens to errors of its output streams from now on. */
export function processTerminal(): Terminal {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    clock: Date.now,
    nowMs: () => performance.now(),
    signals: process,
    temporaryDirectory: tmpdir(),
    outputGone: whenGone(process.stdout, process.stderr),
  };
}

/**
 * Tells when the reader of `output` goes away. Any other error of the streams ends the process, as without
 * us.
 */
export function whenGone(output: Output, errors: Output): AbortSignal {
  const gone = new AbortController();
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    gone.abort();
  });
  errors.on("error", (error: NodeJS.ErrnoException) => {
    // Nobody reads what went wrong: the exit code still says it.
    if (error.code !== "EPIPE") throw error;
  });
  return gone.signal;
}

/**
 * Writes a text, or bytes, and waits while the stream is full. Does nothing once its reader has gone away.
 */
export async function write(
  terminal: Pick<Terminal, "stdout" | "outputGone">,
  text: string | Uint8Array,
): Promise<void> {
  const { stdout, outputGone } = terminal;
  if (text.length === 0 || outputGone.aborted || stdout.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stdout.off("drain", done);
      outputGone.removeEventListener("abort", done);
      resolve();
    };
    stdout.on("drain", done);
    outputGone.addEventListener("abort", done);
  });
}
