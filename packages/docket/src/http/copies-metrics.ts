// SPDX-License-Identifier: Apache-2.0
// How the log's replicas fare, and the last drill, for `/metrics`. Names are of the operator's choice.
import { Gauge } from "prom-client";
import type { Registry } from "prom-client";
import type { CopiesStatus } from "../copies/copies-desk.ts";
import type { ReplicaStatus } from "../copies/replication.ts";

/** Shows both. */
export function addCopiesMetrics(registry: Registry, status: () => CopiesStatus): void {
  const each = (name: string, help: string, value: (replica: ReplicaStatus) => number): void => {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: ["replica"],
      registers: [registry],
      collect() {
        for (const replica of status().replicas) gauge.set({ replica: replica.name }, value(replica));
      },
    });
  };
  each("docket_replica_records", "Records that the replica holds, durable and proven", ({ held }) => held);
  each("docket_replica_lag_records", "Records that the replica lacks", ({ held, durable }) => {
    return Math.max(0, durable - held);
  });
  each("docket_replica_lag_seconds", "Age of the oldest record that the replica lacks", ({ lagMs }) => {
    return lagMs / 1000;
  });
  each("docket_replica_up", "1 while the replica takes records", ({ state }) =>
    state === "copying" ? 1 : 0,
  );
  const drill = (
    name: string,
    help: string,
    value: (last: CopiesStatus["drill"]["last"]) => number,
  ): void => {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect: () => gauge.set(value(status().drill.last)),
    });
  };
  drill("docket_drill_passed", "1 if the last drill passed; 0 if it failed, or none was run", (last) => {
    return last?.result === "passed" ? 1 : 0;
  });
  drill("docket_drill_timestamp_seconds", "When the last drill ended, seconds since 1970", (last) => {
    return last === undefined ? 0 : Date.parse(last.at) / 1000;
  });
  drill(
    "docket_drill_lost_seconds",
    "Recovery point of the last drill: how old what it lacked was",
    (last) => {
      return (last?.lostMs ?? 0) / 1000;
    },
  );
  drill("docket_drill_seconds", "Recovery time of the last drill", (last) => (last?.tookMs ?? 0) / 1000);
}
