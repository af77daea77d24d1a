// SPDX-License-Identifier: Apache-2.0
// Records of what comes after a decision: later verdicts, measures by people, reports, reviews, disputes, and
// what was told to whom. Each is an entry of the log like any other (record.ts).
import type { RecordedRestriction } from "./record.ts";
import {
  isAuthor,
  isCode,
  isCount,
  isDigest,
  isListOf,
  isName,
  isOneOf,
  isPseudonym,
  isRestriction,
  isRestrictionId,
  isRole,
  isSubject,
  isTrue,
} from "./field-tests.ts";
import type { Test } from "./field-tests.ts";
import { isCanonicalTime } from "./time.ts";

/**
 * What a later verdict says of a content: `release` it (it was held), `remove` it, `restore` it (it had been
 * refused or removed), `label` it and leave it, or `keep` what is in force.
 */
export const verdicts = ["release", "remove", "restore", "label", "keep"] as const;
/** What a later verdict says of a content. */
export type Verdict = (typeof verdicts)[number];
/** What a verdict came of. `hold`: the time of a hold was over. */
export const verdictCauses = ["review", "hold", "dispute", "revert", "sweep", "manual"] as const;
/** What a verdict came of. */
export type VerdictCause = (typeof verdictCauses)[number];
/**
 * A verdict on decision `of`, and with it whatever else of what followed from the decision is changed:
 * `restrictions` are imposed on its actor, those of `ended` end. `for` is the record that it came of: a
 * ruling, a batch, a review. `proposed` says that a step of a ladder was reached that waits for a person.
 * `reason` is a code of the site's own. The part `facts` says which strikes are given and which are void
 * ({@link ActFacts}), `disclosed` what the actor is told, `change` holds a note.
 */
export type VerdictBody = {
  kind: "verdict";
  by: string;
  role: string;
  of: number;
  actor: string;
  verdict: Verdict;
  cause: VerdictCause;
  for?: number;
  restrictions: RecordedRestriction[];
  ended: string[];
  proposed?: true;
  reason: string;
  parts: string;
};

/** What restrictions may be on. All but `actor` are keyed hashes, `s_` and 22 characters. */
export const subjectKinds = ["actor", "network", "device", "emailHost", "domain", "fingerprint"] as const;
/** What restrictions may be on. */
export type SubjectKind = (typeof subjectKinds)[number];
/** What a measure came of: a person by hand, a step of a ladder that a person approved, an actor's links. */
export const measureCauses = ["manual", "ladder", "link", "dispute", "revert", "sweep"] as const;
/** What a measure came of. */
export type MeasureCause = (typeof measureCauses)[number];
/**
 * A person imposed or ended restrictions on a subject. `of` are the records that it relies on. Why, and what
 * the subject is where it is no actor, is in the part `change`; `facts` and `disclosed` as in a verdict.
 */
export type MeasureBody = {
  kind: "measure";
  by: string;
  role: string;
  subject: string;
  subjectKind: SubjectKind;
  cause: MeasureCause;
  for?: number;
  of: number[];
  restrictions: RecordedRestriction[];
  ended: string[];
  reason: string;
  parts: string;
};
/**
 * The time of restrictions is over. It changes nothing, since their end was known from the beginning: it is
 * what the app and the actor are told by.
 */
export type LapseBody = { kind: "lapse"; by: "docket"; subject: string; ended: string[] };

/** How actors are one: the same person, or the same device. */
export const linkRelations = ["samePerson", "sameDevice"] as const;
/** How actors are one. */
export type LinkRelation = (typeof linkRelations)[number];
/** Actors were linked, or are so no more. `of` are records that show it; why is in the part `change`. */
export type LinkBody = {
  kind: "link";
  by: string;
  role: string;
  change: "linked" | "unlinked";
  actors: string[];
  relation: LinkRelation;
  of: number[];
  reason: string;
  parts: string;
};

/** A user reported the content of decision `of`. What they wrote is in their part `content`. */
export type ReportBody = {
  kind: "report";
  by: string;
  of: number;
  reporter: string;
  category: string;
  trusted?: true;
  parts?: string;
};

/** Why a case is in the review queue. `quality`: a decision of a reviewer, looked at again by another. */
export const reviewTasks = ["flag", "hold", "sample", "report", "ladder", "quality"] as const;
/** Why a case is in the review queue. */
export type ReviewTask = (typeof reviewTasks)[number];
/** What a reviewer found. */
export const reviewFindings = ["spam", "notSpam", "unsure"] as const;
/** What a reviewer found. */
export type ReviewFinding = (typeof reviewFindings)[number];
/**
 * A reviewer looked at the case of decision `of`. `blind` says that they were not shown what another had
 * found. What follows from it stands in records of its own: a label, a verdict.
 */
export type ReviewBody = {
  kind: "review";
  by: string;
  role: string;
  of: number;
  task: ReviewTask;
  finding: ReviewFinding;
  blind?: true;
  reason: string;
  parts?: string;
};

/** The affected user objects to record `of`: a decision, a verdict or a measure. The text is in `content`. */
export type DisputeBody = {
  kind: "dispute";
  by: string;
  of: number;
  actor: string;
  via: "token" | "app";
  parts: string;
};
/** A message in dispute `of`: from the complainant, or to them. The text is in `content`. */
export type MessageBody = {
  kind: "message";
  by: string;
  role: string;
  of: number;
  from: "complainant" | "site";
  parts: string;
};
/** How a dispute ended. */
export const rulings = ["upheld", "overturned", "modified", "withdrawn"] as const;
/** How a dispute ended. */
export type Ruling = (typeof rulings)[number];
/** Dispute `of` ended. The written reason is in the actor's part `disclosed`, a note in `change`. */
export type RulingBody = {
  kind: "ruling";
  by: string;
  role: string;
  of: number;
  ruling: Ruling;
  reason: string;
  parts: string;
};
/** The dispute tokens of record `of` that were given out until now count no more. */
export type TokenRevokedBody = { kind: "token-revoked"; by: string; role: string; of: number };

/** What is done to many decisions at once. */
export const batchKinds = ["revert", "sweep", "bulk"] as const;
/** What is done to many decisions at once. */
export type BatchKind = (typeof batchKinds)[number];
/**
 * Many verdicts are to be made: `count` of them, as was previewed; `pending` where a second person has to
 * approve it first. `of` is the batch that this one reverts. Which, and why, is in the part `change`.
 */
export type BatchBody = {
  kind: "batch";
  by: string;
  role: string;
  batch: BatchKind;
  of?: number;
  count: number;
  pending: boolean;
  reason: string;
  parts: string;
};
/** What became of batch `of`: `approved`, `stopped`, or `done`; so many verdicts were made. */
export type BatchStepBody = {
  kind: "batch-step";
  by: string;
  role: string;
  of: number;
  step: "approved" | "stopped" | "done";
  made: number;
};

/** The app did what the records of `of` ordered. */
export type AppliedBody = { kind: "applied"; by: string; of: number[] };
/** The actor of record `of` is not told of it before `until`; `ground` is a code, why is in `change`. */
export type QuietBody = {
  kind: "quiet";
  by: string;
  role: string;
  of: number;
  until: string;
  ground: string;
  parts: string;
};
/**
 * A day is over: what actors were not told of one by one since the digest before, because it was refused like
 * something that they had been told of, is told of now. So many refusals it is.
 */
export type DigestBody = { kind: "digest"; by: "docket"; repeats: number };
/** An address that is told of changes was added, changed or removed. Which it is, is in the part `change`. */
export type WebhookBody = {
  kind: "webhook";
  by: string;
  role: string;
  change: "added" | "changed" | "removed";
  id: string;
  parts?: string;
};
/** Records went out: a case file, a report. `of` is what it is about, where it is about one record. */
export type ExportBody = {
  kind: "export";
  by: string;
  role: string;
  what: string;
  of?: number;
  parts?: string;
};
/** Settings of the site changed: names and whole numbers, ordered by name. */
export type SettingsBody = { kind: "settings"; by: string; role: string; values: Record<string, number> };

/** All records of what comes after a decision. */
export type CaseBody =
  | VerdictBody
  | MeasureBody
  | LapseBody
  | LinkBody
  | ReportBody
  | ReviewBody
  | DisputeBody
  | MessageBody
  | RulingBody
  | TokenRevokedBody
  | BatchBody
  | BatchStepBody
  | AppliedBody
  | QuietBody
  | DigestBody
  | WebhookBody
  | ExportBody
  | SettingsBody;

/** Most records that one record names, and most restrictions that it ends. */
export const namedRecordsMax = 1000;
/** Most actors of one link. */
export const linkedActorsMax = 50;

const isBoolean: Test = (value) => typeof value === "boolean";
const isRecordList: Test = isListOf(isCount, 0, namedRecordsMax);
const isRestrictionList: Test = isListOf(isRestriction, 0, namedRecordsMax);
const isEndedList: Test = isListOf(isRestrictionId, 0, namedRecordsMax);

type CaseKind = CaseBody["kind"];

/** The keys of each kind's body, in the order in which they are written. */
export const caseKeys: { readonly [Kind in CaseKind]: readonly string[] } = {
  verdict: ["kind", "by", "role", "of", "actor", "verdict", "cause", "for"].concat([
    "restrictions",
    "ended",
    "proposed",
    "reason",
    "parts",
  ]),
  measure: ["kind", "by", "role", "subject", "subjectKind", "cause", "for", "of"].concat([
    "restrictions",
    "ended",
    "reason",
    "parts",
  ]),
  lapse: ["kind", "by", "subject", "ended"],
  link: ["kind", "by", "role", "change", "actors", "relation", "of", "reason", "parts"],
  report: ["kind", "by", "of", "reporter", "category", "trusted", "parts"],
  review: ["kind", "by", "role", "of", "task", "finding", "blind", "reason", "parts"],
  dispute: ["kind", "by", "of", "actor", "via", "parts"],
  message: ["kind", "by", "role", "of", "from", "parts"],
  ruling: ["kind", "by", "role", "of", "ruling", "reason", "parts"],
  "token-revoked": ["kind", "by", "role", "of"],
  batch: ["kind", "by", "role", "batch", "of", "count", "pending", "reason", "parts"],
  "batch-step": ["kind", "by", "role", "of", "step", "made"],
  applied: ["kind", "by", "of"],
  quiet: ["kind", "by", "role", "of", "until", "ground", "parts"],
  digest: ["kind", "by", "repeats"],
  webhook: ["kind", "by", "role", "change", "id", "parts"],
  export: ["kind", "by", "role", "what", "of", "parts"],
  settings: ["kind", "by", "role", "values"],
};

/** Keys that a record of a kind may lack. */
export const caseOptionalKeys: { readonly [Kind in CaseKind]?: readonly string[] } = {
  verdict: ["for", "proposed"],
  measure: ["for"],
  report: ["trusted", "parts"],
  review: ["blind", "parts"],
  batch: ["of"],
  webhook: ["parts"],
  export: ["of", "parts"],
};

/** What each value must be. */
export const caseTests: { readonly [Kind in CaseKind]: Readonly<Record<string, Test>> } = {
  verdict: {
    by: isAuthor,
    role: isRole,
    of: isCount,
    actor: isPseudonym,
    verdict: isOneOf(verdicts),
    cause: isOneOf(verdictCauses),
    for: isCount,
    restrictions: isRestrictionList,
    ended: isEndedList,
    proposed: isTrue,
    reason: isCode,
    parts: isDigest,
  },
  measure: {
    by: isAuthor,
    role: isRole,
    subject: isSubject,
    subjectKind: isOneOf(subjectKinds),
    cause: isOneOf(measureCauses),
    for: isCount,
    of: isRecordList,
    restrictions: isRestrictionList,
    ended: isEndedList,
    reason: isCode,
    parts: isDigest,
  },
  lapse: {
    by: (value) => value === "docket",
    subject: isSubject,
    ended: isListOf(isRestrictionId, 1, namedRecordsMax),
  },
  link: {
    by: isAuthor,
    role: isRole,
    change: isOneOf(["linked", "unlinked"]),
    actors: isListOf(isPseudonym, 2, linkedActorsMax),
    relation: isOneOf(linkRelations),
    of: isRecordList,
    reason: isCode,
    parts: isDigest,
  },
  report: {
    by: isAuthor,
    of: isCount,
    reporter: isPseudonym,
    category: isCode,
    trusted: isTrue,
    parts: isDigest,
  },
  review: {
    by: isAuthor,
    role: isRole,
    of: isCount,
    task: isOneOf(reviewTasks),
    finding: isOneOf(reviewFindings),
    blind: isTrue,
    reason: isCode,
    parts: isDigest,
  },
  dispute: {
    by: isAuthor,
    of: isCount,
    actor: isPseudonym,
    via: isOneOf(["token", "app"]),
    parts: isDigest,
  },
  message: {
    by: isAuthor,
    role: isRole,
    of: isCount,
    from: isOneOf(["complainant", "site"]),
    parts: isDigest,
  },
  ruling: {
    by: isAuthor,
    role: isRole,
    of: isCount,
    ruling: isOneOf(rulings),
    reason: isCode,
    parts: isDigest,
  },
  "token-revoked": { by: isAuthor, role: isRole, of: isCount },
  batch: {
    by: isAuthor,
    role: isRole,
    batch: isOneOf(batchKinds),
    of: isCount,
    count: isCount,
    pending: isBoolean,
    reason: isCode,
    parts: isDigest,
  },
  "batch-step": {
    by: isAuthor,
    role: isRole,
    of: isCount,
    step: isOneOf(["approved", "stopped", "done"]),
    made: isCount,
  },
  applied: { by: isAuthor, of: isListOf(isCount, 1, namedRecordsMax) },
  quiet: {
    by: isAuthor,
    role: isRole,
    of: isCount,
    until: isCanonicalTime,
    ground: isCode,
    parts: isDigest,
  },
  digest: { by: (value) => value === "docket", repeats: isCount },
  webhook: {
    by: isAuthor,
    role: isRole,
    change: isOneOf(["added", "changed", "removed"]),
    id: (value) => typeof value === "string" && /^w_[A-Za-z0-9_-]{16}$/.test(value),
    parts: isDigest,
  },
  export: { by: isAuthor, role: isRole, what: isCode, of: isCount, parts: isDigest },
  settings: { by: isAuthor, role: isRole, values: isSettings },
};

/** Whether a record is of what comes after a decision. */
export function isCaseRecord<Record extends { kind: string }>(
  record: Record,
): record is Extract<Record, { kind: CaseKind }> {
  return Object.hasOwn(caseKeys, record.kind);
}

function isSettings(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const names = Object.keys(value);
  return (
    names.length > 0 &&
    names.every((name, place) => isName(name) && (place === 0 || (names[place - 1] as string) < name)) &&
    Object.values(value).every(Number.isSafeInteger)
  );
}
