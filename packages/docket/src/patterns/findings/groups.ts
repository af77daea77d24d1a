// SPDX-License-Identifier: Apache-2.0
// Findings in what is alike: accounts that go on although they were refused, campaigns, and copies of a text.
import type { Outcome } from "@docket/protocol";
import type { DecisionGroup, Period } from "../../views/pattern-queries.ts";
import { findingsMax } from "../contract.ts";
import { caseOf } from "../timeline.ts";
import { cite, counted, percent, timeText } from "./source.ts";
import type { FindingsSource, Found } from "./source.ts";

/** An account is a repeat offender from so many refusals on that no later verdict took back… */
export const offenderRefusalsMin = 3;
/** …on so many different days, UTC… */
export const offenderDaysMin = 2;
/** …if at least this share of its decisions is among them, in per cent. */
export const offenderShareMin = 50;
/** A campaign is one of so many accounts, and so many decisions. */
export const campaignActorsMin = 3;
export const campaignDecisionsMin = 5;
/** A text is copied if so many accounts posted it, and it has so many letters: short ones are common. */
export const copiesActorsMin = 3;
export const copiesLettersMin = 30;

const refusingOutcomes: readonly Outcome[] = ["delay", "hold", "reject"];
const dayMs = 86_400_000;
const anyGroup = { decisionsMin: 1, actorsMin: 1, refusedMin: 0, outcomesMin: 1, limit: findingsMax };

/** Accounts that go on although they were refused again and again. */
export async function offenders(source: FindingsSource, period: Period): Promise<Found> {
  const groups = await source.decisionGroups({
    ...period,
    ...anyGroup,
    by: "actor",
    refusedMin: offenderRefusalsMin,
  });
  const findings: Found["findings"] = [];
  for (const group of groups) {
    const refused = await source.decisions({
      ...period,
      actor: group.key,
      outcomes: refusingOutcomes,
      limit: refusalsReadMax,
    });
    const taken = await takenBack(source, group.key);
    const kept = refused.filter(({ index, refusedBy }) => refusedBy === undefined && !taken.has(index));
    const days = new Set(kept.map(({ decidedMs }) => Math.floor(decidedMs / dayMs))).size;
    const share = kept.length / Math.max(1, group.decisions - group.restricted);
    if (kept.length < offenderRefusalsMin || days < offenderDaysMin) continue;
    if (share * 100 < offenderShareMin) continue;
    const rules = [...new Set(kept.flatMap(({ fired }) => fired.filter((rule) => !rule.includes(":"))))];
    findings.push({
      kind: "offender",
      subject: group.key,
      says:
        `Refused ${counted(kept.length, "time")} on ${days} days, ${percent(share)} of what it posted ` +
        `while nothing kept it from posting; ${counted(group.restricted, "further attempt")} under a ` +
        `restriction.`,
      from: timeText(kept[0]?.decidedMs ?? group.fromMs),
      to: timeText(kept.at(-1)?.decidedMs ?? group.toMs),
      figures: {
        decisions: group.decisions,
        refused: kept.length,
        takenBack: taken.size,
        restricted: group.restricted,
        days,
        rules: rules.slice(0, rulesNamedMax).join(", "),
      },
      records: kept.slice(0, citedHere).map(({ index }) => index),
      recordCount: kept.length,
    });
  }
  findings.sort((a, b) => b.recordCount - a.recordCount);
  return { findings };
}

/** Most refusals of one account that are read. */
const refusalsReadMax = 1000;
const citedHere = 100;
const rulesNamedMax = 10;
/** Most verdicts on one account's decisions that are read. */
const verdictsReadMax = 1000;

// Decisions that a later verdict released or restored.
async function takenBack(source: FindingsSource, actor: string): Promise<Set<number>> {
  const leaves = await source.caseRecords({ kinds: ["verdict"], subject: actor, limit: verdictsReadMax });
  const last = new Map<number, string>();
  for (const record of leaves.map(caseOf)) {
    if (record.kind !== "verdict" || record.verdict === "keep" || record.verdict === "label") continue;
    last.set(record.of, record.verdict);
  }
  return new Set([...last].filter(([, verdict]) => verdict !== "remove").map(([of]) => of));
}

/** Near copies, or texts that lead to one place, by many accounts. */
export async function campaigns(source: FindingsSource, period: Period): Promise<Found> {
  const groups = await source.decisionGroups({
    ...period,
    ...anyGroup,
    by: "campaign",
    actorsMin: campaignActorsMin,
    decisionsMin: campaignDecisionsMin,
  });
  const findings: Found["findings"] = [];
  for (const group of groups) {
    const query = { ...period, campaign: group.key };
    findings.push({
      kind: "campaign",
      subject: group.key,
      says: `${groupWords(group)} are near copies or lead to one place.`,
      ...groupFacts(group),
      ...(await cite(source, query, group.decisions)),
    });
  }
  return { findings };
}

/** One text by many accounts. */
export async function copies(source: FindingsSource, period: Period): Promise<Found> {
  const groups = await source.decisionGroups({
    ...period,
    ...anyGroup,
    by: "fingerprint",
    actorsMin: copiesActorsMin,
    lettersMin: copiesLettersMin,
  });
  const findings: Found["findings"] = [];
  for (const group of groups) {
    const query = { ...period, fingerprint: group.key };
    findings.push({
      kind: "copies",
      subject: group.key,
      says: `${groupWords(group)} are one text, links and digits aside.`,
      ...groupFacts(group),
      ...(await cite(source, query, group.decisions)),
    });
  }
  return { findings };
}

function groupWords({ decisions, actors, outcomes }: DecisionGroup): string {
  const through = (outcomes.allow ?? 0) + (outcomes.flag ?? 0);
  return `${counted(decisions, "event")} by ${counted(actors, "account")}, ${through} of them let through,`;
}

function groupFacts(group: DecisionGroup): Pick<Found["findings"][number], "from" | "to" | "figures"> {
  const { decisions, actors, outcomes, fromMs, toMs } = group;
  return { from: timeText(fromMs), to: timeText(toMs), figures: { decisions, actors, ...outcomes } };
}
