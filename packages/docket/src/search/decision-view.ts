// SPDX-License-Identifier: Apache-2.0
// A decision that was found, as HTTP and the command line show it: nothing of what was posted.
import { formatTime } from "@docket/protocol";
import type { FoundDecision } from "../views/decision-search.ts";

/** A decision in a list. */
export type DecisionView = {
  readonly index: number;
  /** When it was decided, and when it was sealed; RFC 3339. */
  readonly at: string;
  readonly sealedAt: string;
  readonly actor: string;
  readonly outcome: string;
  /** Rules that fired, as `policy/rule`; with `:mode` those without effect. */
  readonly rules: readonly string[];
  readonly type: string;
  readonly op: string;
  readonly late: boolean;
  readonly lists: readonly string[];
  readonly campaign: string | null;
  readonly language: string | null;
  readonly label: string | null;
  readonly points: number;
  readonly strikes: number;
  readonly restrictions: number;
  readonly refusedBy: string | null;
  readonly release: string;
};

/** A page of decisions as HTTP and the command line answer it: see `SearchPage`. */
export type DecisionsView = {
  readonly decisions: readonly DecisionView[];
  readonly older: number | null;
  readonly newer: number;
  readonly actor: string | null;
  readonly partial: boolean;
};

/** What is shown of a decision in a list. */
export function decisionView(found: FoundDecision): DecisionView {
  const { index, actor, outcome, type, op, late, lists, points, strikes, restrictions, release } = found;
  return {
    index,
    at: formatTime(found.decidedMs),
    sealedAt: formatTime(found.sealedMs),
    actor,
    outcome,
    rules: found.fired,
    type,
    op,
    late,
    lists,
    campaign: found.campaign ?? null,
    language: found.language ?? null,
    label: found.label ?? null,
    points,
    strikes,
    restrictions,
    refusedBy: found.refusedBy ?? null,
    release,
  };
}
