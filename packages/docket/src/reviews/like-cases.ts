// SPDX-License-Identifier: Apache-2.0
// Like cases of a decision that a dispute overturned: what was decided before on the same ground. They are
// shown to reviewers, and not reversed by themselves.
import type { DocketRecord, Outcome, VerdictBody } from "@docket/protocol";
import type { DecisionRow } from "../views/decision-row.ts";
import type { SiteIndex } from "../views/site-index.ts";

/** Most like cases of one decision that are queued. */
export const likeCasesMax = 50;
/** Outcomes that somebody may have suffered wrongly. */
const hard: readonly Outcome[] = ["hold", "reject"];

/** Whether a record overturned a decision in a dispute. */
export function overturns(record: DocketRecord): record is DocketRecord & VerdictBody {
  return (
    record.kind === "verdict" &&
    record.cause === "dispute" &&
    (record.verdict === "restore" || record.verdict === "release")
  );
}

/**
 * Decisions before record `before` that share a rule with decision `of`, and its content, text or campaign:
 * the newest.
 */
export async function likeDecisions(
  views: Pick<SiteIndex, "decisions">,
  of: number,
  before: number,
): Promise<DecisionRow[]> {
  const [wrong] = await views.decisions({ after: of - 1, before: of + 1, limit: 1 });
  if (wrong === undefined) return [];
  const rules = new Set(wrong.fired.filter((rule) => !rule.includes(":")));
  const alike = new Map<number, DecisionRow>();
  for (const field of ["content", "fingerprint", "campaign"] as const) {
    const value = wrong[field];
    if (value === undefined) continue;
    const query = { outcomes: hard, before, order: "descending", limit: likeCasesMax } as const;
    for (const row of await views.decisions({ ...query, [field]: value })) {
      const sharesRule = row.fired.some((rule) => rules.has(rule));
      if (row.index !== of && sharesRule) alike.set(row.index, row);
    }
  }
  return [...alike.values()].sort((a, b) => b.index - a.index).slice(0, likeCasesMax);
}
