// SPDX-License-Identifier: Apache-2.0
// Bodies and answers of verdicts, measures and links.
import {
  codePattern,
  linkedActorsMax,
  linkRelations,
  namedRecordsMax,
  subjectKinds,
  verdicts,
} from "@docket/protocol";
import { Type } from "typebox";
import type { LinkRelation, Verdict } from "@docket/protocol";
import type { TSchema } from "typebox";
import type { SubjectWish } from "../../enforcement/contract.ts";
import { actNoteLengthMax, restrictionsMax, toldLengthMax } from "../../enforcement/wishes.ts";

/** What every act may say. */
export type Said = { reason?: string; note?: string; told?: Record<string, string> };

const time = Type.String({ description: "RFC 3339 time" });
const index = Type.Integer({ minimum: 0, description: "Index of the decision's record" });
const strict = { additionalProperties: false } as const;
const said = {
  reason: Type.Optional(
    Type.String({ description: `Why, as a code that anyone may see (${codePattern}); /v1/reasons has some` }),
  ),
  note: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: actNoteLengthMax,
      description: "Sealed with the record, readable with the site's key",
    }),
  ),
  told: Type.Optional(
    Type.Record(
      Type.String({ pattern: "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$" }),
      Type.String({ minLength: 1, maxLength: toldLengthMax }),
      { additionalProperties: false, description: "What the affected user is told, by language" },
    ),
  ),
};

const VerdictProperties = {
  of: index,
  verdict: Type.Enum([...verdicts], { description: "What is in force from now on" }),
  ...said,
  compensate: Type.Optional(
    Type.Boolean({
      description: "The decision was wrong: its strikes are void, restrictions that nothing else holds end",
    }),
  ),
  confirm: Type.Optional(
    Type.Boolean({ description: "The decision was right: strikes that it had announced are given" }),
  ),
};
/** The body of a verdict. */
export const VerdictSchema: TSchema = Type.Object(VerdictProperties, strict);
/** A verdict as it is asked for. */
export type VerdictBody = Said & {
  of: number;
  verdict: Verdict;
  compensate?: boolean;
  confirm?: boolean;
};

const ids = Type.Array(Type.String({ pattern: "^r_[A-Za-z0-9_-]{16}$" }), { maxItems: namedRecordsMax });
const records = Type.Array(Type.Integer({ minimum: 0 }), { maxItems: namedRecordsMax });
const subject = Type.Union(
  [
    Type.Object({ kind: Type.Literal("actor"), id: Type.String({ minLength: 1 }) }, strict),
    Type.Object({ kind: Type.Literal("actor"), actor: Type.String({ minLength: 1 }) }, strict),
    Type.Object(
      {
        kind: Type.Enum(subjectKinds.filter((kind) => kind !== "actor")),
        value: Type.String({ minLength: 1, maxLength: 4096 }),
      },
      strict,
    ),
    Type.Object(
      {
        kind: Type.Enum(subjectKinds.filter((kind) => kind !== "actor")),
        subject: Type.String({ pattern: "^s_[A-Za-z0-9_-]{22}$" }),
      },
      strict,
    ),
  ],
  {
    description:
      "An account by the app's id or by its pseudonym; or a network, device, host of mail, domain or text " +
      "by its value, or by the keyed hash that records show",
  },
);
const restriction = Type.Object(
  {
    kind: Type.Enum(["warn", "throttle", "limit", "suspend", "ban"]),
    rate: Type.Optional(Type.String({ description: "Of a throttle: 1/m, 20/h" })),
    burst: Type.Optional(Type.Integer({ minimum: 1 })),
    ability: Type.Optional(Type.String({ description: "Of a limit: what may not be done" })),
    until: Type.Optional(time),
    forMs: Type.Optional(Type.Integer({ minimum: 1, description: "Until so many ms from now" })),
  },
  strict,
);
/** The body of a measure. */
export const MeasureSchema: TSchema = Type.Object(
  {
    subject,
    restrictions: Type.Optional(Type.Array(restriction, { maxItems: restrictionsMax })),
    ends: Type.Optional(ids),
    of: Type.Optional(records),
    ...said,
  },
  strict,
);
/** A measure as it is asked for. */
export type MeasureBody = Said & {
  subject: SubjectWish;
  restrictions?: RestrictionBody[];
  ends?: string[];
  of?: number[];
};
/** A restriction as it is asked for: which fields go together is checked after the shape. */
export type RestrictionBody = {
  kind: "warn" | "throttle" | "limit" | "suspend" | "ban";
  rate?: string;
  burst?: number;
  ability?: string;
  until?: string;
  forMs?: number;
};

/** The body of a step of a ladder that is taken. */
export const StepSchema: TSchema = Type.Object(
  {
    of: index,
    step: Type.Optional(Type.String({ description: "policy/ladder-STRIKES; needed if several wait" })),
    ...said,
  },
  strict,
);
/** A step as it is asked for. */
export type StepBody = Said & { of: number; step?: string };

/** The body of a link. */
export const LinkSchema: TSchema = Type.Object(
  {
    change: Type.Optional(Type.Enum(["linked", "unlinked"], { description: "Default linked" })),
    actors: Type.Array(subject, { minItems: 2, maxItems: linkedActorsMax }),
    relation: Type.Enum([...linkRelations]),
    of: Type.Optional(records),
    reason: said.reason,
    note: said.note,
    coverForMs: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "Restrictions in force on one come to be on all, so long at most",
      }),
    ),
  },
  strict,
);
/** A link as it is asked for. */
export type LinkBody = Omit<Said, "told"> & {
  change?: "linked" | "unlinked";
  actors: SubjectWish[];
  relation: LinkRelation;
  of?: number[];
  coverForMs?: number;
};

const restrictionAnswer = Type.Object({ id: Type.String(), kind: Type.String(), until: Type.Optional(time) });
const strike = Type.Object({
  policy: Type.String(),
  rule: Type.String(),
  count: Type.Integer(),
  at: time,
});
const effect = {
  of: index,
  actor: Type.String(),
  verdict: Type.String(),
  outcome: Type.String({ description: "In force after it" }),
  strikes: Type.Array(strike),
  voided: Type.Array(strike),
  restrictions: Type.Array(restrictionAnswer),
  ended: Type.Array(Type.String()),
  proposed: Type.Array(Type.String({ description: "Steps of ladders that wait for a person" })),
};
const sealed = { index: Type.Integer(), leaf: Type.String() };
/** What a verdict changed. */
export const VerdictDoneSchema: TSchema = Type.Object({ ...effect, ...sealed });
/** What a verdict would change. */
export const VerdictPreviewSchema: TSchema = Type.Object({
  ...effect,
  consequences: Type.Array(
    Type.Object({
      index: Type.Integer(),
      refusedBy: Type.String(),
      outcome: Type.String(),
      decidedAt: time,
    }),
  ),
  like: Type.Array(
    Type.Object({
      index: Type.Integer(),
      actor: Type.String(),
      outcome: Type.String(),
      decidedAt: time,
      rules: Type.Array(Type.String()),
      because: Type.String(),
    }),
  ),
  more: Type.Object({ consequences: Type.Boolean(), like: Type.Boolean() }),
});
const measured = {
  subject: Type.String(),
  subjectKind: Type.String(),
  restrictions: Type.Array(restrictionAnswer),
  ended: Type.Array(Type.String()),
};
/** A measure that was sealed. */
export const MeasureDoneSchema: TSchema = Type.Object({ ...measured, ...sealed });
/** What a measure would touch. */
export const MeasurePreviewSchema: TSchema = Type.Object({
  ...measured,
  collateral: Type.Object({
    looked: Type.Integer(),
    from: Type.Integer(),
    unknown: Type.Integer(),
    events: Type.Integer(),
    actors: Type.Integer(),
    allowed: Type.Integer(),
    actorsNeverRefused: Type.Integer(),
  }),
});
/** A link that was sealed. */
export const LinkDoneSchema: TSchema = Type.Object({
  ...sealed,
  actors: Type.Array(Type.String()),
  measures: Type.Array(MeasureDoneSchema),
});
/** The outcome in force. */
export const OutcomeSchema: TSchema = Type.Object({
  of: index,
  actor: Type.String(),
  decided: Type.String(),
  outcome: Type.String(),
  verdict: Type.Optional(
    Type.Object({
      index: Type.Integer(),
      verdict: Type.String(),
      cause: Type.String(),
      by: Type.String(),
      at: time,
    }),
  ),
});
/** What is restricted and no actor. */
export const RestrictedSchema: TSchema = Type.Object({
  restricted: Type.Array(
    Type.Object({
      subject: Type.String(),
      kind: Type.String(),
      value: Type.String(),
      restrictions: Type.Array(restrictionAnswer),
    }),
  ),
});
/** The reasons that come with Docket. */
export const ReasonsSchema: TSchema = Type.Object({
  reasons: Type.Array(Type.Object({ code: Type.String(), text: Type.Record(Type.String(), Type.String()) })),
});
