// SPDX-License-Identifier: Apache-2.0
// How far a new site is: was an event sent, a decision looked at, a rule tried in shadow for a day, and a
// policy of one's own enforced. All of it is read from the log's views.
import { parseLeaf, parseTime } from "@docket/protocol";
import type { SiteIndex } from "../views/site-index.ts";
import { activitySpans } from "./contract.ts";
import type { FirstSteps } from "./contract.ts";

/** Rules of the release in force. */
export type RulesInForce = { readonly enforced: number; readonly shadow: number };

/** What it leans on. */
export type FirstStepsPorts = {
  readonly index: Pick<SiteIndex, "decisions" | "decisionTallies" | "keptPage">;
  readonly rules: () => RulesInForce;
  readonly clock: () => number;
};

const dayMs = 86_400_000;
/** Readings that are looked at for one of a decision: the first ones of the log. */
const readingsLookedMax = 200;
/** How far back rules that fired in shadow are looked for, in days. */
const shadowDays = 60;

/** How far the site is. */
export async function firstStepsOf({ index, rules, clock }: FirstStepsPorts): Promise<FirstSteps> {
  const nowMs = clock();
  const { enforced, shadow } = rules();
  const [first, looked, releases] = await Promise.all([
    index.decisions({ limit: 1 }),
    wasLookedAt(index),
    index.keptPage({ kind: "release", from: Number.MAX_SAFE_INTEGER, limit: 2, newestFirst: true }),
  ]);
  const [newest] = releases;
  const since = newest === undefined ? undefined : parseTime(parseLeaf(newest).time);
  return {
    sent: first.length > 0,
    firstDecision: first[0]?.index ?? null,
    firstDecidedAt: first[0] === undefined ? null : new Date(first[0].decidedMs).toISOString(),
    looked,
    shadowRules: shadow,
    releaseSince: since === undefined ? null : new Date(since).toISOString(),
    shadowed:
      (shadow > 0 && since !== undefined && nowMs - since >= dayMs) || (await firedInShadow(index, nowMs)),
    enforcedRules: enforced,
    enforced: releases.length > 1 && enforced > 0,
  };
}

async function wasLookedAt(index: FirstStepsPorts["index"]): Promise<boolean> {
  const leaves = await index.keptPage({ kind: "read", from: 0, limit: readingsLookedMax });
  return leaves.some((leaf) => {
    const record = parseLeaf(leaf);
    return record.kind === "read" && record.what === "facts";
  });
}

// A rule that fired in shadow more than a day ago was there for a day.
async function firedInShadow(index: FirstStepsPorts["index"], nowMs: number): Promise<boolean> {
  const { bucketMs } = activitySpans.month;
  const toMs = nowMs - dayMs;
  const { rules } = await index.decisionTallies({
    fromMs: toMs - shadowDays * dayMs,
    toMs,
    bucketMs,
    rulesMax: Number.MAX_SAFE_INTEGER,
  });
  return rules.some(({ rule }) => rule.endsWith(":shadow"));
}
