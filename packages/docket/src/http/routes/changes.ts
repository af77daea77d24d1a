// SPDX-License-Identifier: Apache-2.0
// What is in force for contents, what changed, and what the app has done of it.
import { checkShape, parseJson } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import {
  changedRecordsDefault,
  changedRecordsMax,
  changeWaitMsMax,
  unconfirmedListedMax,
} from "../../delivery/change-feed.ts";
import type { Delivery } from "../../delivery/delivery.ts";
import { answerInTime, callerOf, queryParameters, sealingUnknown } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import { readingOf } from "../reads.ts";
import { wholeNumber } from "../whole-number.ts";
import {
  AppliedSchema,
  ChangesSchema,
  ConfirmedSchema,
  ContentStateSchema,
  UnconfirmedSchema,
} from "./delivery-schemas.ts";

const json = "application/json";
const tag = "changes";
const appliedValidator = Compile(AppliedSchema);
const unknown = sealingUnknown("the confirmation was not durable in time; sending it again does no harm");
const queryErrors = ["schema_mismatch", "unknown_field", "overloaded"] as const;
const secondMs = 1000;

const content = describe({
  summary: "Read what is in force for a content",
  description:
    "The outcome in force is the last of the content's chain: the decisions on its revisions, and the " +
    "later verdicts on those.",
  tag,
  action: "readChanges",
  params: Type.Object({ id: Type.String({ description: "The app's id of the content, percent-encoded" }) }),
  answer: { description: "The outcome and its chain", type: json, schema: ContentStateSchema },
  errors: ["unknown_field", "not_found", "overloaded"],
});
const list = describe({
  summary: "Read changes of what is in force",
  description:
    "In the order of the log. Asked again and again with after=next, every change comes, each at the same " +
    "place; those of one record come together.",
  tag,
  action: "readChanges",
  querystring: Type.Object({
    after: Type.Optional(Type.Integer({ description: "After this record (default: from the beginning)" })),
    limit: Type.Optional(
      Type.Integer({
        description: `Most records, at most ${changedRecordsMax} (default ${changedRecordsDefault})`,
      }),
    ),
    wait: Type.Optional(
      Type.Integer({
        description: `If there is none, wait so many seconds for one, at most ${changeWaitMsMax / secondMs}`,
      }),
    ),
  }),
  answer: { description: "Changes", type: json, schema: ChangesSchema },
  errors: queryErrors,
});
const unconfirmed = describe({
  summary: "Read what the app has not confirmed in time",
  description: "Orders that wait for longer than the setting confirmAppliedMinutes.",
  tag,
  action: "readChanges",
  querystring: Type.Object({
    after: Type.Optional(Type.Integer()),
    limit: Type.Optional(Type.Integer({ description: `At most ${unconfirmedListedMax}, the default` })),
  }),
  answer: { description: "What waits", type: json, schema: UnconfirmedSchema },
  errors: queryErrors,
});
const applied = describe({
  summary: "Say that what records ordered is done",
  description: "It is sealed. Saying it twice does no harm.",
  tag,
  action: "confirmApplied",
  body: AppliedSchema,
  consumes: json,
  answer: { description: "The record of it", type: json, schema: ConfirmedSchema },
  errors: [...bodyErrors, "not_found", "usage", ...sealingErrors],
});

/** `/v1/contents`, `/v1/changes` and `/v1/applied`. */
export function addChangeRoutes(server: FastifyInstance, { delivery }: { delivery: Delivery }): void {
  const { changes } = delivery;
  server.get("/v1/contents/:id", content, async (request) => {
    const { id } = request.params as { id: string };
    queryParameters(request, []);
    return answerInTime(delivery.content(id));
  });

  server.get("/v1/changes", list, async (request) => {
    const query = queryParameters(request, ["after", "limit", "wait"]);
    const after = wholeNumber(query, "after", -1, Number.MAX_SAFE_INTEGER) ?? -1;
    const limit = wholeNumber(query, "limit", 1, changedRecordsMax) ?? changedRecordsDefault;
    const seconds = wholeNumber(query, "wait", 0, changeWaitMsMax / secondMs) ?? 0;
    let page = await answerInTime(changes.page(after, limit));
    // Whoever waits is told at the end of their time, if not before.
    if (page.changes.length === 0 && !page.more && seconds > 0) {
      page = await changes.page(page.next, limit, seconds * secondMs);
    }
    request.reading = readingOf(page.changes);
    return page;
  });

  server.get("/v1/changes/unconfirmed", unconfirmed, async (request) => {
    const query = queryParameters(request, ["after", "limit"]);
    const after = wholeNumber(query, "after", -1, Number.MAX_SAFE_INTEGER) ?? -1;
    const limit = wholeNumber(query, "limit", 1, unconfirmedListedMax) ?? unconfirmedListedMax;
    return answerInTime(changes.unconfirmed(after, limit));
  });

  server.post("/v1/applied", { ...applied, bodyLimit: smallBodyBytesMax }, async (request) => {
    const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
    checkShape(appliedValidator, body, "confirmation");
    const { of } = body as { of: number[] };
    return answerInTime(changes.confirm(callerOf(request).id, of), unknown);
  });
}
