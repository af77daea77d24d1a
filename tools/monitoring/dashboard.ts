// SPDX-License-Identifier: Apache-2.0
// The Grafana dashboard, from a table of its panels: rows as an operator reads them, from "does it seal?"
// down to memory. `npm run monitoring` writes docs/operations/monitoring/dashboard.json.

/** One panel: a title, what it says, queries with their legends, and how the values are shown. */
type Panel = {
  readonly title: string;
  readonly says: string;
  readonly queries: readonly (readonly [expression: string, legend: string])[];
  readonly unit?: "reqps" | "s" | "short" | "bytes" | "percentunit" | "dateTimeFromNow";
  /** The newest value alone, red from this one on. Without it the panel is a plot. */
  readonly redFrom?: number;
  /** With `redFrom`: red below it instead. */
  readonly low?: boolean;
};
type Row = { readonly title: string; readonly panels: readonly Panel[] };

/** Grafana's grid has 24 columns; a plot takes a third, a single value an eighth. */
const columns = 24;
const plotWidth = 8;
const plotHeight = 8;
const statWidth = 3;
const statHeight = 4;
/** What Grafana calls the form of this file; it upgrades older ones by itself. */
const schemaVersion = 39;

const on = '{instance=~"$instance"}';
const where = (labels: string): string => `{instance=~"$instance",${labels}}`;

const rows: readonly Row[] = [
  {
    title: "Now",
    panels: [
      stat("Takes records", "1 while the log takes records", `min(docket_log_writable${on})`, 1, true),
      stat("Unsealed now", "1 while events can't be sealed", `max(docket_gap_open${on})`, 1),
      stat(
        "Clock stopped",
        "1 while nothing is sealed: the clock jumped",
        `max(docket_clock_stopped${on})`,
        1,
      ),
      stat("Alerts open", "Docket's own alerts", `sum(docket_alerts_open${on})`, 1),
      stat("Brakes", "What waits because it hit too much", `sum(docket_brakes_active${on})`, 1),
      stat("Overdue disputes", "Past their deadline", `sum(docket_disputes${where('state="overdue"')})`, 1),
      stat("Overdue orders", "Not confirmed by the app in time", `sum(docket_orders_overdue${on})`, 1),
      stat("Witness alarms", "Another tree was seen", `sum(docket_witness_alarms${on})`, 1),
    ],
  },
  {
    title: "Decisions",
    panels: [
      plot("By outcome", "Decisions a second; repeats and dry runs apart", "reqps", [
        [
          `sum by (outcome) (rate(docket_decisions_total${where('kind!="repeat"')}[$__rate_interval]))`,
          "{{outcome}}",
        ],
      ]),
      plot("Time until the answer", "Of sealed decisions, with the sealing", "s", [
        [quantile(0.5), "median"],
        [quantile(0.95), "p95"],
        [quantile(0.99), "p99"],
      ]),
      plot("Errors", "Answers with an error, by code", "reqps", [
        [`sum by (code) (rate(docket_errors_total${on}[$__rate_interval]))`, "{{code}}"],
      ]),
    ],
  },
  {
    title: "Sealing",
    panels: [
      plot("Records", "Durable, under a signed root, and to be fetched by anyone", "short", [
        [`docket_log_records${on}`, "{{state}}"],
        [`docket_log_cosigned_records${on}`, "cosigned"],
      ]),
      plot("Batches and queue", "Time of the last batch; records that wait", "short", [
        [`docket_log_batch_seconds${on} * 1000`, "batch, ms"],
        [`docket_queue_records${on}`, "waiting"],
      ]),
      plot("Unsealed events", "What was answered while nothing could be sealed", "reqps", [
        [`sum by (answer) (rate(docket_unsealed_events_total${on}[$__rate_interval]))`, "{{answer}}"],
        [`docket_unsealed_events_waiting${on}`, "still to be decided"],
      ]),
    ],
  },
  {
    title: "Watched from outside",
    panels: [
      plot("Witnesses", "1 if it cosigned when it was last asked", "short", [
        [`docket_witness_up${on}`, "{{witness}}"],
      ]),
      plot("Age of time-stamps", "Since the last stamp of each outside clock", "s", [
        [`docket_anchor_age_seconds${on}`, "{{clock}}"],
      ]),
      plot("Clock", "Uncertainty of a record's time, and distance from the sources", "s", [
        [`docket_clock_uncertainty_seconds${on}`, "uncertainty"],
        [`docket_clock_offset_seconds${on}`, "offset"],
      ]),
    ],
  },
  {
    title: "Copies",
    panels: [
      plot("Replicas behind", "Age of the oldest record that one lacks", "s", [
        [`docket_replica_lag_seconds${on}`, "{{replica}}"],
      ]),
      plot("Replicas", "1 while it takes records", "short", [[`docket_replica_up${on}`, "{{replica}}"]]),
      plot("Last drill", "Days since it ended; what would have been lost, and how long restoring took", "s", [
        [`time() - docket_drill_timestamp_seconds${on} > 0`, "age"],
        [`docket_drill_lost_seconds${on}`, "lost"],
        [`docket_drill_seconds${on}`, "took"],
      ]),
    ],
  },
  {
    title: "People and the app",
    panels: [
      plot("Review", "Cases that wait, by their weightiest task", "short", [
        [`docket_review_cases${on}`, "{{task}}"],
        [`docket_reported_contents_open${on}`, "reported contents"],
      ]),
      plot("Disputes", "Open and overdue; requests for a second person", "short", [
        [`docket_disputes${on}`, "{{state}}"],
        [`docket_requests_open${on}`, "requests: {{state}}"],
      ]),
      plot("To the app", "Orders that it has not confirmed; messages of webhooks", "short", [
        [`docket_orders_unconfirmed${on}`, "unconfirmed"],
        [`docket_webhook_messages_waiting${on}`, "messages waiting"],
        [`docket_webhook_messages_dead${on}`, "given up"],
      ]),
    ],
  },
  {
    title: "The process",
    panels: [
      plot("Memory", "Resident, heap, and what counters take of it", "bytes", [
        [`process_resident_memory_bytes${on}`, "resident"],
        [`nodejs_heap_size_used_bytes${on}`, "heap"],
        [`docket_counter_bytes${on}`, "counters"],
      ]),
      plot("CPU", "Cores in use", "short", [
        [`rate(process_cpu_seconds_total${on}[$__rate_interval])`, "{{instance}}"],
      ]),
      plot("Event loop and look-ups", "How late the process is; questions to the DNS", "short", [
        [`nodejs_eventloop_lag_p99_seconds${on} * 1000`, "lag p99, ms"],
        [`deriv(docket_lookups_asked${on}[5m])`, "look-ups a second"],
        [`deriv(docket_lookups_failed${on}[5m])`, "failed a second"],
      ]),
    ],
  },
];

/** The dashboard as Grafana imports it. */
export function dashboard(): object {
  const panels: object[] = [];
  let y = 0;
  for (const { title, panels: members } of rows) {
    panels.push({
      type: "row",
      title,
      id: panels.length + 1,
      collapsed: false,
      panels: [],
      gridPos: grid(0, y, columns, 1),
    });
    y += 1;
    const width = members[0]?.redFrom === undefined ? plotWidth : statWidth;
    const height = members[0]?.redFrom === undefined ? plotHeight : statHeight;
    for (const [place, panel] of members.entries())
      panels.push(panelOf(panel, panels.length + 1, grid(place * width, y, width, height)));
    y += height;
  }
  return {
    title: "Docket",
    uid: "docket",
    tags: ["docket"],
    timezone: "utc",
    schemaVersion,
    editable: true,
    graphTooltip: 1,
    refresh: "30s",
    time: { from: "now-6h", to: "now" },
    templating: { list: [sourceVariable, instanceVariable] },
    annotations: { list: [] },
    panels,
  };
}

/** All queries, for whoever checks their names. */
export function queries(): string[] {
  return rows.flatMap(({ panels }) =>
    panels.flatMap((panel) => panel.queries.map(([expression]) => expression)),
  );
}

const source = { type: "prometheus", uid: "${source}" };
const sourceVariable = { name: "source", label: "Data source", type: "datasource", query: "prometheus" };
const instanceVariable = {
  name: "instance",
  label: "Instance",
  type: "query",
  datasource: source,
  query: { query: "label_values(docket_log_writable, instance)", refId: "instance" },
  definition: "label_values(docket_log_writable, instance)",
  refresh: 2,
  includeAll: true,
  multi: true,
  current: { text: "All", value: "$__all" },
};

function stat(title: string, says: string, expression: string, redFrom: number, low = false): Panel {
  return { title, says, queries: [[expression, ""]], redFrom, low };
}

function plot(title: string, says: string, unit: Panel["unit"] & string, lines: Panel["queries"]): Panel {
  return { title, says, unit, queries: lines };
}

function quantile(share: number): string {
  const rate = `rate(docket_decision_seconds_bucket${where('kind="sealed"')}[$__rate_interval])`;
  return `histogram_quantile(${share}, sum by (le) (${rate}))`;
}

function panelOf(
  { title, says, queries: lines, unit, redFrom, low }: Panel,
  id: number,
  gridPos: object,
): object {
  const targets = lines.map(([expr, legendFormat], place) => ({
    refId: String.fromCodePoint(("A".codePointAt(0) as number) + place),
    datasource: source,
    expr,
    legendFormat,
  }));
  const base = { id, title, description: says, datasource: source, gridPos, targets };
  if (redFrom === undefined) {
    const defaults = { unit: unit ?? "short", custom: { lineWidth: 1, fillOpacity: 8, showPoints: "never" } };
    const options = { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi" } };
    return { ...base, type: "timeseries", fieldConfig: { defaults, overrides: [] }, options };
  }
  const [below, above] = low === true ? ["red", "green"] : ["green", "red"];
  const thresholds = {
    mode: "absolute",
    steps: [
      { color: below, value: null },
      { color: above, value: redFrom },
    ],
  };
  const options = {
    reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
    colorMode: "background",
  };
  return {
    ...base,
    type: "stat",
    fieldConfig: { defaults: { unit: "short", thresholds }, overrides: [] },
    options,
  };
}

function grid(x: number, y: number, w: number, h: number): object {
  return { x, y, w, h };
}
