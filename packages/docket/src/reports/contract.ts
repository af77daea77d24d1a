// SPDX-License-Identifier: Apache-2.0
// Reports by users: what they say, and what is told of them.
import type { ReviewFinding } from "@docket/protocol";

/** Categories that are suggested; a site may use others, as codes. */
export const reportCategories = ["spam", "scam", "phishing", "abuse", "impersonation", "other"] as const;

/** What a user reports. */
export type ReportWish = {
  /** The app's id of the content, or the decision's record. */
  readonly content?: string | undefined;
  readonly index?: number | undefined;
  /** The app's own id of the reporter's account. */
  readonly reporter: string;
  readonly category: string;
  /** What they wrote; sealed with their own key. */
  readonly text?: string | undefined;
  /** The language that they are told the result in. */
  readonly language?: string | undefined;
  /** The app knows them as a trusted flagger. */
  readonly trusted?: boolean | undefined;
};

/** What a reporter is answered. */
export type ReportReceived = {
  /** The report's own record. */
  index: number;
  /** The decision that it is of. */
  of: number;
  /** The pseudonym of the reporter in the log. */
  reporter: string;
  /** They had reported this before, and nobody has looked at it yet: this is that report. */
  repeat: boolean;
  trusted: boolean;
  /** What it was found to be before, if somebody had looked at it. */
  found: ReviewFinding | null;
};

/** How much reports of a content weigh that nobody has looked at yet. */
export type ReportWeight = {
  reports: number;
  /** Different reporters; linked ones are one. */
  reporters: number;
  trusted: number;
  /** The sum of what each reporter's word is worth, 0 to 1000 each. */
  weightPerMille: number;
};

/** What is reported of one content. */
export type ReportedContent = ReportWeight & {
  /** The decision that was reported last. */
  of: number;
  /** Whose content it is. */
  actor: string;
  categories: Record<string, number>;
  firstAt: string;
  lastAt: string;
  /** The first report's record: what a list goes on from. */
  first: number;
  /** Records of the reports, the latest 100. */
  records: number[];
  /** What it was found to be last. */
  found: { finding: ReviewFinding; record: number } | null;
};
/** Reported contents in the order of their first report. */
export type ReportPage = { contents: ReportedContent[]; next: number | null };

/** How good somebody's reports were. */
export type ReporterView = {
  reporter: string;
  reports: number;
  right: number;
  wrong: number;
  /** The share that was right, per mille, with half a report each way to begin with. */
  precisionPerMille: number;
  trusted: boolean;
};

/** More reports against one actor within an hour than chance explains. */
export type ReportFlood = {
  actor: string;
  fromAt: string;
  toAt: string;
  reports: number;
  reporters: number;
  /** Reports of one reported actor in an hour, per mille, as is usual here. */
  usualPerMille: number;
  /** What the reporters' word is worth, per mille, on average. */
  precisionPerMille: number;
  records: number[];
};
