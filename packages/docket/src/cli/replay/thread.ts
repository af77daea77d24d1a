// SPDX-License-Identifier: Apache-2.0
// A thread of `docket replay`. It reads with blocking calls: it has nothing else to do.
import { parentPort, workerData } from "node:worker_threads";
import { readFileSyncBounded } from "../verify/bounded-file.ts";
import { Replayer } from "./replayer.ts";
import type { ReplayAnswer, ReplayerStart, ReplayQuestion } from "./replayer.ts";

/** What it is asked. */
export type ToReplayThread = { id: number; question: ReplayQuestion };
/** That it has loaded; then its answers, `failure` if it cannot go on. */
export type FromReplayThread = "ready" | { id: number; answer?: ReplayAnswer; failure?: string };

const port = parentPort;
if (port === null) throw new Error("this module runs in a thread of its own");
const replayer = new Replayer(
  workerData as ReplayerStart,
  (directory) => (name, bytesMax) => readFileSyncBounded(directory, name, bytesMax),
);

port.on("message", ({ id, question }: ToReplayThread) => {
  try {
    port.postMessage({ id, answer: replayer.replay(question) } satisfies FromReplayThread);
  } catch (error) {
    const failure = (error as Error).stack ?? String(error);
    port.postMessage({ id, failure } satisfies FromReplayThread);
  }
});
port.postMessage("ready" satisfies FromReplayThread);
