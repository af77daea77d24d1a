// SPDX-License-Identifier: Apache-2.0
// Erasures, and legal holds that block them.
import { checkShape, codePattern, parseJson, ProtocolError } from "@docket/protocol";
import type { ErrorCode } from "@docket/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { askedByLengthMax } from "../../erasure/erasure-desk.ts";
import type { AboutWish, ErasureView, SiteErasures, SiteHolds } from "../../erasure/contract.ts";
import { holdWhyLengthMax } from "../../erasure/hold-desk.ts";
import { answerInTime, indexOf, queryParameters, sealingUnknown } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import { wholeNumber } from "../whole-number.ts";
import { answerOutcome, authorOf } from "./requests.ts";

const json = "application/json";
const tag = "erasure";
/** Most erasures of one answer, and how many if nothing is said. */
const erasuresListedMax = 1000;
const erasuresListedDefault = 50;
/** An answer waits so long for an erasure to be carried out, in ms; then it says that it is ordered. */
const doneWithinMs = 1000;
const unknown = sealingUnknown("it was not durable in time; look at /v1/erasures before you ask again");
const params = Type.Object({ index: Type.String({ description: "Index of the record" }) });
const textOrNull = Type.Union([Type.String(), Type.Null()]);
const indexOrNull = Type.Union([Type.Integer(), Type.Null()]);
const account = Type.Optional(
  Type.String({ minLength: 1, maxLength: 256, description: "The app's id of the account; or `actor`" }),
);
const actor = Type.Optional(Type.String({ maxLength: 32, description: "A pseudonym of the log, a_…" }));
const ground = Type.String({ pattern: codePattern, description: "Why, as a code; the record shows it" });
const request = Type.Optional(Type.Integer({ minimum: 0, description: "The approved request" }));
const why = Type.String({ minLength: 1, maxLength: holdWhyLengthMax, description: "Sealed with the record" });

const AboutSchema = Type.Object({ account, actor }, { additionalProperties: false });
const ErasureSchema = Type.Object(
  {
    account,
    actor,
    ground,
    askedBy: Type.String({
      minLength: 1,
      maxLength: askedByLengthMax,
      description:
        "Who asked and how: the number of a ticket or letter. It is kept, so it must not name the account",
    }),
    despiteDispute: Type.Optional(Type.Boolean({ description: "Also where a dispute of theirs is open" })),
    request,
  },
  { additionalProperties: false },
);
const HoldSchema = Type.Object({ account, actor, ground, why }, { additionalProperties: false });
const LiftSchema = Type.Object({ ground, why, request }, { additionalProperties: false });
const aboutValidator = Compile(AboutSchema);
const erasureValidator = Compile(ErasureSchema);
const holdValidator = Compile(HoldSchema);
const liftValidator = Compile(LiftSchema);

const ErasureViewSchema = Type.Object({
  erasure: Type.Integer({ description: "The record that orders it" }),
  actor: Type.String(),
  state: Type.String({ description: "ordered, until it is carried out; done" }),
  ground: Type.String(),
  by: Type.String(),
  role: Type.String(),
  ordered: Type.String(),
  done: Type.Union([Type.Object({ index: Type.Integer(), at: Type.String() }), Type.Null()]),
  suppressed: Type.Integer({ description: "Restrictions that live on under a keyed hash of the account" }),
  request: indexOrNull,
  approved: indexOrNull,
});
const PreviewSchema = Type.Object({
  actor: Type.String(),
  decisions: Type.Integer(),
  lastDecided: textOrNull,
  openDisputes: Type.Array(Type.Integer()),
  disputableUntil: textOrNull,
  holds: Type.Array(Type.Integer()),
  suppressed: Type.Array(Type.Object({ kind: Type.String(), ground: Type.String() })),
  lists: Type.Array(Type.String()),
  blocked: Type.Boolean({ description: "By a legal hold, or by an open dispute" }),
  goes: Type.Array(Type.String()),
  stays: Type.Array(Type.String()),
});
const HoldViewSchema = Type.Object({
  hold: Type.Integer({ description: "The record that places it" }),
  actor: Type.Union([Type.String(), Type.Null()], { description: "null: everybody" }),
  ground: Type.String(),
  by: Type.String(),
  role: Type.String(),
  placed: Type.String(),
  lifted: Type.Union([
    Type.Object({ index: Type.Integer(), at: Type.String(), by: Type.String() }),
    Type.Null(),
  ]),
});

const secondPerson: readonly ErrorCode[] = ["approval_needed", "request_conflict", "usage", ...sealingErrors];
const preview = describe({
  summary: "What an erasure would take, and what would stay",
  tag,
  action: "erase",
  body: AboutSchema,
  consumes: json,
  answer: { description: "What is there", type: json, schema: PreviewSchema },
  errors: [...bodyErrors, "not_found", "overloaded"],
});
const erase = describe({
  summary: "Erase an actor",
  description:
    "Destroys what is known of an account, for good, and leaves every proof valid. It takes a second " +
    "person: then the answer is 202 with the request. Answered once it is ordered; `done` if it was quick.",
  tag,
  action: "erase",
  body: ErasureSchema,
  consumes: json,
  answer: { description: "The erasure", type: json, schema: ErasureViewSchema },
  errors: [...bodyErrors, "not_found", "erasure_conflict", "legal_hold", ...secondPerson],
});
const list = describe({
  summary: "List erasures, the newest first",
  tag,
  action: "readErasures",
  querystring: Type.Object({ limit: Type.Optional(Type.Integer()) }),
  answer: {
    description: "Erasures",
    type: json,
    schema: Type.Object({ erasures: Type.Array(ErasureViewSchema) }),
  },
  errors: ["schema_mismatch", "unknown_field"],
});
const one = describe({
  summary: "How an erasure stands",
  tag,
  action: "readErasures",
  params,
  answer: { description: "The erasure", type: json, schema: ErasureViewSchema },
  errors: ["not_found"],
});
const holdsOf = describe({
  summary: "List legal holds",
  tag,
  action: "readErasures",
  querystring: Type.Object({
    all: Type.Optional(Type.Boolean({ description: "Those that were lifted, too" })),
  }),
  answer: { description: "Holds", type: json, schema: Type.Object({ holds: Type.Array(HoldViewSchema) }) },
  errors: ["schema_mismatch", "unknown_field"],
});
const place = describe({
  summary: "Place a legal hold: nothing of an actor, or of everybody, is erased or dropped",
  description: "With neither `account` nor `actor` it is on everybody. It acts at once.",
  tag,
  action: "holdEvidence",
  body: HoldSchema,
  consumes: json,
  answer: { description: "The hold", type: json, schema: HoldViewSchema },
  errors: [...bodyErrors, "not_found", "erasure_conflict", "usage", ...sealingErrors],
});
const lift = describe({
  summary: "Lift a legal hold",
  description: "It takes a second person: then the answer is 202 with the request.",
  tag,
  action: "holdEvidence",
  params,
  body: LiftSchema,
  consumes: json,
  answer: { description: "The hold", type: json, schema: HoldViewSchema },
  errors: [...bodyErrors, "not_found", "erasure_conflict", ...secondPerson],
});

/** `/v1/erasures` and `/v1/holds`. */
export function addErasureRoutes(
  server: FastifyInstance,
  {
    erasures,
    holds,
    wait,
  }: { erasures: SiteErasures; holds: SiteHolds; wait: (ms: number) => Promise<void> },
): void {
  const limits = { bodyLimit: smallBodyBytesMax };
  server.get("/v1/erasures", list, async (asked) => {
    const query = queryParameters(asked, ["limit"]);
    return {
      erasures: erasures.list(wholeNumber(query, "limit", 1, erasuresListedMax) ?? erasuresListedDefault),
    };
  });
  server.get("/v1/erasures/:index", one, async (asked) => erasures.show(indexOf(asked)));
  server.post("/v1/erasures/preview", { ...preview, ...limits }, async (asked) => {
    const body = bodyOf(asked);
    checkShape(aboutValidator, body, "erasure");
    const found = await answerInTime(erasures.preview(aboutOf(body)));
    asked.reading = { subject: found.actor };
    return found;
  });
  server.post("/v1/erasures", { ...erase, ...limits }, async (asked, reply) => {
    const body = bodyOf(asked);
    checkShape(erasureValidator, body, "erasure");
    const { ground: code, askedBy, despiteDispute, request: of } = body;
    const wish = { about: aboutOf(body), ground: code, askedBy, despiteDispute };
    const outcome = await answerInTime(erasures.erase(authorOf(asked), wish, of), unknown);
    if (!("done" in outcome)) return answerOutcome(reply, outcome);
    await Promise.race([erasures.settled(), wait(doneWithinMs)]);
    const view: ErasureView = erasures.show(outcome.done.erasure);
    return view;
  });
  server.get("/v1/holds", holdsOf, async (asked) => {
    const all = queryParameters(asked, ["all"]).get("all") ?? "false";
    if (all !== "true" && all !== "false") throw new ProtocolError("schema_mismatch", "all is true or false");
    return { holds: holds.list(all === "true") };
  });
  server.post("/v1/holds", { ...place, ...limits }, async (asked) => {
    const body = bodyOf(asked);
    checkShape(holdValidator, body, "hold");
    const { ground: code, why: reason } = body;
    const about = body.account === undefined && body.actor === undefined ? {} : { about: aboutOf(body) };
    return answerInTime(holds.place(authorOf(asked), { ...about, ground: code, why: reason }), unknown);
  });
  server.post("/v1/holds/:index/lift", { ...lift, ...limits }, async (asked, reply) => {
    const body = bodyOf(asked);
    checkShape(liftValidator, body, "lift");
    const { ground: code, why: reason, request: of } = body;
    const lifting = holds.lift(authorOf(asked), indexOf(asked), { ground: code, why: reason }, of);
    return answerOutcome(reply, await answerInTime(lifting, unknown));
  });
}

/** @throws {ProtocolError} `schema_mismatch` unless it is exactly one of the two */
function aboutOf(body: { account?: string | undefined; actor?: string | undefined }): AboutWish {
  if (body.account !== undefined && body.actor === undefined) return { account: body.account };
  if (body.actor !== undefined && body.account === undefined) return { actor: body.actor };
  throw new ProtocolError("schema_mismatch", "name either an account or an actor", { pointer: "" });
}

function bodyOf(asked: FastifyRequest): unknown {
  return parseJson((asked.body as Uint8Array | undefined) ?? new Uint8Array());
}
