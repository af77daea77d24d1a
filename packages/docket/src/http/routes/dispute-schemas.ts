// SPDX-License-Identifier: Apache-2.0
// The shapes of what is sent to and answered by the routes of disputes.
import { codePattern, rulings, verdicts } from "@docket/protocol";
import type { ShapeValidator } from "@docket/protocol";
import { Type } from "typebox";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { AbuseWish, RulingWish } from "../../disputes/contract.ts";
import { abuseDaysMax, noteLengthMax } from "../../disputes/rulings.ts";
import {
  attachmentBytesMax,
  attachmentNameLengthMax,
  attachmentsMax,
  attachmentTypes,
  disputeTextLengthMax,
  languagePattern,
} from "../../disputes/texts.ts";
import type { DisputeText } from "../../disputes/texts.ts";

const closed = { additionalProperties: false } as const;
const time = Type.String({ description: "RFC 3339 time, UTC" });
const index = Type.Integer({ minimum: 0, description: "Index of a record" });

const AttachmentSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: attachmentNameLengthMax }),
    type: Type.Union(attachmentTypes.map((type) => Type.Literal(type))),
    data: Type.String({ minLength: 1, description: "The file's bytes, base64" }),
  },
  closed,
);
const text = Type.String({ minLength: 1, maxLength: disputeTextLengthMax });
const written = {
  text,
  language: Type.Optional(Type.String({ pattern: languagePattern, description: "As en or de-AT" })),
  attachments: Type.Optional(
    Type.Array(AttachmentSchema, {
      maxItems: attachmentsMax,
      description: `All together at most ${attachmentBytesMax} bytes`,
    }),
  ),
};
const textBody = Type.Object(written, closed);
const textForAccountBody = Type.Object({ index, ...written }, closed);
const emptyBody = Type.Object({}, closed);

const ToldSchema = Type.Record(Type.String({ pattern: languagePattern }), text, {
  ...closed,
  description: 'The written reason by language, one at least: {"en": "…"}. It is told to the complainant',
});
const note = Type.Optional(
  Type.String({ minLength: 1, maxLength: noteLengthMax, description: "Sealed with the site's key" }),
);
const RestrictionSchema = Type.Object(
  {
    kind: Type.Union(["warn", "throttle", "limit", "suspend", "ban"].map((kind) => Type.Literal(kind))),
    ability: Type.Optional(Type.String({ description: "Of a limit" })),
    rate: Type.Optional(Type.String({ description: "Of a throttle: COUNT/UNIT, with s, m, h or d" })),
    burst: Type.Optional(Type.Integer({ minimum: 1 })),
    until: Type.Optional(time),
    forMs: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  closed,
);
const rulingBody = Type.Object(
  {
    ruling: Type.Union(rulings.filter((each) => each !== "withdrawn").map((each) => Type.Literal(each))),
    reason: Type.String({ pattern: codePattern, description: "A code, such as mistaken; shown to anyone" }),
    told: ToldSchema,
    note,
    modify: Type.Optional(
      Type.Object(
        {
          verdict: Type.Optional(Type.Union(verdicts.map((each) => Type.Literal(each)))),
          ends: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })),
          restrictions: Type.Optional(Type.Array(RestrictionSchema, { maxItems: 10 })),
        },
        { ...closed, description: "With modified: what becomes of the content, and of restrictions" },
      ),
    ),
  },
  closed,
);
const abuseBody = Type.Object(
  {
    step: Type.Union([Type.Literal("warn"), Type.Literal("limit")]),
    days: Type.Integer({ minimum: 1, maximum: abuseDaysMax }),
    note,
    told: Type.Optional(ToldSchema),
  },
  closed,
);

/** What a complainant writes. */
export const TextSchema: TSchema = textBody;
/** What the app sends for them, with the record that is objected to. */
export const TextForAccountSchema: TSchema = textForAccountBody;
/** Nothing. */
export const EmptySchema: TSchema = emptyBody;
/** How a dispute is to end. */
export const RulingSchema: TSchema = rulingBody;
/** The answer to the abuse of disputes. */
export const AbuseSchema: TSchema = abuseBody;

/** The same bodies, to be checked. */
export const disputeBodies: {
  readonly text: ShapeValidator<DisputeText>;
  readonly textForAccount: ShapeValidator<DisputeText & { readonly index: number }>;
  readonly empty: ShapeValidator<object>;
  readonly ruling: ShapeValidator<RulingWish>;
  readonly abuse: ShapeValidator<AbuseWish>;
} = {
  text: checking(textBody),
  textForAccount: checking(textForAccountBody),
  empty: checking(emptyBody),
  ruling: checking(rulingBody),
  abuse: checking(abuseBody),
};

const ShownTextSchema = Type.Object({
  index,
  from: Type.Union([Type.Literal("complainant"), Type.Literal("site")]),
  at: time,
  text: Type.Optional(Type.Object(written, { description: "Absent where it is erased" })),
});
const phase = Type.String({ description: "none, open, upheld, overturned, modified or withdrawn" });

/** A dispute was opened. */
export const OpenedSchema: TSchema = Type.Object({
  dispute: index,
  of: index,
  deadline: Type.String({ description: "When it is to be answered" }),
  receipt: Type.Object({}, { description: "The receipt of the dispute's own record" }),
});
/** What a complainant sees. */
export const ComplainantSchema: TSchema = Type.Object({
  of: index,
  kind: Type.String({ description: "decision, verdict or measure" }),
  phase,
  until: Type.String({ description: "Until when it can be opened" }),
  explanation: Type.Optional(Type.Object({}, { description: "`docket-explanation-user/v1`" })),
  dispute: Type.Optional(index),
  opened: Type.Optional(time),
  deadline: Type.Optional(time),
  overdue: Type.Optional(Type.Boolean()),
  texts: Type.Array(ShownTextSchema),
  ruling: Type.Optional(
    Type.Object({ index, ruling: Type.String(), reason: Type.String(), at: time, told: ToldSchema }),
  ),
});
const SummarySchema = Type.Object({
  dispute: index,
  of: index,
  actor: Type.String(),
  via: Type.String({ description: "token or app" }),
  phase,
  opened: time,
  deadline: time,
  overdue: Type.Boolean(),
  messages: Type.Integer(),
  waitsForSite: Type.Boolean({ description: "The last word is the complainant's" }),
});
/** Disputes in a list. */
export const PageSchema: TSchema = Type.Object({
  disputes: Type.Array(SummarySchema),
  next: Type.Union([Type.Integer(), Type.Null()]),
});
/** Those of an account. */
export const OfAccountSchema: TSchema = Type.Object({ disputes: Type.Array(SummarySchema) });
/** Everything of a dispute. */
export const CaseSchema: TSchema = Type.Object(
  { dispute: index, of: index, phase, texts: Type.Array(ShownTextSchema) },
  { description: "docs/operations/disputes.md has all of it" },
);
/** What a ruling changed, or would. */
export const EffectSchema: TSchema = Type.Object(
  {
    dispute: index,
    ruling: Type.String(),
    consequences: Type.Array(Type.Object({ index, refusedBy: Type.String() })),
    like: Type.Array(Type.Object({ index, actor: Type.String(), because: Type.String() })),
  },
  { description: "verdict and measure say what changes" },
);
/** A record was sealed. */
export const SealedSchema: TSchema = Type.Object({ index });
/** How disputes of a period went. */
export const StatisticsSchema: TSchema = Type.Object(
  { from: time, to: time },
  { description: "docs/operations/disputes.md has all of it" },
);

// The schema is the type's twin; the compiler can't follow it through lists that are made at run time.
function checking<Value>(schema: TSchema): ShapeValidator<Value> {
  return Compile(schema) as ShapeValidator<unknown> as ShapeValidator<Value>;
}
