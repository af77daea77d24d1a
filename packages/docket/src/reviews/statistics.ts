// SPDX-License-Identifier: Apache-2.0
// What reviews say of a period: how much was missed and refused wrongly, how right each rule is, how far
// reviewers agree, and how long cases wait. docs/operations/review.md says how each figure comes about.
import { formatTime, parseLeaf, parseTime, reviewFindings, reviewTasks } from "@docket/protocol";
import type { Outcome, ReviewBody, ReviewFinding, ReviewTask } from "@docket/protocol";
import { wilson } from "../share.ts";
import type { Share } from "../share.ts";
import type { DecisionCount, DecisionRow } from "../views/decision-row.ts";
import type { SiteIndex } from "../views/site-index.ts";
import { estimateFrom } from "./estimate.ts";
import type { Estimate, Stratum } from "./estimate.ts";
import { cohenKappa } from "./kappa.ts";
import type { Agreement } from "./kappa.ts";
import { rowsOf } from "./load-state.ts";
import type { ReviewState } from "./review-state.ts";

/** Most reviews that are read, the oldest first, and most decisions whose rows are read. */
export const reviewsReadMax = 500_000;
export const rowsReadMax = 50_000;
/** Most pairs of reviewers, and rules, that are listed: those with the most cases. */
export const pairsListedMax = 100;
const recordsAtOnce = 10_000;
/** Indexes that are hashed before others get their turn. */
const indexesAtOnce = 50_000;

/** How far two reviewers agree. */
export type PairAgreement = Agreement & { first: string; second: string };
/** What reviewers found of what a rule had flagged, held or refused. */
export type RuleFigures = {
  /** `policy/rule` */
  rule: string;
  /** Of its cases that reviewers could tell, those that were spam. */
  right: Share;
  agreement: Agreement;
};

/** What reviews say of a period. */
export type ReviewStatistics = {
  from: string;
  to: string;
  /** Reviews that were made in the period, by task and finding. */
  reviews: number;
  byTask: Partial<Record<ReviewTask, Record<ReviewFinding, number>>>;
  /** Reviews by person, and how far each agrees with the others. */
  byReviewer: { by: string; reviews: number; agreement: Agreement }[];
  /** From the decision to the first review, for cases whose first review lies in the period. */
  queueTime: { cases: number; medianMs: number | null; ninetiethMs: number | null };
  open: number;
  /** Spam among all that was allowed in the period. */
  missed: Estimate;
  /** What was no spam among all that rules refused in the period. */
  refusedWrongly: Estimate;
  /** Of all pairs of a first and a blind second review. */
  agreement: Agreement;
  pairs: PairAgreement[];
  rules: RuleFigures[];
  /** What the figures leave out, in sentences. */
  notes: string[];
};

/** What statistics are made from. */
export type StatisticsPorts = {
  readonly state: ReviewState;
  readonly views: Pick<SiteIndex, "decisions" | "caseRecords" | "decisionCounts">;
  /** Lets others have their turn. */
  readonly breathe: () => Promise<void>;
};

type Reviewed = ReviewBody & { index: number; atMs: number };
type Period = { readonly fromMs: number; readonly toMs: number };

/** The statistics of what was decided, and reviewed, in `[fromMs, toMs)`. */
export async function reviewStatistics(ports: StatisticsPorts, period: Period): Promise<ReviewStatistics> {
  const notes: string[] = [];
  const reviews = await readReviews(ports, notes);
  const byCase = Map.groupBy(
    reviews.filter(({ task }) => task !== "ladder"),
    ({ of }) => of,
  );
  const made = reviews.filter(({ atMs }) => atMs >= period.fromMs && atMs < period.toMs);
  const rows = await readRows(ports, made, notes);
  const counts = await ports.views.decisionCounts(period);
  const pairs = blindPairs(byCase).filter(({ second }) => inPeriod(second, period));
  return {
    from: formatTime(Math.max(0, period.fromMs)),
    to: formatTime(Math.min(period.toMs, latestMs)),
    reviews: made.length,
    byTask: byTask(made),
    byReviewer: byReviewer(made, pairs),
    queueTime: queueTime(byCase, rows, period),
    open: ports.state.size,
    missed: await sampled(ports, byCase, period, "allowed", populationOf(counts, "allow")),
    refusedWrongly: await sampled(ports, byCase, period, "refused", populationOf(counts, "reject")),
    agreement: cohenKappa(tableOf(pairs)),
    pairs: pairAgreements(pairs),
    rules: ruleFigures(byCase, pairs, rows, period),
    notes,
  };
}

/** Latest time that an answer names: the end of the year 9999. */
const latestMs = 253_402_300_799_999;

async function readReviews({ views }: StatisticsPorts, notes: string[]): Promise<Reviewed[]> {
  const reviews: Reviewed[] = [];
  for (let after = -1; reviews.length < reviewsReadMax;) {
    const leaves = await views.caseRecords({ kinds: ["review"], after, limit: recordsAtOnce });
    for (const leaf of leaves) {
      const record = parseLeaf(leaf) as ReviewBody & { index: number; time: string };
      after = record.index;
      reviews.push({ ...record, atMs: parseTime(record.time) ?? 0 });
    }
    if (leaves.length < recordsAtOnce) return reviews;
  }
  notes.push(`only the first ${reviewsReadMax} reviews of the log were read`);
  return reviews;
}

async function readRows(
  { views }: StatisticsPorts,
  made: readonly Reviewed[],
  notes: string[],
): Promise<Map<number, DecisionRow>> {
  const indexes = [...new Set(made.map(({ of }) => of))];
  if (indexes.length > rowsReadMax) {
    notes.push(`rules and waiting times are of the newest ${rowsReadMax} cases of the period`);
  }
  const rows = new Map<number, DecisionRow>();
  for await (const row of rowsOf(views, indexes.slice(-rowsReadMax))) rows.set(row.index, row);
  return rows;
}

// A case is drawn by its index: which were is worked out again, and only their rows are read.
async function sampled(
  { state, views, breathe }: StatisticsPorts,
  byCase: ReadonlyMap<number, readonly Reviewed[]>,
  period: Period,
  draw: "allowed" | "refused",
  population: number,
): Promise<Estimate> {
  const [first] = await views.decisions({ ...period, order: "ascending", limit: 1 });
  const [last] = await views.decisions({ ...period, order: "descending", limit: 1 });
  const strata = new Map<number, { drawn: number; judged: number; hits: number }>();
  const wanted: Outcome = draw === "allowed" ? "allow" : "reject";
  const wrong: ReviewFinding = draw === "allowed" ? "spam" : "notSpam";
  const to = (last?.index ?? -1) + 1;
  for (let from = first?.index ?? 0; from < to; from += indexesAtOnce) {
    const drawn: number[] = [];
    for (let index = from; index < Math.min(to, from + indexesAtOnce); index++) {
      if (state.isDrawn(draw, index)) drawn.push(index);
    }
    await breathe();
    for await (const row of rowsOf(views, drawn)) {
      if (row.outcome !== wanted || row.refusedBy !== undefined || !isDecidedIn(row, period)) continue;
      const share = state.shareAt(draw, row.index);
      const stratum = strata.get(share) ?? { drawn: 0, judged: 0, hits: 0 };
      strata.set(share, stratum);
      const finding = byCase.get(row.index)?.findLast((review) => review.finding !== "unsure")?.finding;
      stratum.drawn += 1;
      if (finding !== undefined) stratum.judged += 1;
      if (finding === wrong) stratum.hits += 1;
    }
  }
  const all: Stratum[] = [...strata].map(([share, stratum]) => ({ share, ...stratum }));
  return estimateFrom(all, population);
}

// What only a restriction refused was judged by no rule, and is not drawn.
function populationOf(counts: readonly DecisionCount[], outcome: "allow" | "reject"): number {
  return counts
    .filter((each) => each.outcome === outcome)
    .filter(({ fired }) => outcome === "allow" || fired.some((rule) => !rule.includes(":")))
    .reduce((sum, { count }) => sum + count, 0);
}

type Pair = { readonly of: number; readonly first: Reviewed; readonly second: Reviewed };

function blindPairs(byCase: ReadonlyMap<number, readonly Reviewed[]>): Pair[] {
  const pairs: Pair[] = [];
  for (const [of, reviews] of byCase) {
    const place = reviews.findIndex(({ blind }) => blind === true);
    const second = reviews[place];
    const first = reviews.slice(0, Math.max(0, place)).find(({ finding }) => finding !== "unsure");
    if (first !== undefined && second !== undefined) pairs.push({ of, first, second });
  }
  return pairs;
}

function tableOf(pairs: readonly Pair[]): number[][] {
  const table = reviewFindings.map(() => reviewFindings.map(() => 0));
  for (const { first, second } of pairs) {
    const row = table[reviewFindings.indexOf(first.finding)] as number[];
    const column = reviewFindings.indexOf(second.finding);
    row[column] = (row[column] ?? 0) + 1;
  }
  return table;
}

function pairAgreements(pairs: readonly Pair[]): PairAgreement[] {
  // Who looked first is chance: one pair of people is one row.
  const turned = pairs.map((pair) => {
    if (pair.first.by <= pair.second.by) return pair;
    return { of: pair.of, first: pair.second, second: pair.first };
  });
  return [...Map.groupBy(turned, ({ first, second }) => `${first.by} ${second.by}`)]
    .map(([names, of]) => {
      const [first, second] = names.split(" ") as [string, string];
      return { first, second, ...cohenKappa(tableOf(of)) };
    })
    .sort((a, b) => b.cases - a.cases)
    .slice(0, pairsListedMax);
}

function ruleFigures(
  byCase: ReadonlyMap<number, readonly Reviewed[]>,
  pairs: readonly Pair[],
  rows: ReadonlyMap<number, DecisionRow>,
  period: Period,
): RuleFigures[] {
  const rules = new Map<string, { cases: number; spam: number; pairs: Pair[] }>();
  const figuresOf = (rule: string): { cases: number; spam: number; pairs: Pair[] } => {
    const known = rules.get(rule) ?? { cases: 0, spam: 0, pairs: [] };
    rules.set(rule, known);
    return known;
  };
  const enforced = (of: number): string[] =>
    (rows.get(of)?.fired ?? []).filter((rule) => !rule.includes(":"));
  for (const [of, reviews] of byCase) {
    const found = reviews.findLast((review) => review.finding !== "unsure" && inPeriod(review, period));
    if (found === undefined) continue;
    for (const rule of enforced(of)) {
      const figures = figuresOf(rule);
      figures.cases += 1;
      if (found.finding === "spam") figures.spam += 1;
    }
  }
  for (const pair of pairs) for (const rule of enforced(pair.of)) figuresOf(rule).pairs.push(pair);
  return [...rules]
    .map(([rule, figures]) => ({
      rule,
      right: wilson(figures.spam, figures.cases),
      agreement: cohenKappa(tableOf(figures.pairs)),
    }))
    .sort((a, b) => b.right.of - a.right.of || (a.rule < b.rule ? -1 : 1))
    .slice(0, pairsListedMax);
}

function queueTime(
  byCase: ReadonlyMap<number, readonly Reviewed[]>,
  rows: ReadonlyMap<number, DecisionRow>,
  period: Period,
): ReviewStatistics["queueTime"] {
  const waits: number[] = [];
  for (const [of, [first]] of byCase) {
    const row = rows.get(of);
    if (first === undefined || row === undefined || !inPeriod(first, period)) continue;
    waits.push(Math.max(0, first.atMs - row.sealedMs));
  }
  waits.sort((a, b) => a - b);
  const at = (part: number): number | null => waits[Math.ceil(part * waits.length) - 1] ?? null;
  return { cases: waits.length, medianMs: at(0.5), ninetiethMs: at(0.9) };
}

function byTask(made: readonly Reviewed[]): ReviewStatistics["byTask"] {
  const counted: ReviewStatistics["byTask"] = {};
  for (const task of reviewTasks) {
    const of = made.filter((review) => review.task === task);
    if (of.length === 0) continue;
    const countOf = (finding: ReviewFinding): number =>
      of.filter((review) => review.finding === finding).length;
    counted[task] = { spam: countOf("spam"), notSpam: countOf("notSpam"), unsure: countOf("unsure") };
  }
  return counted;
}

function byReviewer(made: readonly Reviewed[], pairs: readonly Pair[]): ReviewStatistics["byReviewer"] {
  const agreementOf = (by: string): Agreement => {
    const own = pairs.filter(({ first, second }) => first.by === by || second.by === by);
    const theirsFirst = own.map((pair) =>
      pair.first.by === by ? pair : { of: pair.of, first: pair.second, second: pair.first },
    );
    return cohenKappa(tableOf(theirsFirst));
  };
  return [...Map.groupBy(made, ({ by }) => by)]
    .map(([by, reviews]) => ({ by, reviews: reviews.length, agreement: agreementOf(by) }))
    .sort((a, b) => b.reviews - a.reviews)
    .slice(0, pairsListedMax);
}

function inPeriod({ atMs }: Reviewed, { fromMs, toMs }: Period): boolean {
  return atMs >= fromMs && atMs < toMs;
}

function isDecidedIn({ decidedMs }: DecisionRow, { fromMs, toMs }: Period): boolean {
  return decidedMs >= fromMs && decidedMs < toMs;
}
