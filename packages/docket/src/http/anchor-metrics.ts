// SPDX-License-Identifier: Apache-2.0
// How the log's outside clocks fare. Their names come from the operator's own configuration.
import { Counter, Gauge } from "prom-client";
import type { Registry } from "prom-client";
import type { ClockFigures } from "../anchors/contract.ts";

/** Shows when each outside clock stamped the log last. A clock that never did shows no age. */
export function addAnchorMetrics(
  registry: Registry,
  figures: () => readonly ClockFigures[],
  clock: () => number,
): void {
  const age: Gauge = new Gauge({
    name: "docket_anchor_age_seconds",
    help: "Time since the last stamp of this outside clock was sealed",
    labelNames: ["clock"],
    registers: [registry],
    collect() {
      for (const { name, lastMs } of figures()) {
        if (lastMs !== undefined) age.set({ clock: name }, Math.max(0, clock() - lastMs) / 1000);
      }
    },
  });
  const records: Gauge = new Gauge({
    name: "docket_anchored_records",
    help: "Records that the last stamp of this outside clock covers",
    labelNames: ["clock"],
    registers: [registry],
    collect() {
      for (const { name, size } of figures()) records.set({ clock: name }, size);
    },
  });
  const asked: Counter = new Counter({
    name: "docket_anchor_requests_total",
    help: "How often an outside clock was asked, and whether its stamp was sealed, since the start",
    labelNames: ["clock", "result"],
    registers: [registry],
    collect() {
      asked.reset();
      for (const { name, sealed, failures } of figures()) {
        asked.inc({ clock: name, result: "anchored" }, sealed);
        asked.inc({ clock: name, result: "failed" }, failures);
      }
    },
  });
}
