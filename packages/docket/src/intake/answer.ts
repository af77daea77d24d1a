// SPDX-License-Identifier: Apache-2.0
// The answer to an event, made from the record alone: so a repeat gets what the first answer said.
import type { Decision, Disclosed, Facts, Receipt, RecordedRestriction } from "@docket/protocol";

/** What of a record the answer is made from. */
export type AnsweredRecord = {
  index: number;
  actor: string;
  outcome: Decision["outcome"];
  rules: string[];
  restrictions: RecordedRestriction[];
  release: string;
};

/** Makes the answer. `record.index` and `actor` are left out for a dry run, which has none. */
export function answerOf(
  record: AnsweredRecord,
  facts: Facts,
  reasons: Disclosed["reasons"],
  how: { sealed: boolean; repeat: boolean; receipt: Receipt | undefined },
): Decision {
  return {
    sealed: how.sealed,
    ...(how.sealed ? { index: record.index } : {}),
    repeat: how.repeat,
    outcome: record.outcome,
    rules: record.rules,
    reasons,
    restrictions: record.restrictions,
    ...(facts.refusedBy === null ? {} : { refusedBy: facts.refusedBy }),
    ...(facts.retryAfterMs === null ? {} : { retryAfterMs: facts.retryAfterMs }),
    ...(facts.holdUntil === null ? {} : { holdUntil: facts.holdUntil }),
    ...(facts.otherwise === null ? {} : { otherwise: facts.otherwise }),
    decidedAt: facts.decidedAt,
    ...(how.sealed ? { actor: record.actor } : {}),
    release: record.release,
    ...(how.receipt === undefined ? {} : { receipt: how.receipt }),
  };
}
