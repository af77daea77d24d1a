// SPDX-License-Identifier: Apache-2.0
// What replay finds: what a record says, and what came out instead.

/**
 * What a finding is about.
 *
 * - `record` the record or its sealed parts: not what the manifest names, facts that cannot be opened or read
 * - `release` the release that the decision was made under: not kept, or not what its hash names
 * - `decision` the decision came out otherwise from its own facts
 * - `counter`, `limit`, `standing` a value that was read is not what the records before it give
 * - `evidence` what the facts say of the event is not what the kept evidence gives
 */
export type FindingKind = "record" | "release" | "decision" | "counter" | "limit" | "standing" | "evidence";

/** A clause that came out otherwise. */
export type ClauseDifference = {
  /** `policy/rule`, or `policy/exemption`. */
  readonly rule: string;
  /** The clause as written; `null` where the release has no such clause. */
  readonly clause: string | null;
  /** `t`, `f`, `m` (missing), or an empty text for none. */
  readonly recorded: string;
  readonly replayed: string;
};

/** Something that did not come out as it was recorded. Values are JSON. */
export type ReplayFinding = {
  readonly kind: FindingKind;
  /** The record. */
  readonly index: number;
  /** What differs: a path into record or facts (`outcome`, `facts.counters.…`), or a sentence. */
  readonly what: string;
  readonly recorded: unknown;
  readonly replayed: unknown;
  readonly clause?: ClauseDifference;
};

/** Whether two JSON values are the same, character by character in their encodings. */
export function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
