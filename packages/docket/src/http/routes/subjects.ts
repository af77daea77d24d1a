// SPDX-License-Identifier: Apache-2.0
// Everything about one actor, for that person.
import { isPseudonym, ProtocolError } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { AboutWish } from "../../erasure/contract.ts";
import { subjectRecordsDefault, subjectRecordsMax } from "../../erasure/subject-export.ts";
import type { SiteSubjects } from "../../erasure/subject-export.ts";
import { answerInTime, queryParameters } from "../context.ts";
import { describe } from "../openapi.ts";
import { wholeNumber } from "../whole-number.ts";

const exported = describe({
  summary: "Export everything about one actor, for that person",
  description:
    "What they sent, what was decided and why, their standing, disputes and reports, each record with its " +
    "receipt, which opens what belongs to them. Of what others wrote it shows that there is something. A " +
    "page at a time. The reason goes into the header `Docket-Reason` and is sealed.",
  tag: "erasure",
  action: "exportSubject",
  params: Type.Object({
    id: Type.String({ description: "The app's id of the account, or a pseudonym, a_…" }),
  }),
  querystring: Type.Object({
    language: Type.Optional(Type.Union([Type.Literal("en"), Type.Literal("de")])),
    after: Type.Optional(Type.Integer({ minimum: 0, description: "Records after this one" })),
    limit: Type.Optional(
      Type.Integer({
        description: `Most records, at most ${subjectRecordsMax} (default ${subjectRecordsDefault})`,
      }),
    ),
  }),
  answer: {
    description: "The export; next is where to go on, null at the end",
    type: "application/json",
    schema: Type.Object({
      v: Type.Literal(1),
      log: Type.Object({ origin: Type.String(), keys: Type.Array(Type.String()) }),
      actor: Type.String(),
      account: Type.Union([Type.String(), Type.Null()]),
      exported: Type.String(),
      standing: Type.Object({}, { description: "Strikes, restrictions and links now" }),
      records: Type.Array(
        Type.Object({
          index: Type.Integer(),
          at: Type.String(),
          kind: Type.String(),
          record: Type.Object({}),
          evidence: Type.Object(
            {},
            { description: "content, personalFacts, disclosed, as far as they are there" },
          ),
          gone: Type.Array(Type.String()),
          explanation: Type.Union([Type.Object({}), Type.Null()]),
          receipt: Type.Object({}),
        }),
      ),
      withheld: Type.Integer({ description: "Records that are kept from them until a time" }),
      next: Type.Union([Type.Integer(), Type.Null()]),
    }),
  },
  errors: ["schema_mismatch", "unknown_field", "not_found", "overloaded"],
});

/** `/v1/subjects`. */
export function addSubjectRoutes(server: FastifyInstance, { subjects }: { subjects: SiteSubjects }): void {
  server.get("/v1/subjects/:id/export", exported, async (request) => {
    const query = queryParameters(request, ["language", "after", "limit"]);
    const language = query.get("language") ?? "en";
    if (language !== "en" && language !== "de") {
      throw new ProtocolError("schema_mismatch", "language is en or de");
    }
    const { id } = request.params as { id: string };
    const about: AboutWish = isPseudonym(id) ? { actor: id } : { account: id };
    const after = wholeNumber(query, "after", 0, Number.MAX_SAFE_INTEGER);
    const limit = wholeNumber(query, "limit", 1, subjectRecordsMax);
    const found = await answerInTime(subjects.export({ about, language, after, limit }));
    request.reading = { subject: found.actor, count: Math.max(1, found.records.length) };
    return found;
  });
}
