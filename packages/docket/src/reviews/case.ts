// SPDX-License-Identifier: Apache-2.0
// One case of the review queue: what is known of a decision as far as reviewers are asked about it, and what
// is open. What is open is a function of what is known, whatever the order in which it came: that is why a
// queue that was rebuilt is the one that lived on.
import { reviewTasks } from "@docket/protocol";
import type { Outcome, ReviewFinding, ReviewTask } from "@docket/protocol";

/** What a case's decision says of itself. */
export type CaseRow = {
  readonly outcome: Outcome;
  readonly sealedMs: number;
  readonly holdUntilMs: number | undefined;
  readonly points: number;
};

/** A review of a case, as the log has it. */
export type CaseReview = {
  /** Index of the review's record. */
  readonly index: number;
  readonly by: string;
  readonly task: ReviewTask;
  readonly finding: ReviewFinding;
  readonly atMs: number;
  /** Whether the case is one that a second person looks at blind, and one that is looked at again. */
  readonly second: boolean;
  readonly quality: boolean;
};

/** Everything that is known of a case. `of` is the index of the decision's record. */
export type ReviewCase = {
  readonly of: number;
  row: CaseRow | undefined;
  /** What the decision itself asks for. */
  asked: readonly ReviewTask[];
  /** Steps of ladders that wait for a person, by the index of the record that says so. */
  proposedAt: number | undefined;
  /** The newest report's record. */
  reportedAt: number | undefined;
  /** The newest verdict that came of no review. */
  verdictAt: number | undefined;
  /** The newest verdict that took the decision back: what it led to is off the table then. */
  undoneAt: number | undefined;
  /** A like case was overturned in a dispute: the newest verdict that says so. */
  likeAt: number | undefined;
  /** When steps of ladders were taken or declined by a review or a measure. */
  steppedAt: number | undefined;
  reviews: CaseReview[];
};

/** What is asked of somebody: the task, and whether they are not to see what others found. */
export type OpenTask = { readonly task: ReviewTask; readonly blind: boolean };

/** So many people may say that they cannot tell before a case is closed. */
export const unsureMax = 2;

/** A case of which nothing is known yet. */
export function emptyCase(of: number): ReviewCase {
  return {
    of,
    row: undefined,
    asked: [],
    proposedAt: undefined,
    reportedAt: undefined,
    verdictAt: undefined,
    undoneAt: undefined,
    likeAt: undefined,
    steppedAt: undefined,
    reviews: [],
  };
}

/** Adds a review, in its place; one that is there already changes nothing. */
export function addReview(each: ReviewCase, review: CaseReview): void {
  const place = each.reviews.findLastIndex(({ index }) => index <= review.index);
  if (each.reviews[place]?.index === review.index) return;
  each.reviews = each.reviews.toSpliced(place + 1, 0, review);
}

/** What is open, for anybody: the reason that weighs most first. */
export function openTasks(each: ReviewCase): readonly OpenTask[] {
  const [task] = each.asked;
  // Almost all cases that are open: nobody has said anything yet. The list looks at each of them.
  if (task !== undefined && isUntouched(each)) return untouched[task];
  const open: OpenTask[] = isStepOpen(each) ? [{ task: "ladder", blind: false }] : [];
  const content = contentReviews(each);
  const decisive = content.filter(({ finding }) => finding !== "unsure");
  const [first, second] = decisive;
  const isReported = isReportOpen(each, content);
  if (isLikeOpen(each, content)) open.push({ task: "quality", blind: false });
  if (first === undefined) {
    if (content.length >= unsureMax) return open;
    for (const task of each.asked) if (!isAnswered(each, task)) open.push({ task, blind: false });
    if (isReported) open.push({ task: "report", blind: false });
    return open;
  }
  if (isReported) open.push({ task: "report", blind: false });
  // Two questions of one kind are one.
  if (hasVerdictAfter(each, first.index) || open.some(({ task }) => task === "quality")) return open;
  const later = content.filter(({ index }) => index > first.index);
  if (second === undefined) {
    if (first.second && later.length === 0) open.push({ task: first.task, blind: true });
    else if (!first.second && first.quality && later.length === 0)
      open.push({ task: "quality", blind: false });
    return open;
  }
  // Two who know nothing of each other differ: a third sees both and decides.
  const differ = first.second && second.finding !== first.finding && decisive.length === 2;
  if (differ && later.length === 1) open.push({ task: "quality", blind: false });
  return open;
}

/** What is open for one person: nothing of what they said themselves is asked of them again. */
export function openTasksFor(each: ReviewCase, by: string): readonly OpenTask[] {
  if (each.reviews.length === 0) return openTasks(each);
  return openTasks(each).filter(({ task }) => !hasAnswered(each, task, by));
}

/** The reviews of what the content is. */
export function contentReviews({ reviews }: ReviewCase): CaseReview[] {
  return reviews.filter(({ task }) => task !== "ladder");
}

/** What reviewers found in the end: the last of those that could tell. */
export function findingOf(each: Pick<ReviewCase, "reviews">): CaseReview | undefined {
  return each.reviews.findLast(({ task, finding }) => task !== "ladder" && finding !== "unsure");
}

const untouched = Object.fromEntries(
  reviewTasks.map((task) => [task, [{ task, blind: false }]]),
) as unknown as Readonly<Record<ReviewTask, readonly OpenTask[]>>;

function isUntouched(each: ReviewCase): boolean {
  const mark = each.proposedAt ?? each.reportedAt ?? each.verdictAt ?? each.likeAt;
  return mark === undefined && each.asked.length === 1 && each.reviews.length === 0;
}

function hasAnswered(each: ReviewCase, task: ReviewTask, by: string): boolean {
  const isLadder = task === "ladder";
  return each.reviews.some((review) => review.by === by && (review.task === "ladder") === isLadder);
}

// A sample says how good the automatic decisions are, so it is looked at whatever else became of them.
function isAnswered(each: ReviewCase, task: ReviewTask): boolean {
  return task !== "sample" && each.verdictAt !== undefined;
}

function hasVerdictAfter({ verdictAt }: ReviewCase, index: number): boolean {
  return verdictAt !== undefined && verdictAt > index;
}

// Once somebody looked because of reports, further ones change nothing: otherwise whoever reports often
// enough could have a content judged until somebody tires. Removed content needs no reports.
function isReportOpen({ reportedAt, verdictAt }: ReviewCase, content: readonly CaseReview[]): boolean {
  if (reportedAt === undefined || (verdictAt !== undefined && verdictAt > reportedAt)) return false;
  const isLookedAt = content.some(
    ({ task, finding, index }) => finding === "spam" || index > reportedAt || task === "report",
  );
  return !isLookedAt;
}

function isLikeOpen({ likeAt, verdictAt }: ReviewCase, content: readonly CaseReview[]): boolean {
  if (likeAt === undefined || (verdictAt !== undefined && verdictAt > likeAt)) return false;
  const said = content.filter(({ index }) => index > likeAt);
  return said.every(({ finding }) => finding === "unsure") && said.length < unsureMax;
}

function isStepOpen({ proposedAt, undoneAt, steppedAt, reviews }: ReviewCase): boolean {
  if (proposedAt === undefined) return false;
  const [undone, stepped] = [undoneAt ?? -1, steppedAt ?? -1];
  if (undone > proposedAt || stepped > proposedAt) return false;
  const said = reviews.filter(({ task, index }) => task === "ladder" && index > proposedAt);
  return said.every(({ finding }) => finding === "unsure") && said.length < unsureMax;
}
