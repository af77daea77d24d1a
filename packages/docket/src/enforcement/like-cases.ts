// SPDX-License-Identifier: Apache-2.0
// What a verdict touches beyond its decision: events that were refused because of restrictions that came of
// it, and decisions that leaned on the same. They are listed, not reversed by themselves.
import { reevaluate, restrictionsAt } from "@docket/policy";
import { formatTime } from "@docket/protocol";
import type { Facts, Outcome } from "@docket/protocol";
import type { DecisionQuery, DecisionRow } from "../views/decision-row.ts";
import { listedMax } from "./contract.ts";
import type { Consequence, LikeCase } from "./contract.ts";
import type { ActorHistory } from "./history.ts";

/** Most like cases that have nothing but a rule in common. */
export const sameRuleMax = 20;

/**
 * Events of the actor that were refused because of restrictions which would not have been in force without a
 * decision, whether or not their time is over by now.
 */
export function consequencesOf(
  of: number,
  { items, voided, restrictions, rows }: ActorHistory,
): { found: Consequence[]; more: boolean } {
  const byIndex = new Map(rows.map((row) => [row.index, row]));
  const refused: DecisionRow[] = [];
  const isVoid = (index: number): boolean => index === of || voided.has(index);
  reevaluate(items, isVoid, ({ index, decidedAtMs }, standing) => {
    const row = byIndex.get(index);
    const refusedBy = row?.refusedBy === undefined ? undefined : restrictions.get(row.refusedBy);
    if (row === undefined || refusedBy === undefined || index <= of) return;
    const inForce = restrictionsAt(standing, decidedAtMs);
    const isHeld = inForce.some(({ kind }) => {
      return kind === "ban" || kind === "suspend" || (kind === "throttle" && refusedBy.kind === kind);
    });
    if (!isHeld) refused.push(row);
  });
  const found = refused.slice(0, listedMax).map(({ index, refusedBy = "", outcome, decidedMs }) => {
    return { index, refusedBy, outcome, decidedAt: formatTime(decidedMs) };
  });
  return { found, more: refused.length > found.length };
}

/**
 * Decisions that leaned on the same rules: on the same content or text, of the same campaign, and others.
 * A rule counts if the decision came of it: its outcome is the decision's, or it gave a strike.
 */
export async function likeCases(
  of: number,
  decided: Outcome,
  facts: Facts,
  decisions: (query: DecisionQuery) => Promise<DecisionRow[]>,
): Promise<{ found: LikeCase[]; more: boolean }> {
  const rules = decidingRules(decided, facts);
  if (rules.length === 0) return { found: [], more: false };
  const { values, event } = facts;
  const fingerprint = textOf(values["signals.fingerprint"]);
  const campaign = textOf(values["campaign.id"]);
  const page = { order: "descending", limit: listedMax + 2 } as const;
  const asked: { because: LikeCase["because"]; query: DecisionQuery }[] = [
    ...(event.content === undefined
      ? []
      : [{ because: "content" as const, query: { ...page, content: event.content } }]),
    ...(fingerprint === undefined ? [] : [{ because: "content" as const, query: { ...page, fingerprint } }]),
    ...(campaign === undefined ? [] : [{ because: "campaign" as const, query: { ...page, campaign } }]),
    ...rules.map((rule) => ({ because: "rule" as const, query: { ...page, rule } })),
  ];
  const found = new Map<number, LikeCase>();
  let sameRule = 0;
  let more = false;
  for (const { because, query } of asked) {
    for (const row of await decisions(query)) {
      const shared = row.fired.filter((name) => rules.includes(name));
      if (row.index === of || shared.length === 0 || found.has(row.index)) continue;
      if (because === "rule" && ++sameRule > sameRuleMax) {
        more = true;
        break;
      }
      const { index, actor, outcome, decidedMs } = row;
      found.set(index, { index, actor, outcome, decidedAt: formatTime(decidedMs), rules: shared, because });
    }
  }
  const all = [...found.values()];
  return { found: all.slice(0, listedMax), more: more || all.length > listedMax };
}

// What only flags, gives points or was held back made no difference that could be undone.
function decidingRules(decided: Outcome, { fired, strikes }: Facts): string[] {
  return fired.flatMap(({ policy, rule, mode, outcome }) => {
    const gave = strikes.some((strike) => strike.policy === policy && strike.rule === rule);
    const isDecisive = outcome === decided && decided !== "allow" && decided !== "flag";
    return mode === "enforce" && (gave || isDecisive) ? [`${policy}/${rule}`] : [];
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
