// SPDX-License-Identifier: Apache-2.0
// What a witness's `/metrics` shows. No label has a value that a client chooses.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** Buckets of the time until an answer, in seconds: from a quick disk to the longest that one may take. */
const secondsBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** The metrics of one witness. */
export type WitnessMetrics = {
  registry: Registry;
  /** Notes an answered request: the route's name, the status, how long it took. */
  answered(route: string, status: number, seconds: number): void;
  /** Notes that a log signed two roots of one size. */
  forked(): void;
};

/** What the gauges read. */
export type WitnessGauges = { logs: () => number; signs: () => boolean };

/**
 * Makes the metrics of a witness.
 *
 * @param process whether to add prom-client's metrics of the process
 */
export function createWitnessMetrics(gauges: WitnessGauges, process: boolean): WitnessMetrics {
  const registry = new Registry();
  if (process) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Counter({
    name: "docket_witness_requests_total",
    help: "Requests answered, by route and status",
    labelNames: ["route", "status"],
    registers,
  });
  const seconds = new Histogram({
    name: "docket_witness_request_seconds",
    help: "Time from a request's headers to its answer",
    labelNames: ["route"],
    buckets: secondsBuckets,
    registers,
  });
  const forks = new Counter({
    name: "docket_witness_forks_total",
    help: "Checkpoints refused because the log had signed another root of the same size",
    registers,
  });
  gauge(registry, "docket_witness_logs", "Logs that this witness knows", gauges.logs);
  gauge(registry, "docket_witness_signs", "1 while checkpoints are cosigned, 0 after the disk failed", () =>
    gauges.signs() ? 1 : 0,
  );
  return {
    registry,
    answered(route, status, took) {
      requests.inc({ route, status });
      seconds.observe({ route }, took);
    },
    forked() {
      forks.inc();
    },
  };
}

function gauge(registry: Registry, name: string, help: string, value: () => number): void {
  const made: Gauge = new Gauge({ name, help, registers: [registry], collect: () => made.set(value()) });
}
