// SPDX-License-Identifier: Apache-2.0
// What rules found while something held them back, so that they had no effect: in shadow, outside of their
// share of a rollout, warming up, stopped by a brake, or because an exemption applied.
import { outcomes } from "@docket/policy";
import type { Outcome } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { DecisionCount } from "../views/decision-row.ts";

/** How far back it may be asked for, and how far if nothing is said, in days. */
export const heldDaysMax = 92;
export const heldDaysDefault = 7;
/** Most rules, and exemptions of them, that are named: those with the most events. */
export const heldRulesMax = 500;

/** A rule that found something and had no effect. */
export type HeldRule = {
  readonly policy: string;
  readonly rule: string;
  /** What held it back: `shadow`, `rollout`, `warming`, `brake` or `exempt`. */
  readonly mode: string;
  /** Events that it hit so. */
  readonly events: number;
  /** What came of them without it. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** How many on which day (UTC, `2026-11-23`): days without any are left out. */
  readonly days: readonly { readonly day: string; readonly events: number }[];
};

/** What rules found without effect, over a time. */
export type HeldRules = {
  /** RFC 3339, UTC: from, and before. */
  readonly from: string;
  readonly to: string;
  /** All decisions of that time. */
  readonly decisions: number;
  /** Those with the most events first. */
  readonly rules: readonly HeldRule[];
};

/** What it is counted with. */
export type HeldRulesPorts = {
  /** Resolves when the views have all that was sealed. */
  readonly indexed: () => Promise<void>;
  /** The latest time of any decision, in ms since 1970. */
  readonly latestMs: () => Promise<number>;
  readonly decisionCounts: (query: { fromMs: number; toMs: number }) => Promise<DecisionCount[]>;
};

/** Gives what rules found without effect in the last days before the latest decision. */
export type HeldRulesFinder = (days: number) => Promise<HeldRules>;

const dayMs = 86_400_000;

/** Makes what finds it. */
export function heldRulesFinder({ indexed, latestMs, decisionCounts }: HeldRulesPorts): HeldRulesFinder {
  return async (days) => {
    if (!Number.isSafeInteger(days) || days < 1 || days > heldDaysMax) {
      throw new DocketError("usage", `days is a whole number from 1 to ${heldDaysMax}`);
    }
    await indexed();
    const toMs = (await latestMs()) + 1;
    const fromMs = Math.max(0, toMs - days * dayMs);
    const counts = await decisionCounts({ fromMs, toMs });
    return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), ...heldOf(counts) };
  };
}

/** Adds up what was counted. */
export function heldOf(counts: readonly DecisionCount[]): Pick<HeldRules, "decisions" | "rules"> {
  const rules = new Map<string, { outcomes: Record<Outcome, number>; days: Map<string, number> }>();
  let decisions = 0;
  for (const { fired, outcome, day, count } of counts) {
    decisions += count;
    for (const name of fired) {
      if (!name.includes(":")) continue;
      const rule = rules.get(name) ?? { outcomes: zeros(), days: new Map<string, number>() };
      rules.set(name, rule);
      rule.outcomes[outcome] += count;
      rule.days.set(day, (rule.days.get(day) ?? 0) + count);
    }
  }
  const held = [...rules].map(([name, rule]): HeldRule => {
    const days = [...rule.days].map(([day, events]) => ({ day, events }));
    return {
      ...partsOf(name),
      events: days.reduce((sum, { events }) => sum + events, 0),
      outcomes: rule.outcomes,
      days: days.sort((a, b) => (a.day < b.day ? -1 : 1)),
    };
  });
  return { decisions, rules: held.sort(byEvents).slice(0, heldRulesMax) };
}

function byEvents(a: HeldRule, b: HeldRule): number {
  const named = ({ policy, rule, mode }: HeldRule): string => `${policy}/${rule}:${mode}`;
  return b.events - a.events || (named(a) < named(b) ? -1 : 1);
}

/** Ids hold neither slash nor colon. */
function partsOf(name: string): Pick<HeldRule, "policy" | "rule" | "mode"> {
  const [policy = "", rest = ""] = name.split("/");
  const [rule = "", mode = ""] = rest.split(":");
  return { policy, rule, mode };
}

function zeros(): Record<Outcome, number> {
  return Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
}
