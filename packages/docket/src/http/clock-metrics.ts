// SPDX-License-Identifier: Apache-2.0
// How the clock stands that records bear.
import { clockStates } from "@docket/protocol";
import { Gauge } from "prom-client";
import type { Registry } from "prom-client";
import type { ClockStatus } from "../clock/site-clock.ts";

/** Shows the clock's state, offset and uncertainty. What is not known is NaN. */
export function addClockMetrics(registry: Registry, status: () => ClockStatus): void {
  const gauge = (name: string, help: string, value: (now: ClockStatus) => number): void => {
    const made: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect: () => made.set(value(status())),
    });
  };
  const seconds = (ms: number | null): number => (ms === null ? Number.NaN : ms / 1000);
  const state: Gauge = new Gauge({
    name: "docket_clock_state",
    help: "1 for the state in which the clock is that records bear: docket clock",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      const now = status().state;
      for (const each of ["unwatched", "unchecked", ...clockStates]) {
        state.set({ state: each }, each === now ? 1 : 0);
      }
    },
  });
  gauge(
    "docket_clock_uncertainty_seconds",
    "By how much a record's time may be off, NaN if nobody knows",
    (now) => seconds(now.uncertaintyMs),
  );
  gauge(
    "docket_clock_offset_seconds",
    "The clock less the time that its sources agree on, NaN if none",
    (now) => seconds(now.offsetMs),
  );
  gauge("docket_clock_sources_agreeing", "Sources of time that agree", (now) => now.agreeing);
  gauge("docket_clock_sources", "Sources of time that are asked", (now) => now.asked);
  gauge("docket_clock_stopped", "1 while nothing is sealed because the clock jumped", (now) =>
    now.stopped ? 1 : 0,
  );
}
