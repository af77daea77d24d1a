// SPDX-License-Identifier: Apache-2.0
// The load: writers who each wait for the answer before they append again.
import { setTimeout as sleep } from "node:timers/promises";
import { median, quantile } from "../numbers.ts";
import type { Contender } from "./contender.ts";
import { watchOthers } from "./other-load.ts";

/** What a measure gave. `published` is the delay from append to publication, for logs that publish. */
export type Measured = {
  /** Inputs that were answered. */
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Appends that were refused or not answered in time. */
  failed: number;
  /** Processor time that a server of its own took for an answer, over all threads, in µs. */
  cpuUs?: number;
  /** Share of the processors that other programs took meanwhile; a log's servers are such too. */
  othersShare?: number;
  published?: { p50Ms: number; p99Ms: number; maxMs: number; samples: number };
};

const refusedMs = 10;

/** Lets `writers` append for `seconds`, then waits until the contender rests. */
export async function measure<Input>(
  contender: Contender<Input>,
  next: () => Input,
  options: { writers: number; seconds: number },
): Promise<Measured> {
  const latencies: number[] = [];
  let failed = 0;
  let lastError: unknown;
  const others = watchOthers();
  const startedMs = performance.now();
  const untilMs = startedMs + options.seconds * 1000;
  const write = async (): Promise<void> => {
    for (let beganMs = performance.now(); beganMs < untilMs;) {
      try {
        await contender.append(next());
        latencies.push(performance.now() - beganMs);
      } catch (error) {
        failed++;
        lastError = error;
        // Who is refused comes again a little later.
        await sleep(refusedMs);
      }
      beganMs = performance.now();
    }
  };
  await Promise.all(Array.from({ length: options.writers }, write));
  if (latencies.length === 0) throw lastError;
  const perSecond = (latencies.length / (performance.now() - startedMs)) * 1000;
  const othersShare = others();
  await contender.rest?.();
  const delays = contender.takeDelays?.();
  return {
    perSecond,
    p50Ms: median(latencies),
    p99Ms: quantile(latencies, 0.99),
    failed,
    ...(othersShare === undefined ? {} : { othersShare }),
    ...(delays === undefined ? {} : { published: delaysOf(delays) }),
  };
}

function delaysOf(delays: readonly number[]): NonNullable<Measured["published"]> {
  return {
    p50Ms: median(delays),
    p99Ms: quantile(delays, 0.99),
    maxMs: Math.max(...delays),
    samples: delays.length,
  };
}
