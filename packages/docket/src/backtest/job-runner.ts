// SPDX-License-Identifier: Apache-2.0
// Runs a backtest in a thread of its own, at the lowest priority that the system has for it, so that the
// server keeps the cores that it needs.
import { Worker } from "node:worker_threads";
import type { PolicyFile } from "@docket/policy";
import type { LogPaths } from "../log/paths.ts";
import { threadUrl } from "../thread-url.ts";
import type { ThreadFailure } from "./ask-thread.ts";
import type { BacktestSource } from "./backtest.ts";
import type { JobRun } from "./jobs.ts";
import type { BacktestReport } from "./report.ts";
import type { Label } from "./sample.ts";

/** Most memory of its thread, in MiB. */
const threadMemoryMib = 3072;

/** What is decided under. */
export type JobCandidate = { readonly files: readonly PolicyFile[] } | { readonly release: string };

/** What the thread is started with. */
export type JobStart = JobRun & {
  readonly source: Omit<BacktestSource, "size"> & { readonly paths: LogPaths };
  /** Where files of lists and models lie that policies name. */
  readonly policyDirectory: string;
  /** The release in force, whose lists and models policy files go on from. */
  readonly inForce: string;
  /** The labels in force, by their decision. */
  readonly labels: ReadonlyMap<number, Label>;
};

/** What it answers at the end. */
export type JobAnswer = { readonly report: BacktestReport } | ThreadFailure;
/** What it says: how far it is, then its answer. */
export type JobMessage = JobAnswer | { readonly done: number; readonly total: number };

/**
 * Runs one.
 *
 * @throws the signal's reason, if it is aborted before
 */
export async function runJob(
  start: JobStart,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<JobAnswer> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<JobAnswer>();
  const worker = new Worker(threadUrl("./job-thread", import.meta.url), {
    workerData: start,
    resourceLimits: { maxOldGenerationSizeMb: threadMemoryMib },
  });
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  worker.on("message", (message: JobMessage) => {
    if ("done" in message) onProgress(message.done, message.total);
    else resolve(message);
  });
  worker.on("error", ({ message }: Error) => resolve({ failure: message }));
  worker.on("exit", () => resolve({ failure: "its thread ended" }));
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", stop);
    await worker.terminate();
  }
}
