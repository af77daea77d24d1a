// SPDX-License-Identifier: Apache-2.0
// One question to a thread of its own, which ends with its answer.
import { Worker } from "node:worker_threads";

/** Why a thread gave no answer. */
export type ThreadFailure = { readonly failure: string };

/**
 * Starts a thread and waits for its one message.
 *
 * @param module as `threadUrl` gives it
 * @throws the signal's reason, if it is aborted before the thread has answered
 */
export async function askThread<Answer>(
  module: URL,
  start: unknown,
  signal: AbortSignal,
): Promise<Answer | ThreadFailure> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Answer | ThreadFailure>();
  const worker = new Worker(module, { workerData: start });
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  worker.on("message", resolve);
  worker.on("error", ({ message }: Error) => resolve({ failure: message }));
  worker.on("exit", () => resolve({ failure: "its thread ended" }));
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", stop);
    await worker.terminate();
  }
}
