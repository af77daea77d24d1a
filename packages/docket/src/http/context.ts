// SPDX-License-Identifier: Apache-2.0
// What every route leans on, and what every route declares.
import { ProtocolError } from "@docket/protocol";
import type { ErrorCode } from "@docket/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Authenticator, Caller } from "../access/authenticator.ts";
import type { SignedIn } from "../access/contract.ts";
import type { SiteAccess } from "../access/site-access.ts";
import { mayDo, permissions } from "../access/permissions.ts";
import type { Action } from "../access/permissions.ts";
import type { DisputeToken } from "../disputes/contract.ts";
import { DocketError } from "../error.ts";
import type { GapDesk } from "../gaps/gap-desk.ts";
import { answerWithinMs } from "../intake/contract.ts";
import type { LogFacts, Site } from "../intake/contract.ts";
import type { Publication } from "../publication/publication.ts";
import { notFound } from "./errors.ts";
import type { LogMetrics, Metrics } from "./metrics.ts";

/** What a server of any log is made of. */
export type LogContext = {
  site: Pick<Site, "origin" | "paths"> & { status(): LogFacts };
  publication: Publication;
  authenticator: Pick<Authenticator, "callerOf" | "callerOfUnknown">;
  /** Who comes in besides apps with keys; without it, nobody. */
  access: SiteAccess | undefined;
  /** Ms since 1970. */
  clock: () => number;
  metrics: LogMetrics;
  /** Whether anyone may fetch entry bundles. */
  publicEntries: boolean;
  /** Aborted when the server begins to close. */
  closing: AbortSignal;
};

/** What a site's server is made of. */
export type HttpContext = LogContext & {
  site: Site;
  metrics: Metrics;
  /** What passes while nothing can be sealed; without it all is refused. */
  gaps?: Pick<GapDesk, "failed"> | undefined;
  wait: (ms: number) => Promise<void>;
  /** Gives the token with which the affected user objects to a record; `undefined` where nobody can. */
  tokenFor: ((index: number) => Promise<DisputeToken | undefined>) | undefined;
  /** A client that reads none of a batch's answers for this long is cut off. */
  batchStalledMs: number;
};

/** A group of routes that any log has. */
export type LogRoutes = (server: FastifyInstance, context: LogContext) => void;

/** A group of routes of a site. */
export type Routes = (server: FastifyInstance, context: HttpContext) => void;

/** What a route needs of its caller. */
export type Needed = Action | "public" | "person" | "anyone";

declare module "fastify" {
  interface FastifyContextConfig {
    /**
     * What a caller's role must allow; `public` needs no key, `person` the session of anybody, `anyone` that
     * or any key. A route without one is not registered.
     */
    action?: Needed;
  }
  interface FastifyRequest {
    /** Who calls; `null` for public routes. */
    caller: Caller | null;
    /** Whose session it is; `null` for public routes and apps. */
    signedIn: SignedIn | null;
    /** With what error it was answered, or a line of it; `null` if with none. */
    failure: { readonly code: ErrorCode; readonly pointer: string | undefined } | null;
    /** Cuts the connection off if the body does not arrive in time. */
    bodyTimer: NodeJS.Timeout | null;
  }
}

/** Who calls a route that is not public. */
export function callerOf(request: FastifyRequest): Caller {
  // The hook of `authenticate.ts` lets nobody through to such a route without one.
  if (request.caller === null) throw new Error("a route that needs a caller was reached without one");
  return request.caller;
}

/** Who is signed in, on a route that takes a person. */
export function signedInOf(request: FastifyRequest): SignedIn {
  if (request.signedIn === null) throw new Error("a route that needs a session was reached without one");
  return request.signedIn;
}

/**
 * Checks that a caller may do something.
 *
 * @throws {DocketError} `forbidden`, naming the roles that may, or the scopes of the key
 */
export function requireAction(caller: Caller, action: Action): void {
  if (mayDo(caller, action)) return;
  const needed = permissions[action].join(", ");
  const { scopes, roles, via } = caller;
  if (scopes !== undefined && mayDo({ roles }, action))
    throw new DocketError("forbidden", `this key's scopes are ${scopes.join(", ")}, and not ${action}`);
  const who = via === "key" ? "a key of role" : "a person of role";
  throw new DocketError(
    "forbidden",
    `${who} ${roles.join(", ")} may not do this (${action}); needed: ${needed}`,
  );
}

/**
 * The record's index in a path: decimal digits without leading zeros.
 *
 * @throws {DocketError} `not_found` for anything else
 */
export function indexOf(request: FastifyRequest): number {
  const { index } = request.params as { index: string };
  const value = Number(index);
  if (!/^(0|[1-9]\d{0,15})$/.test(index) || !Number.isSafeInteger(value))
    throw notFound("record of that index");
  return value;
}

/**
 * The one parameter that a query may have.
 *
 * @throws {ProtocolError} `unknown_field` for another one, `schema_mismatch` if it is given twice
 */
export function queryParameter(request: FastifyRequest, name: string): string | undefined {
  return queryParameters(request, [name]).get(name);
}

/**
 * The parameters that a query may have, those that are given.
 *
 * @throws {ProtocolError} `unknown_field` for another one, `schema_mismatch` if one is given twice
 */
export function queryParameters(
  request: FastifyRequest,
  names: readonly string[],
): ReadonlyMap<string, string> {
  const query = request.query as Record<string, string | string[]>;
  const given = new Map<string, string>();
  for (const [name, value] of Object.entries(query)) {
    if (!names.includes(name))
      throw new ProtocolError("unknown_field", `there is no query parameter ${JSON.stringify(name)}`);
    if (Array.isArray(value)) throw new ProtocolError("schema_mismatch", `${name} is given more than once`);
    given.set(name, value);
  }
  return given;
}

/** What is answered once the server begins to close. */
export function shuttingDown(): DocketError {
  return new DocketError("log_closed", "the server is shutting down", { retryAfterSeconds: 5 });
}

/**
 * Waits for the site no longer than an answer may take: whatever hangs, the client gets one.
 *
 * @param late what is thrown after that time
 * @param withinMs another time, for what takes longer by itself
 * @throws {DocketError} `overloaded` after that time, if nothing else is said
 */
export async function answerInTime<T>(
  work: Promise<T>,
  late: () => DocketError = slow,
  withinMs: number = answerWithinMs,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), withinMs);
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What {@link answerInTime} throws where something is sealed.
 *
 * @param what it was that may have been sealed or not, and where to look before it is asked for again
 */
export function sealingUnknown(what: string): () => DocketError {
  return () => new DocketError("sealing_unknown", what, { retryAfterSeconds: 1 });
}

function slow(): DocketError {
  return new DocketError("overloaded", `the log did not answer within ${answerWithinMs} ms; ask again`);
}
