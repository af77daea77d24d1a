// SPDX-License-Identifier: Apache-2.0
// A thread that checks ranges of bundles of a directory. It reads with blocking calls: it has nothing else to
// do, and a bundle is three files.
import { parentPort, workerData } from "node:worker_threads";
import { checkRange, checkRoots } from "@docket/verify";
import type { RangeRequest, RangeResult, RootsRequest, RootsResult } from "@docket/verify";
import { scratchReader } from "./bounded-file.ts";

/** What a thread is started with: the directory with `tile/`. */
export type RangeThreadStart = { directory: string };
/** What a thread can answer. */
export type RangeQuestion = { range: RangeRequest } | { roots: RootsRequest };
/** What it is asked. */
export type ToRangeThread = { id: number; question: RangeQuestion };
/** That it has loaded; then its answers, `failure` if it cannot go on. */
export type FromRangeThread = "ready" | { id: number; answer?: RangeResult | RootsResult; failure?: string };

const port = parentPort;
if (port === null) throw new Error("this module runs in a thread of its own");
const { directory } = workerData as RangeThreadStart;
const readFile = scratchReader(directory);
const source = { read: async (path: string, bytesMax: number) => readFile(path, bytesMax) };

async function answer(question: RangeQuestion): Promise<RangeResult | RootsResult> {
  return "range" in question ? checkRange(source, question.range) : checkRoots(question.roots);
}

port.on("message", ({ id, question }: ToRangeThread) => {
  answer(question).then(
    (found) => port.postMessage({ id, answer: found } satisfies FromRangeThread),
    (error: unknown) =>
      port.postMessage({ id, failure: (error as Error).stack ?? String(error) } satisfies FromRangeThread),
  );
});
port.postMessage("ready" satisfies FromRangeThread);
