// SPDX-License-Identifier: Apache-2.0
// Verdicts on decisions, measures on subjects, links between actors.
import { checkShape, parseJson, ProtocolError } from "@docket/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type {
  ActAuthor,
  MeasureWish,
  RestrictionWish,
  SiteEnforcement,
  VerdictWish,
} from "../../enforcement/contract.ts";
import { reasons } from "../../enforcement/reasons.ts";
import { answerInTime, callerOf, indexOf, queryParameters, sealingUnknown } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import { accountIdOf } from "./actors.ts";
import {
  LinkDoneSchema,
  LinkSchema,
  MeasureDoneSchema,
  MeasurePreviewSchema,
  MeasureSchema,
  OutcomeSchema,
  ReasonsSchema,
  RestrictedSchema,
  StepSchema,
  VerdictDoneSchema,
  VerdictPreviewSchema,
  VerdictSchema,
} from "./enforcement-schemas.ts";
import type { LinkBody, MeasureBody, RestrictionBody, StepBody, VerdictBody } from "./enforcement-schemas.ts";

const json = "application/json";
const unknown = sealingUnknown(
  "the act was not durable in time; look at the actor's standing before you ask again",
);
const actErrors = [...bodyErrors, "not_found", "act_refused", "act_conflict", ...sealingErrors] as const;

const verdict = operation(
  "Say what is in force for the content of a decision",
  "With `compensate` the decision was wrong, with `confirm` it was right: strikes and restrictions follow.",
  "reverse",
  VerdictSchema,
  { description: "The verdict, once it is sealed", schema: VerdictDoneSchema },
);
const verdictPreview = operation(
  "See what a verdict would change",
  "With the events that were refused because of what it ends, and decisions that leaned on the same.",
  "reverse",
  VerdictSchema,
  { description: "What it would change; nothing is sealed", schema: VerdictPreviewSchema },
);
const measure = operation(
  "Restrict somebody or something, or end restrictions",
  "On anything but an actor itself a restriction has an end.",
  "restrict",
  MeasureSchema,
  { description: "The measure, once it is sealed", schema: MeasureDoneSchema },
);
const measurePreview = operation(
  "See whom a measure would hit",
  "Of the latest events, those that the subject covers, as far as their evidence is there.",
  "restrict",
  MeasureSchema,
  { description: "What it would touch; nothing is sealed", schema: MeasurePreviewSchema },
);
const step = operation(
  "Take a step of a ladder that waits for a person",
  "The decision by which it was reached is named, and the step if several wait.",
  "restrict",
  StepSchema,
  { description: "The measure, once it is sealed", schema: MeasureDoneSchema },
);
const link = operation(
  "Link actors that are one, or unlink them",
  "With `coverForMs`, restrictions in force on one of them come to be on all.",
  "restrict",
  LinkSchema,
  {
    description: "The link, once it is sealed, and the measures by which it is covered",
    schema: LinkDoneSchema,
  },
);
const lift = describe({
  summary: "End a restriction of an actor",
  tag: "enforcement",
  action: "restrict",
  params: Type.Object({
    id: Type.String({ description: "The app's id of the account, percent-encoded" }),
    restriction: Type.String({ description: "The restriction's id" }),
  }),
  querystring: Type.Object({
    reason: Type.String({ description: "Why, as a code" }),
    note: Type.Optional(Type.String({ description: "Sealed with the record" })),
  }),
  answer: { description: "The measure, once it is sealed", type: json, schema: MeasureDoneSchema },
  errors: ["schema_mismatch", "unknown_field", "not_found", "act_refused", "act_conflict", ...sealingErrors],
});
const outcome = describe({
  summary: "Read the outcome in force for the content of a decision",
  tag: "enforcement",
  action: "readDecision",
  params: Type.Object({ index: Type.String({ description: "The record's index in the log" }) }),
  answer: { description: "The outcome, and the last verdict", type: json, schema: OutcomeSchema },
  errors: ["not_found", "overloaded"],
});
const restricted = describe({
  summary: "List what is restricted and no actor",
  tag: "enforcement",
  action: "restrict",
  answer: {
    description: "Networks, devices, hosts, domains and texts",
    type: json,
    schema: RestrictedSchema,
  },
  errors: [],
});
const reasonList = describe({
  summary: "List the reasons that come with Docket",
  tag: "enforcement",
  action: "readDecision",
  answer: { description: "Codes, and what the affected user is told", type: json, schema: ReasonsSchema },
  errors: [],
});

/** `/v1/verdicts`, `/v1/measures`, `/v1/links`, and what is in force. */
export function addEnforcementRoutes(
  server: FastifyInstance,
  { enforcement }: { enforcement: SiteEnforcement },
): void {
  const limit = { bodyLimit: smallBodyBytesMax };
  const readVerdict = bodyReader(VerdictSchema, "verdict");
  const readMeasure = bodyReader(MeasureSchema, "measure");
  const readStep = bodyReader(StepSchema, "step");
  const readLink = bodyReader(LinkSchema, "link");

  server.post("/v1/verdicts", { ...verdict, ...limit }, async (request) =>
    answerInTime(
      enforcement.verdict(authorOf(request), verdictWish(readVerdict(request) as VerdictBody)),
      unknown,
    ),
  );
  server.post("/v1/verdicts/preview", { ...verdictPreview, ...limit }, async (request) =>
    answerInTime(enforcement.previewVerdict(verdictWish(readVerdict(request) as VerdictBody))),
  );
  server.post("/v1/measures", { ...measure, ...limit }, async (request) =>
    answerInTime(
      enforcement.measure(authorOf(request), measureWish(readMeasure(request) as MeasureBody)),
      unknown,
    ),
  );
  server.post("/v1/measures/preview", { ...measurePreview, ...limit }, async (request) =>
    answerInTime(enforcement.previewMeasure(measureWish(readMeasure(request) as MeasureBody))),
  );
  server.post("/v1/measures/steps", { ...step, ...limit }, async (request) => {
    const body = readStep(request) as StepBody;
    const wish = { ...body, reason: body.reason ?? "" };
    return answerInTime(enforcement.takeSteps(authorOf(request), wish), unknown);
  });
  server.post("/v1/links", { ...link, ...limit }, async (request) => {
    const { change = "linked", ...body } = readLink(request) as LinkBody;
    const wish = { ...body, of: body.of ?? [], reason: body.reason ?? "" };
    const author = authorOf(request);
    const done = change === "linked" ? enforcement.link(author, wish) : enforcement.unlink(author, wish);
    return answerInTime(done, unknown);
  });
  server.delete("/v1/actors/:id/restrictions/:restriction", lift, async (request) => {
    const { restriction } = request.params as { restriction: string };
    const query = queryParameters(request, ["reason", "note"]);
    if (!/^r_[A-Za-z0-9_-]{16}$/.test(restriction)) {
      throw new ProtocolError("schema_mismatch", "a restriction's id is r_ and 16 characters");
    }
    const wish: MeasureWish = {
      subject: { kind: "actor", id: accountIdOf(request) },
      ends: [restriction],
      reason: query.get("reason") ?? "",
      note: query.get("note"),
    };
    return answerInTime(enforcement.measure(authorOf(request), wish), unknown);
  });
  server.get("/v1/decisions/:index/outcome", outcome, async (request) =>
    answerInTime(enforcement.outcomeOf(indexOf(request))),
  );
  server.get("/v1/restricted", restricted, async () => ({ restricted: enforcement.restricted() }));
  server.get("/v1/reasons", reasonList, async () => ({ reasons }));
}

function operation(
  summary: string,
  description: string,
  action: "reverse" | "restrict",
  body: TSchema,
  answer: { description: string; schema: TSchema },
): ReturnType<typeof describe> {
  return describe({
    summary,
    description,
    tag: "enforcement",
    action,
    body,
    consumes: json,
    answer: { ...answer, type: json },
    errors: [...actErrors],
  });
}

function bodyReader(schema: TSchema, what: string): (request: FastifyRequest) => unknown {
  const validator = Compile(schema);
  return (request) => {
    const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
    checkShape(validator, body, what);
    return body;
  };
}

function authorOf(request: FastifyRequest): ActAuthor {
  const { id, role } = callerOf(request);
  return { by: id, role };
}

// A missing reason is refused by enforcement, which says which reasons there are.
function verdictWish(body: VerdictBody): VerdictWish {
  return { ...body, cause: "manual", reason: body.reason ?? "" };
}

function measureWish(body: MeasureBody): MeasureWish {
  const { restrictions, ...rest } = body;
  return {
    ...rest,
    reason: body.reason ?? "",
    restrictions: restrictions?.map((each) => restrictionWish(each)),
  };
}

function restrictionWish({ kind, ...wish }: RestrictionBody): RestrictionWish {
  const needed = { throttle: ["rate"], limit: ["ability"], warn: [], suspend: [], ban: [] }[kind];
  const allowed =
    kind === "ban" ? [] : ["until", "forMs", ...(kind === "throttle" ? ["rate", "burst"] : needed)];
  for (const name of needed) {
    if (!Object.hasOwn(wish, name)) {
      throw new ProtocolError("schema_mismatch", `a restriction of kind ${kind} needs ${name}`);
    }
  }
  for (const name of Object.keys(wish)) {
    if (!allowed.includes(name)) {
      throw new ProtocolError("schema_mismatch", `a restriction of kind ${kind} has no ${name}`);
    }
  }
  return { kind, ...wish } as RestrictionWish;
}
