// SPDX-License-Identifier: Apache-2.0
// Receipts, without secrets, and with the opening for the affected user.
import { encodeReceipt, parseJson, checkShape } from "@docket/protocol";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { callerOf, indexOf, answerInTime } from "../context.ts";
import type { Routes } from "../context.ts";
import { reasonLengthMax, smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe } from "../openapi.ts";

const json = "application/json";
const params = Type.Object({ index: Type.String({ description: "The record's index in the log" }) });
const answer = { description: "The receipt, canonical JSON", type: json, schema: { $ref: "Receipt#" } };

const OpeningSchema = Type.Object(
  {
    reason: Type.String({
      minLength: 1,
      maxLength: reasonLengthMax,
      description: "Why; sealed with the record of the opening",
    }),
  },
  { additionalProperties: false },
);
const openingValidator = Compile(OpeningSchema);

const oneReceipt = describe({
  summary: "Fetch the receipt of a record",
  description:
    "The record with its proof, to be checked with `docket verify` or any reader of C2SP tlog-proof.",
  tag: "receipts",
  action: "readReceipt",
  params,
  answer,
  errors: ["not_found", "overloaded"],
});

const oneOpening = describe({
  summary: "Fetch the receipt of a decision with its opening",
  description:
    "For the affected user: shows what the rules disclose. That it was opened, by whom and why is sealed.",
  tag: "receipts",
  action: "openReceipt",
  params,
  body: OpeningSchema,
  consumes: json,
  answer,
  errors: [...bodyErrors, "not_found", "overloaded", "sealing_unknown", "sealing_failed", "log_closed"],
});

/** `/v1/receipts`. */
export const addReceiptRoutes: Routes = (server, { site }) => {
  server.get("/v1/receipts/:index", oneReceipt, async (request, reply) => {
    const receipt = await answerInTime(site.receipt(indexOf(request)));
    return reply.type(json).send(encodeReceipt(receipt));
  });

  const limits = { bodyLimit: smallBodyBytesMax };
  server.post("/v1/receipts/:index/opening", { ...oneOpening, ...limits }, async (request, reply) => {
    const index = indexOf(request);
    const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
    checkShape(openingValidator, body, "request");
    const receipt = await answerInTime(site.opening(index, callerOf(request).id, body.reason));
    return reply.type(json).send(encodeReceipt(receipt));
  });
};
