// SPDX-License-Identifier: Apache-2.0
// How long evidence is kept, and what is due.
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { RetentionPlan, SiteRetention } from "../../erasure/retention-contract.ts";
import { retainedParts } from "../../erasure/retention-contract.ts";
import { answerInTime } from "../context.ts";
import { describe } from "../openapi.ts";

const dayMs = 86_400_000;

const show = describe({
  summary: "How long evidence is kept, and what is due now",
  description: "What is due is dropped by the server, in time; `docket retention run` does it at once.",
  tag: "erasure",
  action: "readErasures",
  answer: {
    description: "By part: days, what is due, and what a legal hold or an open dispute keeps",
    type: "application/json",
    schema: Type.Object({
      rows: Type.Array(
        Type.Object({
          part: Type.Union(retainedParts.map((part) => Type.Literal(part))),
          days: Type.Number(),
          because: Type.Union([Type.Literal("disputePeriod"), Type.Null()], {
            description: "Why it is longer than configured",
          }),
          before: Type.Integer({ description: "Parts of records before this one are due" }),
          count: Type.Integer({ description: "Parts that go" }),
          held: Type.Integer({ description: "Parts that are due and stay" }),
        }),
      ),
      heldActors: Type.Integer(),
      everybodyHeld: Type.Boolean(),
      everyDays: Type.Number({ description: "How often it is looked for what is due" }),
    }),
  },
  errors: ["overloaded"],
});

/** `/v1/retention`. */
export function addRetentionRoutes(
  server: FastifyInstance,
  { retention }: { retention: SiteRetention },
): void {
  server.get("/v1/retention", show, async () => {
    const plan: RetentionPlan = await answerInTime(retention.preview());
    return { ...plan, everyDays: retention.config.everyMs / dayMs };
  });
}
