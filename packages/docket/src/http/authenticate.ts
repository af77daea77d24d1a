// SPDX-License-Identifier: Apache-2.0
// Lets a request through to its route: with a key whose role may call it, or because it is public. Runs
// before a body is read.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { DocketError } from "../error.ts";
import { requireAction, shuttingDown } from "./context.ts";
import type { LogContext } from "./context.ts";
import { notFound } from "./errors.ts";
import { bodyTimeoutMs } from "./limits.ts";

/** Adds the checks that precede every route. */
export function addAuthentication(server: FastifyInstance, { authenticator, closing }: LogContext): void {
  server.decorateRequest("caller", null);
  server.decorateRequest("bodyTimer", null);
  server.addHook("onRequest", async (request, reply) => {
    reply.headers({ "x-content-type-options": "nosniff", "cache-control": "no-store" });
    limitBodyTime(request);
    if (closing.aborted) {
      reply.header("connection", "close");
      throw shuttingDown();
    }
    await admit(request, authenticator);
  });
  server.addHook("onResponse", (request, _reply, done) => {
    // What is left of a body that nobody wanted still has its time limit.
    if (request.bodyTimer !== null && request.raw.complete) clearTimeout(request.bodyTimer);
    done();
  });
}

async function admit(request: FastifyRequest, authenticator: LogContext["authenticator"]): Promise<void> {
  if (request.is404) throw notFound("page");
  const { action } = request.routeOptions.config;
  if (action === "public") return;
  // A route that forgot to say who may call it may be called by nobody.
  if (action === undefined) throw new Error(`${request.routeOptions.url} declares no action`);
  const key = bearer(request);
  const caller = authenticator.callerOf(key) ?? (await authenticator.callerOfUnknown(key));
  if (caller === undefined) throw unauthenticated("this API key is not known, or revoked");
  requireAction(caller, action);
  request.caller = caller;
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
