// SPDX-License-Identifier: Apache-2.0
// Receipts, without secrets, and with the opening for the affected user.
import { encodeReceipt, parseJson, checkShape, ProtocolError } from "@docket/protocol";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { parseChoice, proveRecord } from "../../publication/refresh.ts";
import type { CheckpointChoice } from "../../publication/refresh.ts";
import { callerOf, indexOf, answerInTime, queryParameter } from "../context.ts";
import type { Routes } from "../context.ts";
import { reasonLengthMax, smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";

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
    "The record with its proof, to be checked with `docket verify` or any reader of C2SP tlog-proof. It is " +
    "proved to the newest published checkpoint, or to the one that `checkpoint` chooses: so a receipt that " +
    "was given earlier gains cosignatures.",
  tag: "receipts",
  action: "readReceipt",
  params,
  querystring: Type.Object({
    checkpoint: Type.Optional(
      Type.String({
        description:
          "A size; `cosigned`, for the earliest kept checkpoint over the record that a quorum of witnesses " +
          "cosigned; or `kept`, for a cosigned one if there is any, else the newest that is kept for good",
      }),
    ),
  }),
  answer,
  errors: ["schema_mismatch", "unknown_field", "not_found", "overloaded"],
});

const oneOpening = describe({
  summary: "Fetch the receipt of a decision with its opening",
  description:
    "For the affected user: shows what the rules disclose. That it was opened, by whom and why is sealed. " +
    "The header `Docket-Dispute-Token` has the token with which they object, `Docket-Dispute-Until` its end.",
  tag: "receipts",
  action: "openReceipt",
  params,
  body: OpeningSchema,
  consumes: json,
  answer,
  errors: [...bodyErrors, "not_found", "evidence_gone", ...sealingErrors],
});

/** `/v1/receipts`. */
export const addReceiptRoutes: Routes = (server, { site, tokenFor, publication: { checkpoints, tree } }) => {
  server.get("/v1/receipts/:index", oneReceipt, async (request, reply) => {
    const index = indexOf(request);
    const choice = choiceOf(request);
    const receipt = await answerInTime(site.receipt(index));
    if (choice === undefined) return reply.type(json).send(encodeReceipt(receipt));
    const proof = await answerInTime(proveRecord(checkpoints, tree, index, choice));
    return reply.type(json).send(encodeReceipt({ ...receipt, proof }));
  });

  const limits = { bodyLimit: smallBodyBytesMax };
  server.post("/v1/receipts/:index/opening", { ...oneOpening, ...limits }, async (request, reply) => {
    const index = indexOf(request);
    const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
    checkShape(openingValidator, body, "request");
    const receipt = await answerInTime(site.opening(index, callerOf(request).id, body.reason));
    const given = await tokenFor?.(index);
    // Beside the receipt, not in it: a receipt is shown around, a token is not.
    if (given !== undefined) {
      reply.headers({ "docket-dispute-token": given.token, "docket-dispute-until": given.expires });
    }
    return reply.type(json).send(encodeReceipt(receipt));
  });
};

function choiceOf(request: FastifyRequest): CheckpointChoice | undefined {
  const given = queryParameter(request, "checkpoint");
  const choice = given === undefined ? undefined : parseChoice(given);
  if (given === undefined || choice !== undefined) return choice;
  throw new ProtocolError(
    "schema_mismatch",
    `checkpoint is ${JSON.stringify(given)}; give a size, cosigned or kept`,
  );
}
