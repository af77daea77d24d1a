// SPDX-License-Identifier: Apache-2.0
// Transparency on records in memory: two decisions, a verdict, a measure, reports and a notice that was held
// back, of the week before 24 November 2026.
import { encodeBody, encodeLeaf, formatTime, parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord, Facts } from "@docket/protocol";
import { disputeStatistics } from "../../disputes/statistics.ts";
import type { ReviewStatistics } from "../../reviews/statistics.ts";
import { decisionRow } from "../../views/decision-row.ts";
import type { DecisionRow } from "../../views/decision-row.ts";
import { TransparencyDesk } from "../transparency-desk.ts";

const digest = "A".repeat(43);
const reviewer = { by: "k_reviewerxxxxxxxx", role: "reviewer" } as const;
/** The actor of all these records. */
export const worldActor: string = `a_${"q".repeat(22)}`;
const until = "2026-11-30T00:00:00.000Z";
const suspension = { id: `r_${"s".repeat(16)}`, kind: "suspend", until } as const;
/** The day on which all of it happened. */
export const worldDay = "2026-11-20";

/** Records in memory, and the desk on them. */
export class TransparencyWorld {
  readonly leaves: string[] = [];
  readonly rows: DecisionRow[] = [];
  readonly plaintexts: string[] = [];
  readonly desk: TransparencyDesk;

  constructor() {
    this.#decide("reject", []);
    this.#decide("flag", [suspension]);
    const acted = { restrictions: [], ended: [], reason: "spam" };
    this.seal({
      kind: "report",
      by: reviewer.by,
      of: 1,
      reporter: worldActor,
      category: "spam",
      trusted: true,
    });
    const verdict = { of: 1, actor: worldActor, verdict: "remove", cause: "review", ...acted };
    this.seal({ kind: "verdict", ...reviewer, ...verdict } as BodyWithoutParts);
    const subject = { subject: worldActor, subjectKind: "actor", cause: "manual", of: [0] };
    const measure = { kind: "measure", ...reviewer, ...subject, ...acted, restrictions: [suspension] };
    this.seal(measure as BodyWithoutParts);
    this.seal({ kind: "quiet", ...reviewer, of: 0, until, ground: "court-order" });
    this.seal({ kind: "quiet", by: "docket", role: "docket", of: 1, until, ground: "digest" });
    this.desk = new TransparencyDesk({
      origin: "docket-0011223344556677/main",
      views: {
        decisions: async ({ indexes, after = -1, limit, fromMs = 0, toMs = Number.MAX_SAFE_INTEGER }) => {
          return this.rows
            .filter(({ index, decidedMs }) => index > after && decidedMs >= fromMs && decidedMs < toMs)
            .filter(({ index }) => indexes === undefined || indexes.includes(index))
            .slice(0, limit);
        },
        decisionCounts: async ({ fromMs, toMs }) => {
          return this.rows
            .filter(({ decidedMs }) => decidedMs >= fromMs && decidedMs < toMs)
            .map(({ outcome, type, late, rules, fired }) => {
              return { day: worldDay, outcome, type, late, rules, fired, count: 1 };
            });
        },
        caseRecords: async ({ kinds, of, after = -1, limit }) => {
          return this.leaves
            .filter((leaf) => {
              const record = parseLeaf(leaf) as DocketRecord & { of?: unknown };
              const isAsked = of === undefined || [record.of].flat().includes(of);
              return kinds.includes(record.kind) && record.index > after && isAsked;
            })
            .slice(0, limit);
        },
      },
      indexed: async () => undefined,
      publicDays: () => 30,
      recordOf: async (index) => parseLeaf(this.leaves[index] ?? ""),
      reviews: async ({ fromMs, toMs }) => reviewsOf(fromMs, toMs),
      disputes: { statistics: async (fromMs, toMs) => disputeStatistics([], fromMs, toMs) },
      reasonsOf: async () => [{ rule: "comments/links", text: "No more than three links." }],
      seal: async (body, parts) => {
        this.plaintexts.push(...parts.map(({ plaintext }) => plaintext));
        return { index: this.seal(body) };
      },
      siteKey: new Uint8Array(32),
      clock: () => Date.UTC(2026, 10, 24),
    });
  }

  /** Seals a record. */
  seal(body: BodyWithoutParts): number {
    const index = this.leaves.length;
    const header = {
      v: 1,
      index,
      prev: digest,
      time: `${worldDay}T12:00:00.000Z`,
      uncertaintyMs: null,
    } as const;
    this.leaves.push(encodeLeaf(header, encodeBody(body), digest));
    return index;
  }

  #decide(outcome: "reject" | "flag", restrictions: readonly (typeof suspension)[]): void {
    const what = { actor: worldActor, outcome, rules: ["links"], restrictions: [...restrictions] };
    const index = this.seal({ kind: "decision", by: "k_appxxxxxxxxxxxxx", ...what, release: digest });
    const record = parseLeaf(this.leaves[index] ?? "");
    if (record.kind === "decision") this.rows.push(decisionRow(record, factsOf(outcome)));
  }
}

function factsOf(outcome: "reject" | "flag"): Facts {
  return {
    v: 1,
    event: { id: digest, body: digest, type: "comment", op: "create", time: null, inReplyTo: null },
    decidedAt: formatTime(Date.UTC(2026, 10, 20, 11)),
    clock: "received",
    source: "http",
    values: {},
    counters: {},
    keys: {},
    standing: { strikes: 0, restrictions: [] },
    clauses: "t",
    fired: [{ policy: "comments", rule: "links", mode: "enforce", outcome, clauses: "t" }],
    missing: [],
    points: 0,
    refusedBy: null,
    strikes: [],
    retryAfterMs: null,
    holdUntil: null,
    otherwise: null,
  };
}

function reviewsOf(fromMs: number, toMs: number): ReviewStatistics {
  const estimate = {
    population: 1000,
    drawn: 100,
    judged: 100,
    hits: 2,
    share: 0.02,
    low: 0.002,
    high: 0.07,
  };
  const counted = { ...estimate, count: 20, countLow: 2, countHigh: 70 };
  return {
    from: formatTime(fromMs),
    to: formatTime(toMs),
    reviews: 100,
    byTask: {},
    byReviewer: [],
    queueTime: { cases: 100, medianMs: 7_200_000, ninetiethMs: 86_400_000 },
    open: 3,
    missed: counted,
    refusedWrongly: { ...counted, judged: 0, share: null, low: null, high: null, count: null },
    agreement: { cases: 10, observed: 0.9, byChance: 0.5, kappa: 0.8, low: 0.4, high: 1 },
    pairs: [],
    rules: [],
    notes: ["what reviews leave out"],
  };
}
