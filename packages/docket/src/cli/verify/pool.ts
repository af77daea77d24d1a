// SPDX-License-Identifier: Apache-2.0
// All cores for one verification: this thread and one more for each further core, each of which checks ranges
// of bundles. They answer in any order; the walk takes their answers in the order of the log.
//
// This thread works too, since it is there at once: another one loads its modules for half a second first.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { checkRange, checkRoots } from "@docket/verify";
import type { RangeChecker, RangeResult, RangeSource, RootsResult } from "@docket/verify";
import { threadUrl } from "../../thread-url.ts";
import { scratchReader } from "./bounded-file.ts";
import type { FromRangeThread, RangeQuestion, RangeThreadStart, ToRangeThread } from "./range-thread.ts";

/** How many questions wait at a thread, so that it never waits for this one. */
const questionsPerThread = 3;

/** How many more are asked for than the threads have, for this thread to go on with. */
const questionsHere = 4;

/** From how many records on further threads are worth their start. */
export const recordsForThreads = 20_000;

/** Threads that check ranges. */
export type RangePool = RangeChecker & AsyncDisposable;

type Answer = RangeResult | RootsResult;
type Task = { question: RangeQuestion; resolve: (answer: Answer) => void; reject: (error: Error) => void };
type Thread = { worker: Worker; tasks: Map<number, Task>; isReady: boolean };

/**
 * Begins to check a directory with all cores.
 *
 * @param directory the one with `tile/`
 * @param cores how many threads work, this one among them
 */
export function openRangePool(directory: string, cores: number = availableParallelism()): RangePool {
  const pool = new Pool(directory, cores);
  const ask = async (question: RangeQuestion): Promise<Answer> => pool.ask(question);
  return {
    concurrency: (cores - 1) * questionsPerThread + questionsHere,
    check: async (range) => (await ask({ range })) as RangeResult,
    checkRoots: async (roots) => (await ask({ roots })) as RootsResult,
    [Symbol.asyncDispose]: async () => pool.close(),
  };
}

class Pool {
  readonly #source: RangeSource;
  readonly #threads: Thread[];
  readonly #waiting: Task[] = [];
  #lastId = 0;
  #isWorking = false;
  #failure: Error | undefined;

  constructor(directory: string, cores: number) {
    const read = scratchReader(directory);
    this.#source = { read: async (path, bytesMax) => read(path, bytesMax) };
    this.#threads = Array.from({ length: cores - 1 }, () => this.#startThread({ directory }));
  }

  async ask(question: RangeQuestion): Promise<Answer> {
    if (this.#failure !== undefined) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#waiting.push({ question, resolve, reject });
    this.#handOut();
    return promise;
  }

  async close(): Promise<void> {
    this.#fail(new Error("the verification has ended"));
    await Promise.all(this.#threads.map(async ({ worker }) => worker.terminate()));
  }

  #handOut(): void {
    for (const thread of this.#threads) {
      while (thread.isReady && thread.tasks.size < questionsPerThread) {
        const task = this.#waiting.shift();
        if (task === undefined) return;
        const id = ++this.#lastId;
        thread.tasks.set(id, task);
        thread.worker.postMessage({ id, question: task.question } satisfies ToRangeThread);
      }
    }
    if (this.#isWorking || this.#waiting.length === 0) return;
    this.#isWorking = true;
    // Between two questions of its own, this thread takes the others' answers.
    setImmediate(() => void this.#work());
  }

  async #work(): Promise<void> {
    const task = this.#waiting.shift();
    try {
      if (task !== undefined) task.resolve(await answerTo(this.#source, task.question));
    } catch (error) {
      task?.reject(error as Error);
    }
    this.#isWorking = false;
    this.#handOut();
  }

  #startThread(start: RangeThreadStart): Thread {
    const worker = new Worker(threadUrl("./range-thread", import.meta.url), { workerData: start });
    const thread: Thread = { worker, tasks: new Map(), isReady: false };
    worker.on("message", (message: FromRangeThread) => {
      if (message === "ready") thread.isReady = true;
      else {
        const task = thread.tasks.get(message.id);
        thread.tasks.delete(message.id);
        if (message.answer !== undefined) task?.resolve(message.answer);
        else task?.reject(new Error(message.failure ?? "a thread of the verification failed"));
      }
      this.#handOut();
    });
    worker.on("error", (error) => this.#fail(error));
    worker.on("exit", () => this.#fail(new Error("a thread of the verification ended")));
    return thread;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    const tasks = [
      ...this.#waiting.splice(0),
      ...this.#threads.flatMap((thread) => [...thread.tasks.values()]),
    ];
    for (const thread of this.#threads) thread.tasks.clear();
    for (const { reject } of tasks) reject(error);
  }
}

async function answerTo(source: RangeSource, question: RangeQuestion): Promise<Answer> {
  return "range" in question ? checkRange(source, question.range) : checkRoots(question.roots);
}
