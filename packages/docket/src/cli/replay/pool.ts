// SPDX-License-Identifier: Apache-2.0
// All cores for one replay. The main thread follows the state meanwhile, so it asks and does not replay.
import { openThreadPool } from "../../thread-pool.ts";
import type { ThreadPool } from "../../thread-pool.ts";
import { threadUrl } from "../../thread-url.ts";
import type { ReplayAnswer, ReplayerStart, ReplayQuestion } from "./replayer.ts";

/** Threads that replay. */
export type ReplayPool = ThreadPool<ReplayQuestion, ReplayAnswer>;

/** Starts the threads. */
export function openReplayPool(start: ReplayerStart, cores?: number): ReplayPool {
  return openThreadPool(threadUrl("./thread", import.meta.url), start, cores);
}
