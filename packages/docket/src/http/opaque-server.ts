// SPDX-License-Identifier: Apache-2.0
// The server of an opaque log: `POST /add` takes any bytes and answers the decimal index, as the
// personalities of other C2SP tlog-tiles logs do, so that their load tools and checkers work unmodified. The
// rest is the static read path, health and metrics.
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { Authenticator } from "../access/authenticator.ts";
import type { LogFacts } from "../intake/contract.ts";
import type { OpaqueLog } from "../log/opaque-log.ts";
import type { LogPaths } from "../log/paths.ts";
import { addWitnessMetrics, createLogMetrics } from "./metrics.ts";
import type { Publication } from "../publication/publication.ts";
import { addAuthentication } from "./authenticate.ts";
import { collectMethods, createBaseServer, refuseOtherMethods } from "./base-server.ts";
import type { LogContext } from "./context.ts";
import { addEntryBodyParser, addEntryRoutes } from "./routes/add.ts";
import { addCheckpointRoutes } from "./routes/checkpoints.ts";
import { addHealthRoutes } from "./routes/health.ts";
import { addLogFileRoutes } from "./routes/log-files.ts";
import { describeServer, logSchemas } from "./openapi.ts";
import type { TlsPair } from "./tls.ts";

/** What a server of an opaque log is made of. */
export type OpaqueServerOptions = {
  log: OpaqueLog;
  origin: string;
  paths: LogPaths;
  publication: Publication;
  authenticator: Pick<Authenticator, "callerOf" | "callerOfUnknown" | "staleMs">;
  /** Whether anyone who reaches the server may add entries. */
  publicAdd: boolean;
  /** Ms since 1970. */
  clock: () => number;
  /** Whether anyone may fetch entry bundles. */
  publicEntries: boolean;
  /** The product's version, for the OpenAPI document. */
  version: string;
  /** What it serves TLS with; without it, plain HTTP. */
  tls?: TlsPair | undefined;
  logger?: FastifyBaseLogger | undefined;
  /** Whether `/metrics` shows the process too (default true). One server of a process should. */
  processMetrics?: boolean;
};

/** Makes a server of an opaque log. The caller listens and closes. */
export function createOpaqueServer(options: OpaqueServerOptions): FastifyInstance {
  const { log, origin, paths, publication, authenticator, publicAdd, publicEntries } = options;
  const status = (): LogFacts => {
    const { ended, publicationFault, ...sizes } = log.status;
    return { ...sizes, origin, fault: (ended ?? publicationFault)?.message };
  };
  const metrics = createLogMetrics({
    status,
    keysStaleMs: () => authenticator.staleMs,
    process: options.processMetrics ?? true,
  });
  const { witnesses } = publication;
  if (witnesses !== undefined) addWitnessMetrics(metrics.registry, () => witnesses.status());
  const closing = new AbortController();
  const context: LogContext = {
    site: { origin, paths, status },
    publication,
    authenticator,
    access: undefined,
    clock: options.clock,
    metrics,
    publicEntries,
    closing: closing.signal,
  };
  const server = createBaseServer(metrics, closing, options.logger, options.tls);
  addEntryBodyParser(server);
  addAuthentication(server, context);
  const methods = collectMethods(server);
  describeServer(server, options.version, "A transparency log of opaque entries.", logSchemas);
  server.register((scope, _options, done) => {
    addEntryRoutes(scope, log, publicAdd);
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
