// SPDX-License-Identifier: Apache-2.0
// Emergency brakes and caps: what waits for a person, and the person's confirmation.
import { checkShape, parseJson } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { confirmWhyLengthMax } from "../../rollout/brake-desk.ts";
import type { SiteBrakes } from "../../rollout/brake-desk.ts";
import { answerInTime, callerOf, indexOf, sealingUnknown } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";

const json = "application/json";
const unknown = sealingUnknown(
  "the confirmation was not durable in time; look at /v1/policy/brakes before you ask again",
);
const tag = "policy";
const time = Type.String({ description: "RFC 3339 time, UTC" });
const count = Type.Integer({ minimum: 0 });

const figures = {
  events: Type.Integer({ description: "Events of its policy's types in that time" }),
  hits: Type.Integer({ description: "How many of them it hit" }),
  actorsSeen: Type.Integer({ description: "Different actors who sent them" }),
  actorsHit: Type.Integer({ description: "How many of those were hit" }),
};
const BrakeSchema = Type.Object({
  index: Type.Union([Type.Integer(), Type.Null()], {
    description: "Its record; null while that is being sealed",
  }),
  what: Type.String({ description: "rule, threshold, entry or step" }),
  cap: Type.Boolean({ description: "Whether a cap on restricted actors was reached" }),
  key: Type.String({ description: "policy/rule, policy/points-N, policy/ladder-N, or list:hash" }),
  declaration: Type.String({ description: "Hash of its declaration" }),
  release: Type.String({ description: "The release that brought it" }),
  changedBy: Type.String({ description: "Who proposed that" }),
  from: time,
  to: time,
  ...figures,
  sampling: Type.Integer({ description: "One of 2 to the power of this actors was counted" }),
  share: Type.Integer({ description: "The share that was declared, in basis points" }),
  least: Type.Integer({ description: "The least hits that were declared; of a cap, the actors allowed" }),
  hitsSince: Type.Integer({
    description: "Events that it would have hit since; of a cap, actors not restricted because of it",
  }),
});
const BrakesSchema = Type.Object({
  brakes: Type.Array(BrakeSchema, { description: "What waits for a person, oldest first" }),
  watched: Type.Array(
    Type.Object({ key: Type.String(), since: Type.Union([time, Type.Null()]), ...figures }),
    { description: "What is new or changed, and how it fares" },
  ),
});
const ConfirmedSchema = Type.Object({
  index: count,
  of: count,
  key: Type.String(),
  alone: Type.Boolean({ description: "Whether whoever confirms it made the change, too" }),
});
const ConfirmationSchema = Type.Object(
  {
    why: Type.String({
      minLength: 1,
      maxLength: confirmWhyLengthMax,
      description: "Why; sealed with the record, readable with the site's key",
    }),
  },
  { additionalProperties: false },
);
const validator = Compile(ConfirmationSchema);

const list = describe({
  summary: "List what lost its power to restrict and waits for a person, and what is under watch",
  tag,
  action: "readPolicy",
  answer: { description: "Brakes and caps in force", type: json, schema: BrakesSchema },
  errors: [],
});
const confirm = describe({
  summary: "Confirm what a brake stopped, so that it has its power again",
  description:
    "From the next event on, until its declaration changes; a cap is lifted for the time that it counts " +
    "over. From level pair on somebody else than whoever proposed the change has to confirm it.",
  tag,
  action: "confirmBrake",
  params: Type.Object({ index: Type.String({ description: "The index of the brake's record" }) }),
  body: ConfirmationSchema,
  consumes: json,
  answer: { description: "The confirmation's record", type: json, schema: ConfirmedSchema },
  errors: [...bodyErrors, "not_found", "approval_needed", "usage", ...sealingErrors],
});

/** `/v1/policy/brakes`. */
export function addBrakeRoutes(server: FastifyInstance, { brakes }: { brakes: SiteBrakes }): void {
  server.get("/v1/policy/brakes", list, () => brakes.view());

  const limits = { bodyLimit: smallBodyBytesMax };
  server.post("/v1/policy/brakes/:index/confirmation", { ...confirm, ...limits }, (request) => {
    const of = indexOf(request);
    const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
    checkShape(validator, body, "request");
    const { id, role } = callerOf(request);
    return answerInTime(brakes.confirm({ author: { by: id, role }, of, why: body.why }), unknown);
  });
}
