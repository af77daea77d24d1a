// SPDX-License-Identifier: Apache-2.0
// All cores for one verification: threads that each check ranges of bundles. They answer in any order; the
// walk takes their answers in the order of the log.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { RangeChecker, RangeResult, RootsResult } from "@docket/verify";
import { threadUrl } from "../../thread-url.ts";
import type { FromRangeThread, RangeThreadStart, ToRangeThread } from "./range-thread.ts";

/** How many ranges wait in a thread's queue, so that it never waits for the walk. */
const rangesPerThread = 3;

/** From how many records on threads are worth their start, which takes as long as checking as many. */
export const recordsForThreads = 20_000;

/** Threads that check ranges. */
export type RangePool = RangeChecker & AsyncDisposable;

type Waiting = { resolve: (result: RangeResult | RootsResult) => void; reject: (error: Error) => void };
type Thread = { worker: Worker; waiting: Map<number, Waiting>; failure: Error | undefined };

/**
 * Starts threads for a directory.
 *
 * @param directory the one with `tile/`
 * @param count how many; as many as there are cores if left out
 */
export function openRangePool(directory: string, count: number = availableParallelism()): RangePool {
  const threads = Array.from({ length: count }, () => startThread({ directory }));
  let lastId = 0;
  const ask = async (asked: ToRangeThread): Promise<RangeResult | RootsResult> => {
    const { promise, resolve, reject } = Promise.withResolvers<RangeResult | RootsResult>();
    const idle = threads.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
    if (idle.failure !== undefined) throw idle.failure;
    idle.waiting.set(asked.id, { resolve, reject });
    idle.worker.postMessage(asked);
    return promise;
  };
  return {
    concurrency: count * rangesPerThread,
    check: async (range) => (await ask({ id: ++lastId, range })) as RangeResult,
    checkRoots: async (roots) => (await ask({ id: ++lastId, roots })) as RootsResult,
    async [Symbol.asyncDispose]() {
      await Promise.all(threads.map(async ({ worker }) => worker.terminate()));
    },
  };
}

function startThread(start: RangeThreadStart): Thread {
  const worker = new Worker(threadUrl("./range-thread", import.meta.url), { workerData: start });
  const waiting = new Map<number, Waiting>();
  const thread: Thread = { worker, waiting, failure: undefined };
  const fail = (error: Error): void => {
    thread.failure ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on("message", ({ id, result, failure }: FromRangeThread) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (result === undefined) asked?.reject(new Error(failure ?? "a thread of the verification failed"));
    else asked?.resolve(result);
  });
  worker.on("error", fail);
  worker.on("exit", () => fail(new Error("a thread of the verification ended")));
  return thread;
}
