// SPDX-License-Identifier: Apache-2.0
// A person's own session: signing in with a password or at an OpenID provider, who one is, signing out, and
// one's own password and second factor.
import { checkShape, formatTime, parseJson } from "@docket/protocol";
import type { ErrorCode } from "@docket/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { Validator } from "typebox/compile";
import type { From, NewSession, SignedIn } from "../../access/contract.ts";
import { attemptMs, callbackPath } from "../../access/oidc.ts";
import { mayDo, permissions } from "../../access/permissions.ts";
import type { Action } from "../../access/permissions.ts";
import { RequestBrake } from "../../access/request-brake.ts";
import type { SiteAccess } from "../../access/site-access.ts";
import type { SignInWish } from "../../access/sign-in.ts";
import { DocketError } from "../../error.ts";
import { slowDown } from "../authenticate.ts";
import { answerInTime, queryParameters, sealingUnknown, signedInOf } from "../context.ts";
import { notFound } from "../errors.ts";
import {
  addressOf,
  bindingCookie,
  isPrivate,
  requireOwnPages,
  setBindingCookie,
  setSessionCookie,
} from "../from.ts";
import { signInAnswerMs, smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import { FactorOfferSchema, RecoveryCodesSchema, SealedSchema, WhoSchema } from "./access-schemas.ts";

const json = "application/json";
const tag = "session";
const unknown = sealingUnknown("it was not durable in time; look at /v1/session before you ask again");
const text = (description: string, maxLength = 256): ReturnType<typeof Type.String> =>
  Type.String({ description, minLength: 1, maxLength });

const SignInSchema = Type.Object(
  {
    name: text("By which you sign in"),
    password: Type.Optional(text("Your password", 1024)),
    token: Type.Optional(text("A token for a first or a new password, in the password's place; once")),
    newPassword: Type.Optional(text("The password that you choose, with a token", 1024)),
    code: Type.Optional(text("What your authenticator app shows", 16)),
    recoveryCode: Type.Optional(text("One of your recovery codes, in the code's place; once", 64)),
    bearer: Type.Optional(
      Type.Boolean({ description: "Answer a token for Authorization: Bearer, and set no cookie" }),
    ),
  },
  { additionalProperties: false },
);
const PasswordSchema = Type.Object(
  { password: text("The one that you have", 1024), newPassword: text("The one that you choose", 1024) },
  { additionalProperties: false },
);
const OfferSchema = Type.Object(
  { code: Type.Optional(text("Of the second factor that you have, if any", 16)) },
  { additionalProperties: false },
);
const ConfirmSchema = Type.Object(
  { code: text("What your authenticator app shows for the new secret", 16) },
  { additionalProperties: false },
);
const signInValidator = Compile(SignInSchema);
const passwordValidator = Compile(PasswordSchema);
const offerValidator = Compile(OfferSchema);
const confirmValidator = Compile(ConfirmSchema);

const proofErrors: readonly ErrorCode[] = [
  ...bodyErrors,
  "usage",
  "sign_in_refused",
  "factor_needed",
  "too_many_requests",
  ...sealingErrors,
];
const who = { description: "Who you are here, and what you may do", type: json, schema: WhoSchema };
const sealed = { description: "The record of it", type: json, schema: SealedSchema };
const page = { description: "The way on", type: "text/html", schema: Type.String() };

const operations = {
  signIn: describe({
    summary: "Sign in with a password, or set one with a token",
    description:
      "Whatever is wrong, the answer is the same. It sets the cookie of the session, or answers its token.",
    tag,
    action: "public",
    body: SignInSchema,
    consumes: json,
    answer: who,
    errors: proofErrors,
  }),
  whoAmI: describe({ summary: "Who you are here", tag, action: "person", answer: who, errors: [] }),
  signOut: describe({
    summary: "Sign out",
    tag,
    action: "person",
    querystring: Type.Object({
      all: Type.Optional(Type.Boolean({ description: "End all your sessions (default false)" })),
    }),
    answer: {
      ...sealed,
      description: "The record of it; end is where to go to sign out at the provider too",
    },
    errors: ["schema_mismatch", "unknown_field", ...sealingErrors],
  }),
  password: describe({
    summary: "Change your password; your other sessions end",
    tag,
    action: "person",
    body: PasswordSchema,
    consumes: json,
    answer: sealed,
    errors: proofErrors,
  }),
  offer: describe({
    summary: "Be offered a second factor",
    description: "It counts once it is confirmed.",
    tag,
    action: "person",
    body: OfferSchema,
    consumes: json,
    answer: { description: "The secret, this once", type: json, schema: FactorOfferSchema },
    errors: proofErrors,
  }),
  confirm: describe({
    summary: "Confirm the second factor that you were offered",
    tag,
    action: "person",
    body: ConfirmSchema,
    consumes: json,
    answer: { description: "Your recovery codes, this once", type: json, schema: RecoveryCodesSchema },
    errors: [...proofErrors, "not_found"],
  }),
  oidc: describe({
    summary: "Sign in at the OpenID provider",
    description: "Sends the browser there, with 302.",
    tag,
    action: "public",
    answer: page,
    errors: ["not_found", "provider_unreachable", "too_many_requests"],
  }),
  callback: describe({
    summary: "Where the OpenID provider sends the browser back to",
    tag,
    action: "public",
    querystring: Type.Object({
      state: Type.Optional(Type.String()),
      code: Type.Optional(Type.String()),
      error: Type.Optional(Type.String()),
    }),
    answer: page,
    errors: ["not_found", "sign_in_refused", "provider_unreachable", "too_many_requests", ...sealingErrors],
  }),
};

/** What the routes of sessions lean on. */
export type SessionRoutesOf = { access: SiteAccess; clock: () => number };

/** `/v1/session`. */
export function addSessionRoutes(server: FastifyInstance, of: SessionRoutesOf): void {
  const { access, clock } = of;
  const { publicUrl, proxies, requests } = access.config;
  const strangers = new RequestBrake(requests.address, clock);
  const limits = { bodyLimit: smallBodyBytesMax };
  const from = (request: FastifyRequest): From => ({ address: addressOf(request, proxies) });

  server.post("/v1/session", { ...operations.signIn, ...limits }, async (request, reply) => {
    slowDown(strangers, from(request).address);
    requireSafe(request, publicUrl);
    const { bearer, ...wish } = bodyOf(request, signInValidator) as SignInWish & { bearer?: boolean };
    const begun = await answerInTime(access.signIn.signIn(wish, from(request)), unknown, signInAnswerMs);
    if (bearer === true) return { ...whoIs(begun.signedIn), token: begun.token };
    giveCookie(request, reply, publicUrl, begun);
    return whoIs(begun.signedIn);
  });
  server.get("/v1/session", operations.whoAmI, async (request) => whoIs(signedInOf(request)));
  server.delete("/v1/session", operations.signOut, async (request, reply) => {
    const all = queryParameters(request, ["all"]).get("all") ?? "false";
    const signedIn = signedInOf(request);
    const { index } = await answerInTime(access.people.signOut(signedIn, all === "true"), unknown);
    reply.header("set-cookie", setSessionCookie(request, publicUrl, undefined));
    const end = signedIn.session.method === "oidc" ? await access.oidc?.endUrl() : undefined;
    return { index, ...(end === undefined ? {} : { end }) };
  });
  server.post("/v1/session/password", { ...operations.password, ...limits }, async (request) => {
    const body = bodyOf(request, passwordValidator) as { password: string; newPassword: string };
    return answerInTime(
      access.signIn.changePassword(signedInOf(request), body, from(request)),
      unknown,
      signInAnswerMs,
    );
  });
  server.post("/v1/session/factor", { ...operations.offer, ...limits }, async (request) => {
    const { code } = bodyOf(request, offerValidator) as { code?: string };
    return answerInTime(
      access.signIn.offerFactor(signedInOf(request), code, from(request)),
      unknown,
      signInAnswerMs,
    );
  });
  server.post("/v1/session/factor/confirm", { ...operations.confirm, ...limits }, async (request) => {
    const { code } = bodyOf(request, confirmValidator) as { code: string };
    return answerInTime(
      access.signIn.confirmFactor(signedInOf(request), code, from(request)),
      unknown,
      signInAnswerMs,
    );
  });
  addProviderRoutes(server, access, strangers);
}

function addProviderRoutes(server: FastifyInstance, access: SiteAccess, strangers: RequestBrake): void {
  const { oidc } = access;
  const { publicUrl, proxies } = access.config;
  server.get("/v1/session/oidc", operations.oidc, async (request, reply) => {
    slowDown(strangers, addressOf(request, proxies));
    if (oidc === undefined) throw notFound("OpenID provider");
    const { url, binding } = await oidc.begin();
    reply.header("set-cookie", setBindingCookie(request, publicUrl, binding, attemptMs / 1000));
    return reply.redirect(url, 302);
  });
  server.get(callbackPath, operations.callback, async (request, reply) => {
    const address = addressOf(request, proxies);
    slowDown(strangers, address);
    if (oidc === undefined) throw notFound("OpenID provider");
    const query = new URL(request.url, "http://localhost").searchParams;
    reply.header("set-cookie", setBindingCookie(request, publicUrl, undefined, 0));
    const begun = await oidc.finish(query, bindingCookie(request, publicUrl), { address });
    giveCookie(request, reply, publicUrl, begun);
    // Whoever comes from another site brings no strict cookie along: our own page takes them on.
    const onward =
      '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=/console">';
    return reply
      .header("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
      .header("referrer-policy", "no-referrer")
      .type("text/html; charset=utf-8")
      .send(`${onward}<title>Signed in</title><p>You are signed in. <a href="/console">Go on</a></p>\n`);
  });
}

function giveCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  publicUrl: string | undefined,
  { token }: NewSession,
): void {
  reply.header("set-cookie", setSessionCookie(request, publicUrl, token));
}

/** Who somebody is, as they are told themselves. */
function whoIs({ person, session, caller, factorWanted }: SignedIn): object {
  const all = Object.keys(permissions) as Action[];
  return {
    person: person.id,
    name: person.name,
    roles: person.roles,
    may: caller === undefined ? [] : all.filter((action) => mayDo(caller, action)),
    factor: person.factor !== null,
    factorWanted,
    session: session.id,
    method: session.method,
    endsAt: formatTime(session.endsMs),
  };
}

/** Passwords and cookies go over connections that nobody else can listen to, and come from our own pages. */
function requireSafe(request: FastifyRequest, publicUrl: string | undefined): void {
  if (!isPrivate(request, publicUrl)) {
    throw new DocketError("sign_in_refused", "people sign in over TLS; behind a proxy, set access.publicUrl");
  }
  // Browsers say so; a program that is no browser says nothing, and brings no cookies of others.
  if (request.headers["sec-fetch-site"] !== undefined || request.headers.origin !== undefined) {
    requireOwnPages(request, publicUrl);
  }
}

function bodyOf(request: FastifyRequest, validator: Validator): unknown {
  const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
  checkShape(validator, body, "body");
  return body;
}
