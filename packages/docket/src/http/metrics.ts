// SPDX-License-Identifier: Apache-2.0
// What `/metrics` shows, in a registry of this server's own. No label has a value that a client chooses.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Decision, ErrorCode } from "@docket/protocol";
import type { ReviewFigures } from "../reviews/contract.ts";
import type { DisputeFigures } from "../disputes/contract.ts";
import type { LogFacts, SiteStatus } from "../intake/contract.ts";
import type { WitnessesStatus } from "../publication/witness-status.ts";

/**
 * Buckets of the time until an answer, in seconds: from a quick disk to the longest that an answer may take.
 */
const decisionSecondsBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** What is told of look-ups in the DNS, and how. */
const lookupFigures: readonly (readonly [keyof NonNullable<SiteStatus["lookups"]>, string])[] = [
  ["asked", "Questions that look-ups sent, since the start"],
  ["remembered", "Questions of look-ups that were answered from memory, since the start"],
  ["listed", "Questions of look-ups that were answered with a listing, since the start"],
  ["failed", "Questions of look-ups without a usable answer, since the start"],
];

/** The metrics of a server of any log. */
export type LogMetrics = {
  registry: Registry;
  /** Notes that a request, or a line of a batch, was answered with an error. */
  refused(code: ErrorCode): void;
};

/** The metrics of a site's server. */
export type Metrics = LogMetrics & {
  /** Notes a decision and how long it took. */
  decided(decision: Decision, seconds: number): void;
};

/** What is shown of a log. */
export type LogMetricsOptions<Status extends LogFacts = LogFacts> = {
  /** Asked when somebody reads the metrics. */
  status: () => Status;
  /** How long ago the API keys were last known to be fresh. */
  keysStaleMs: () => number;
  /** Whether to add prom-client's metrics of the process. */
  process: boolean;
};

/** Makes the metrics of a server of any log. */
export function createLogMetrics({ status, keysStaleMs, process }: LogMetricsOptions): LogMetrics {
  const registry = new Registry();
  if (process) collectDefaultMetrics({ register: registry });
  const refused = new Counter({
    name: "docket_errors_total",
    help: "Requests and lines of batches answered with an error, by code",
    labelNames: ["code"],
    registers: [registry],
  });
  addGauges(registry, status, keysStaleMs);
  return {
    registry,
    refused(code) {
      refused.inc({ code });
    },
  };
}

/** Makes the metrics of a site's server. */
export function createMetrics(options: LogMetricsOptions<SiteStatus>): Metrics {
  const common = createLogMetrics(options);
  const { registry } = common;
  const { status } = options;
  const decisions = new Counter({
    name: "docket_decisions_total",
    help: "Decisions answered, by outcome; dry runs and repeats apart",
    labelNames: ["outcome", "kind"],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: "docket_decision_seconds",
    help: "Time from an event's receipt to its answer; for sealed decisions with the sealing",
    labelNames: ["kind"],
    buckets: decisionSecondsBuckets,
    registers: [registry],
  });
  gauge(registry, "docket_counter_keys", "Keys that counters and limits hold", () => status().counterKeys);
  gauge(registry, "docket_counter_bytes", "Memory of counters and limits", () => status().counterBytes);
  gauge(
    registry,
    "docket_counter_keys_evicted",
    "Keys of counters and limits that had to go before their time, since the start",
    () => status().countersEvicted,
  );
  gauge(
    registry,
    "docket_rules_warming",
    "Rules without effect because a counter or limit that they read isn't warm yet",
    () => status().rulesWarming,
  );
  for (const [figure, what] of lookupFigures) {
    gauge(registry, `docket_lookups_${figure}`, what, () => status().lookups?.[figure] ?? 0);
  }
  return {
    ...common,
    decided(decision, took) {
      const kind = kindOf(decision);
      decisions.inc({ outcome: decision.outcome, kind });
      seconds.observe({ kind }, took);
    },
  };
}

function kindOf({ repeat, sealed }: Decision): "repeat" | "sealed" | "unsealed" {
  if (repeat) return "repeat";
  return sealed ? "sealed" : "unsealed";
}

function addGauges(registry: Registry, status: () => LogFacts, keysStaleMs: () => number): void {
  gauge(registry, "docket_queue_records", "Records that wait to be sealed", () => status().waiting);
  gauge(
    registry,
    "docket_log_batch_seconds",
    "Time that the last batch took to become durable and signed",
    () => {
      return status().lastBatchMs / 1000;
    },
  );
  gauge(registry, "docket_log_writable", "1 while the log takes records, 0 when it has ended", () => {
    return status().fault === undefined ? 1 : 0;
  });
  gauge(
    registry,
    "docket_api_keys_stale_seconds",
    "Time since the API keys were last known to be fresh",
    () => {
      return keysStaleMs() / 1000;
    },
  );
  const records = new Gauge({
    name: "docket_log_records",
    help: "Records that are durable, covered by a signed root (integrated), fetchable by anyone (published)",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      const { durableSize, integratedSize, publishedSize } = status();
      records.set({ state: "durable" }, durableSize);
      records.set({ state: "integrated" }, integratedSize);
      records.set({ state: "published" }, publishedSize);
    },
  });
}

function gauge(registry: Registry, name: string, help: string, value: () => number): void {
  const made: Gauge = new Gauge({ name, help, registers: [registry], collect: () => made.set(value()) });
}

/** Shows how the emergency brakes stand. Names of rules are nobody's business, so there are none. */
export function addBrakeMetrics(
  registry: Registry,
  figures: () => { waiting: number; capped: number },
): void {
  gauge(
    registry,
    "docket_brakes_active",
    "Rules, thresholds, entries and caps that wait for a person: docket policy brakes",
    () => figures().waiting,
  );
  const capped: Counter = new Counter({
    name: "docket_capped_total",
    help: "Measures left out because a rule had restricted as many actors as it may",
    registers: [registry],
    collect() {
      capped.reset();
      capped.inc(figures().capped);
    },
  });
}

/** Shows how many disputes wait to be decided, and how long. */
export function addDisputeMetrics(registry: Registry, figures: () => DisputeFigures): void {
  const waiting: Gauge = new Gauge({
    name: "docket_disputes",
    help: "Disputes that are open, and those of them that are past their deadline",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      const { open, overdue } = figures();
      waiting.set({ state: "open" }, open);
      waiting.set({ state: "overdue" }, overdue);
    },
  });
  gauge(
    registry,
    "docket_dispute_oldest_seconds",
    "Age of the oldest open dispute, 0 if there is none",
    () => {
      return figures().oldestOpenMs / 1000;
    },
  );
}

/** Shows how many cases wait for reviewers. */
export function addReviewMetrics(registry: Registry, figures: () => ReviewFigures): void {
  const waiting: Gauge = new Gauge({
    name: "docket_review_cases",
    help: "Cases that wait for a reviewer, by the weightiest of their tasks",
    labelNames: ["task"],
    registers: [registry],
    collect() {
      for (const [task, cases] of Object.entries(figures())) waiting.set({ task }, cases);
    },
  });
}

/** Shows how the log's witnesses fare. Their names come from the operator's own policy. */
export function addWitnessMetrics(registry: Registry, status: () => WitnessesStatus): void {
  gauge(
    registry,
    "docket_log_cosigned_records",
    "Records of the newest checkpoint that a quorum of the witnesses cosigned",
    () => status().cosignedSize,
  );
  gauge(
    registry,
    "docket_witness_alarms",
    "Witnesses that have seen another tree of this log, or more of it: look at /readyz at once",
    () => status().alarms.length,
  );
  const up: Gauge = new Gauge({
    name: "docket_witness_up",
    help: "1 if the witness cosigned when it was last asked",
    labelNames: ["witness"],
    registers: [registry],
    collect() {
      for (const { name, state } of status().witnesses)
        up.set({ witness: name }, state === "cosigned" ? 1 : 0);
    },
  });
  const cosigned: Gauge = new Gauge({
    name: "docket_witness_cosigned_records",
    help: "Records of the newest checkpoint that the witness cosigned since the start",
    labelNames: ["witness"],
    registers: [registry],
    collect() {
      for (const { name, cosignedSize } of status().witnesses) cosigned.set({ witness: name }, cosignedSize);
    },
  });
  const asked: Counter = new Counter({
    name: "docket_witness_requests_total",
    help: "How often a witness was asked, and whether it cosigned",
    labelNames: ["witness", "result"],
    registers: [registry],
    collect() {
      asked.reset();
      for (const { name, cosignatures, failures } of status().witnesses) {
        asked.inc({ witness: name, result: "cosigned" }, cosignatures);
        asked.inc({ witness: name, result: "failed" }, failures);
      }
    },
  });
}

/** What is shown of what goes out and of what users report. */
export type DeliveryFigures = {
  waiting: number;
  overdue: number;
  webhooks:
    | { endpoints: number; troubled: number; waiting: number; dead: number; delivered: number }
    | undefined;
  reports: { open: number; reports: number } | undefined;
};

/** Shows what the app has not confirmed, how webhooks fare, and what is reported. */
export function addDeliveryMetrics(registry: Registry, figures: () => DeliveryFigures): void {
  gauge(registry, "docket_orders_unconfirmed", "Records whose orders the app has not confirmed", () => {
    return figures().waiting;
  });
  gauge(
    registry,
    "docket_orders_overdue",
    "Those that it should have confirmed by now: docket changes --unconfirmed",
    () => figures().overdue,
  );
  gauge(
    registry,
    "docket_webhooks_troubled",
    "Webhooks that are off, or whose receiver does not take messages now: docket webhooks list",
    () => figures().webhooks?.troubled ?? 0,
  );
  gauge(registry, "docket_webhook_messages_waiting", "Messages that were read and are not delivered", () => {
    return figures().webhooks?.waiting ?? 0;
  });
  gauge(
    registry,
    "docket_webhook_messages_dead",
    "Messages that were given up: docket webhooks dead",
    () => figures().webhooks?.dead ?? 0,
  );
  gauge(registry, "docket_reported_contents_open", "Reported contents that nobody has looked at", () => {
    return figures().reports?.open ?? 0;
  });
}
