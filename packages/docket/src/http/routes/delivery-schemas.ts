// SPDX-License-Identifier: Apache-2.0
// Schemas of what goes out of a site: changes, notices, webhooks; and of what users report.
import { codePattern } from "@docket/protocol";
import { Type } from "typebox";
import type { TSchema } from "typebox";
import { confirmedMax } from "../../delivery/change-feed.ts";
import { changeTypes } from "../../delivery/contract.ts";
import { noticeTypes } from "../../delivery/notice.ts";
import { messageFamilies } from "../../delivery/webhooks/contract.ts";
import { urlLengthMax } from "../../delivery/webhooks/webhook-desk.ts";
import { reportCategories } from "../../reports/contract.ts";
import { reportLengthMax } from "../../reports/report-desk.ts";
import { accountIdLengthMax } from "../limits.ts";

const nullable = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const time: TSchema = Type.String({ description: "RFC 3339 time, UTC" });
const record: TSchema = Type.Integer({ description: "A record's index" });
const strict = { additionalProperties: false } as const;

/** One record, and when it was sealed. */
const SealedAt: TSchema = Type.Object({ record, at: time });
const Content: TSchema = Type.Object({
  decision: record,
  event: nullable(Type.String({ description: "The app's id of the event" })),
  id: nullable(Type.String({ description: "The app's id of the content" })),
  revision: nullable(Type.Integer()),
  type: nullable(Type.String()),
});
const Change: TSchema = Type.Object({
  record,
  place: Type.Integer({ description: "Among the changes of the record" }),
  type: Type.Enum([...changeTypes]),
  at: time,
  by: Type.String(),
  cause: Type.String({ description: "decision, late, lapse, review, hold, dispute, revert, sweep, …" }),
  reason: nullable(Type.String()),
  content: nullable(Content),
  subject: Type.Object({
    kind: Type.String(),
    subject: Type.String(),
    account: nullable(Type.String({ description: "The app's id of the account, while evidence says it" })),
    value: nullable(Type.String()),
  }),
  restriction: nullable(Type.Object({ id: Type.String() }, { description: "As a record has it" })),
  before: nullable(Type.Object({ id: Type.String() })),
  applied: nullable(SealedAt),
});
/** A page of changes. */
export const ChangesSchema: TSchema = Type.Object({
  changes: Type.Array(Change),
  next: Type.Integer({ description: "What to ask after next" }),
  more: Type.Boolean({ description: "Whether there is more already" }),
});
/** What the app has not confirmed. */
export const UnconfirmedSchema: TSchema = Type.Object({
  overdue: Type.Integer(),
  waiting: Type.Integer(),
  oldestAt: nullable(time),
  orders: Type.Array(SealedAt),
  next: nullable(record),
});
/** What the app has done. */
export const AppliedSchema: TSchema = Type.Object(
  {
    of: Type.Array(Type.Integer({ minimum: 0 }), {
      minItems: 1,
      maxItems: confirmedMax,
      description: "Records whose orders were carried out",
    }),
  },
  strict,
);
/** What was confirmed. */
export const ConfirmedSchema: TSchema = Type.Object({ index: record, of: Type.Array(record) });

const Weight = {
  reports: Type.Integer({ description: "Reports that nobody has looked at" }),
  reporters: Type.Integer({ description: "Different reporters; linked ones are one" }),
  trusted: Type.Integer(),
  weightPerMille: Type.Integer({ description: "The sum of what each reporter's word is worth" }),
};
/** What is in force for a content. */
export const ContentStateSchema: TSchema = Type.Object({
  id: Type.String(),
  outcome: Type.String({ description: "The outcome in force" }),
  by: Type.Integer({ description: "The record that says so" }),
  actor: Type.String(),
  chain: Type.Array(
    Type.Object({
      record,
      at: time,
      by: Type.String(),
      kind: Type.Enum(["decision", "verdict"]),
      op: Type.Optional(Type.String()),
      outcome: Type.Optional(Type.String()),
      verdict: Type.Optional(Type.String()),
      of: Type.Optional(record),
      cause: Type.Optional(Type.String()),
      reason: Type.Optional(Type.String()),
      applied: nullable(SealedAt),
    }),
  ),
  more: Type.Boolean({ description: "Whether earlier steps were left out" }),
  reports: Type.Object(Weight),
});

/** A notice. */
export const NoticeSchema: TSchema = Type.Object(
  {
    id: Type.String(),
    record,
    place: Type.Integer(),
    type: Type.Enum([...noticeTypes]),
    at: time,
    actor: Type.String(),
    account: nullable(Type.String()),
    language: Type.String(),
    automated: Type.Boolean(),
  },
  { description: "docs/operations/notices.md has all of it" },
);
/** A page of notices. */
export const NoticesSchema: TSchema = Type.Object({
  notices: Type.Array(NoticeSchema),
  next: Type.String({ description: "What to ask after next" }),
  more: Type.Boolean(),
});
/** The notices of a record. */
export const RecordNoticesSchema: TSchema = Type.Object({ notices: Type.Array(NoticeSchema) });
/** A record is to be kept quiet. */
export const QuietSchema: TSchema = Type.Object(
  {
    until: Type.String({ description: "RFC 3339 time" }),
    ground: Type.String({ pattern: codePattern, description: "A code, such as investigation" }),
    why: Type.String({ minLength: 1, description: "Sealed with the record" }),
  },
  strict,
);
/** The index of a record that was sealed. */
export const IndexSchema: TSchema = Type.Object({ index: record });
/** What is kept quiet. */
export const QuietsSchema: TSchema = Type.Object({
  open: Type.Array(Type.Object({ of: record, until: time, ground: Type.String() })),
  count: Type.Integer({ description: "Records that ever were" }),
});

/** An endpoint that is wished. */
export const EndpointWishSchema: TSchema = Type.Object(
  {
    url: Type.String({ maxLength: urlLengthMax, description: "http or https" }),
    families: Type.Optional(
      Type.Array(Type.Enum([...messageFamilies]), { minItems: 1, description: "What it is told of" }),
    ),
  },
  strict,
);
/** A new endpoint, or a new secret. */
export const EndpointMadeSchema: TSchema = Type.Object({
  id: Type.String(),
  secret: Type.String({ description: "Given this once" }),
  index: record,
});
/** Endpoints. */
export const EndpointsSchema: TSchema = Type.Object({
  webhooks: Type.Array(
    Type.Object({
      id: Type.String(),
      url: Type.String(),
      families: Type.Array(Type.String()),
      disabled: nullable(Type.String()),
      addedAt: record,
      secrets: Type.Array(Type.Object({ endsAt: nullable(time) })),
      status: Type.Object({
        cursor: Type.Integer(),
        waiting: Type.Integer(),
        delivered: Type.Integer(),
        failed: Type.Integer(),
        dead: Type.Integer(),
        trouble: nullable(Type.String()),
        nextTryAt: nullable(time),
      }),
    }),
  ),
});
/** What came of a try. */
export const TestedSchema: TSchema = Type.Object({
  ok: Type.Boolean(),
  status: nullable(Type.Integer()),
  why: nullable(Type.String()),
  ms: Type.Integer(),
});
/** What is to be sent again. */
export const ReplaySchema: TSchema = Type.Object(
  {
    after: Type.Optional(Type.Integer({ minimum: -1, description: "Everything after this record" })),
    ids: Type.Optional(Type.Array(Type.String(), { description: "Of the messages that were given up" })),
  },
  strict,
);
/** How many messages are sent again. */
export const ReplayedSchema: TSchema = Type.Object({ messages: Type.Integer() });
/** A body that says nothing: `{}`. */
export const NothingSchema: TSchema = Type.Object({}, strict);
/** Why an endpoint is switched off. */
export const SwitchOffSchema: TSchema = Type.Object(
  { why: Type.String({ minLength: 1, maxLength: 1000 }) },
  strict,
);
/** Messages that were given up. */
export const DeadSchema: TSchema = Type.Object({
  dead: Type.Array(
    Type.Object({
      id: Type.String(),
      record,
      place: Type.Integer(),
      type: Type.String(),
      about: Type.String(),
      tries: Type.Integer(),
      why: Type.String(),
      at: time,
    }),
  ),
});

/** A report. */
export const ReportSchema: TSchema = Type.Object(
  {
    content: Type.Optional(Type.String({ minLength: 1, description: "The app's id of the content" })),
    index: Type.Optional(Type.Integer({ minimum: 0, description: "Or the decision's record" })),
    reporter: Type.String({
      minLength: 1,
      maxLength: accountIdLengthMax,
      description: "The app's id of the reporter's account",
    }),
    category: Type.String({
      pattern: codePattern,
      description: `A code: ${reportCategories.join(", ")}, or one of your own`,
    }),
    text: Type.Optional(Type.String({ minLength: 1, maxLength: reportLengthMax })),
    language: Type.Optional(Type.String({ maxLength: 35, description: "Of the reporter, as a tag" })),
    trusted: Type.Optional(Type.Boolean({ description: "The reporter is a trusted flagger" })),
  },
  strict,
);
/** What a reporter is answered. */
export const ReceivedSchema: TSchema = Type.Object({
  index: record,
  of: record,
  reporter: Type.String(),
  repeat: Type.Boolean(),
  trusted: Type.Boolean(),
  found: nullable(Type.String()),
});
/** Reported contents. */
export const ReportedSchema: TSchema = Type.Object({
  contents: Type.Array(
    Type.Object({
      ...Weight,
      of: record,
      actor: Type.String(),
      categories: Type.Record(Type.String(), Type.Integer()),
      firstAt: time,
      lastAt: time,
      first: record,
      records: Type.Array(record),
      found: nullable(Type.Object({ finding: Type.String(), record })),
    }),
  ),
  next: nullable(record),
});
/** Floods of reports. */
export const FloodsSchema: TSchema = Type.Object({
  floods: Type.Array(
    Type.Object({
      actor: Type.String(),
      fromAt: time,
      toAt: time,
      reports: Type.Integer(),
      reporters: Type.Integer(),
      usualPerMille: Type.Integer(),
      precisionPerMille: Type.Integer(),
      records: Type.Array(record),
    }),
  ),
});
