// SPDX-License-Identifier: Apache-2.0
// Corrections of many decisions at once.
import { checkShape, parseJson, ProtocolError } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { BatchWish, SiteBatches } from "../../reviews/batch-contract.ts";
import { answerInTime, callerOf, indexOf, queryParameters, sealingUnknown } from "../context.ts";
import { bulkBodyBytesMax, smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import {
  BatchDetailSchema,
  BatchesSchema,
  BatchPreviewSchema,
  BatchSchema,
  BatchWishSchema,
  NothingSchema,
} from "./review-schemas.ts";

const json = "application/json";
const tag = "batches";
/** Most batches of one answer, and how many if nothing is said. */
const batchesListedMax = 1000;
const batchesListedDefault = 50;
const validator = Compile(BatchWishSchema);
const nothing = Compile(NothingSchema);
const unknown = sealingUnknown("it was not durable in time; look at /v1/batches before you ask again");
const params = Type.Object({ index: Type.String({ description: "Index of the batch's record" }) });

const begin = describe({
  summary: "Correct many decisions at once, or see what that would change",
  description:
    "`revert` takes back what a rule or a release decided in a period (or the verdicts of another batch), " +
    "`sweep` removes what a rule in force would refuse now, or what belongs to a campaign, an actor or a " +
    "text, `bulk` decides many cases of the queue. Each decision gets an ordinary sealed verdict. Over the " +
    "setting `bulkCap`, with what the same person did alone within 24 hours, another person approves first.",
  tag,
  action: "bulk",
  body: BatchWishSchema,
  consumes: json,
  answer: {
    description: "With preview what would change; else the batch, which goes on after the answer",
    type: json,
    schema: Type.Union([BatchPreviewSchema, BatchSchema]),
  },
  errors: [...bodyErrors, "usage", "not_found", "batch_conflict", ...sealingErrors],
});
const list = describe({
  summary: "List batches, the newest first",
  tag,
  action: "readCases",
  querystring: Type.Object({ limit: Type.Optional(Type.Integer()) }),
  answer: { description: "Batches", type: json, schema: BatchesSchema },
  errors: ["schema_mismatch", "unknown_field"],
});
const one = describe({
  summary: "How a batch stands, and which decisions it is about",
  tag,
  action: "readCases",
  params,
  answer: { description: "The batch", type: json, schema: BatchDetailSchema },
  errors: ["not_found", "overloaded"],
});
const approve = describe({
  summary: "Approve a batch that waits for a second person",
  tag,
  action: "bulk",
  params,
  body: NothingSchema,
  consumes: json,
  answer: { description: "The batch", type: json, schema: BatchSchema },
  errors: [...bodyErrors, "not_found", "another_person", "batch_conflict", ...sealingErrors],
});
const stop = describe({
  summary: "End a batch; what was made stays",
  tag,
  action: "bulk",
  params,
  body: NothingSchema,
  consumes: json,
  answer: { description: "The batch", type: json, schema: BatchSchema },
  errors: [...bodyErrors, "not_found", "batch_conflict", ...sealingErrors],
});

/** `/v1/batches`. */
export function addBatchRoutes(server: FastifyInstance, { batches }: { batches: SiteBatches }): void {
  server.post("/v1/batches", { ...begin, bodyLimit: bulkBodyBytesMax }, async (request) => {
    const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
    checkShape(validator, body, "batch");
    const { preview = false, ...wish } = body as BatchWish & { preview?: boolean };
    const { id, role } = callerOf(request);
    // Looking at the past takes its time, before anything is sealed; nothing else waits for it.
    return preview ? batches.preview({ by: id, role }, wish) : batches.begin({ by: id, role }, wish);
  });

  server.get("/v1/batches", list, async (request) => {
    const text = queryParameters(request, ["limit"]).get("limit") ?? String(batchesListedDefault);
    const limit = Number(text);
    if (!/^\d{1,4}$/.test(text) || limit < 1 || limit > batchesListedMax) {
      throw new ProtocolError("schema_mismatch", `limit is a whole number from 1 to ${batchesListedMax}`);
    }
    return { batches: batches.list(limit) };
  });
  server.get("/v1/batches/:index", one, async (request) => answerInTime(batches.batch(indexOf(request))));

  server.post("/v1/batches/:index/approve", { ...approve, bodyLimit: smallBodyBytesMax }, async (request) => {
    checkShape(nothing, parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array()), "approval");
    const { id, role } = callerOf(request);
    return answerInTime(batches.approve({ by: id, role }, indexOf(request)), unknown);
  });
  server.post("/v1/batches/:index/stop", { ...stop, bodyLimit: smallBodyBytesMax }, async (request) => {
    checkShape(nothing, parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array()), "stop");
    const { id, role } = callerOf(request);
    return answerInTime(batches.stop({ by: id, role }, indexOf(request)), unknown);
  });
}
