// SPDX-License-Identifier: Apache-2.0
// Labels: what people and other systems say that the content of a decision is.
import { checkShape, labelReasonPattern, labelSources, labelValues, parseJson } from "@docket/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { labelsListedDefault, labelsListedMax, noteLengthMax } from "../../labels/label-desk.ts";
import type { SiteLabels } from "../../labels/label-desk.ts";
import { answerInTime, callerOf, queryParameters, sealingUnknown } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import { readingOf } from "../reads.ts";
import { wholeNumber } from "../whole-number.ts";

const json = "application/json";
const unknown = sealingUnknown("the label was not durable in time; look at /v1/labels before you ask again");
const tag = "labels";
const index = Type.Integer({ minimum: 0, description: "Index of the decision's record" });
const label = Type.Union(
  labelValues.map((value) => Type.Literal(value)),
  { description: "What the content is" },
);
const source = Type.Union(
  labelSources.map((value) => Type.Literal(value)),
  { description: "Who is behind it (default moderator)" },
);

const LabelSchema = Type.Object(
  {
    index,
    label,
    source: Type.Optional(source),
    reason: Type.Optional(
      Type.String({ pattern: labelReasonPattern, description: "A code of the site's own; shown to anyone" }),
    ),
    note: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: noteLengthMax,
        description: "Sealed with the record, readable with the site's key",
      }),
    ),
  },
  { additionalProperties: false },
);
const validator = Compile(LabelSchema);

const InForceSchema = Type.Object({
  of: index,
  label,
  source,
  reason: Type.Union([Type.String(), Type.Null()]),
  by: Type.String({ description: "Who said so" }),
  role: Type.String({ description: "In which role" }),
  at: Type.String({ description: "When it was sealed, RFC 3339" }),
  index: Type.Integer({ description: "Index of the label's own record" }),
});

const give = describe({
  summary: "Label a decision",
  description:
    "A later label of the same decision takes the place of an earlier one. A label changes no decision: " +
    "models learn from those in force, and backtests are judged by them.",
  tag,
  action: "label",
  body: LabelSchema,
  consumes: json,
  answer: { description: "The label, once it is sealed", type: json, schema: InForceSchema },
  errors: [...bodyErrors, "not_found", "usage", ...sealingErrors],
});
const list = describe({
  summary: "List the labels in force",
  tag,
  action: "readLabels",
  querystring: Type.Object({
    from: Type.Optional(Type.Integer({ description: "The first decision (default 0)" })),
    limit: Type.Optional(
      Type.Integer({
        description: `Most labels, at most ${labelsListedMax} (default ${labelsListedDefault})`,
      }),
    ),
  }),
  answer: {
    description: "Labels in the order of their decisions; next is where to go on, null at the end",
    type: json,
    schema: Type.Object({
      labels: Type.Array(InForceSchema),
      next: Type.Union([Type.Integer(), Type.Null()]),
    }),
  },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});

/** `/v1/labels`. */
export function addLabelRoutes(server: FastifyInstance, { labels }: { labels: SiteLabels }): void {
  server.get("/v1/labels", list, async (request) => {
    const query = queryParameters(request, ["from", "limit"]);
    const from = wholeNumber(query, "from", 0, Number.MAX_SAFE_INTEGER) ?? 0;
    const limit = wholeNumber(query, "limit", 1, labelsListedMax) ?? labelsListedDefault;
    const page = await answerInTime(labels.list(from, limit));
    request.reading = readingOf(page.labels);
    return page;
  });

  server.post("/v1/labels", { ...give, bodyLimit: smallBodyBytesMax }, async (request: FastifyRequest) => {
    const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
    checkShape(validator, body, "label");
    const { id, role } = callerOf(request);
    return answerInTime(labels.label({ by: id, role }, body), unknown);
  });
}
