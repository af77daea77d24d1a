// SPDX-License-Identifier: Apache-2.0
// All cores for one replay. Threads answer in any order; whoever asked takes the answers in the order of the
// log. The main thread follows the state meanwhile, so it asks and does not replay.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { threadUrl } from "../../thread-url.ts";
import type { ReplayAnswer, ReplayerStart, ReplayQuestion } from "./replayer.ts";
import type { FromReplayThread, ToReplayThread } from "./thread.ts";

/** How many questions wait at a thread, so that it never waits for this one. */
const questionsPerThread = 2;

/** Threads that replay. */
export type ReplayPool = AsyncDisposable & {
  /** How many questions are worth asking at once. */
  concurrency: number;
  ask(question: ReplayQuestion): Promise<ReplayAnswer>;
};

type Task = {
  question: ReplayQuestion;
  resolve: (answer: ReplayAnswer) => void;
  reject: (error: Error) => void;
};
type Thread = { worker: Worker; tasks: Map<number, Task>; isReady: boolean };

/** Starts the threads. */
export function openReplayPool(start: ReplayerStart, cores: number = availableParallelism()): ReplayPool {
  const waiting: Task[] = [];
  let lastId = 0;
  let failure: Error | undefined;
  const handOut = (): void => {
    for (const thread of threads) {
      while (thread.isReady && thread.tasks.size < questionsPerThread) {
        const task = waiting.shift();
        if (task === undefined) return;
        const id = ++lastId;
        thread.tasks.set(id, task);
        thread.worker.postMessage({ id, question: task.question } satisfies ToReplayThread);
      }
    }
  };
  const fail = (error: Error): void => {
    failure ??= error;
    const tasks = [...waiting.splice(0), ...threads.flatMap(({ tasks: open }) => [...open.values()])];
    for (const { tasks: open } of threads) open.clear();
    for (const { reject } of tasks) reject(error);
  };
  const threads: Thread[] = Array.from({ length: Math.max(1, cores) }, () => {
    const worker = new Worker(threadUrl("./thread", import.meta.url), { workerData: start });
    const thread: Thread = { worker, tasks: new Map(), isReady: false };
    worker.on("message", (message: FromReplayThread) => {
      if (message === "ready") thread.isReady = true;
      else settle(thread, message);
      handOut();
    });
    worker.on("error", fail);
    worker.on("exit", () => fail(new Error("a thread of the replay ended")));
    return thread;
  });
  return {
    concurrency: threads.length * questionsPerThread + 1,
    async ask(question) {
      if (failure !== undefined) throw failure;
      const { promise, resolve, reject } = Promise.withResolvers<ReplayAnswer>();
      waiting.push({ question, resolve, reject });
      handOut();
      return promise;
    },
    async [Symbol.asyncDispose]() {
      fail(new Error("the replay has ended"));
      await Promise.all(threads.map(async ({ worker }) => worker.terminate()));
    },
  };
}

function settle(thread: Thread, message: Exclude<FromReplayThread, "ready">): void {
  const task = thread.tasks.get(message.id);
  thread.tasks.delete(message.id);
  if (message.answer !== undefined) task?.resolve(message.answer);
  else task?.reject(new Error(message.failure ?? "a thread of the replay failed"));
}
