// SPDX-License-Identifier: Apache-2.0
// A thread that checks ranges of bundles of a directory. It reads with blocking calls: it has nothing else to
// do, and a bundle is three files.
import { parentPort, workerData } from "node:worker_threads";
import { checkRange, checkRoots } from "@docket/verify";
import type { RangeRequest, RangeResult, RootsRequest, RootsResult } from "@docket/verify";
import { scratchReader } from "./bounded-file.ts";

/** What a thread is started with: the directory with `tile/`. */
export type RangeThreadStart = { directory: string };
/** What it is asked. */
export type ToRangeThread = { id: number; range: RangeRequest } | { id: number; roots: RootsRequest };
/** What it answers; `failure` if it cannot go on. */
export type FromRangeThread = { id: number; result?: RangeResult | RootsResult; failure?: string };

const port = parentPort;
if (port === null) throw new Error("this module runs in a thread of its own");
const { directory } = workerData as RangeThreadStart;
const readFile = scratchReader(directory);
const source = { read: async (path: string, bytesMax: number) => readFile(path, bytesMax) };

async function answer(asked: ToRangeThread): Promise<RangeResult | RootsResult> {
  return "range" in asked ? checkRange(source, asked.range) : checkRoots(asked.roots);
}

port.on("message", (asked: ToRangeThread) => {
  const { id } = asked;
  answer(asked).then(
    (result) => port.postMessage({ id, result } satisfies FromRangeThread),
    (error: unknown) =>
      port.postMessage({ id, failure: (error as Error).stack ?? String(error) } satisfies FromRangeThread),
  );
});
