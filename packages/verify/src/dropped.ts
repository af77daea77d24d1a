// SPDX-License-Identifier: Apache-2.0
// Sealed parts that are gone. Their manifests are there, so it shows which; and records must say why: one of
// retention, for parts of that name up to some record, or the erasure of the actor whose they were. They
// come later in the log than what they explain, so it is settled at the end.
import type { DocketRecord, PartName } from "@docket/protocol";
import { bundleName, tileWidth } from "@docket/tlog";
import { addFault, faultAt } from "./findings.ts";
import type { Findings } from "./findings.ts";

/** A part that its manifest lists, and that is not there. */
export type AbsentPart = { readonly name: PartName; readonly subject: string };

/** Absent parts of one name and subject: the first and last record, and how many. */
export type AbsentRow = [name: PartName, subject: string, first: number, last: number, count: number];

/** What is gone, and what says why. Plain, so that threads and states can hold it. */
export type Drops = {
  absent: AbsentRow[];
  /** By name: parts of records before this one were dropped. */
  retention: [name: string, before: number][];
  /** Actors whose erasure was ordered. */
  erased: string[];
};

/** How many parts are gone, and why. */
export type DropsSettled = { readonly byRetention: number; readonly ofErased: number };

/** The same, to be added to. */
export type DropsNoted = {
  readonly absent: Map<string, AbsentRow>;
  readonly retention: Map<string, number>;
  readonly erased: Set<string>;
};

/** Nothing is gone. */
export function noDrops(): DropsNoted {
  return { absent: new Map(), retention: new Map(), erased: new Set() };
}

/** Notes what a record says of what was dropped. */
export function noteDropping(drops: DropsNoted, record: DocketRecord): void {
  if (record.kind === "erasure") drops.erased.add(record.actor);
  else if (record.kind === "retention") noteRetention(drops, record.part, record.before);
}

/** Notes parts that are not there. */
export function noteAbsent(drops: DropsNoted, index: number, parts: readonly AbsentPart[]): void {
  for (const { name, subject } of parts) addRow(drops, [name, subject, index, index, 1]);
}

/** What was noted, plain; `undefined` if nothing was. */
export function plainDrops({ absent, retention, erased }: DropsNoted): Drops | undefined {
  if (absent.size === 0 && retention.size === 0 && erased.size === 0) return undefined;
  return { absent: [...absent.values()], retention: [...retention], erased: [...erased] };
}

/** Adds what was noted elsewhere, of other records. */
export function addDrops(drops: DropsNoted, others: Drops): void {
  for (const row of others.absent) addRow(drops, row);
  for (const [name, before] of others.retention) noteRetention(drops, name, before);
  for (const actor of others.erased) drops.erased.add(actor);
}

/** At the end: each part that is gone must be explained. */
export function settleDrops({ absent, retention, erased }: DropsNoted, findings: Findings): DropsSettled {
  let byRetention = 0;
  let ofErased = 0;
  for (const [name, subject, first, last, count] of absent.values()) {
    if (erased.has(subject)) ofErased += count;
    else if (last < (retention.get(name) ?? 0)) byRetention += count;
    else {
      // Of some, an earlier run of retention may be the reason: the last is certainly without one.
      const index = first >= (retention.get(name) ?? 0) ? first : last;
      const reason = `the part ${name} is not there, and no record of retention or erasure says why`;
      addFault(
        findings,
        faultAt("parts", `parts/${bundleName(Math.floor(index / tileWidth))}`, reason, { index }),
      );
    }
  }
  return { byRetention, ofErased };
}

function noteRetention({ retention }: DropsNoted, name: string, before: number): void {
  retention.set(name, Math.max(retention.get(name) ?? 0, before));
}

function addRow({ absent }: DropsNoted, [name, subject, first, last, count]: AbsentRow): void {
  const key = `${name} ${subject}`;
  const row = absent.get(key);
  if (row === undefined) absent.set(key, [name, subject, first, last, count]);
  else {
    row[2] = Math.min(row[2], first);
    row[3] = Math.max(row[3], last);
    row[4] += count;
  }
}
