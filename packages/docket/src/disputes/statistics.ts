// SPDX-License-Identifier: Apache-2.0
// How the disputes of a period went: how long answers took, and how often who or what had decided was wrong.
// Small numbers say little, so each rate comes with its interval.
import { formatTime } from "@docket/protocol";
import { wilson } from "../share.ts";
import type { AnswerTimes, DisputeStatistics, RulingTally } from "./contract.ts";
import type { Dispute, DisputeRuling } from "./state.ts";

/** What a dispute is about, for whoever counts. */
export type Disputed = {
  readonly kind: "decision" | "verdict" | "measure";
  /** Rules that had fired with effect, as `policy/rule`. */
  readonly rules: readonly string[];
  /** Who had decided: `docket` for automation, else the ids of people's keys. */
  readonly deciders: readonly string[];
};

/** A dispute with what it is about. */
export type CountedDispute = { readonly dispute: Dispute; readonly about: Disputed };

/**
 * Counts the disputes of a period, `[fromMs, toMs)`.
 *
 * @param all at least those that were opened before its end
 */
export function disputeStatistics(
  all: readonly CountedDispute[],
  fromMs: number,
  toMs: number,
): DisputeStatistics {
  const within = (ms: number): boolean => ms >= fromMs && ms < toMs;
  const opened = all.filter(({ dispute }) => within(dispute.openedMs));
  const ended = all.filter(isEnded).filter(({ dispute }) => within(dispute.ruling.atMs));
  const ruled = ended.filter(({ dispute }) => dispute.ruling.ruling !== "withdrawn");
  const atEnd = all.filter(
    ({ dispute: { openedMs, ruling } }) => openedMs < toMs && (ruling === undefined || ruling.atMs >= toMs),
  );
  const about = (kind: Disputed["kind"]): number => opened.filter((each) => each.about.kind === kind).length;
  return {
    from: formatTime(fromMs),
    to: formatTime(toMs),
    opened: {
      decision: about("decision"),
      verdict: about("verdict"),
      measure: about("measure"),
      total: opened.length,
    },
    openedBy: {
      token: opened.filter(({ dispute }) => dispute.via === "token").length,
      app: opened.filter(({ dispute }) => dispute.via === "app").length,
    },
    ended: tally(ended),
    times: answerTimes(ruled),
    late: wilson(ruled.filter(({ dispute }) => dispute.ruling.atMs > dispute.dueMs).length, ruled.length),
    open: atEnd.length,
    overdue: atEnd.filter(({ dispute }) => dispute.dueMs < toMs).length,
    byRule: grouped(ended, ({ about: { rules } }) => rules).map(([rule, of]) => ({ rule, ...tally(of) })),
    byDecider: grouped(ended, (each) => each.about.deciders).map(([by, of]) => ({ by, ...tally(of) })),
    byReviewer: grouped(ruled, ({ dispute }) => [dispute.ruling.by]).map(([by, of]) => {
      return { by, times: answerTimes(of), ...tally(of) };
    }),
  };
}

/** The value below which a share of all lie, by nearest rank; `null` of none. @param sorted ascending */
export function quantileOf(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** The median: between the two in the middle where their number is even; `null` of none. */
export function medianOf(sorted: readonly number[]): number | null {
  const { length } = sorted;
  if (length === 0) return null;
  const upper = sorted[length >> 1] as number;
  return length % 2 === 1 ? upper : Math.round(((sorted[length / 2 - 1] as number) + upper) / 2);
}

type Ended = CountedDispute & { readonly dispute: { readonly ruling: DisputeRuling } };

function isEnded(each: CountedDispute): each is Ended {
  return each.dispute.ruling !== undefined;
}

function tally(ended: readonly Ended[]): RulingTally {
  const counts = { upheld: 0, overturned: 0, modified: 0, withdrawn: 0 };
  for (const { dispute } of ended) counts[dispute.ruling.ruling] += 1;
  const { upheld, overturned, modified } = counts;
  const ruled = upheld + overturned + modified;
  return {
    ...counts,
    overturnRate: wilson(overturned, ruled),
    changeRate: wilson(overturned + modified, ruled),
  };
}

function answerTimes(ruled: readonly Ended[]): AnswerTimes {
  const took = ruled.map(({ dispute: { openedMs, ruling } }) => ruling.atMs - openedMs).sort((a, b) => a - b);
  return { count: took.length, medianMs: medianOf(took), p90Ms: quantileOf(took, 0.9) };
}

function grouped(
  ended: readonly Ended[],
  namesOf: (each: Ended) => readonly string[],
): [string, readonly Ended[]][] {
  const groups = new Map<string, Ended[]>();
  for (const each of ended) {
    for (const name of new Set(namesOf(each))) groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}
