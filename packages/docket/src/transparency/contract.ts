// SPDX-License-Identifier: Apache-2.0
// What is told of a period to anyone, to whoever runs the site, and to the EU's transparency database.
import type { Outcome, ReleaseVia, RulingBody, Verdict, VerdictCause } from "@docket/protocol";
import type { DisputeStatistics, RulingTally } from "../disputes/contract.ts";
import type { ReviewStatistics } from "../reviews/statistics.ts";
import type { LeftOut, StatementOptions } from "./statements.ts";
import type { Statement } from "./statement-schema.ts";

/** Numbers by name; what is 0 is left out. */
export type Counts = Record<string, number>;
/** Numbers by outcome, all of them. */
export type ByOutcome = Record<Outcome, number>;

/** Decisions of a period, by when they were decided. */
export type DecisionFigures = {
  total: number;
  byOutcome: ByOutcome;
  /** By day (UTC), the first first. */
  byDay: ({ day: string } & ByOutcome)[];
  byType: Counts;
  /** By rule that had its effect, as `policy/rule`. A decision counts for each. */
  byRule: { rule: string; total: number; byOutcome: ByOutcome }[];
  /** Decided after the app had acted. */
  late: number;
  /** All decisions are made by automation; at so many of the period a person looked later. */
  automated: number;
  lookedAt: number;
};
/** Restrictions that were imposed in a period. */
export type RestrictionFigures = {
  /** By rules and ladders; by kind as far as decisions were read. */
  byAutomation: Counts;
  byPeople: Counts;
  ended: number;
  /** Decisions with restrictions that were not read, since they were too many. */
  unread: number;
};
/** Verdicts of a period. */
export type VerdictFigures = {
  total: number;
  byPeople: number;
  byAutomation: number;
  byVerdict: Partial<Record<Verdict, number>>;
  byCause: Partial<Record<VerdictCause, number>>;
};
/** Reports by users. */
export type ReportFigures = { total: number; trusted: number; byCategory: Counts };
/** Notices that were held back. */
export type QuietFigures = { total: number; inForce: number; byGround: Counts };

/** The transparency report of a period, `[from, to)`. */
export type TransparencyReport = {
  format: "docket-transparency/v1";
  origin: string;
  from: string;
  to: string;
  madeAt: string;
  decisions: DecisionFigures;
  restrictions: RestrictionFigures;
  verdicts: VerdictFigures;
  disputes: DisputeStatistics;
  /** How much was missed and refused wrongly, as samples say; reviewers' agreement; waiting times. */
  reviews: ReviewStatistics;
  reports: ReportFigures;
  quiet: QuietFigures;
  notes: string[];
};

/** A release of the policy that was in force in a period. */
export type PublicRelease = {
  /** Its hash, which each decision's record names. */
  release: string;
  /** The record that put it in force, and when that was sealed (RFC 3339). */
  index: number;
  at: string;
  via: ReleaseVia | null;
};
/** What anybody may know of the last days: counts alone, of no rule and no person. */
export type PublicFigures = {
  format: "docket-public-figures/v1";
  origin: string;
  from: string;
  to: string;
  madeAt: string;
  /** Those in force in the period, the newest first; not more than {@link publicReleasesMax}. */
  policies: PublicRelease[];
  decisions: { total: number; byOutcome: ByOutcome; lookedAt: number };
  restrictions: { byAutomation: number; byPeople: number; ended: number };
  disputes: Pick<RulingTally, "upheld" | "overturned" | "modified" | "withdrawn"> & {
    opened: number;
    open: number;
    overdue: number;
  };
  reports: number;
};
/** Most releases that are named to the public. */
export const publicReleasesMax = 20;

/** A manager's week: the report of seven days, and that of the seven before. */
export type WeeklyReport = {
  format: "docket-weekly/v1";
  origin: string;
  from: string;
  to: string;
  now: TransparencyReport;
  before: TransparencyReport;
};

/** Statements of reasons, and records of which none could be made. */
export type StatementExport = { statements: Statement[]; leftOut: LeftOut[]; index: number };

/** Who takes something out, and why. */
export type ExportAuthor = Pick<RulingBody, "by" | "role">;

/** Transparency as HTTP and the command line see it. */
export interface SiteTransparency {
  /** What happened in `[fromMs, toMs)`, in ms since 1970. */
  report(fromMs: number, toMs: number): Promise<TransparencyReport>;
  /** The seven days before a time, and the seven before those. */
  weekly(toMs: number): Promise<WeeklyReport>;
  /** The last days for everybody, counted anew every few minutes; `undefined` where the site shows none. */
  publicFigures(): Promise<PublicFigures | undefined>;
  /** Seals that they were taken out, and gives them. */
  statements(
    author: ExportAuthor,
    period: { readonly fromMs: number; readonly toMs: number },
    options: StatementOptions,
  ): Promise<StatementExport>;
}
