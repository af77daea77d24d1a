// SPDX-License-Identifier: Apache-2.0
// What is told of a period: the transparency report, the manager's week, statements of reasons.
import { checkShape, parseJson, parseTime, ProtocolError } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { statementsWish } from "../../approvals/bulk-reads.ts";
import type { SiteRequests } from "../../approvals/contract.ts";
import type { SiteTransparency } from "../../transparency/contract.ts";
import { figuresCsv } from "../../transparency/figures.ts";
import { reportPage } from "../../transparency/report-page.ts";
import { categories, contentTypes, memberStates } from "../../transparency/statement-schema.ts";
import { requestLines } from "../../transparency/statements.ts";
import { weeklyPage } from "../../transparency/weekly-page.ts";
import { answerInTime, callerOf, queryParameters } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import { answerOutcome } from "./requests.ts";

const json = "application/json";
const html = "text/html; charset=utf-8";
const tag = "transparency";
const dayMs = 86_400_000;
/** The report goes back so many days if nothing is said. */
const reportDays = 183;
const formats = ["json", "html", "csv"] as const;

const time = Type.Optional(Type.String({ description: "RFC 3339 time, or a date (UTC)" }));
const StatementsSchema = Type.Object(
  {
    from: Type.String({ description: "RFC 3339 time, or a date (UTC)" }),
    to: Type.String({ description: "The same; statements are of records before it" }),
    termsUrl: Type.Optional(Type.String({ maxLength: 500, description: "Where the site's rules are" })),
    category: Type.Optional(Type.Union(categories.map((each) => Type.Literal(each)))),
    contentType: Type.Optional(Type.Union(contentTypes.map((each) => Type.Literal(each)))),
    territories: Type.Optional(
      Type.Array(Type.String({ pattern: "^[A-Z]{2}$" }), { minItems: 1, description: "All, if left out" }),
    ),
    why: Type.Optional(Type.String({ description: "Why: needed where another person must approve it" })),
    request: Type.Optional(Type.Integer({ minimum: 0, description: "The request that was approved" })),
  },
  { additionalProperties: false },
);
const validator = Compile(StatementsSchema);

const report = describe({
  summary: "The transparency report of a period",
  description:
    "Decisions by rule, outcome and automation, restrictions, disputes and how they ended, error rates " +
    "with intervals, reviewers' agreement, reports, notices that were held back. `format=html` and `csv` " +
    "give the same as a page and as a table.",
  tag,
  action: "readTransparency",
  querystring: Type.Object({
    from: time,
    to: time,
    format: Type.Optional(Type.Union(formats.map((each) => Type.Literal(each)))),
  }),
  answer: {
    description: "The report",
    type: json,
    schema: Type.Object(
      { format: Type.String(), origin: Type.String(), from: Type.String(), to: Type.String() },
      { description: "docs/operations/transparency.md says what each figure is" },
    ),
  },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});
const week = describe({
  summary: "The manager's week",
  description: "The seven days before `to`, each figure beside the seven days before those; as a page.",
  tag,
  action: "readTransparency",
  querystring: Type.Object({
    to: time,
    format: Type.Optional(Type.Union([Type.Literal("json"), Type.Literal("html")])),
  }),
  answer: { description: "The page", type: "text/html", schema: Type.String() },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});
const statements = describe({
  summary: "Export statements of reasons",
  description:
    "As the EU's DSA Transparency Database takes them, a line for each request of at most 100, without " +
    "personal data. That they were taken out is sealed; the header `Docket-Left-Out` counts records of " +
    "which no statement could be made. Above level solo it takes a second person: it is answered 202 with " +
    "the request, and asked for again with the request's index once that is approved.",
  tag,
  action: "exportStatements",
  body: StatementsSchema,
  consumes: json,
  answer: { description: "Bodies of requests", type: "application/x-ndjson", schema: Type.String() },
  errors: [...bodyErrors, "usage", "approval_needed", "request_conflict", "not_found", ...sealingErrors],
});

const openObject = Type.Object({}, { additionalProperties: true });
const figures = describe({
  summary: "What anybody may know of the last days",
  description:
    "Decisions by outcome, restrictions, disputes and how they ended, and the releases of the policy that " +
    "were in force: counts alone, made anew every five minutes. The setting `publicFiguresDays` says of " +
    "how many days; `figures` is null where that is 0.",
  tag,
  action: "public",
  answer: {
    description: "The figures",
    type: json,
    schema: Type.Object({
      figures: Type.Union([openObject, Type.Null()]),
    }),
  },
  errors: ["overloaded"],
});

/** `/v1/figures`, `/v1/transparency`, `/v1/weekly`, `/v1/statements`. */
export function addTransparencyRoutes(
  server: FastifyInstance,
  {
    transparency,
    requests,
    clock,
  }: {
    transparency: SiteTransparency;
    requests?: Pick<SiteRequests, "through"> | undefined;
    clock: () => number;
  },
): void {
  server.get("/v1/figures", figures, async (_request, reply) => {
    const found = await answerInTime(transparency.publicFigures());
    return reply.header("cache-control", "public, max-age=60").send({ figures: found ?? null });
  });
  server.get("/v1/transparency", report, async (request, reply) => {
    const query = queryParameters(request, ["from", "to", "format"]);
    const toMs = timeOf(query.get("to"), "to") ?? clock();
    const fromMs = timeOf(query.get("from"), "from") ?? Math.max(0, toMs - reportDays * dayMs);
    checkPeriod(fromMs, toMs);
    const format = formatOf(query.get("format"), formats);
    const found = await transparency.report(fromMs, toMs);
    if (format === "html") return reply.type(html).send(reportPage(found));
    if (format === "csv") return reply.type("text/csv; charset=utf-8").send(figuresCsv(found));
    return found;
  });
  server.get("/v1/weekly", week, async (request, reply) => {
    const query = queryParameters(request, ["to", "format"]);
    const toMs = timeOf(query.get("to"), "to") ?? clock();
    const found = await transparency.weekly(toMs);
    const format = formatOf(query.get("format") ?? "html", ["json", "html"]);
    return format === "json" ? found : reply.type(html).send(weeklyPage(found));
  });
  server.post("/v1/statements", { ...statements, bodyLimit: smallBodyBytesMax }, async (request, reply) => {
    const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
    checkShape(validator, body, "statements");
    const period = { fromMs: timeOf(body.from, "from") ?? 0, toMs: timeOf(body.to, "to") ?? 0 };
    checkPeriod(period.fromMs, period.toMs);
    const { id: by, role } = callerOf(request);
    const {
      termsUrl,
      category = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
      contentType = "CONTENT_TYPE_TEXT",
      territories = memberStates,
      why = "",
    } = body;
    const options = { termsUrl, category, contentType, territories };
    const take = (): ReturnType<SiteTransparency["statements"]> =>
      transparency.statements({ by, role }, period, options);
    const wish = statementsWish(period, options, why);
    const outcome =
      requests === undefined
        ? { done: await take() }
        : await requests.through({ by, role }, wish, body.request, take);
    if ("waits" in outcome) return answerOutcome(reply, outcome);
    const made = outcome.done;
    return reply
      .headers({ "docket-left-out": String(made.leftOut.length), "docket-record": String(made.index) })
      .type("application/x-ndjson")
      .send([...requestLines(made.statements)].join(""));
  });
}

function timeOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (ms !== undefined) return ms;
  throw new ProtocolError("schema_mismatch", `${name} is a date such as 2026-11-01, or an RFC 3339 time`);
}

function checkPeriod(fromMs: number, toMs: number): void {
  if (fromMs < toMs) return;
  throw new ProtocolError("schema_mismatch", "from lies before to");
}

function formatOf<Format extends string>(given = "json", known: readonly Format[]): Format {
  const found = known.find((each) => each === given);
  if (found !== undefined) return found;
  throw new ProtocolError("schema_mismatch", `format is ${known.join(" or ")}`);
}
