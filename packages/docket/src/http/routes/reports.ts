// SPDX-License-Identifier: Apache-2.0
// Reports by users.
import { checkShape, parseJson } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { ReportWish } from "../../reports/contract.ts";
import { reportedListedDefault, reportedListedMax } from "../../reports/report-desk.ts";
import type { ReportDesk } from "../../reports/report-desk.ts";
import { answerInTime, callerOf, queryParameters, sealingUnknown } from "../context.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import { readingOf } from "../reads.ts";
import { flag, wholeNumber } from "../whole-number.ts";
import { FloodsSchema, ReceivedSchema, ReportedSchema, ReportSchema } from "./delivery-schemas.ts";

const json = "application/json";
const tag = "reports";
const validator = Compile(ReportSchema);
/** A report's text may take four bytes for each of its characters, or twelve where they are escaped. */
const reportBodyBytesMax = 131_072;
const unknown = sealingUnknown("the report was not durable in time; reporting again does no harm");

const report = describe({
  summary: "Report a content on behalf of a user",
  description:
    "Name the content by the app's id, or its decision by index. A report puts the content into the review " +
    "queue; it restricts nobody by itself. Reported again before somebody has looked at it, it is the same " +
    "report.",
  tag,
  action: "report",
  body: ReportSchema,
  consumes: json,
  answer: { description: "The report, once it is sealed", type: json, schema: ReceivedSchema },
  errors: [...bodyErrors, "not_found", "usage", "report_limit", ...sealingErrors],
});
const list = describe({
  summary: "List reported contents",
  tag,
  action: "readCases",
  querystring: Type.Object({
    after: Type.Optional(Type.Integer({ description: "After the content with this first report" })),
    limit: Type.Optional(
      Type.Integer({ description: `At most ${reportedListedMax} (default ${reportedListedDefault})` }),
    ),
    open: Type.Optional(Type.Boolean({ description: "Only those that nobody has looked at since" })),
  }),
  answer: { description: "Contents in the order of their first report", type: json, schema: ReportedSchema },
  errors: ["schema_mismatch", "unknown_field"],
});
const floods = describe({
  summary: "List floods of reports",
  description: "More reports against one actor within an hour than chance explains, of the last 30 days.",
  tag,
  action: "readCases",
  answer: { description: "Floods, the oldest first", type: json, schema: FloodsSchema },
  errors: [],
});

/** `/v1/reports`. */
export function addReportRoutes(server: FastifyInstance, { reports }: { reports: ReportDesk }): void {
  server.post("/v1/reports", { ...report, bodyLimit: reportBodyBytesMax }, async (request) => {
    const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
    checkShape(validator, body, "report");
    return answerInTime(reports.report(callerOf(request).id, body as ReportWish), unknown);
  });

  server.get("/v1/reports", list, async (request) => {
    const query = queryParameters(request, ["after", "limit", "open"]);
    const after = wholeNumber(query, "after", -1, Number.MAX_SAFE_INTEGER) ?? -1;
    const limit = wholeNumber(query, "limit", 1, reportedListedMax) ?? reportedListedDefault;
    const page = reports.list(after, limit, flag(query, "open"));
    request.reading = readingOf(page.contents);
    return page;
  });

  server.get("/v1/reports/floods", floods, async () => ({ floods: reports.floods() }));
}
