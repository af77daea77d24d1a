// SPDX-License-Identifier: Apache-2.0
// Disputes: for the affected user, who holds a token and needs no account; for the app on their behalf; and
// for reviewers, who decide them.
import { checkShape, encodeReceipt, parseJson, parseTime, ProtocolError } from "@docket/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { mayDo } from "../../access/permissions.ts";
import { disputesListedDefault, disputesListedMax } from "../../disputes/case-view.ts";
import type { DisputeFilter, OnBehalf, RulingWish, SiteDisputes } from "../../disputes/contract.ts";
import { DocketError } from "../../error.ts";
import type { Site } from "../../intake/contract.ts";
import { bearer } from "../authenticate.ts";
import { answerInTime, callerOf, indexOf, queryParameters, sealingUnknown } from "../context.ts";
import {
  disputeBodyBytesMax,
  disputeFailuresRate,
  disputeReadsRate,
  disputeWritesRate,
  smallBodyBytesMax,
} from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import { wholeNumber } from "../whole-number.ts";
import { RequestBrake } from "../../access/request-brake.ts";
import { accountIdOf } from "./actors.ts";
import {
  AbuseSchema,
  CaseSchema,
  ComplainantSchema,
  disputeBodies,
  EffectSchema,
  EmptySchema,
  OfAccountSchema,
  OpenedSchema,
  PageSchema,
  RulingSchema,
  SealedSchema,
  StatisticsSchema,
  TextForAccountSchema,
  TextSchema,
} from "./dispute-schemas.ts";

const json = "application/json";
const tag = "disputes";
const filters: readonly DisputeFilter[] = ["open", "overdue", "ended", "all"];
const languages = ["en", "de"] as const;
const dayMs = 86_400_000;
/** Statistics go back so many days if nothing is said. */
const statisticsDays = 90;

const unknown = sealingUnknown(
  "what you sent was not durable in time; look at the dispute before you send it again",
);

const tokenErrors = ["dispute_token_invalid", "too_many_requests", "not_found", "overloaded"] as const;
const withToken =
  "Wants the dispute token of the notice as `Authorization: Bearer dt1.…`; the holder needs no account.";
const account = Type.Object({
  id: Type.String({ description: "The app's id of the account, percent-encoded" }),
});
const accountAndIndex = Type.Object({
  id: Type.String({ description: "The app's id of the account, percent-encoded" }),
  index: Type.String({ description: "The dispute's index" }),
});
const params = Type.Object({ index: Type.String({ description: "The dispute's index" }) });
const language = Type.Optional(Type.Union(languages.map((each) => Type.Literal(each))));
const openErrors = [
  ...bodyErrors,
  "not_found",
  "not_disputable",
  "dispute_expired",
  "dispute_exists",
  "dispute_closed",
  "dispute_limited",
  ...sealingErrors,
] as const;
const messageErrors = [
  ...bodyErrors,
  "not_found",
  "not_disputable",
  "dispute_closed",
  "dispute_limited",
  ...sealingErrors,
] as const;

const opened = { description: "The dispute, once it is sealed", type: json, schema: OpenedSchema };
const shown = {
  description: "The dispute, or that there is none yet",
  type: json,
  schema: ComplainantSchema,
};
const sealed = { description: "The record, once it is sealed", type: json, schema: SealedSchema };

const operations = {
  openByToken: describe({
    summary: "Object to a decision",
    description: `${withToken} Once for each decision, in the period that the notice names.`,
    tag,
    action: "public",
    body: TextSchema,
    consumes: json,
    answer: opened,
    errors: ["dispute_token_invalid", "too_many_requests", ...openErrors],
  }),
  viewByToken: describe({
    summary: "Read what was decided, the dispute and its ruling",
    description: withToken,
    tag,
    action: "public",
    querystring: Type.Object({ lang: language }),
    answer: shown,
    errors: [...tokenErrors, "schema_mismatch", "unknown_field"],
  }),
  receiptByToken: describe({
    summary: "Fetch the receipt of what is objected to",
    description: `${withToken} It is without an opening: what was sealed with the record isn't shown in it.`,
    tag,
    action: "public",
    answer: { description: "The receipt, canonical JSON", type: json, schema: { $ref: "Receipt#" } },
    errors: tokenErrors,
  }),
  messageByToken: describe({
    summary: "Add to a dispute",
    description: withToken,
    tag,
    action: "public",
    body: TextSchema,
    consumes: json,
    answer: sealed,
    errors: ["dispute_token_invalid", "too_many_requests", ...messageErrors],
  }),
  withdrawByToken: describe({
    summary: "Withdraw a dispute",
    description: withToken,
    tag,
    action: "public",
    body: EmptySchema,
    consumes: json,
    answer: sealed,
    errors: ["dispute_token_invalid", "too_many_requests", ...messageErrors],
  }),
  openForAccount: describe({
    summary: "Object to a decision on behalf of an account",
    description: "The app vouches that the account's holder asked for it.",
    tag,
    action: "dispute",
    params: account,
    body: TextForAccountSchema,
    consumes: json,
    answer: opened,
    errors: openErrors,
  }),
  listForAccount: describe({
    summary: "List the disputes of an account",
    tag,
    action: "dispute",
    params: account,
    answer: { description: "The disputes, the oldest first", type: json, schema: OfAccountSchema },
    errors: ["schema_mismatch", "overloaded"],
  }),
  viewForAccount: describe({
    summary: "Read a dispute of an account",
    tag,
    action: "dispute",
    params: accountAndIndex,
    querystring: Type.Object({ lang: language }),
    answer: shown,
    errors: ["schema_mismatch", "unknown_field", "not_found", "not_disputable", "overloaded"],
  }),
  messageForAccount: describe({
    summary: "Add to a dispute on behalf of an account",
    tag,
    action: "dispute",
    params: accountAndIndex,
    body: TextSchema,
    consumes: json,
    answer: sealed,
    errors: messageErrors,
  }),
  withdrawForAccount: describe({
    summary: "Withdraw a dispute on behalf of an account",
    tag,
    action: "dispute",
    params: accountAndIndex,
    body: EmptySchema,
    consumes: json,
    answer: sealed,
    errors: messageErrors,
  }),
  list: describe({
    summary: "List disputes",
    tag,
    action: "readCases",
    querystring: Type.Object({
      state: Type.Optional(Type.Union(filters.map((each) => Type.Literal(each)))),
      after: Type.Optional(Type.Integer({ description: "Go on from here: `next` of the page before" })),
      limit: Type.Optional(Type.Integer({ description: `At most ${disputesListedMax}` })),
    }),
    answer: { description: "Disputes, the oldest first", type: json, schema: PageSchema },
    errors: ["schema_mismatch", "unknown_field"],
  }),
  look: describe({
    summary: "Read everything that is recorded of a dispute",
    description:
      "What was decided, in plain words and under the release that decided; the facts; the content, where " +
      "it is there and the role may open evidence (that it was read is sealed; `content=false` leaves it " +
      "out); " +
      "all that came of it; the standing then and now; who may not decide it.",
    tag,
    action: "readCases",
    params,
    querystring: Type.Object({
      lang: language,
      content: Type.Optional(Type.Union([Type.Literal("true"), Type.Literal("false")])),
    }),
    answer: { description: "The case", type: json, schema: CaseSchema },
    errors: ["schema_mismatch", "unknown_field", "not_found", ...sealingErrors],
  }),
  message: describe({
    summary: "Write to the complainant",
    tag,
    action: "rule",
    params,
    body: TextSchema,
    consumes: json,
    answer: sealed,
    errors: messageErrors,
  }),
  preview: describe({
    summary: "Preview a ruling",
    description: "What would change, what followed, and which decisions are like it. Nothing is sealed.",
    tag,
    action: "rule",
    params,
    body: RulingSchema,
    consumes: json,
    answer: { description: "What would change", type: json, schema: EffectSchema },
    errors: [...bodyErrors, "not_found", "not_disputable", "dispute_closed", "another_person", "overloaded"],
  }),
  rule: describe({
    summary: "Decide a dispute",
    description:
      "By somebody who had no part in what is disputed. Overturning undoes all that followed, in records " +
      "that stand right behind the ruling.",
    tag,
    action: "rule",
    params,
    body: RulingSchema,
    consumes: json,
    answer: { description: "The ruling, and what it changed", type: json, schema: EffectSchema },
    errors: [...messageErrors, "another_person", "act_refused", "act_conflict"],
  }),
  abuse: describe({
    summary: "Warn or limit whoever abuses disputes",
    description: "A limit keeps an account from opening disputes for a time. It takes an earlier warning.",
    tag,
    action: "rule",
    params,
    body: AbuseSchema,
    consumes: json,
    answer: { description: "The measure", type: json, schema: SealedSchema },
    errors: [...bodyErrors, "not_found", "warning_needed", "act_refused", ...sealingErrors],
  }),
  revoke: describe({
    summary: "Revoke the dispute tokens of a record",
    description: "Tokens that are given out later count again.",
    tag,
    action: "rule",
    params: Type.Object({ index: Type.String({ description: "The record's index in the log" }) }),
    body: EmptySchema,
    consumes: json,
    answer: sealed,
    errors: [...bodyErrors, "not_found", "not_disputable", ...sealingErrors],
  }),
  statistics: describe({
    summary: "How disputes of a period went",
    tag,
    action: "readCases",
    querystring: Type.Object({
      from: Type.Optional(Type.String({ description: `RFC 3339 (default: ${statisticsDays} days ago)` })),
      to: Type.Optional(Type.String({ description: "RFC 3339 (default: now)" })),
    }),
    answer: { description: "The figures", type: json, schema: StatisticsSchema },
    errors: ["schema_mismatch", "unknown_field", "overloaded"],
  }),
};

/** What the routes of disputes lean on. */
export type DisputeRoutesOf = {
  disputes: SiteDisputes;
  site: Pick<Site, "receipt">;
  clock: () => number;
};

/** `/v1/disputes`, `/v1/actors/{id}/disputes`. */
export function addDisputeRoutes(server: FastifyInstance, of: DisputeRoutesOf): void {
  addTokenRoutes(server, of);
  addAccountRoutes(server, of);
  addReadingRoutes(server, of);
  addRulingRoutes(server, of);
}

function addTokenRoutes(server: FastifyInstance, { disputes, site, clock }: DisputeRoutesOf): void {
  const reads = new RequestBrake(disputeReadsRate, clock);
  const writes = new RequestBrake(disputeWritesRate, clock);
  const failures = new RequestBrake(disputeFailuresRate, clock);
  const admit = (request: FastifyRequest, brake: RequestBrake): string => {
    const token = tokenOf(request, disputes, failures);
    const waitSeconds = brake.take(token);
    if (waitSeconds !== undefined) throw tooMany(waitSeconds);
    return token;
  };
  const limits = { bodyLimit: disputeBodyBytesMax };
  server.get("/v1/disputes/by-token", operations.viewByToken, async (request) => {
    const token = admit(request, reads);
    return answerInTime(disputes.viewByToken(token, languageOf(queryParameters(request, ["lang"]))));
  });
  server.get("/v1/disputes/by-token/receipt", operations.receiptByToken, async (request, reply) => {
    const token = admit(request, reads);
    const { of } = await answerInTime(disputes.viewByToken(token, "en"));
    return reply.type(json).send(encodeReceipt(await answerInTime(site.receipt(of))));
  });
  server.post("/v1/disputes", { ...operations.openByToken, ...limits }, async (request) => {
    const token = admit(request, writes);
    const body: unknown = bodyOf(request);
    checkShape(disputeBodies.text, body, "dispute");
    return answerInTime(disputes.openByToken(token, body), unknown);
  });
  server.post(
    "/v1/disputes/by-token/messages",
    { ...operations.messageByToken, ...limits },
    async (request) => {
      const token = admit(request, writes);
      const body: unknown = bodyOf(request);
      checkShape(disputeBodies.text, body, "message");
      return answerInTime(disputes.messageByToken(token, body), unknown);
    },
  );
  const small = { bodyLimit: smallBodyBytesMax };
  server.post(
    "/v1/disputes/by-token/withdraw",
    { ...operations.withdrawByToken, ...small },
    async (request) => {
      const token = admit(request, writes);
      checkShape(disputeBodies.empty, bodyOf(request), "request");
      return answerInTime(disputes.withdrawByToken(token), unknown);
    },
  );
}

function addAccountRoutes(server: FastifyInstance, { disputes }: DisputeRoutesOf): void {
  const limits = { bodyLimit: disputeBodyBytesMax };
  const path = "/v1/actors/:id/disputes";
  server.post(path, { ...operations.openForAccount, ...limits }, async (request) => {
    const body: unknown = bodyOf(request);
    checkShape(disputeBodies.textForAccount, body, "dispute");
    const { index, ...text } = body;
    return answerInTime(disputes.openForAccount(behalfOf(request), index, text), unknown);
  });
  server.get(path, operations.listForAccount, async (request) => {
    return { disputes: await answerInTime(disputes.listForAccount(accountIdOf(request))) };
  });
  server.get(`${path}/:index`, operations.viewForAccount, async (request) => {
    const asked = languageOf(queryParameters(request, ["lang"]));
    return answerInTime(disputes.viewForAccount(accountIdOf(request), indexOf(request), asked));
  });
  server.post(`${path}/:index/messages`, { ...operations.messageForAccount, ...limits }, async (request) => {
    const body: unknown = bodyOf(request);
    checkShape(disputeBodies.text, body, "message");
    return answerInTime(disputes.messageForAccount(behalfOf(request), indexOf(request), body), unknown);
  });
  const small = { bodyLimit: smallBodyBytesMax };
  server.post(`${path}/:index/withdraw`, { ...operations.withdrawForAccount, ...small }, async (request) => {
    checkShape(disputeBodies.empty, bodyOf(request), "request");
    return answerInTime(disputes.withdrawForAccount(behalfOf(request), indexOf(request)), unknown);
  });
}

function addReadingRoutes(server: FastifyInstance, { disputes, clock }: DisputeRoutesOf): void {
  server.get("/v1/disputes", operations.list, async (request) => {
    const query = queryParameters(request, ["state", "after", "limit"]);
    const filter = oneOf(filters, query.get("state") ?? "open", "state");
    const after = wholeNumber(query, "after", 0, Number.MAX_SAFE_INTEGER) ?? 0;
    const limit = wholeNumber(query, "limit", 1, disputesListedMax) ?? disputesListedDefault;
    return disputes.list(filter, after, limit);
  });
  server.get("/v1/disputes/statistics", operations.statistics, async (request) => {
    const query = queryParameters(request, ["from", "to"]);
    const toMs = timeIn(query, "to") ?? clock();
    const fromMs = timeIn(query, "from") ?? toMs - statisticsDays * dayMs;
    return answerInTime(disputes.statistics(Math.max(0, fromMs), toMs));
  });
  server.get("/v1/disputes/:index", operations.look, async (request) => {
    const query = queryParameters(request, ["lang", "content"]);
    const wished = oneOf(["true", "false"], query.get("content") ?? "true", "content") === "true";
    const caller = callerOf(request);
    const { id, role } = caller;
    const reader = wished && mayDo(caller, "openReceipt") ? { by: id, role } : undefined;
    return answerInTime(disputes.look(indexOf(request), reader, languageOf(query)));
  });
}

function addRulingRoutes(server: FastifyInstance, { disputes }: DisputeRoutesOf): void {
  const small = { bodyLimit: smallBodyBytesMax };
  const limits = { bodyLimit: disputeBodyBytesMax };
  const authorOf = (request: FastifyRequest): { by: string; role: string } => {
    const { id: by, role } = callerOf(request);
    return { by, role };
  };
  server.post("/v1/disputes/:index/messages", { ...operations.message, ...limits }, async (request) => {
    const body: unknown = bodyOf(request);
    checkShape(disputeBodies.text, body, "message");
    return answerInTime(disputes.messageFromSite(authorOf(request), indexOf(request), body), unknown);
  });
  server.post("/v1/disputes/:index/preview", { ...operations.preview, ...limits }, async (request) => {
    const wish = rulingOf(request);
    return answerInTime(disputes.previewRuling(authorOf(request), indexOf(request), wish));
  });
  server.post("/v1/disputes/:index/ruling", { ...operations.rule, ...limits }, async (request) => {
    const wish = rulingOf(request);
    return answerInTime(disputes.rule(authorOf(request), indexOf(request), wish), unknown);
  });
  server.post("/v1/disputes/:index/abuse", { ...operations.abuse, ...limits }, async (request) => {
    const body: unknown = bodyOf(request);
    checkShape(disputeBodies.abuse, body, "request");
    return answerInTime(disputes.answerAbuse(authorOf(request), indexOf(request), body), unknown);
  });
  server.post("/v1/records/:index/revoke-token", { ...operations.revoke, ...small }, async (request) => {
    checkShape(disputeBodies.empty, bodyOf(request), "request");
    return answerInTime(disputes.revokeTokens(authorOf(request), indexOf(request)), unknown);
  });
}

// A token is tried before anything else is done with it; who tries many that are none is slowed by address.
function tokenOf(request: FastifyRequest, disputes: SiteDisputes, failures: RequestBrake): string {
  try {
    const token = bearer(request);
    disputes.checkToken(token);
    return token;
  } catch (error) {
    if (!(error instanceof DocketError)) throw error;
    const waitSeconds = failures.take(request.ip);
    if (waitSeconds !== undefined) throw tooMany(waitSeconds);
    if (error.code === "dispute_token_invalid") throw error;
    throw new DocketError("dispute_token_invalid", `${error.message}; send Authorization: Bearer dt1.…`);
  }
}

function tooMany(retryAfterSeconds: number): DocketError {
  const message = `too many requests; ask again in ${retryAfterSeconds} s`;
  return new DocketError("too_many_requests", message, { retryAfterSeconds });
}

function rulingOf(request: FastifyRequest): RulingWish {
  const body: unknown = bodyOf(request);
  checkShape(disputeBodies.ruling, body, "ruling");
  return body;
}

function behalfOf(request: FastifyRequest): OnBehalf {
  const { id: by, role } = callerOf(request);
  return { author: { by, role }, accountId: accountIdOf(request) };
}

function bodyOf({ body }: FastifyRequest): unknown {
  return parseJson((body as Uint8Array | undefined) ?? new Uint8Array());
}

function languageOf(query: ReadonlyMap<string, string>): (typeof languages)[number] {
  return oneOf(languages, query.get("lang") ?? "en", "lang");
}

function oneOf<T extends string>(all: readonly T[], value: string, name: string): T {
  const found = all.find((each) => each === value);
  if (found !== undefined) return found;
  throw new ProtocolError("schema_mismatch", `${name} is ${JSON.stringify(value)}; give ${all.join(" or ")}`);
}

function timeIn(query: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = query.get(name);
  const ms = text === undefined ? undefined : parseTime(text);
  if (text === undefined || ms !== undefined) return ms;
  throw new ProtocolError("schema_mismatch", `${name} is an RFC 3339 time, for example 2026-11-22T00:00:00Z`);
}
