// SPDX-License-Identifier: Apache-2.0
// What is known and sealed of the copies of a log: which replicas there are, which of them fell behind and
// caught up, and what drills came to.
import { parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts, ReplicaBody } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { DrillResult } from "./drill-result.ts";
import type { ReplicaStatus } from "./replication.ts";

/** How often replicas are looked at, in ms. */
const lookIntervalMs = 1000;
/** A drill that can't be run is tried again after this long, in ms. */
const drillAgainMs = 3_600_000;

/** What the desk leans on. */
export type CopiesDeskPorts = {
  /** Names of the replicas that are configured. */
  names: readonly string[];
  ack: "async" | "sync";
  behindAfterMs: number;
  drillEveryMs: number | undefined;
  statuses: () => ReplicaStatus[];
  seal: (body: BodyWithoutParts, parts: readonly PlainPart[]) => Promise<{ index: number }>;
  /** Records of these kinds, in the log's order. */
  records: (kinds: readonly string[]) => Promise<string[]>;
  siteKey: Uint8Array;
  /** Runs a drill; without it none can be run here. */
  drill?: (() => Promise<DrillResult>) | undefined;
  /** Ms since 1970. */
  clock: () => number;
  timer: (ms: number, run: () => void) => () => void;
  onNotice: (notice: string) => void;
};

/** The last drill that is sealed. */
export type DrillOnRecord = Omit<DrillResult, "failures"> & { index: number; at: string };
/** How the copies fare. */
export type CopiesStatus = {
  ack: "async" | "sync";
  replicas: ReplicaStatus[];
  drill: { running: boolean; last: DrillOnRecord | undefined };
};

/** The copies of a site's log, as HTTP and metrics see them. */
export type SiteCopies = Pick<CopiesDesk, "status" | "startDrill">;

/** The copies of a site's log. */
export class CopiesDesk {
  readonly #ports: CopiesDeskPorts;
  /** By name: what was sealed of it last. */
  readonly #sealed = new Map<string, ReplicaBody["change"]>();
  readonly #sealing = new Set<string>();
  /** Those of which it was said that they are behind. */
  readonly #told = new Set<string>();
  #lastDrill: DrillOnRecord | undefined;
  #drilling: Promise<DrillResult> | undefined;
  #drillDueMs = Infinity;
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(ports: CopiesDeskPorts) {
    this.#ports = ports;
  }

  /** Reads what is on record, seals what was added or removed since, and begins to look. */
  async start(): Promise<void> {
    const { records, names, clock, drillEveryMs, drill } = this.#ports;
    for (const leaf of await records(["replica", "drill"])) this.#take(leaf);
    for (const name of names) {
      const known = this.#sealed.get(name);
      if (known === undefined || known === "removed") this.#note(name, "added");
    }
    for (const [name, change] of this.#sealed) {
      if (!names.includes(name) && change !== "removed") this.#note(name, "removed");
    }
    if (drillEveryMs !== undefined && drill !== undefined) {
      const lastMs = this.#lastDrill === undefined ? clock() : Date.parse(this.#lastDrill.at);
      this.#drillDueMs = lastMs + drillEveryMs;
    }
    if (names.length > 0 || this.#drillDueMs < Infinity) this.#lookLater();
  }

  /** How the copies fare now. */
  status(): CopiesStatus {
    const { ack, statuses } = this.#ports;
    const drill = { running: this.#drilling !== undefined, last: this.#lastDrill };
    return { ack, replicas: statuses(), drill };
  }

  /**
   * Runs a drill and seals what it came to; one that runs already is joined.
   *
   * @throws {DocketError} `usage` where no drill can be run
   */
  startDrill(by: string): Promise<DrillResult> {
    const { drill, drillEveryMs, clock } = this.#ports;
    if (drill === undefined) {
      throw new DocketError("usage", "no drill can be run here; run docket drill where the server runs");
    }
    if (drillEveryMs !== undefined) this.#drillDueMs = clock() + drillEveryMs;
    this.#drilling ??= this.#drill(by, drill).finally(() => (this.#drilling = undefined));
    return this.#drilling;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#drilling?.catch(() => undefined);
  }

  async #drill(by: string, drill: () => Promise<DrillResult>): Promise<DrillResult> {
    const result = await drill();
    const { index } = await sealDrill(this.#ports, by, result);
    const { failures, ...rest } = result;
    this.#lastDrill = { ...rest, index, at: new Date(this.#ports.clock()).toISOString() };
    if (result.result === "failed") {
      this.#ports.onNotice(`a drill FAILED (record ${index}): ${failures.join("; ")}`);
    }
    return result;
  }

  #take(leaf: string): void {
    const record = parseLeaf(leaf);
    if (record.kind === "replica") this.#sealed.set(record.name, record.change);
    if (record.kind !== "drill") return;
    const { result, from, size, lostRecords, lostMs, tookMs, index, time: at } = record;
    this.#lastDrill = { result, from, size, lostRecords, lostMs, tookMs, index, at };
  }

  #lookLater(): void {
    this.#cancel = this.#ports.timer(lookIntervalMs, () => {
      if (this.#closed) return;
      this.#look();
      this.#lookLater();
    });
  }

  #look(): void {
    const { statuses, behindAfterMs, clock, onNotice } = this.#ports;
    for (const { name, state, lagMs, fault } of statuses()) {
      const behind = this.#sealed.get(name) === "behind";
      if (lagMs > behindAfterMs) {
        const why = fault === null ? "" : `: ${fault}`;
        if (!this.#told.has(name)) {
          onNotice(`the replica ${name} is ${Math.round(lagMs / 1000)} s behind (${state})${why}`);
        }
        this.#told.add(name);
        if (!behind) this.#note(name, "behind");
      } else if (state === "copying" && lagMs <= behindAfterMs / 2) {
        if (this.#told.delete(name)) onNotice(`the replica ${name} has caught up`);
        if (behind) this.#note(name, "caughtUp");
      }
    }
    if (clock() < this.#drillDueMs || this.#drilling !== undefined) return;
    this.#drillDueMs = clock() + drillAgainMs;
    this.startDrill("docket").catch((error: unknown) => {
      onNotice(`a drill could not be run, which is tried again: ${(error as Error).message}`);
    });
  }

  // With `ack: sync` a record that says that the only replica is behind waits for that replica, too.
  #note(name: string, change: ReplicaBody["change"]): void {
    if (this.#sealing.has(name)) return;
    const { seal, statuses, onNotice } = this.#ports;
    const before = this.#sealed.get(name);
    const size = statuses().find((status) => status.name === name)?.held ?? 0;
    const by = change === "added" || change === "removed" ? "operator" : "docket";
    this.#sealing.add(name);
    this.#sealed.set(name, change);
    seal({ kind: "replica", by, change, name, size }, [])
      .catch((error: unknown) => {
        if (before === undefined) this.#sealed.delete(name);
        else this.#sealed.set(name, before);
        onNotice(`that the replica ${name} is ${change} could not be sealed: ${(error as Error).message}`);
      })
      .finally(() => this.#sealing.delete(name));
  }
}

/** Seals what a drill came to. */
export async function sealDrill(
  { seal, siteKey }: Pick<CopiesDeskPorts, "seal" | "siteKey">,
  by: string,
  { failures, ...measured }: DrillResult,
): Promise<{ index: number }> {
  const body: BodyWithoutParts = { kind: "drill", by, ...measured };
  if (failures.length === 0) return seal(body, []);
  const plaintext = JSON.stringify({ v: 1, failures });
  return seal(body, [{ name: "change", subject: "site", key: siteKey, plaintext }]);
}
