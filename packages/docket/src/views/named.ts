// SPDX-License-Identifier: Apache-2.0
// What a record names: earlier records, actors, and subjects of restrictions.
import type { DocketRecord } from "@docket/protocol";

/** The records that a record names, in its own order. */
export function recordsNamed(record: DocketRecord): readonly number[] {
  const named = "of" in record && record.of !== undefined ? record.of : [];
  const all = typeof named === "number" ? [named] : named;
  return "for" in record && record.for !== undefined ? [...all, record.for] : all;
}

/** The actors and subjects that a record names. */
export function subjectsNamed(record: DocketRecord): readonly string[] {
  if ("actors" in record) return record.actors;
  const named = [
    "actor" in record ? record.actor : undefined,
    "subject" in record ? record.subject : undefined,
    "reporter" in record ? record.reporter : undefined,
  ];
  return named.filter((name) => name !== undefined);
}
