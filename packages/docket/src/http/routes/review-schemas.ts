// SPDX-License-Identifier: Apache-2.0
// Shapes of the review queue and of corrections of many decisions, as /openapi.json describes them.
import { batchKinds, codePattern, outcomes, reviewFindings, reviewTasks, verdicts } from "@docket/protocol";
import { Type } from "typebox";
import type { TObject, TSchema } from "typebox";
import { batchDecisionsMax } from "../../reviews/batch-plan.ts";
import { noteLengthMax } from "../../reviews/review-desk.ts";

/** Longest name of a rule, a campaign or a text, in characters. */
const nameLengthMax = 256;
const toldLengthMax = 4_000;

export const index: TSchema = Type.Integer({ minimum: 0, description: "Index of the decision's record" });
const time = Type.String({ description: "RFC 3339 time, UTC" });
const count = Type.Integer({ minimum: 0 });
const orNull = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const oneOf = (values: readonly string[], description: string): TSchema =>
  Type.Union(
    values.map((value) => Type.Literal(value)),
    { description },
  );
const anything = (description: string): TSchema =>
  Type.Object({}, { additionalProperties: true, description });

/** The task of a case. */
export const task: TSchema = oneOf(reviewTasks, "Why the case is in the queue");
const finding = oneOf(reviewFindings, "What was found");
const outcome = oneOf(outcomes, "An outcome");
const reason = Type.String({
  pattern: codePattern,
  description: "A code; GET /v1/reasons has those with texts",
});
const note = Type.Optional(
  Type.String({ minLength: 1, maxLength: noteLengthMax, description: "Sealed with the site's key" }),
);
const told = Type.Optional(
  Type.Record(
    Type.String({ pattern: "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$" }),
    Type.String({ minLength: 1, maxLength: toldLengthMax }),
    { additionalProperties: false, description: "What the affected user is told, by language" },
  ),
);
const name = Type.Optional(Type.String({ minLength: 1, maxLength: nameLengthMax }));

const ClaimSchema = Type.Object({ of: index, by: Type.String(), until: time });
const OpenTaskSchema = Type.Object({
  task,
  blind: Type.Boolean({ description: "What others found is not shown" }),
});
const ReportsSchema = Type.Object({ reports: count, trusted: count, weightPerMille: count });

/** The head of the queue. */
export const QueueSchema: TObject = Type.Object({
  cases: Type.Array(
    Type.Object({
      of: index,
      tasks: Type.Array(OpenTaskSchema),
      actor: Type.String({ description: "Pseudonym in the log" }),
      outcome,
      type: Type.String(),
      sealedAt: time,
      holdUntil: orNull(time),
      points: Type.Integer(),
      fired: Type.Array(Type.String()),
      campaign: orNull(Type.String()),
      language: orNull(Type.String()),
      reports: orNull(ReportsSchema),
      claim: orNull(ClaimSchema),
    }),
  ),
  open: Type.Record(Type.String(), count, { description: "Open cases for the caller, by task" }),
  more: Type.Array(task, { description: "Tasks with more open cases than are held in memory" }),
  disputes: Type.Optional(
    Type.Object({ open: count, overdue: count }, { description: "They are at /v1/disputes" }),
  ),
});

const FollowingSchema = Type.Object({
  verdict: oneOf(verdicts, "What becomes of the content"),
  confirm: Type.Boolean({ description: "Strikes that were announced are given" }),
  compensate: Type.Boolean({ description: "What the decision did to the actor is taken back" }),
});

/** A case's page. */
export const PageSchema: TObject = Type.Object({
  of: index,
  tasks: Type.Array(OpenTaskSchema),
  blind: Type.Boolean(),
  claim: orNull(ClaimSchema),
  record: anything("The decision's record"),
  event: orNull(anything("The event as it was sent")),
  evidence: oneOf(["opened", "gone", "unasked"], "`opened`: that it was read is a record of the log"),
  facts: orNull(anything("What the decision read")),
  explanation: orNull(anything("The decision in plain words, docket-explanation/v1")),
  inForce: orNull(anything("The outcome in force, and the last verdict; null on a blind page")),
  standing: orNull(anything("The actor's strikes and restrictions, and where they come from")),
  chain: Type.Array(anything("A record about the case")),
  label: orNull(anything("The label in force")),
  reports: orNull(ReportsSchema),
  said: Type.Array(
    Type.Object({
      index: Type.Integer({ description: "Index of the report's record" }),
      at: time,
      reporter: Type.String({ description: "Pseudonym in the log" }),
      category: Type.String(),
      trusted: Type.Boolean(),
      text: orNull(
        Type.String({ description: "What they wrote, where the content is shown and it is there" }),
      ),
    }),
    { description: "The newest reports of the content" },
  ),
  follows: orNull(
    Type.Object(
      { spam: orNull(FollowingSchema), notSpam: orNull(FollowingSchema) },
      { description: "What each finding comes to by itself; null on a blind page" },
    ),
  ),
});

/** A claim. */
export const ClaimedSchema: TObject = ClaimSchema;

/** What a reviewer says. */
export const ReviewWishSchema: TObject = Type.Object(
  {
    of: index,
    task: Type.Optional(task),
    finding,
    reason,
    note,
    verdict: Type.Optional(oneOf(verdicts, "What becomes of the content, if not what follows by itself")),
    told,
  },
  { additionalProperties: false },
);

/** A review that was sealed. */
export const ReviewedSchema: TObject = Type.Object({
  index: Type.Integer({ description: "Index of the review's record" }),
  of: index,
  task,
  finding,
  blind: Type.Boolean(),
  label: orNull(Type.Integer({ description: "Index of the label's record" })),
  verdict: orNull(anything("The verdict that followed, with what it changed")),
  measure: orNull(
    Type.Integer({ description: "Index of the measure by which steps of a ladder were taken" }),
  ),
});

const share = orNull(Type.Number({ minimum: 0, maximum: 1 }));
const EstimateSchema = Type.Object({
  population: count,
  drawn: count,
  judged: count,
  hits: count,
  share,
  low: share,
  high: share,
  count: orNull(count),
  countLow: orNull(count),
  countHigh: orNull(count),
});
const AgreementSchema = Type.Object({
  cases: count,
  observed: Type.Number(),
  byChance: Type.Number(),
  kappa: orNull(Type.Number()),
  low: orNull(Type.Number()),
  high: orNull(Type.Number()),
});

/** Statistics of reviews. */
export const ReviewStatisticsSchema: TObject = Type.Object({
  from: time,
  to: time,
  reviews: count,
  byTask: Type.Record(Type.String(), Type.Object({ spam: count, notSpam: count, unsure: count })),
  byReviewer: Type.Array(Type.Object({ by: Type.String(), reviews: count, agreement: AgreementSchema })),
  queueTime: Type.Object({ cases: count, medianMs: orNull(count), ninetiethMs: orNull(count) }),
  open: count,
  missed: EstimateSchema,
  refusedWrongly: EstimateSchema,
  agreement: AgreementSchema,
  pairs: Type.Array(
    Type.Intersect([Type.Object({ first: Type.String(), second: Type.String() }), AgreementSchema]),
  ),
  rules: Type.Array(
    Type.Object({
      rule: Type.String(),
      right: Type.Object({ of: count, count, share, low: share, high: share }),
      agreement: AgreementSchema,
    }),
  ),
  notes: Type.Array(Type.String()),
});

/** What is to be done to many decisions. */
export const BatchWishSchema: TObject = Type.Object(
  {
    preview: Type.Optional(Type.Boolean({ description: "Only say what would change (default false)" })),
    batch: oneOf(batchKinds, "What is done: revert a rule's decisions, sweep the past, or decide many cases"),
    rule: name,
    release: name,
    target: name,
    of: Type.Optional(Type.Integer({ minimum: 0, description: "Revert: the batch that is taken back" })),
    campaign: name,
    actor: name,
    fingerprint: name,
    indexes: Type.Optional(Type.Array(index, { maxItems: batchDecisionsMax })),
    task: Type.Optional(task),
    finding: Type.Optional(finding),
    from: Type.Optional(time),
    to: Type.Optional(time),
    reviewed: Type.Optional(
      Type.Boolean({ description: "Also decisions on which a person has spoken since (default false)" }),
    ),
    reason,
    note,
    told,
  },
  { additionalProperties: false },
);

/** What a batch would do. */
export const BatchPreviewSchema: TObject = Type.Object({
  batch: Type.String(),
  selection: Type.String(),
  looked: count,
  count,
  more: Type.Boolean(),
  leftOut: Type.Record(Type.String(), count),
  actors: count,
  verdicts: Type.Record(Type.String(), count),
  outcomes: Type.Record(Type.String(), count),
  strikesVoid: count,
  strikesGiven: count,
  restrictionsEnding: count,
  restrictionsBeginning: count,
  effectsOf: count,
  examples: Type.Array(anything("A decision that would change")),
  cap: count,
  alone: count,
  needsSecondPerson: Type.Boolean(),
  notes: Type.Array(Type.String()),
});

const batchFields = {
  index: Type.Integer({ description: "Index of the batch's record" }),
  batch: Type.String(),
  by: Type.String(),
  at: time,
  reason: Type.String(),
  status: oneOf(["pending", "running", "stopped", "done"], "How it stands"),
  count,
  made: count,
  passed: count,
  approvedBy: orNull(Type.String()),
  endedAt: orNull(time),
  of: orNull(Type.Integer()),
  revertedBy: Type.Array(Type.Integer()),
  secondsLeft: orNull(count),
  fault: orNull(Type.String()),
};
/** How a batch stands. */
export const BatchSchema: TObject = Type.Object(batchFields);
/** How a batch stands, and what was sealed of it. */
export const BatchDetailSchema: TObject = Type.Object({
  ...batchFields,
  selection: Type.String(),
  note: orNull(Type.String()),
  indexes: Type.Array(index),
});
/** Batches. */
export const BatchesSchema: TObject = Type.Object({ batches: Type.Array(BatchSchema) });

/** A body that says nothing: `{}`. */
export const NothingSchema: TObject = Type.Object({}, { additionalProperties: false });
