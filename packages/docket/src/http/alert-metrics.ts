// SPDX-License-Identifier: Apache-2.0
// How many alerts are open, and whether they reach anybody. Names of channels are of the operator's choice.
import { Counter, Gauge } from "prom-client";
import type { Registry } from "prom-client";
import { severities } from "../alerts/contract.ts";
import type { AlertFigures } from "../alerts/contract.ts";

/** Shows both. */
export function addAlertMetrics(registry: Registry, figures: () => AlertFigures): void {
  const open: Gauge = new Gauge({
    name: "docket_alerts_open",
    help: "Alerts that are open now",
    labelNames: ["severity"],
    registers: [registry],
    collect() {
      for (const severity of severities) open.set({ severity }, figures().open[severity]);
    },
  });
  const messages: Counter = new Counter({
    name: "docket_alert_messages_total",
    help: "Messages of alerts, since the start, by channel and whether they went out",
    labelNames: ["channel", "result"],
    registers: [registry],
    collect() {
      messages.reset();
      for (const { id, sent, failed } of figures().channels) {
        messages.inc({ channel: id, result: "sent" }, sent);
        messages.inc({ channel: id, result: "failed" }, failed);
      }
    },
  });
}
