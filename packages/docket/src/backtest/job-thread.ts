// SPDX-License-Identifier: Apache-2.0
// The thread of a backtest beside a server: it reads and decides by itself, and leaves the other cores alone.
import { readlinkSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { PolicyError } from "@docket/policy";
import { DocketError } from "../error.ts";
import { readKeptRelease, keptReleasePath } from "../releases/release.ts";
import { disk } from "../stores/files/node-disk.ts";
import { readBelow } from "../stores/files/read-files.ts";
import { backtest } from "./backtest.ts";
import type { BacktestOptions } from "./backtest.ts";
import { candidateOfFiles, keptCandidate } from "./candidate.ts";
import type { JobMessage, JobStart } from "./job-runner.ts";

/** It says how far it is at most this often, in ms. */
const progressEveryMs = 200;

const port = parentPort;
if (port === null) throw new Error("this module runs in a thread of its own");
giveWay();
const start = workerData as JobStart;
const say = (message: JobMessage): void => port.postMessage(message);
try {
  say({ report: await backtest(optionsOf(start)) });
} catch (error) {
  // What is wrong with a candidate is for whoever wrote it; the rest is for whoever mends this.
  const isTheirs = error instanceof PolicyError || error instanceof DocketError;
  const { message, stack } = error as Error;
  say({ failure: isTheirs ? message : (stack ?? message) });
}

// On Linux each thread has a priority of its own, and the link says which this one is.
function giveWay(): void {
  try {
    const thread = Number(/\d+$/.exec(readlinkSync("/proc/thread-self"))?.[0]);
    if (Number.isSafeInteger(thread) && thread > 0) setPriority(thread, constants.priority.PRIORITY_LOW);
  } catch {
    // Elsewhere it runs as the server does.
  }
}

function optionsOf({ source, size, candidate, inForce, policyDirectory, ...run }: JobStart): BacktestOptions {
  const { paths, keys } = source;
  const ports = { disk, paths, hashing: keys.hashing };
  const kept = (id: string): ReturnType<typeof readKeptRelease> =>
    readKeptRelease((each) => disk.readFile(keptReleasePath(paths, each)), id);
  const file = (path: string): Uint8Array | undefined => readBelow(policyDirectory, path);
  let saidMs = 0;
  return {
    source: { ...source, size },
    candidate:
      "release" in candidate
        ? keptCandidate(ports, candidate.release)
        : candidateOfFiles(ports, candidate.files, file, kept(inForce)),
    name: run.name,
    from: run.from,
    to: run.to,
    memory: run.memory,
    warmFrom: run.warmFrom,
    sample: run.labels.size === 0 ? undefined : { byIndex: run.labels, byEvent: new Map() },
    threads: 0,
    onProgress: (done, total) => {
      const nowMs = performance.now();
      if (nowMs - saidMs < progressEveryMs) return;
      saidMs = nowMs;
      say({ done, total });
    },
  };
}
