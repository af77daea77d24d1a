// SPDX-License-Identifier: Apache-2.0
// How many requests for what takes a second person are open: what nobody looks at may be somebody's who
// should not make any.
import { Gauge } from "prom-client";
import type { Registry } from "prom-client";

/** Shows how many requests wait, and how many are approved and not done. */
export function addRequestMetrics(
  registry: Registry,
  figures: () => { readonly waiting: number; readonly approved: number; readonly alone: number },
): void {
  const open: Gauge = new Gauge({
    name: "docket_requests_open",
    help: "Requests for what takes a second person: those that wait, and those approved and not done",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      const { waiting, approved } = figures();
      open.set({ state: "waiting" }, waiting);
      open.set({ state: "approved" }, approved);
    },
  });
  const alone: Gauge = new Gauge({
    name: "docket_requests_alone",
    help: "Of the approved ones, those that only whoever made them approved",
    registers: [registry],
    collect() {
      alone.set(figures().alone);
    },
  });
}
