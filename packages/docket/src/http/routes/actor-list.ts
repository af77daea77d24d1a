// SPDX-License-Identifier: Apache-2.0
// Actors that somebody may want to look at, the newest first.
import { ProtocolError } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { actorsListedDefault, actorsListedMax } from "../../patterns/contract.ts";
import type { SitePatterns } from "../../patterns/patterns-desk.ts";
import { answerInTime, queryParameters } from "../context.ts";
import { describe } from "../openapi.ts";
import { readingOf } from "../reads.ts";
import { wholeNumber } from "../whole-number.ts";

const list = describe({
  summary: "List actors, the newest first of whom something was not allowed",
  description:
    "Actors of whom an event was flagged, challenged, delayed, held or rejected, or on whom a measure was " +
    "laid: by the newest such record, with how they stand now. An actor may come again on a later page.",
  tag: "actors",
  action: "readPatterns",
  querystring: Type.Object({
    before: Type.Optional(Type.Integer({ description: "Only by records before this one" })),
    restricted: Type.Optional(
      Type.Enum(["true", "false"], { description: "Only actors with a restriction in force" }),
    ),
    limit: Type.Optional(
      Type.Integer({ description: `At most ${actorsListedMax} (default ${actorsListedDefault})` }),
    ),
  }),
  answer: {
    description: "A page; next is what to give as before, null at the end",
    type: "application/json",
    schema: Type.Object({
      actors: Type.Array(
        Type.Object({
          actor: Type.String({ description: "The pseudonym" }),
          last: Type.Object({}, { additionalProperties: true, description: "As a timeline has it" }),
          records: Type.Integer({ description: "How many such records this page came upon" }),
          strikes: Type.Integer(),
          restrictions: Type.Array(Type.Object({}, { additionalProperties: true })),
          links: Type.Integer({ description: "Actors that it is linked to" }),
        }),
      ),
      next: Type.Union([Type.Integer(), Type.Null()]),
    }),
  },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});

/** `/v1/actors`. */
export function addActorListRoutes(
  server: FastifyInstance,
  { patterns }: { patterns: Pick<SitePatterns, "actors"> },
): void {
  server.get("/v1/actors", list, async (request) => {
    const query = queryParameters(request, ["before", "restricted", "limit"]);
    const before = wholeNumber(query, "before", 0, Number.MAX_SAFE_INTEGER);
    const limit = wholeNumber(query, "limit", 1, actorsListedMax) ?? actorsListedDefault;
    const restricted = query.get("restricted") ?? "false";
    if (restricted !== "true" && restricted !== "false") {
      throw new ProtocolError("schema_mismatch", "restricted is true or false");
    }
    const found = await answerInTime(patterns.actors({ before, restricted: restricted === "true", limit }));
    request.reading = readingOf(found.actors);
    return found;
  });
}
