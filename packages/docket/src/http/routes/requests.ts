// SPDX-License-Identifier: Apache-2.0
// What takes a second person: requests, and what becomes of them. A request is made by asking for the act
// itself, which is answered 202 with the request where somebody else has to approve it.
import { checkShape, parseJson, ProtocolError } from "@docket/protocol";
import type { ErrorCode } from "@docket/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { mayDo } from "../../access/permissions.ts";
import { requestActs } from "../../approvals/contract.ts";
import type { Outcome, RequestDetail, SiteRequests } from "../../approvals/contract.ts";
import { DocketError } from "../../error.ts";
import type { Author } from "../../releases/duties.ts";
import { whyLengthMax } from "../../releases/review.ts";
import { answerInTime, callerOf, indexOf, queryParameters, sealingUnknown } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import { wholeNumber } from "../whole-number.ts";

const json = "application/json";
const tag = "requests";
/** Most requests of one answer, and how many if nothing is said. */
const requestsListedMax = 1000;
const requestsListedDefault = 50;
const unknown = sealingUnknown("it was not durable in time; look at /v1/requests before you ask again");
const params = Type.Object({ index: Type.String({ description: "Index of the request's record" }) });
const indexOrNull = Type.Union([Type.Integer(), Type.Null()]);
const textOrNull = Type.Union([Type.String(), Type.Null()]);
const why = Type.Optional(
  Type.String({ minLength: 1, maxLength: whyLengthMax, description: "Sealed with the step" }),
);

const viewFields = {
  index: Type.Integer({ description: "Index of the request's record" }),
  act: Type.Union(
    Object.entries(requestActs).map(([act, { about }]) => Type.Literal(act, { description: about })),
  ),
  of: indexOrNull,
  subject: textOrNull,
  by: Type.String(),
  role: Type.String(),
  at: Type.String(),
  state: Type.String({ description: "waiting, approved, done, refused, withdrawn or expired" }),
  approvals: Type.Array(
    Type.Object({
      index: Type.Integer(),
      by: Type.String(),
      role: Type.String(),
      at: Type.String(),
      alone: Type.Boolean({ description: "By whoever made it" }),
    }),
  ),
  from: Type.Union([Type.String(), Type.Null()], { description: "From when on it can be done, if approved" }),
  expires: textOrNull,
  ended: Type.Union([
    Type.Object({ index: Type.Integer(), by: Type.String(), at: Type.String() }),
    Type.Null(),
  ]),
};
const ViewSchema = Type.Object(viewFields);
/** A request with what exactly it asks for. */
export const RequestDetailSchema: TSchema = Type.Object({
  ...viewFields,
  what: Type.Object({}, { description: "What exactly is asked for" }),
  reach: Type.Union([Type.Object({}), Type.Null()], { description: "What it touches" }),
  why: Type.String(),
  hash: Type.String({ description: "SHA-256 of act, record, subject and `what` in canonical JSON" }),
});
const ApproveSchema = Type.Object(
  {
    hash: Type.Optional(Type.String({ description: "The hash of what was looked at; another is refused" })),
    why,
  },
  { additionalProperties: false },
);
const StepSchema = Type.Object({ why }, { additionalProperties: false });
const approveValidator = Compile(ApproveSchema);
const stepValidator = Compile(StepSchema);

const answer = { description: "The request", type: json, schema: RequestDetailSchema };
const stepErrors: readonly ErrorCode[] = [
  ...bodyErrors,
  "not_found",
  "approval_needed",
  "request_conflict",
  "usage",
  ...sealingErrors,
];

const list = describe({
  summary: "List requests for what takes a second person, the newest first",
  description: "Whoever may not approve requests sees those that they made.",
  tag,
  action: "readRequests",
  querystring: Type.Object({
    open: Type.Optional(
      Type.Boolean({ description: "Only those that wait or are approved (default false)" }),
    ),
    limit: Type.Optional(Type.Integer({ description: `Most requests, at most ${requestsListedMax}` })),
  }),
  answer: { description: "Requests", type: json, schema: Type.Object({ requests: Type.Array(ViewSchema) }) },
  errors: ["schema_mismatch", "unknown_field"],
});
const one = describe({
  summary: "What a request asks for, whom it reaches, and how it stands",
  tag,
  action: "readRequests",
  params,
  answer,
  errors: ["not_found", "overloaded"],
});
const approve = describe({
  summary: "Approve a request of another person",
  description:
    "Whoever made it then asks for the act again, naming the request, within 72 hours: what is done is " +
    "what was approved, once.",
  tag,
  action: "approveRequest",
  params,
  body: ApproveSchema,
  consumes: json,
  answer,
  errors: stepErrors,
});
const refuse = describe({
  summary: "Refuse a request",
  tag,
  action: "approveRequest",
  params,
  body: StepSchema,
  consumes: json,
  answer,
  errors: stepErrors,
});
const withdraw = describe({
  summary: "Withdraw a request of one's own, also after it was approved",
  tag,
  action: "makeRequest",
  params,
  body: StepSchema,
  consumes: json,
  answer,
  errors: stepErrors,
});

/** `/v1/requests`. */
export function addRequestRoutes(server: FastifyInstance, { requests }: { requests: SiteRequests }): void {
  server.get("/v1/requests", list, async (request) => {
    const query = queryParameters(request, ["open", "limit"]);
    const open = query.get("open") ?? "false";
    if (open !== "true" && open !== "false")
      throw new ProtocolError("schema_mismatch", "open is true or false");
    const limit = wholeNumber(query, "limit", 1, requestsListedMax) ?? requestsListedDefault;
    const caller = callerOf(request);
    const by = mayDo(caller, "approveRequest") ? undefined : caller.id;
    return { requests: requests.list({ open: open === "true", limit, by }) };
  });

  server.get("/v1/requests/:index", one, async (request) => {
    return answerInTime(shown(requests, request));
  });

  const limits = { bodyLimit: smallBodyBytesMax };
  server.post("/v1/requests/:index/approve", { ...approve, ...limits }, async (request) => {
    const body = bodyOf(request);
    checkShape(approveValidator, body, "approval");
    return answerInTime(requests.approve(authorOf(request), indexOf(request), body), unknown);
  });
  server.post("/v1/requests/:index/refuse", { ...refuse, ...limits }, async (request) => {
    const body = bodyOf(request);
    checkShape(stepValidator, body, "refusal");
    return answerInTime(requests.refuse(authorOf(request), indexOf(request), body.why), unknown);
  });
  server.post("/v1/requests/:index/withdraw", { ...withdraw, ...limits }, async (request) => {
    const body = bodyOf(request);
    checkShape(stepValidator, body, "withdrawal");
    // Another's request is not there for whoever may not see it.
    await answerInTime(shown(requests, request));
    return answerInTime(requests.withdraw(authorOf(request), indexOf(request), body.why), unknown);
  });
}

/**
 * Answers what came of an act that takes a second person: what it gave, or 202 with the request that waits.
 */
export async function answerOutcome(reply: FastifyReply, outcome: Outcome<unknown>): Promise<unknown> {
  if ("done" in outcome) return outcome.done;
  return reply.code(202).send({ request: outcome.waits });
}

/** Who acts, as the desks want it. */
export function authorOf(request: FastifyRequest): Author {
  const { id, role } = callerOf(request);
  return { by: id, role };
}

async function shown(requests: SiteRequests, request: FastifyRequest): Promise<RequestDetail> {
  const index = indexOf(request);
  const caller = callerOf(request);
  const found = await requests.show(index);
  if (found.by === caller.id || mayDo(caller, "approveRequest")) return found;
  throw new DocketError("not_found", `record ${index} is no request`);
}

function bodyOf(request: FastifyRequest): unknown {
  const bytes = (request.body as Uint8Array | undefined) ?? new Uint8Array();
  return bytes.length === 0 ? {} : parseJson(bytes);
}
