// SPDX-License-Identifier: Apache-2.0
// The shapes of what `/v1/policy` answers.
import { dutyLevels, listKinds, releaseVias } from "@docket/protocol";
import { Type } from "typebox";
import type { TSchema } from "typebox";

const closed = { additionalProperties: false };
const time = Type.String({ description: "RFC 3339 time, UTC" });
const author = Type.String({ description: "Id of an API key, or operator" });
const recordIndex = Type.Integer({ minimum: 0, description: "A record's index" });
const digest = Type.String({ description: "Hash of a release's manifest, base64url" });
const level = Type.Enum([...dutyLevels]);
const file = Type.Object({ path: Type.String(), text: Type.String() }, closed);

/** A record as its leaf has it. */
export const RecordAnswer: TSchema = Type.Object({
  v: Type.Literal(1),
  index: recordIndex,
  prev: Type.String(),
  time,
  uncertaintyMs: nullable(Type.Integer()),
  kind: Type.String({ description: "proposal, approval, cancel, release, level or list" }),
  by: author,
});
const approvals = Type.Array(
  Type.Object({ index: recordIndex, by: author, at: time, alone: Type.Boolean() }, closed),
);
/** A proposal and where it stands. */
export const ProposalAnswer: TSchema = Type.Object(
  {
    index: recordIndex,
    by: author,
    at: time,
    candidate: nullable(digest),
    level: nullable(level),
    base: nullable(digest),
    restrictsMore: Type.Boolean({
      description: "Whether it may restrict somebody who is not restricted now",
    }),
    standby: Type.Boolean(),
    list: nullable(
      Type.Object(
        {
          list: Type.String({ description: "Its name" }),
          listKind: Type.Enum([...listKinds]),
          version: Type.String({ description: "The version that it would be" }),
          previous: Type.String({ description: "The version that was in force" }),
          added: Type.Integer(),
          removed: Type.Integer(),
          why: nullable(Type.String()),
        },
        { ...closed, description: "The change of a list, if it is one" },
      ),
    ),
    state: Type.Enum(["open", "approved", "waiting", "stale", "published", "cancelled"]),
    approvals,
    approvalsNeeded: Type.Integer(),
    comesAt: nullable(time),
    endedBy: nullable(recordIndex),
  },
  closed,
);
const ReleaseAnswer = Type.Object(
  {
    index: recordIndex,
    release: digest,
    previous: nullable(digest),
    via: nullable(Type.Enum([...releaseVias])),
    by: author,
    at: time,
    of: nullable(recordIndex),
    alone: Type.Boolean(),
  },
  closed,
);
/** How changes stand. */
export const ChangesAnswer: TSchema = Type.Object(
  {
    level,
    release: nullable(digest),
    since: nullable(ReleaseAnswer),
    revertsAt: nullable(time),
    revertsTo: nullable(digest),
    proposals: Type.Array(ProposalAnswer),
    listGlasses: Type.Array(
      Type.Object(
        {
          index: recordIndex,
          by: author,
          at: time,
          until: time,
          list: Type.String({ description: "Its name" }),
          added: Type.Integer(),
          removed: Type.Integer(),
          approvals,
          approvalsNeeded: Type.Integer(),
        },
        closed,
      ),
      { description: "Changes of lists that revert by themselves at `until` unless they are approved" },
    ),
  },
  closed,
);
/** A change. */
export const ChangeAnswer: TSchema = Type.Object(
  {
    record: RecordAnswer,
    proposal: nullable(ProposalAnswer),
    change: nullable(
      Type.Object(
        { v: Type.Literal(1), why: nullable(Type.String()) },
        { description: "What was sealed with it: why, files, changes, tests, preview" },
      ),
    ),
  },
  closed,
);
/** A release with its files. */
export const KeptAnswer: TSchema = Type.Object(
  {
    id: digest,
    manifest: Type.String({ description: "What the id is the hash of" }),
    files: Type.Array(file),
  },
  closed,
);
const published = {
  index: recordIndex,
  release: digest,
  until: nullable(Type.String({ description: "When it reverts by itself unless it is approved" })),
};
/** A release that came into force. */
export const PublishedAnswer: TSchema = Type.Object(published, closed);
/** A release that came into force by withdrawing another. */
export const WithdrawnAnswer: TSchema = Type.Object(
  {
    ...published,
    withdrew: recordIndex,
    rules: Type.Array(Type.String({ description: "`policy/rule`, gone now or others" })),
  },
  closed,
);
/** What rules did. */
export const EffectsAnswer: TSchema = Type.Object(
  {
    from: recordIndex,
    next: nullable(Type.Integer({ description: "Where to go on; null at the end" })),
    decisions: Type.Integer(),
    refused: Type.Integer(),
    restrictions: Type.Integer(),
    rules: Type.Record(Type.String(), Type.Integer(), { description: "Decisions by rule" }),
    first: nullable(recordIndex),
    last: nullable(recordIndex),
    unread: Type.Integer({ description: "Decisions whose facts could not be read" }),
  },
  closed,
);

function nullable(schema: TSchema): TSchema {
  return Type.Union([schema, Type.Null()]);
}
