// SPDX-License-Identifier: Apache-2.0
// Who read what.
import { ProtocolError } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { readingsListedDefault, readingsListedMax } from "../../readings/contract.ts";
import type { SiteReadings } from "../../readings/contract.ts";
import { answerInTime, queryParameters } from "../context.ts";
import { describe } from "../openapi.ts";
import { wholeNumber } from "../whole-number.ts";

const indexOrNull = Type.Union([Type.Integer(), Type.Null()]);
const textOrNull = Type.Union([Type.String(), Type.Null()]);

const list = describe({
  summary: "List who read what, the newest first",
  description: "Openings of evidence and exports are records of their own kinds, and are not listed here.",
  tag: "requests",
  action: "readReads",
  querystring: Type.Object({
    by: Type.Optional(Type.String({ description: "Who read: the id of a key or person, or operator" })),
    subject: Type.Optional(Type.String({ description: "The pseudonym of whom it was about" })),
    of: Type.Optional(Type.Integer({ description: "The record that was read" })),
    before: Type.Optional(Type.Integer({ description: "Those before this record" })),
    limit: Type.Optional(
      Type.Integer({ description: `At most ${readingsListedMax} (default ${readingsListedDefault})` }),
    ),
  }),
  answer: {
    description: "Readings; next is what to ask for before, null at the end",
    type: "application/json",
    schema: Type.Object({
      reads: Type.Array(
        Type.Object({
          index: Type.Integer({ description: "The record that says so" }),
          at: Type.String(),
          by: Type.String(),
          role: Type.String(),
          what: Type.String(),
          of: indexOrNull,
          subject: textOrNull,
          count: Type.Integer(),
          reason: textOrNull,
          query: textOrNull,
        }),
      ),
      next: indexOrNull,
    }),
  },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});

/** `/v1/reads`. */
export function addReadingRoutes(
  server: FastifyInstance,
  { readings }: { readings: Pick<SiteReadings, "list"> },
): void {
  server.get("/v1/reads", list, async (request) => {
    const query = queryParameters(request, ["by", "subject", "of", "before", "limit"]);
    const limit = wholeNumber(query, "limit", 1, readingsListedMax) ?? readingsListedDefault;
    const before = wholeNumber(query, "before", 0, Number.MAX_SAFE_INTEGER);
    const of = wholeNumber(query, "of", 0, Number.MAX_SAFE_INTEGER);
    const [by, subject] = [query.get("by"), query.get("subject")];
    if (by !== undefined && !/^(operator|[kp]_[A-Za-z0-9_-]{16})$/.test(by)) {
      throw new ProtocolError("schema_mismatch", "by is the id of a key or person, k_… or p_…, or operator");
    }
    return answerInTime(readings.list({ limit, before, of, by, subject }));
  });
}
