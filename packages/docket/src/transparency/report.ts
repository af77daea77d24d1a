// SPDX-License-Identifier: Apache-2.0
// Figures of a period, from what the views hold of decisions and from the records of what came after them.
import { outcomes, parseTime } from "@docket/protocol";
import type { DocketRecord, RecordedRestriction } from "@docket/protocol";
import type { DecisionCount } from "../views/decision-row.ts";
import type {
  ByOutcome,
  Counts,
  DecisionFigures,
  QuietFigures,
  ReportFigures,
  RestrictionFigures,
  VerdictFigures,
} from "./contract.ts";

type Kind<Name extends DocketRecord["kind"]> = Extract<DocketRecord, { kind: Name }>;

/** Counts decisions. @param lookedAt decisions that a person looked at */
export function decisionFigures(
  counts: readonly DecisionCount[],
  lookedAt: ReadonlySet<number>,
): DecisionFigures {
  const byOutcome = noOutcomes();
  const days = new Map<string, ByOutcome>();
  const rules = new Map<string, ByOutcome>();
  const byType: Counts = {};
  let late = 0;
  for (const { day, outcome, type, late: isLate, fired, count } of counts) {
    byOutcome[outcome] += count;
    at(days, day)[outcome] += count;
    byType[type] = (byType[type] ?? 0) + count;
    if (isLate) late += count;
    // Others than those with effect bear their mode behind a colon.
    for (const rule of fired) if (!rule.includes(":")) at(rules, rule)[outcome] += count;
  }
  const total = sum(Object.values(byOutcome));
  return {
    total,
    byOutcome,
    byDay: [...days].sort(byName).map(([day, of]) => ({ day, ...of })),
    byType: sorted(byType),
    byRule: [...rules].sort(byName).map(([rule, of]) => {
      return { rule, total: sum(Object.values(of)), byOutcome: of };
    }),
    late,
    automated: total,
    lookedAt: lookedAt.size,
  };
}

/**
 * Counts restrictions.
 *
 * @param decided those of decisions that were read
 * @param unread decisions with restrictions that were not
 */
export function restrictionFigures(
  decided: readonly RecordedRestriction[],
  unread: number,
  acts: readonly DocketRecord[],
): RestrictionFigures {
  const byAutomation: Counts = {};
  const byPeople: Counts = {};
  let ended = 0;
  const count = (counts: Counts, restrictions: readonly RecordedRestriction[]): void => {
    for (const { kind } of restrictions) counts[kind] = (counts[kind] ?? 0) + 1;
  };
  count(byAutomation, decided);
  for (const record of acts) {
    if (record.kind !== "verdict" && record.kind !== "measure") continue;
    count(record.by === "docket" ? byAutomation : byPeople, record.restrictions);
    ended += record.ended.length;
  }
  return { byAutomation: sorted(byAutomation), byPeople: sorted(byPeople), ended, unread };
}

/** Counts verdicts. */
export function verdictFigures(acts: readonly DocketRecord[]): VerdictFigures {
  const verdicts = acts.filter((record): record is Kind<"verdict"> => record.kind === "verdict");
  const byAutomation = verdicts.filter(({ by }) => by === "docket").length;
  return {
    total: verdicts.length,
    byPeople: verdicts.length - byAutomation,
    byAutomation,
    byVerdict: countBy(verdicts, ({ verdict }) => verdict),
    byCause: countBy(verdicts, ({ cause }) => cause),
  };
}

/** Decisions that a person looked at, by the records of a period. */
export function lookedAtIn(acts: readonly DocketRecord[]): Set<number> {
  const looked = new Set<number>();
  for (const record of acts) {
    if (record.kind === "review" || (record.kind === "verdict" && record.by !== "docket")) {
      looked.add(record.of);
    }
  }
  return looked;
}

/** Counts reports. */
export function reportFigures(acts: readonly DocketRecord[]): ReportFigures {
  const reports = acts.filter((record): record is Kind<"report"> => record.kind === "report");
  return {
    total: reports.length,
    trusted: reports.filter(({ trusted }) => trusted === true).length,
    byCategory: countBy(reports, ({ category }) => category),
  };
}

/**
 * Counts notices that people held back.
 *
 * @param all from the beginning of the log, so that those that last are known
 */
export function quietFigures(all: readonly DocketRecord[], fromMs: number, toMs: number): QuietFigures {
  const quiets = all.filter(
    (record): record is Kind<"quiet"> => record.kind === "quiet" && record.by !== "docket",
  );
  const made = quiets.filter(({ time }) => isWithin(time, fromMs, toMs));
  // A later one of the same record takes the place of an earlier one.
  const last = new Map(
    quiets.filter(({ time }) => (parseTime(time) ?? 0) < toMs).map((each) => [each.of, each]),
  );
  const inForce = [...last.values()].filter(({ until }) => (parseTime(until) ?? 0) >= toMs).length;
  return { total: made.length, inForce, byGround: countBy(made, ({ ground }) => ground) };
}

/** Whether a record's time lies in `[fromMs, toMs)`. */
export function isWithin(time: string, fromMs: number, toMs: number): boolean {
  const ms = parseTime(time) ?? 0;
  return ms >= fromMs && ms < toMs;
}

/** No decision of any outcome. */
export function noOutcomes(): ByOutcome {
  return Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as ByOutcome;
}

function at(map: Map<string, ByOutcome>, name: string): ByOutcome {
  const known = map.get(name);
  if (known !== undefined) return known;
  const made = noOutcomes();
  map.set(name, made);
  return made;
}

function countBy<Each, Name extends string>(
  all: readonly Each[],
  nameOf: (each: Each) => Name,
): Record<Name, number> {
  const counts: Counts = {};
  for (const each of all) counts[nameOf(each)] = (counts[nameOf(each)] ?? 0) + 1;
  return sorted(counts) as Record<Name, number>;
}

function sorted(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).sort(byName));
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
