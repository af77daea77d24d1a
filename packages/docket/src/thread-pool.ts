// SPDX-License-Identifier: Apache-2.0
// All cores for one long reading. Threads answer in any order; whoever asked takes the answers in the order
// that it needs. What waits on a message must not also do the work, so the main thread only asks.
import { availableParallelism } from "node:os";
import { parentPort, Worker } from "node:worker_threads";
import type { Transferable } from "node:worker_threads";

/** What a thread is asked. */
type ToThread<Question> = { id: number; question: Question };
/** That it has loaded; then its answers, `failure` if it cannot go on. */
type FromThread<Answer> = "ready" | { id: number; answer?: Answer; failure?: string };

/** How many questions wait at a thread, so that it never waits for the main thread. */
const questionsPerThread = 2;

/** Threads that answer questions. */
export type ThreadPool<Question, Answer> = AsyncDisposable & {
  /** How many questions are worth asking at once. */
  concurrency: number;
  ask(question: Question): Promise<Answer>;
};

type Task<Question, Answer> = {
  question: Question;
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
};
type Thread<Question, Answer> = {
  worker: Worker;
  tasks: Map<number, Task<Question, Answer>>;
  isReady: boolean;
};

/**
 * Starts threads.
 *
 * @param module that calls {@link answerQuestions}
 * @param start given to each as its `workerData`
 */
export function openThreadPool<Question, Answer>(
  module: URL,
  start: unknown,
  cores: number = availableParallelism(),
): ThreadPool<Question, Answer> {
  const waiting: Task<Question, Answer>[] = [];
  let lastId = 0;
  let failure: Error | undefined;
  const handOut = (): void => {
    for (const thread of threads) {
      while (thread.isReady && thread.tasks.size < questionsPerThread) {
        const task = waiting.shift();
        if (task === undefined) return;
        const id = ++lastId;
        thread.tasks.set(id, task);
        thread.worker.postMessage({ id, question: task.question } satisfies ToThread<Question>);
      }
    }
  };
  const fail = (error: Error): void => {
    failure ??= error;
    const tasks = [...waiting.splice(0), ...threads.flatMap(({ tasks: open }) => [...open.values()])];
    for (const { tasks: open } of threads) open.clear();
    for (const { reject } of tasks) reject(error);
  };
  const threads = Array.from({ length: Math.max(1, cores) }, (): Thread<Question, Answer> => {
    const worker = new Worker(module, { workerData: start });
    const thread: Thread<Question, Answer> = { worker, tasks: new Map(), isReady: false };
    worker.on("message", (message: FromThread<Answer>) => {
      if (message === "ready") thread.isReady = true;
      else settle(thread, message);
      handOut();
    });
    worker.on("error", fail);
    worker.on("exit", () => fail(new Error("a thread ended")));
    return thread;
  });
  return {
    concurrency: threads.length * questionsPerThread + 1,
    async ask(question) {
      if (failure !== undefined) throw failure;
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      waiting.push({ question, resolve, reject });
      handOut();
      return promise;
    },
    async [Symbol.asyncDispose]() {
      fail(new Error("the threads have ended"));
      await Promise.all(threads.map(async ({ worker }) => worker.terminate()));
    },
  };
}

/**
 * Answers the questions of a pool, in the thread that it started.
 *
 * @param transfers memory of an answer that is handed over and not copied
 */
export function answerQuestions<Answer>(
  answer: (question: never) => Answer,
  transfers: (answer: Answer) => readonly Transferable[] = () => [],
): void {
  const port = parentPort;
  if (port === null) throw new Error("this module runs in a thread of its own");
  port.on("message", ({ id, question }: ToThread<never>) => {
    try {
      const answered = answer(question);
      port.postMessage({ id, answer: answered } satisfies FromThread<Answer>, transfers(answered));
    } catch (error) {
      const failure = (error as Error).stack ?? String(error);
      port.postMessage({ id, failure } satisfies FromThread<Answer>);
    }
  });
  port.postMessage("ready" satisfies FromThread<Answer>);
}

function settle<Question, Answer>(
  thread: Thread<Question, Answer>,
  message: Exclude<FromThread<Answer>, "ready">,
): void {
  const task = thread.tasks.get(message.id);
  thread.tasks.delete(message.id);
  if (message.answer !== undefined) task?.resolve(message.answer);
  else task?.reject(new Error(message.failure ?? "a thread failed"));
}
