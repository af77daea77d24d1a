// SPDX-License-Identifier: Apache-2.0
// Lets a request through to its route: with a key or a session whose roles may call it, or because it is
// public. Runs before a body is read.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { accessDefaults } from "../access/config.ts";
import type { AccessConfig } from "../access/config.ts";
import type { SignedIn } from "../access/contract.ts";
import type { Refusal } from "../access/refusals.ts";
import { RequestBrake } from "../access/request-brake.ts";
import { isSessionToken } from "../access/secrets.ts";
import { DocketError } from "../error.ts";
import { answerWithinMs } from "../intake/contract.ts";
import { requireAction, shuttingDown } from "./context.ts";
import type { LogContext, Needed } from "./context.ts";
import { notFound } from "./errors.ts";
import { addressOf, requireOwnPages, sessionCookie } from "./from.ts";
import { bodyTimeoutMs } from "./limits.ts";

/** Adds the checks that precede every route. */
export function addAuthentication(server: FastifyInstance, context: LogContext): void {
  const { closing } = context;
  const gate = gateOf(context);
  server.decorateRequest("caller", null);
  server.decorateRequest("signedIn", null);
  server.decorateRequest("bodyTimer", null);
  server.addHook("onRequest", async (request, reply) => {
    reply.headers({ "x-content-type-options": "nosniff", "cache-control": "no-store" });
    limitBodyTime(request);
    if (closing.aborted) {
      reply.header("connection", "close");
      throw shuttingDown();
    }
    await admit(request, gate);
  });
  server.addHook("onResponse", (request, _reply, done) => {
    // What is left of a body that nobody wanted still has its time limit.
    if (request.bodyTimer !== null && request.raw.complete) clearTimeout(request.bodyTimer);
    done();
  });
}

/** What decides who is let through. */
type Gate = Pick<LogContext, "authenticator" | "access"> & {
  readonly config: AccessConfig;
  readonly keys: RequestBrake | undefined;
  readonly people: RequestBrake;
  /** Of addresses from which somebody comes without a key or session that holds. */
  readonly strangers: RequestBrake;
};

function gateOf({ authenticator, access, clock }: LogContext): Gate {
  const config = access?.config ?? accessDefaults;
  const { key, person, address } = config.requests;
  return {
    authenticator,
    access,
    config,
    keys: key && new RequestBrake(key, clock),
    people: new RequestBrake(person, clock),
    strangers: new RequestBrake(address, clock),
  };
}

async function admit(request: FastifyRequest, gate: Gate): Promise<void> {
  if (request.is404) throw notFound("page");
  const { action } = request.routeOptions.config;
  if (action === "public") return;
  // A route that forgot to say who may call it may be called by nobody.
  if (action === undefined) throw new Error(`${request.routeOptions.url} declares no action`);
  const { publicUrl } = gate.config;
  const cookie = request.headers.authorization === undefined ? sessionCookie(request, publicUrl) : undefined;
  const token = cookie ?? bearer(request);
  if (isSessionToken(token)) {
    const signedIn = gate.access?.people.signedIn(token);
    if (signedIn === undefined) return refuse(request, gate, "session", "this session has ended");
    if (cookie !== undefined) requireOwnPages(request, publicUrl);
    slowDown(gate.people, signedIn.person.id);
    admitPerson(request, signedIn, action);
    return;
  }
  const { authenticator } = gate;
  let caller = authenticator.callerOf(token);
  if (caller === undefined) {
    caller = await authenticator.callerOfUnknown(token);
    if (caller === undefined) return refuse(request, gate, "key", "this API key is not known, or revoked");
  }
  if (gate.keys !== undefined) slowDown(gate.keys, caller.id);
  if (action === "person")
    throw new DocketError("forbidden", "this takes a session of a person, not an API key");
  if (action !== "anyone") requireAction(caller, action);
  request.caller = caller;
}

function admitPerson(request: FastifyRequest, signedIn: SignedIn, action: Exclude<Needed, "public">): void {
  const { caller, factorWanted } = signedIn;
  request.signedIn = signedIn;
  if (action === "anyone") request.caller = caller ?? null;
  if (action === "person" || action === "anyone") return;
  if (caller === undefined) {
    const why = factorWanted
      ? "set up a second factor first: POST /v1/session/factor"
      : "you have no role here";
    throw new DocketError("forbidden", why);
  }
  requireAction(caller, action);
  request.caller = caller;
}

/**
 * Refuses somebody whose key or session does not hold. That is noted, and who tries often is told to wait.
 *
 * @throws {DocketError} `unauthenticated`, `too_many_requests`
 */
async function refuse(
  request: FastifyRequest,
  { access, config, strangers }: Gate,
  method: Refusal["method"],
  why: string,
): Promise<never> {
  const address = addressOf(request, config.proxies);
  slowDown(strangers, address);
  if (access !== undefined) await noLongerThan(access.refused({ method, address }), answerWithinMs);
  throw unauthenticated(why);
}

/** Takes a request of somebody. @throws {DocketError} `too_many_requests` */
export function slowDown(brake: RequestBrake, who: string): void {
  const seconds = brake.take(who);
  if (seconds === undefined) return;
  const message = `too many requests; wait ${seconds} s`;
  throw new DocketError("too_many_requests", message, { retryAfterSeconds: seconds });
}

async function noLongerThan(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, end]);
  clearTimeout(timer);
}

/**
 * The token of the only Authorization header (RFC 6750 section 2.1).
 *
 * @throws {DocketError} `unauthenticated` if there is none, or more than one
 */
export function bearer({ raw }: FastifyRequest): string {
  let header: string | undefined;
  for (let i = 0; i + 1 < raw.rawHeaders.length; i += 2) {
    if (raw.rawHeaders[i]?.toLowerCase() !== "authorization") continue;
    // Which of two a proxy looked at is anybody's guess.
    if (header !== undefined) throw unauthenticated("there is more than one Authorization header");
    header = raw.rawHeaders[i + 1];
  }
  if (header === undefined) throw unauthenticated("there is no Authorization header");
  const token = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(header)?.[1];
  if (token === undefined) throw unauthenticated("the Authorization header is not of the form Bearer KEY");
  return token;
}

function unauthenticated(message: string): DocketError {
  return new DocketError("unauthenticated", message);
}

function limitBodyTime(request: FastifyRequest): void {
  const { raw } = request;
  const { "content-length": length = "0", "transfer-encoding": encoding } = raw.headers;
  if (length === "0" && encoding === undefined) return;
  request.bodyTimer = setTimeout(() => {
    if (!raw.complete) raw.destroy();
  }, bodyTimeoutMs);
  request.bodyTimer.unref();
}
