// SPDX-License-Identifier: Apache-2.0
// The batches that there were, and how each stands: a reducer over their records.
import type { BatchKind, DocketRecord } from "@docket/protocol";
import { parseTime } from "@docket/protocol";
import type { BatchStatus } from "./batch-contract.ts";

/** Kinds of record that batches are made of. */
export const batchRecordKinds: readonly string[] = ["batch", "batch-step"];
/** What one person does alone counts against the cap for so long, in milliseconds. */
export const aloneWithinMs = 86_400_000;

/** A batch as its records have it. */
export type KnownBatch = {
  readonly index: number;
  readonly batch: BatchKind;
  readonly by: string;
  readonly role: string;
  readonly atMs: number;
  readonly reason: string;
  readonly count: number;
  readonly of: number | undefined;
  /** A second person was needed. */
  readonly wasPending: boolean;
  status: BatchStatus;
  approvedBy: string | undefined;
  /** How many were made, as its last record says; while it runs, whoever runs it counts. */
  made: number;
  endedAtMs: number | undefined;
  revertedBy: number[];
};

/** All batches by the index of their record. */
export type BatchState = Map<number, KnownBatch>;

/** Takes in a record; those of other kinds change nothing. */
export function takeBatchRecord(state: BatchState, record: DocketRecord): void {
  if (record.kind === "batch") {
    const { index, batch, by, role, reason, count, pending, of, time } = record;
    state.set(index, {
      index,
      batch,
      by,
      role,
      atMs: parseTime(time) ?? 0,
      reason,
      count,
      of,
      wasPending: pending,
      status: pending ? "pending" : "running",
      approvedBy: undefined,
      made: 0,
      endedAtMs: undefined,
      revertedBy: [],
    });
    const reverted = of === undefined ? undefined : state.get(of);
    if (reverted !== undefined) reverted.revertedBy = [...reverted.revertedBy, index];
    return;
  }
  if (record.kind !== "batch-step") return;
  const known = state.get(record.of);
  if (known === undefined || known.status === "done" || known.status === "stopped") return;
  if (record.step === "approved") {
    if (known.status !== "pending") return;
    known.status = "running";
    known.approvedBy = record.by;
    return;
  }
  known.status = record.step;
  known.made = record.made;
  known.endedAtMs = parseTime(record.time) ?? 0;
}

/** How many decisions somebody changed alone in the time before. */
export function changedAlone(state: BatchState, by: string, nowMs: number): number {
  let sum = 0;
  for (const batch of state.values()) {
    const isRecent = batch.atMs > nowMs - aloneWithinMs;
    if (isRecent && batch.by === by && !batch.wasPending) sum += batch.count;
  }
  return sum;
}
