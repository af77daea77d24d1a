// SPDX-License-Identifier: Apache-2.0
// What passes or is refused while nothing can be sealed.
import { Counter, Gauge } from "prom-client";
import type { Registry } from "prom-client";
import type { GapFigures } from "../gaps/gap-desk.ts";

/** Shows whether a gap is open, and what was not sealed. Alert on the first. */
export function addGapMetrics(registry: Registry, figures: () => GapFigures): void {
  const gauge = (name: string, help: string, value: (now: GapFigures) => number): void => {
    const made: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect: () => made.set(value(figures())),
    });
  };
  gauge("docket_gap_open", "1 while events can't be sealed, until a gap record says what was not", (now) =>
    now.open ? 1 : 0,
  );
  gauge(
    "docket_unsealed_events_waiting",
    "Events that passed unsealed and are still to be decided",
    (now) => now.waiting,
  );
  const events: Counter = new Counter({
    name: "docket_unsealed_events_total",
    help:
      "Events that could not be sealed, since the start: passed (fail: open), refused (closed), forgotten " +
      "(passed, and too many to be remembered)",
    labelNames: ["answer"],
    registers: [registry],
    collect() {
      events.reset();
      const { unsealed, refused, forgotten } = figures();
      events.inc({ answer: "passed" }, unsealed);
      events.inc({ answer: "refused" }, refused);
      events.inc({ answer: "forgotten" }, forgotten);
    },
  });
}
