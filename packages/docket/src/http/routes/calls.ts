// SPDX-License-Identifier: Apache-2.0
// The last calls of apps, and what was wrong with those that failed.
import { ProtocolError } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { callsMax } from "../calls.ts";
import type { CallLog } from "../calls.ts";
import { queryParameters } from "../context.ts";
import { describe } from "../openapi.ts";
import { wholeNumber } from "../whole-number.ts";

const callsDefault = 100;
const orNull = (description: string): ReturnType<typeof Type.Union> =>
  Type.Union([Type.String(), Type.Null()], { description });

const list = describe({
  summary: "List the last calls of apps",
  description:
    "Of this process since its start, newest first: calls with API keys, and with keys that nobody knows. " +
    "Neither bodies nor the values in paths are kept.",
  tag: "access",
  action: "readKeys",
  querystring: Type.Object({
    only: Type.Optional(Type.Enum(["failed"], { description: "Those that were answered with an error" })),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: callsMax, description: `Default ${callsDefault}` }),
    ),
  }),
  answer: {
    description: "The calls; seen and failed count all since the start",
    type: "application/json",
    schema: Type.Object({
      since: Type.String(),
      seen: Type.Integer(),
      failed: Type.Integer(),
      calls: Type.Array(
        Type.Object({
          at: Type.String(),
          call: Type.String({ description: "Method and path, with {names} in place of values" }),
          status: Type.Integer(),
          key: orNull("The public id of the key"),
          ms: Type.Number(),
          error: Type.Union([
            Type.Object({
              code: Type.String(),
              pointer: orNull("Where in the body it was wrong (RFC 6901)"),
              summary: Type.String(),
              remedy: Type.String(),
            }),
            Type.Null(),
          ]),
        }),
      ),
    }),
  },
  errors: ["schema_mismatch", "unknown_field"],
});

/** `/v1/calls`. */
export function addCallRoutes(server: FastifyInstance, calls: CallLog): void {
  server.get("/v1/calls", list, async (request) => {
    const query = queryParameters(request, ["only", "limit"]);
    const limit = wholeNumber(query, "limit", 1, callsMax) ?? callsDefault;
    const only = query.get("only");
    if (only === undefined || only === "failed") return calls.view(only ?? "all", limit);
    throw new ProtocolError("schema_mismatch", "only is failed, or left out");
  });
}
