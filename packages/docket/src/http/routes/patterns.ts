// SPDX-License-Identifier: Apache-2.0
// Patterns of abuse: an actor's timeline, findings across actors, and case files.
import { checkShape, parseJson, parseTime, ProtocolError } from "@docket/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { DocketError } from "../../error.ts";
import { caseReasonLengthMax, caseRecordsMax } from "../../patterns/case-file.ts";
import { findingKinds, timelineEntriesDefault, timelineEntriesMax } from "../../patterns/contract.ts";
import { timelineKinds } from "../../patterns/timeline.ts";
import type { FindingKind } from "../../patterns/contract.ts";
import type { SitePatterns } from "../../patterns/patterns-desk.ts";
import { answerInTime, callerOf, queryParameters, requireAction, sealingUnknown } from "../context.ts";
import { accountIdLengthMax, smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import { wholeNumber } from "../whole-number.ts";

const json = "application/json";
const tag = "patterns";
const unknown = sealingUnknown("that the case file was made was not durable in time; ask again for another");
/** Findings read much of the views: they are waited for this long, in ms. */
const findingsWithinMs = 30_000;
const dayMs = 86_400_000;
/** How many days are searched if nothing is said, before the last decision. */
const searchedDays = 7;

const index = Type.Integer({ minimum: 0, description: "Index of a record" });
const EntrySchema = Type.Object({
  index,
  at: Type.String({ description: "When it was sealed, RFC 3339; a decision: when it was decided" }),
  kind: Type.String({ description: "Kind of the record" }),
  says: Type.String({ description: "One sentence, in English" }),
  of: Type.Optional(index),
  by: Type.Optional(Type.String()),
  outcome: Type.Optional(Type.String()),
  rules: Type.Optional(Type.Array(Type.String())),
  campaign: Type.Optional(Type.String()),
});
const FindingSchema = Type.Object({
  kind: Type.String({ description: `One of ${findingKinds.join(", ")}` }),
  subject: Type.String({ description: "An actor, a campaign, a rule, …" }),
  says: Type.String({ description: "One sentence, in English" }),
  from: Type.String(),
  to: Type.String(),
  figures: Type.Object({}, { additionalProperties: true }),
  records: Type.Array(Type.Integer(), { description: "Records that show it, the first 100" }),
  recordCount: Type.Integer(),
});
const CaseSchema = Type.Object(
  {
    actor: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: accountIdLengthMax,
        description: "An account's id, or a pseudonym",
      }),
    ),
    records: Type.Optional(
      Type.Array(index, { minItems: 1, maxItems: caseRecordsMax, description: "Instead: these records" }),
    ),
    reason: Type.String({
      minLength: 1,
      maxLength: caseReasonLengthMax,
      description: "Why; it is sealed, and stands in the file",
    }),
    withEvidence: Type.Optional(
      Type.Boolean({ description: "Include texts; each is sealed as an opening (role as for openings)" }),
    ),
  },
  { additionalProperties: false },
);
const validator = Compile(CaseSchema);

const timeline = describe({
  summary: "Read an actor's timeline",
  description: "What was decided of what they did, and everything that came after it, the newest first.",
  tag,
  action: "readPatterns",
  params: Type.Object({
    id: Type.String({ description: "The app's id of the account, percent-encoded, or its pseudonym" }),
  }),
  querystring: Type.Object({
    before: Type.Optional(Type.Integer({ description: "Only records before this one" })),
    limit: Type.Optional(
      Type.Integer({ description: `At most ${timelineEntriesMax} (default ${timelineEntriesDefault})` }),
    ),
    kind: Type.Optional(
      Type.String({ description: "Kinds of records, with commas between them (default: all)" }),
    ),
  }),
  answer: {
    description:
      "Standing, figures of all decisions, and a page; next is what to give as before, null at the end",
    type: json,
    schema: Type.Object({
      actor: Type.String(),
      standing: Type.Object({}, { additionalProperties: true }),
      figures: Type.Object({}, { additionalProperties: true }),
      entries: Type.Array(EntrySchema),
      next: Type.Union([Type.Integer(), Type.Null()]),
    }),
  },
  errors: ["schema_mismatch", "unknown_field", "not_found", "overloaded"],
});
const findings = describe({
  summary: "Find patterns across actors",
  description: "docs/operations/patterns.md says how each kind is found, and how often it is wrong.",
  tag,
  action: "readPatterns",
  querystring: Type.Object({
    kind: Type.Optional(Type.String({ description: "Kinds, with commas between them (default: all)" })),
    from: Type.Optional(Type.String({ description: "RFC 3339 (default: 7 days before to)" })),
    to: Type.Optional(Type.String({ description: "RFC 3339 (default: after the last decision)" })),
  }),
  answer: {
    description: "Findings, and what could not be judged",
    type: json,
    schema: Type.Object({
      from: Type.String(),
      to: Type.String(),
      findings: Type.Array(FindingSchema),
      limits: Type.Array(Type.String()),
    }),
  },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});
const makeCase = describe({
  summary: "Make a case file",
  description:
    "Records that belong together, in plain words and with their receipts, as JSON on one line and as a " +
    "page. `docket verify` checks either offline. That it was made is sealed.",
  tag,
  action: "exportCase",
  body: CaseSchema,
  consumes: json,
  answer: {
    description: "The case file, once its making is sealed",
    type: json,
    schema: Type.Object({
      index: Type.Integer({ description: "The record that says that it was made" }),
      records: Type.Integer({ description: "How many records it has" }),
      json: Type.String(),
      html: Type.String(),
    }),
  },
  errors: [...bodyErrors, "usage", "not_found", ...sealingErrors],
});

/** `/v1/actors/{id}/timeline`, `/v1/findings` and `/v1/cases`. */
export function addPatternRoutes(server: FastifyInstance, { patterns }: { patterns: SitePatterns }): void {
  server.get("/v1/actors/:id/timeline", timeline, async (request) => {
    const { id } = request.params as { id: string };
    const query = queryParameters(request, ["before", "limit", "kind"]);
    const before = wholeNumber(query, "before", 0, Number.MAX_SAFE_INTEGER);
    const limit = wholeNumber(query, "limit", 1, timelineEntriesMax) ?? timelineEntriesDefault;
    const kinds = entryKindsOf(query.get("kind"));
    const found = await answerInTime(patterns.timeline(id, { before, limit, kinds }));
    request.reading = { subject: found.actor };
    return found;
  });

  server.get("/v1/findings", findings, async (request) => {
    const query = queryParameters(request, ["kind", "from", "to"]);
    const kinds = kindsOf(query.get("kind"));
    const toMs = timeOf(query, "to") ?? (await answerInTime(patterns.latestMs())) + 1;
    const fromMs = timeOf(query, "from") ?? toMs - searchedDays * dayMs;
    return inLongTime(patterns.findings({ kinds, fromMs, toMs }));
  });

  server.post("/v1/cases", { ...makeCase, bodyLimit: smallBodyBytesMax }, async (request: FastifyRequest) => {
    const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
    checkShape(validator, body, "case");
    const caller = callerOf(request);
    if (body.withEvidence === true) requireAction(caller, "openReceipt");
    return answerInTime(patterns.caseFile({ by: caller.id, role: caller.role }, body), unknown);
  });
}

function kindsOf(text: string | undefined): FindingKind[] {
  if (text === undefined) return [...findingKinds];
  const kinds = text.split(",");
  const wrong = kinds.find((kind) => !(findingKinds as readonly string[]).includes(kind));
  if (wrong === undefined) return kinds as FindingKind[];
  const message = `kind is one of ${findingKinds.join(", ")}, and not ${JSON.stringify(wrong)}`;
  throw new ProtocolError("schema_mismatch", message);
}

function entryKindsOf(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const known: readonly string[] = ["decision", ...timelineKinds];
  const kinds = text.split(",");
  const wrong = kinds.find((kind) => !known.includes(kind));
  if (wrong === undefined) return kinds;
  const message = `kind is one of ${known.join(", ")}, and not ${JSON.stringify(wrong)}`;
  throw new ProtocolError("schema_mismatch", message);
}

function timeOf(query: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = query.get(name);
  if (text === undefined) return undefined;
  const time = parseTime(text);
  if (time !== undefined) return time;
  const message = `${name} is ${JSON.stringify(text)}; give an RFC 3339 time, with "+" as %2B`;
  throw new ProtocolError("schema_mismatch", message);
}

async function inLongTime<Value>(work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    const message = "the findings take longer than an answer may; ask for fewer kinds or a shorter time";
    timer = setTimeout(() => reject(new DocketError("overloaded", message)), findingsWithinMs);
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
  }
}
