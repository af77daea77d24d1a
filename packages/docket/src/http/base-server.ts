// SPDX-License-Identifier: Apache-2.0
// What every server of Docket has in common, whatever its routes: limits of time and size, errors in the one
// shape, and nothing that coerces what was sent.
import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import fastify, { LogController } from "fastify";
import type {
  FastifyBaseLogger,
  FastifyHttpOptions,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
} from "fastify";
import { DocketError } from "../error.ts";
import { errorAnswer, sendError } from "./errors.ts";
import * as limits from "./limits.ts";
import type { LogMetrics } from "./metrics.ts";
import { pagePolicy, securityHeaders } from "./security-headers.ts";
import { handshakeMs } from "./tls.ts";
import type { TlsPair } from "./tls.ts";

/**
 * Makes a server without routes, and without a parser for any body.
 *
 * @param closing aborted when the server begins to close
 * @param tls what it serves TLS with; without it, plain HTTP
 */
export function createBaseServer(
  metrics: LogMetrics,
  closing: AbortController,
  logger: FastifyBaseLogger | undefined,
  tls?: TlsPair,
): FastifyInstance {
  const server = makeServer(logger, tls);
  server.server.maxConnections = limits.connectionsMax;
  addSecurityHeaders(server, tls !== undefined);
  server.decorateRequest("failure", null);
  const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { code, pointer } = errorAnswer(error, request.id).error;
    metrics.refused(code);
    request.failure = { code, pointer };
    return sendError(error, request, reply);
  };
  server.setErrorHandler(answerError);
  server.setNotFoundHandler((request) => {
    throw new DocketError("not_found", `there is no page ${request.method} here`);
  });
  server.setValidatorCompiler(() => () => true);
  server.setSerializerCompiler(() => (value) => JSON.stringify(value));
  server.removeAllContentTypeParsers();
  server.addHook("preClose", (done) => {
    closing.abort();
    done();
  });
  return server;
}

function makeServer(logger: FastifyBaseLogger | undefined, tls: TlsPair | undefined): FastifyInstance {
  const options = fastifyOptions(logger, tls !== undefined);
  if (tls === undefined) return fastify(options);
  const { cert, key, minVersion } = tls;
  const https = { ...options.http, cert, key, minVersion, handshakeTimeout: handshakeMs };
  // Routes are the same whatever carries them.
  return fastify({ ...options, http: {}, https } as unknown as FastifyHttpOptions<Server>);
}

// First of all hooks, so that what is refused by a later one has them too; a route may say otherwise.
function addSecurityHeaders(server: FastifyInstance, secure: boolean): void {
  const headers = securityHeaders(secure);
  server.addHook("onRequest", (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
  server.addHook("onSend", (_request, reply, payload, done) => {
    const isPage = String(reply.getHeader("content-type") ?? "").startsWith("text/html");
    // A route that says what its page may do knows better.
    const isOwn = reply.getHeader("content-security-policy") !== headers["content-security-policy"];
    if (isPage && !isOwn && typeof payload === "string") {
      reply.header("content-security-policy", pagePolicy(payload));
    }
    done(null, payload);
  });
}

function fastifyOptions(logger: FastifyBaseLogger | undefined, secure: boolean): FastifyHttpOptions<Server> {
  return {
    ...(logger === undefined ? {} : { loggerInstance: logger }),
    // Fastify's own lines carry URLs, and those carry account ids.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: limits.bodyBytesMax,
    routerOptions: { maxParamLength: limits.pathParameterLengthMax },
    connectionTimeout: limits.idleConnectionMs,
    keepAliveTimeout: limits.keepAliveMs,
    // A batch may be sent for hours; other bodies have a time limit of their own.
    requestTimeout: 0,
    http: {
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: limits.connectionsCheckIntervalMs,
      maxHeaderSize: limits.headerBytesMax,
    },
    // `addAuthentication` answers in the one shape while the server closes.
    return503OnClosing: false,
    clientErrorHandler: refuseConnection,
    frameworkErrors: (error, request, reply) => {
      // These never meet the hooks, which set the same for all others.
      reply.headers(securityHeaders(secure));
      void sendError(error, request, reply);
    },
  };
}

/** What is no HTTP gets a status line, and nothing that could be mistaken for an answer to a request. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const status = clientErrorStatus[error.code ?? ""] ?? "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

const clientErrorStatus: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Content Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Gathers the methods of each path that is registered from now on. */
export function collectMethods(server: FastifyInstance): Map<string, Set<string>> {
  const methods = new Map<string, Set<string>>();
  server.addHook("onRoute", ({ url, method }) => {
    const known = methods.get(url) ?? new Set();
    for (const one of [method].flat()) known.add(one);
    methods.set(url, known);
  });
  return methods;
}

/** A known path with another method is a 405 that names the methods it has (RFC 9110 section 15.5.6). */
export function refuseOtherMethods(
  scope: FastifyInstance,
  methods: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  for (const [url, known] of new Map(methods)) {
    const allow = [...known].join(", ");
    scope.route({
      url,
      method: scope.supportedMethods.filter((method) => !known.has(method)),
      config: { action: "public" },
      schema: { hide: true },
      // Before the body: whatever it is, it does not matter.
      onRequest: (request, reply, done) => {
        reply.header("allow", allow);
        done(new DocketError("method_not_allowed", `${request.method} is not allowed here, only ${allow}`));
      },
      handler: () => undefined,
    });
  }
}
