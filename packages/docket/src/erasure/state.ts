// SPDX-License-Identifier: Apache-2.0
// What the log says of erasures, legal holds and retention: a reducer over their records.
import type { DocketRecord, ErasureBody, LegalHoldBody, RecordHeader } from "@docket/protocol";
import type { ErasureView, HoldView } from "./contract.ts";

/** Kinds of records that it takes in. */
export const erasureKinds: readonly string[] = ["erasure", "legal-hold", "retention"];

/** Up to which record parts of a name were dropped, and by which record that was said. */
export type RetentionRun = { readonly before: number; readonly index: number; readonly count: number };

/** What stands of all that. */
export type ErasureState = {
  /** By the record that ordered it. */
  readonly erasures: Map<number, ErasureView>;
  readonly holds: Map<number, HoldView>;
  /** By the part's name, the last run. */
  readonly retention: Map<string, RetentionRun>;
};

/** Before the first record. */
export function emptyErasureState(): ErasureState {
  return { erasures: new Map(), holds: new Map(), retention: new Map() };
}

/** Takes in a record, in the order of the log. */
export function takeErasureRecord(state: ErasureState, record: DocketRecord): void {
  if (record.kind === "erasure") takeErasure(state, record);
  else if (record.kind === "legal-hold") takeHold(state, record);
  else if (record.kind === "retention") {
    const { part, before, index, count } = record;
    state.retention.set(part, { before, index, count });
  }
}

/** Erasures that were ordered and are not done. */
export function openErasures({ erasures }: ErasureState): ErasureView[] {
  return [...erasures.values()].filter(({ done }) => done === null);
}

/** The erasure of an actor; the last, should there be several. */
export function erasureOf({ erasures }: ErasureState, actor: string): ErasureView | undefined {
  return [...erasures.values()].findLast((each) => each.actor === actor);
}

/** Holds in force on an actor: those of everybody, too. */
export function holdsOn({ holds }: ErasureState, actor: string): HoldView[] {
  return [...holds.values()].filter(
    (hold) => hold.lifted === null && (hold.actor === null || hold.actor === actor),
  );
}

function takeErasure(state: ErasureState, record: RecordHeader & ErasureBody): void {
  const { index, actor, ground, by, role, time, step, request = null, approved = null } = record;
  if (step === "ordered") {
    const said = { actor, ground, by, role, ordered: time, request, approved };
    const suppressed = record.suppressed ?? 0;
    state.erasures.set(index, { erasure: index, state: "ordered", ...said, done: null, suppressed });
    return;
  }
  const ordered = record.for === undefined ? undefined : state.erasures.get(record.for);
  if (ordered === undefined) return;
  ordered.state = "done";
  ordered.done = { index, at: time };
  if (record.suppressed !== undefined) ordered.suppressed = record.suppressed;
}

function takeHold(state: ErasureState, record: RecordHeader & LegalHoldBody): void {
  const { index, actor = null, ground, by, role, time, change, of } = record;
  if (change === "placed") {
    state.holds.set(index, { hold: index, actor, ground, by, role, placed: time, lifted: null });
    return;
  }
  const hold = of === undefined ? undefined : state.holds.get(of);
  if (hold !== undefined) hold.lifted ??= { index, at: time, by };
}
