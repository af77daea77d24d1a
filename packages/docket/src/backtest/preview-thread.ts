// SPDX-License-Identifier: Apache-2.0
// The thread of a preview: it reads and decides by itself, and leaves the other cores to the server.
import { parentPort, workerData } from "node:worker_threads";
import { disk } from "../stores/files/node-disk.ts";
import { backtest } from "./backtest.ts";
import { loadCandidate } from "./candidate.ts";
import type { PreviewAnswer, PreviewStart } from "./preview.ts";

const port = parentPort;
if (port === null) throw new Error("this module runs in a thread of its own");
const { source, candidate: plain, from, to, warmFrom } = workerData as PreviewStart;
try {
  const ports = { disk, paths: source.paths, hashing: source.keys.hashing };
  const candidate = { release: loadCandidate(ports, plain), plain };
  const name = "the proposal";
  const report = await backtest({ source, candidate, name, from, to, memory: "warm", warmFrom, threads: 0 });
  port.postMessage({ report } satisfies PreviewAnswer);
} catch (error) {
  port.postMessage({ failure: (error as Error).stack ?? String(error) } satisfies PreviewAnswer);
}
