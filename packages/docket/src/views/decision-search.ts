// SPDX-License-Identifier: Apache-2.0
// Decisions as people look for them: by anything that the views know, the newest first, a page at a time.
import type { LabelValue, Outcome } from "@docket/protocol";
import type { DecisionRow } from "./decision-row.ts";

/** What decisions are looked for by. What is left out is not asked; all that is asked must hold. */
export type DecisionFilter = {
  readonly actor?: string | undefined;
  readonly outcomes?: readonly Outcome[] | undefined;
  /** A rule that fired: `policy/rule` with effect, `policy/rule:mode` without, `rule` in any policy. */
  readonly rule?: string | undefined;
  /** Type of the event, and its operation. */
  readonly type?: string | undefined;
  readonly op?: string | undefined;
  /** A list of which rules that fired had hit an entry. */
  readonly list?: string | undefined;
  readonly campaign?: string | undefined;
  readonly language?: string | undefined;
  readonly release?: string | undefined;
  /** The label in force. */
  readonly label?: LabelValue | undefined;
  /** Decided at or after, and before, in ms since 1970. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
};

/** Times of decisions. */
export type DecisionTimes = Pick<DecisionFilter, "fromMs" | "toMs">;
/** Records from `from` on, and before `to`. */
export type RecordRange = { readonly from: number; readonly to: number };

/** Which page of them. */
export type DecisionSearch = DecisionFilter & {
  /** Only these records. */
  readonly among?: readonly number[] | undefined;
  /** Records before this one, without it. */
  readonly before?: number | undefined;
  /**
   * Records after this one, without it. Without `before`, the answer has those that follow it next, the
   * newest of them first all the same.
   */
  readonly after?: number | undefined;
  /** Most decisions of the answer, 1 to {@link foundDecisionsMax}. */
  readonly limit: number;
};

/** Most decisions of one answer. */
export const foundDecisionsMax = 1000 as const;

/** A decision that was found, with the label in force. */
export type FoundDecision = DecisionRow & { readonly label: LabelValue | undefined };
