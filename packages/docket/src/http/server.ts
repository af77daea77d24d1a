// SPDX-License-Identifier: Apache-2.0
// The HTTP server: wires the routes, in the order in which a request meets what is here.
//
//   headers in time -> known path and method -> key and role -> body in time and size -> strict JSON -> the
// site
//   -> answer, or an error in the one shape
//
// Bodies are read by the protocol's strict reader alone; Fastify's own validation, which would coerce and
// strip, is switched off.
import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import swagger from "@fastify/swagger";
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import fastify, { LogController } from "fastify";
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifyHttpOptions,
} from "fastify";
import type { Authenticator } from "../access/authenticator.ts";
import type { Site } from "../intake/contract.ts";
import { DocketError } from "../error.ts";
import { openPublication } from "../publication/publication.ts";
import type { Publication } from "../publication/publication.ts";
import { replaceDurably } from "../stores/files/replace-durably.ts";
import { addAuthentication } from "./authenticate.ts";
import type { HttpContext } from "./context.ts";
import { errorAnswer, sendError } from "./errors.ts";
import * as limits from "./limits.ts";
import { addWitnessMetrics, createMetrics } from "./metrics.ts";
import { sharedSchemas } from "./openapi.ts";
import { addActorRoutes } from "./routes/actors.ts";
import { addCheckpointRoutes } from "./routes/checkpoints.ts";
import { addDecisionRoutes } from "./routes/decisions.ts";
import { addHealthRoutes } from "./routes/health.ts";
import { addLogFileRoutes } from "./routes/log-files.ts";
import { addReceiptRoutes } from "./routes/receipts.ts";

/** What a server is made of. */
export type ServerOptions = {
  site: Site;
  /** The log's checkpoints and witnesses; without one, those that are kept are served. */
  publication?: Publication | undefined;
  authenticator: Pick<Authenticator, "callerOf" | "callerOfUnknown" | "staleMs">;
  /** Ms since 1970. */
  clock: () => number;
  /** Whether anyone may fetch entry bundles. */
  publicEntries: boolean;
  /** The product's version, for the OpenAPI document. */
  version: string;
  /** Where the server logs; nowhere without one. */
  logger?: FastifyBaseLogger;
  /** Whether `/metrics` shows the process too (default true). One server of a process should. */
  processMetrics?: boolean;
  /** Pauses before a line of a batch is tried again (default: a timer). */
  wait?: (ms: number) => Promise<void>;
  /** For tests; default {@link limits.batchStalledMs}. */
  batchStalledMs?: number;
};

/** Makes a server of one site. The caller listens and closes. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { site, authenticator, clock, publicEntries, version, processMetrics = true } = options;
  const metrics = createMetrics(
    () => site.status(),
    () => authenticator.staleMs,
    processMetrics,
  );
  const publication =
    options.publication ??
    openPublication({ paths: site.paths, origin: site.origin, verifiers: [], put: replaceDurably, clock });
  const { witnesses } = publication;
  if (witnesses !== undefined) addWitnessMetrics(metrics.registry, () => witnesses.status());
  const closing = new AbortController();
  const context: HttpContext = {
    site,
    publication,
    authenticator,
    clock,
    metrics,
    publicEntries,
    closing: closing.signal,
    wait: options.wait ?? ((ms) => sleep(ms)),
    batchStalledMs: options.batchStalledMs ?? limits.batchStalledMs,
  };
  const server = fastify(fastifyOptions(options.logger));
  server.server.maxConnections = limits.connectionsMax;

  const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    metrics.refused(errorAnswer(error, request.id).error.code);
    return sendError(error, request, reply);
  };
  server.setErrorHandler(answerError);
  server.setNotFoundHandler((request) => {
    throw new DocketError("not_found", `there is no page ${request.method} here`);
  });
  server.setValidatorCompiler(() => () => true);
  server.setSerializerCompiler(() => (value) => JSON.stringify(value));
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    done(null, body);
  });
  for (const [name, schema] of Object.entries(sharedSchemas)) server.addSchema({ ...schema, $id: name });

  server.addHook("preClose", (done) => {
    closing.abort();
    done();
  });
  addAuthentication(server, context);
  const methods = collectMethods(server);
  server.register(swagger, openApi(version));
  server.register((scope, _options, done) => {
    addDecisionRoutes(scope, context);
    addReceiptRoutes(scope, context);
    addActorRoutes(scope, context);
    addHealthRoutes(scope, context);
    addLogFileRoutes(scope, context);
    addCheckpointRoutes(scope, context);
    done();
  });
  // Registered last, so that all paths are known.
  server.register((scope, _options, done) => {
    refuseOtherMethods(scope, methods);
    done();
  });
  return server;
}

function fastifyOptions(logger: FastifyBaseLogger | undefined): FastifyHttpOptions<Server> {
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

function collectMethods(server: FastifyInstance): Map<string, Set<string>> {
  const methods = new Map<string, Set<string>>();
  server.addHook("onRoute", ({ url, method }) => {
    const known = methods.get(url) ?? new Set();
    for (const one of [method].flat()) known.add(one);
    methods.set(url, known);
  });
  return methods;
}

/** A known path with another method is a 405 that names the methods it has (RFC 9110 section 15.5.6). */
function refuseOtherMethods(scope: FastifyInstance, methods: ReadonlyMap<string, ReadonlySet<string>>): void {
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

function openApi(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Docket",
        version,
        description:
          "Anti-spam decisions, each sealed in an append-only log. docs/reference/http.md has examples.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: {
        securitySchemes: {
          apiKey: {
            type: "http",
            scheme: "bearer",
            description: "A key that `docket apikey create` printed",
          },
        },
      },
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, i) =>
        typeof json["$id"] === "string" ? json["$id"] : `schema${i}`,
    },
  };
}
