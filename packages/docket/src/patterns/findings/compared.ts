// SPDX-License-Identifier: Apache-2.0
// Outcomes beside each other: rules beside what reviewers say, languages and ages of accounts beside the
// others, and pairs of one text that were not decided alike.
import { parseLeaf } from "@docket/protocol";
import { wilson } from "../../share.ts";
import type { DecisionRow } from "../../views/decision-row.ts";
import type { OutcomeShare, Period, ShareBy } from "../../views/pattern-queries.ts";
import { citedMax, findingsMax } from "../contract.ts";
import { caseOf } from "../timeline.ts";
import { counted, percent, periodText, timeText } from "./source.ts";
import type { FindingsSource, Found } from "./source.ts";

/** A rule is judged from so many decisions that somebody looked at. */
export const judgedMin = 10;
/** Reviewers contradict a rule if the interval of how often they agree lies below this share. */
export const agreementMin = 0.8;
/** Groups are compared from so many decisions. */
export const comparedMin = 50;
/** They differ if they are refused this many times as often as the others, and… */
export const ratioMin = 1.5;
/** …if chance gives as great a difference in fewer than one of so many comparisons; two-sided. */
export const chanceQuantile = 3.890591886413094; // 1 in 10,000

/** Most labels and reviews that are read, of the newest. */
const judgedReadMax = 100_000;
/** How many rows are asked for at once by their numbers. */
const rowsAtOnce = 5_000;

type Judged = { of: number; isSpam: boolean; index: number };

/** Rules that reviewers contradict. */
export async function contradictedRules(source: FindingsSource, period: Period): Promise<Found> {
  const judged = await judgements(source);
  const rules = new Map<string, { agree: Judged[]; contradict: Judged[] }>();
  for (let at = 0; at < judged.length; at += rowsAtOnce) {
    const some = new Map(judged.slice(at, at + rowsAtOnce).map((each) => [each.of, each]));
    const rows = await source.decisions({ ...period, indexes: [...some.keys()], limit: rowsAtOnce });
    for (const row of rows) {
      if (row.outcome === "allow" || row.refusedBy !== undefined) continue;
      for (const rule of row.fired) {
        if (rule.includes(":")) continue;
        let of = rules.get(rule);
        if (of === undefined) rules.set(rule, (of = { agree: [], contradict: [] }));
        const judgement = some.get(row.index) as Judged;
        (judgement.isSpam ? of.agree : of.contradict).push(judgement);
      }
    }
  }
  const findings: Found["findings"] = [];
  for (const [rule, { agree, contradict }] of rules) {
    const { share, low, high, of } = wilson(agree.length, agree.length + contradict.length);
    if (of < judgedMin || share === null || low === null || high === null || high >= agreementMin) continue;
    const records = contradict.flatMap(({ of: decision, index }) => [decision, index]);
    findings.push({
      kind: "rule",
      subject: rule,
      says:
        `Of ${counted(of, "decision")} in which it fired and that somebody looked at, ` +
        `${contradict.length} were not spam: it is right in ${percent(share)}, 95% interval ` +
        `${percent(low)} to ${percent(high)}.`,
      ...periodText(period),
      figures: { judged: of, contradicted: contradict.length, low: percent(low), high: percent(high) },
      records: records.slice(0, citedMax),
      recordCount: records.length,
    });
  }
  findings.sort((a, b) => b.recordCount - a.recordCount);
  return { findings: findings.slice(0, findingsMax) };
}

// What people say of decisions: labels in force of moderators, and reviews; the later one counts.
async function judgements(source: FindingsSource): Promise<Judged[]> {
  const [labels, reviews] = await Promise.all([
    source.labels({ from: 0, limit: judgedReadMax }),
    source.caseRecords({ kinds: ["review"], order: "descending", limit: judgedReadMax }),
  ]);
  const latest = new Map<number, Judged>();
  const take = (of: number, index: number, said: string): void => {
    if (said === "unsure" || (latest.get(of)?.index ?? -1) > index) return;
    latest.set(of, { of, index, isSpam: said === "spam" });
  };
  for (const leaf of labels) {
    const record = parseLeaf(leaf);
    if (record.kind === "label" && record.source === "moderator") take(record.of, record.index, record.label);
  }
  for (const record of reviews.map(caseOf)) {
    if (record.kind === "review") take(record.of, record.index, record.finding);
  }
  return [...latest.values()].sort((a, b) => a.of - b.of);
}

/** Languages, or ages of accounts, that are refused more than the others. */
export async function comparedGroups(source: FindingsSource, period: Period, by: ShareBy): Promise<Found> {
  const shares = await source.outcomeShares({ ...period, by });
  const all = shares.reduce(
    (sum, { decisions, refused }) => ({
      decisions: sum.decisions + decisions,
      refused: sum.refused + refused,
    }),
    { decisions: 0, refused: 0 },
  );
  if (shares.length < 2) {
    const what = by === "language" ? "signals.language" : "actor.age";
    return {
      findings: [],
      limits: [`nothing was compared by ${by}: no policy reads ${what}, or there is one only`],
    };
  }
  const findings: Found["findings"] = [];
  for (const group of shares) {
    const rest = { decisions: all.decisions - group.decisions, refused: all.refused - group.refused };
    const compared = differ(group, rest);
    if (compared === undefined) continue;
    const own = wilson(group.refused, group.decisions);
    const words = by === "language" ? `in the language ${group.group}` : `of accounts ${group.group} old`;
    findings.push({
      kind: by,
      subject: group.group,
      says:
        `Of ${counted(group.decisions, "event")} ${words}, ${percent(own.share ?? 0)} were refused or held ` +
        `(95% interval ${percent(own.low ?? 0)} to ${percent(own.high ?? 1)}), of the others ` +
        `${percent(rest.refused / rest.decisions)}. That is a difference, and no proof that it is unfair: ` +
        `look at what reviewers say of them.`,
      ...periodText(period),
      figures: {
        decisions: group.decisions,
        refused: group.refused,
        others: rest.decisions,
        othersRefused: rest.refused,
        ratio: Math.round(compared.ratio * 100) / 100,
        z: Math.round(compared.z * 10) / 10,
      },
      ...(await citeGroup(source, period, group)),
    });
  }
  return { findings: findings.slice(0, findingsMax) };
}

async function citeGroup(
  source: FindingsSource,
  period: Period,
  { group, accountAge, refused }: OutcomeShare,
): Promise<Pick<Found["findings"][number], "records" | "recordCount">> {
  const rows = await source.decisions({
    ...period,
    outcomes: ["delay", "hold", "reject"],
    ...(accountAge === undefined ? { language: group } : { accountAge }),
    limit: citedMax,
  });
  return { records: rows.map(({ index }) => index), recordCount: refused };
}

/** Whether one share is greater than another by more than chance would have it (two proportions, pooled). */
export function differ(
  one: Pick<OutcomeShare, "decisions" | "refused">,
  rest: Pick<OutcomeShare, "decisions" | "refused">,
): { z: number; ratio: number } | undefined {
  if (one.decisions < comparedMin || rest.decisions < comparedMin) return undefined;
  const pooled = (one.refused + rest.refused) / (one.decisions + rest.decisions);
  const [share, other] = [one.refused / one.decisions, rest.refused / rest.decisions];
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / one.decisions + 1 / rest.decisions));
  const z = spread === 0 ? 0 : (share - other) / spread;
  const ratio = other === 0 ? Infinity : share / other;
  return z >= chanceQuantile && ratio >= ratioMin ? { z, ratio: Math.min(ratio, 1000) } : undefined;
}

/** Most texts of which pairs are looked for, and most pairs that are told of each. */
const textsMax = 100;
const rowsPerText = 200;

/** One text, decided differently under one release: with what each decision read otherwise. */
export async function unlikePairs(source: FindingsSource, period: Period): Promise<Found> {
  const groups = await source.decisionGroups({
    ...period,
    by: "fingerprint",
    decisionsMin: 2,
    actorsMin: 1,
    refusedMin: 0,
    outcomesMin: 2,
    lettersMin: 1,
    limit: textsMax,
  });
  const findings: Found["findings"] = [];
  for (const { key } of groups) {
    const rows = await source.decisions({ ...period, fingerprint: key, limit: rowsPerText });
    const pair = pairOf(rows);
    if (pair === undefined) continue;
    const [milder, stricter] = pair;
    const differences = await differencesOf(source, milder.index, stricter.index);
    findings.push({
      kind: "pair",
      subject: key,
      says:
        `One text, decided differently under one release: record ${milder.index} ${milder.outcome}, record ` +
        `${stricter.index} ${stricter.outcome} (${onlyIn(stricter, milder)}). They differ in ` +
        `${differences.length === 0 ? "nothing that facts tell" : differences.join("; ")}.`,
      from: timeText(Math.min(milder.decidedMs, stricter.decidedMs)),
      to: timeText(Math.max(milder.decidedMs, stricter.decidedMs)),
      figures: {
        milder: milder.outcome,
        stricter: stricter.outcome,
        explained: explanation(differences),
      },
      records: [milder.index, stricter.index],
      recordCount: 2,
    });
  }
  // Those that what came before explains are last: the same text once more is a copy.
  findings.sort((a, b) => rank(a.figures["explained"]) - rank(b.figures["explained"]));
  return { findings };
}

// Nearest in time, of different outcomes under one release and of one type: so what else changed is least.
function pairOf(rows: readonly DecisionRow[]): [DecisionRow, DecisionRow] | undefined {
  let best: [DecisionRow, DecisionRow] | undefined;
  let bestMs = Infinity;
  for (const [place, one] of rows.entries()) {
    if (one.refusedBy !== undefined) continue;
    for (const other of rows.slice(place + 1)) {
      const alike = one.release === other.release && one.type === other.type && one.op === other.op;
      if (!alike || other.refusedBy !== undefined || isPassed(one) === isPassed(other)) continue;
      const apart = Math.abs(one.decidedMs - other.decidedMs);
      if (apart >= bestMs) continue;
      bestMs = apart;
      best = isPassed(one) ? [one, other] : [other, one];
    }
  }
  return best;
}

function isPassed({ outcome }: DecisionRow): boolean {
  return outcome === "allow" || outcome === "flag";
}

function onlyIn(stricter: DecisionRow, milder: DecisionRow): string {
  const rules = stricter.fired.filter((rule) => !rule.includes(":") && !milder.fired.includes(rule));
  return rules.length === 0 ? "the same rules fired" : `by ${rules.join(", ")}`;
}

/** Most differences that are told. */
const differencesMax = 12;

async function differencesOf(source: FindingsSource, one: number, other: number): Promise<string[]> {
  const [first, second] = await Promise.all([source.factsOf(one), source.factsOf(other)]);
  if (first === undefined || second === undefined) return [];
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])].sort();
  return names
    .filter((name) => first[name] !== second[name])
    .slice(0, differencesMax)
    .map((name) => `${name}: ${first[name] ?? "nothing"} and ${second[name] ?? "nothing"}`);
}

const explanations = ["unexplained", "the event", "the account", "what came before"] as const;

// What came before differs for nearly every copy of a text: it explains most, and says so.
function explanation(differences: readonly string[]): string {
  const names = differences.map((text) => text.slice(0, text.indexOf(":")));
  const isBefore = (name: string): boolean => /^(counter|limit|campaign\.)/.test(name);
  const isAccount = (name: string): boolean => /^(actor\.|standing)/.test(name);
  if (names.some(isBefore)) return explanations[3];
  if (names.some(isAccount)) return explanations[2];
  return names.length > 0 ? explanations[1] : explanations[0];
}

function rank(explained: number | string | undefined): number {
  return (explanations as readonly unknown[]).indexOf(explained);
}
