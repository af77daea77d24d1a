// SPDX-License-Identifier: Apache-2.0
// What a verdict touches beyond its decision: events that were refused because of a restriction that it ends,
// and decisions that leaned on the same. They are listed, not reversed by themselves.
import { formatTime } from "@docket/protocol";
import type { Facts } from "@docket/protocol";
import type { DecisionQuery, DecisionRow } from "../views/decision-row.ts";
import { listedMax } from "./contract.ts";
import type { Consequence, LikeCase } from "./contract.ts";

/** Events of the actor, from the decision on, that were refused because of restrictions. */
export function consequencesOf(
  rows: readonly DecisionRow[],
  ended: readonly string[],
  of: number,
): { found: Consequence[]; more: boolean } {
  const refused = rows
    .filter(({ index, refusedBy }) => index > of && refusedBy !== undefined && ended.includes(refusedBy))
    .sort((a, b) => a.index - b.index);
  const found = refused.slice(0, listedMax).map(({ index, refusedBy = "", outcome, decidedMs }) => {
    return { index, refusedBy, outcome, decidedAt: formatTime(decidedMs) };
  });
  return { found, more: refused.length > found.length };
}

/** Decisions under the same rules: on the same content or text, of the same campaign, and others. */
export async function likeCases(
  of: number,
  facts: Facts,
  decisions: (query: DecisionQuery) => Promise<DecisionRow[]>,
): Promise<{ found: LikeCase[]; more: boolean }> {
  const rules = facts.fired.flatMap(({ policy, rule, mode }) =>
    mode === "enforce" ? [`${policy}/${rule}`] : [],
  );
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
  for (const { because, query } of asked) {
    for (const row of await decisions(query)) {
      const shared = row.fired.filter((name) => rules.includes(name));
      if (row.index === of || shared.length === 0 || found.has(row.index)) continue;
      const { index, actor, outcome, decidedMs } = row;
      found.set(index, { index, actor, outcome, decidedAt: formatTime(decidedMs), rules: shared, because });
    }
  }
  const all = [...found.values()];
  return { found: all.slice(0, listedMax), more: all.length > listedMax };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
