// SPDX-License-Identifier: Apache-2.0
// Reviews as HTTP and the command line see them: the queue, a case's page, and what a reviewer says.
import type {
  DocketRecord,
  Event,
  Facts,
  Outcome,
  ReviewFinding,
  ReviewTask,
  Verdict,
} from "@docket/protocol";
import type { OutcomeInForce, StandingNow, Texts, VerdictDone } from "../enforcement/contract.ts";
import type { LabelInForce } from "../labels/label-desk.ts";
import type { OpenTask } from "./case.ts";
import type { Following } from "./consequence.ts";

/** Who holds a case, and until when (RFC 3339). Claims are in memory alone: a restart ends them. */
export type Claim = { of: number; by: string; until: string };

/** What users' reports of a content weigh. */
export type ReportWeight = {
  reports: number;
  trusted: number;
  /** The sum of the reporters' weights, in thousandths. */
  weightPerMille: number;
};

/** A case as the queue lists it. Times are RFC 3339. */
export type QueueItem = {
  /** Index of the decision's record. */
  of: number;
  /** What is asked of the caller, the weightiest reason first. */
  tasks: readonly OpenTask[];
  actor: string;
  outcome: Outcome;
  type: string;
  sealedAt: string;
  holdUntil: string | null;
  points: number;
  /** Rules that fired, as in the views. */
  fired: readonly string[];
  campaign: string | null;
  language: string | null;
  reports: ReportWeight | null;
  claim: Claim | null;
};

/** The head of the queue for one person, in the order in which it is best worked through. */
export type QueuePage = {
  cases: QueueItem[];
  /** Open cases for this person by task, claimed ones too. */
  open: Partial<Record<ReviewTask, number>>;
  /** Tasks of which more cases are open than are held in memory: these come as the others are done. */
  more: ReviewTask[];
};

/** Which cases are listed. */
export type QueueQuery = {
  readonly task?: ReviewTask | undefined;
  /** Without cases that others have claimed. */
  readonly unclaimed?: boolean | undefined;
  readonly limit: number;
};

/** A record about a case, without what all records have. */
export type ChainEntry = { index: number; at: string; kind: string; by: string } & Record<string, unknown>;

/** A report of the content, as its reporter made it. */
export type SaidReport = {
  /** Index of the report's record. */
  index: number;
  at: string;
  /** Pseudonym in the log. */
  reporter: string;
  category: string;
  trusted: boolean;
  /** What they wrote; `null` where they wrote nothing, it is erased, or evidence was not asked for. */
  text: string | null;
};

/** What a finding comes to if the reviewer says nothing else; `null` where everything stays as it is. */
export type FollowsByFinding = Record<"spam" | "notSpam", Following | null>;

/** Everything that a reviewer needs to see of a decision, on one page. */
export type CasePage = {
  of: number;
  tasks: readonly OpenTask[];
  /** What others found is left out: the next review of this person is a blind one. */
  blind: boolean;
  claim: Claim | null;
  record: DocketRecord;
  /** The event as it was sent; `null` where its evidence is gone or was not asked for. */
  event: Event | null;
  /** `opened`: that it was read is a record of the log. */
  evidence: "opened" | "gone" | "unasked";
  facts: Facts | null;
  /** What holds now; `null` on a blind page. */
  inForce: OutcomeInForce | null;
  standing: StandingNow | null;
  chain: ChainEntry[];
  label: LabelInForce | null;
  reports: ReportWeight | null;
  /** The newest reports of the content, the oldest of them first; at most {@link saidReportsMax}. */
  said: SaidReport[];
  /** `null` on a blind page, which changes nothing. */
  follows: FollowsByFinding | null;
};

/** Most reports of a content that its page shows. */
export const saidReportsMax = 20;

/** What a reviewer says of a case. */
export type ReviewWish = {
  /** Index of the decision's record. */
  readonly of: number;
  /**
   * What it answers; if nothing is said, what is asked of the content, and a ladder's step if that is all.
   */
  readonly task?: ReviewTask | undefined;
  readonly finding: ReviewFinding;
  /** A code: one of those of verdicts, or of the site's own. */
  readonly reason: string;
  /** Sealed with the site's key. */
  readonly note?: string | undefined;
  /**
   * What becomes of the content; what follows from the finding if nothing is said, and `keep` leaves it as it
   * is.
   */
  readonly verdict?: Verdict | undefined;
  /** What the affected user is told if something changes, by language. */
  readonly told?: Texts | undefined;
};

/** A review that was sealed, and what came of it. Indexes are those of records. */
export type ReviewDone = {
  index: number;
  of: number;
  task: ReviewTask;
  finding: ReviewFinding;
  blind: boolean;
  label: number | null;
  verdict: VerdictDone | null;
  /** The record by which steps of a ladder were taken. */
  measure: number | null;
};

/** Open cases by the weightiest of their tasks. */
export type ReviewFigures = { [Task in ReviewTask]: number };

/** The review queue of a site. Rejections are {@link DocketError}. */
export interface SiteReviews {
  queue(by: string, query: QueueQuery): Promise<QueuePage>;
  figures(): ReviewFigures;
  /**
   * The page of a decision. Reading its evidence is sealed, once for each claim.
   *
   * Rejects with `not_found` if there is no such decision.
   */
  page(by: string, of: number, withEvidence: boolean): Promise<CasePage>;
  /**
   * Claims a case, or prolongs one's claim. Throws `case_claimed` if another has it, `case_closed` if nothing
   * is asked of this person, `another_person` if only of others.
   */
  claim(by: string, of: number): Claim;
  /** Gives a claim back; nothing happens if there is none. */
  release(by: string, of: number): void;
  /**
   * Seals a review, and in the same turn the label and what follows from it. Rejects as {@link claim}; with
   * `usage` for a reason that is no code, or a verdict in a blind review.
   */
  review(author: { by: string; role: string }, wish: ReviewWish): Promise<ReviewDone>;
}
