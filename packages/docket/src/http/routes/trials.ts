// SPDX-License-Identifier: Apache-2.0
// What would be decided of an event, and why: nothing is counted, sealed or asked of anybody.
import { parseDecisionRequest } from "@docket/protocol/events";
import { Type } from "typebox";
import { mayDo } from "../../access/permissions.ts";
import { explainTrial, releaseShelf } from "../../explanation/explain-record.ts";
import { readIfThere } from "../../stores/files/read-files.ts";
import { answerInTime, callerOf, requireAction } from "../context.ts";
import type { Routes } from "../context.ts";
import { bodyBytesMax } from "../limits.ts";
import { bodyErrors, describe } from "../openapi.ts";
import { refuseEncodedBody } from "./decisions.ts";

const trial = describe({
  summary: "Try an event, and see why it would be decided so",
  description:
    "As `dryRun: true` of /v1/decisions: nothing is counted or sealed, and lists in the DNS are answered " +
    "from memory. Whoever may read facts gets the explanation too, with what each rule made of the event, " +
    "those that did not fire included.",
  tag: "decisions",
  action: "tryEvent",
  body: { $ref: "DecisionRequest#" },
  consumes: "application/json",
  answer: {
    description:
      "What would be decided; the actor's pseudonym, null where no event of the account was sealed",
    type: "application/json",
    schema: Type.Object({
      decision: Type.Unsafe({ $ref: "Decision#" }),
      actor: Type.Union([Type.String(), Type.Null()]),
      explanation: Type.Optional(
        Type.Object(
          { format: Type.String(), outcomeWords: Type.String() },
          { description: "`docket-explanation/v1`, and rules: all rules with their clauses and result" },
        ),
      ),
    }),
  },
  errors: [...bodyErrors, "overloaded", "not_found", "directory_damaged"],
});

/** `/v1/trials`. */
export const addTrialRoutes: Routes = (server, { site, clock }) => {
  const shelf = releaseShelf(readIfThere, site.paths);
  server.post("/v1/trials", { ...trial, bodyLimit: bodyBytesMax }, async (request) => {
    refuseEncodedBody(request);
    const { event } = parseDecisionRequest((request.body as Uint8Array | undefined) ?? new Uint8Array());
    const caller = callerOf(request);
    requireAction(caller, "tryEvent");
    const how = { dryRun: true, by: caller.id, source: "http", receivedMs: clock() } as const;
    const tried = await answerInTime(site.tried({ event, ...how }));
    const { decision, actor } = tried;
    const explained = mayDo(caller, "readFacts");
    // Of an account that nobody knows there is no standing to be read.
    if (!explained || actor === null) request.reading = "nothing";
    if (!explained) return { decision, actor: null };
    return { decision, actor, explanation: await answerInTime(explainTrial(tried, shelf, "en")) };
  });
};
