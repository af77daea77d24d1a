// SPDX-License-Identifier: Apache-2.0
// The answer to an event.
import { Type } from "typebox";
import { partNames } from "./parts.ts";
import { outcomes } from "./record.ts";

const restriction = Type.Object(
  {
    id: Type.String(),
    kind: Type.Enum(["warn", "throttle", "limit", "suspend", "ban"]),
    ability: Type.Optional(Type.String({ description: "Of a limit: what the actor may not do" })),
    rate: Type.Optional(
      Type.String({ description: "events per second, minute, hour or day, for example 1/m" }),
    ),
    burst: Type.Optional(Type.Integer()),
    until: Type.Optional(Type.String({ description: "RFC 3339 time, UTC; a ban has no end" })),
  },
  { additionalProperties: false },
);

/** JSON Schema of a receipt in an answer; the texts are exact. */
export const ReceiptSchema = Type.Object(
  {
    format: Type.Literal("docket-receipt/v1"),
    leaf: Type.String({ description: "The record's exact bytes" }),
    proof: Type.String({ description: "C2SP tlog-proof, verbatim" }),
    manifest: Type.Optional(Type.String({ description: "The manifest's exact bytes" })),
    opening: Type.Optional(
      Type.Array(
        Type.Object({
          name: Type.Enum([...partNames]),
          secret: Type.String(),
          plaintext: Type.String(),
        }),
      ),
    ),
  },
  { additionalProperties: false },
);

/** JSON Schema of the answer to an event. */
export const DecisionSchema = Type.Object(
  {
    sealed: Type.Boolean({ description: "Whether a record of this decision is durable in the log" }),
    index: Type.Optional(Type.Integer({ description: "Index of the record; absent for a dry run" })),
    repeat: Type.Boolean({ description: "Whether this event was decided before, and this is that decision" }),
    outcome: Type.Enum([...outcomes]),
    rules: Type.Array(Type.String()),
    reasons: Type.Array(
      Type.Object({
        rule: Type.String(),
        text: Type.Record(Type.String(), Type.String(), { description: "Reason by language tag" }),
      }),
    ),
    restrictions: Type.Array(restriction, { description: "Measures that this decision started" }),
    refusedBy: Type.Optional(
      Type.String({ description: "Id of the restriction in force because of which the event was refused" }),
    ),
    retryAfterMs: Type.Optional(Type.Integer({ description: "With delay: when to try again" })),
    holdUntil: Type.Optional(Type.String({ description: "With hold: until when" })),
    otherwise: Type.Optional(Type.String({ description: "With hold: what follows if nobody reviews it" })),
    decidedAt: Type.String(),
    actor: Type.Optional(
      Type.String({ description: "Pseudonym of the actor in the log; absent for a dry run" }),
    ),
    release: Type.String({ description: "Hash of what the decision was made under" }),
    receipt: Type.Optional(ReceiptSchema),
  },
  { additionalProperties: false },
);

/** The answer to an event. */
export type Decision = Type.Static<typeof DecisionSchema>;
/** A restriction in an answer. */
export type Restriction = Type.Static<typeof restriction>;
