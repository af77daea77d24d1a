// SPDX-License-Identifier: Apache-2.0
// What machines watch: whether the process lives, whether it seals, its metrics, and its own description.
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { DocketError } from "../../error.ts";
import type { LogRoutes } from "../context.ts";
import { describe } from "../openapi.ts";

const json = "application/json";
const common = { tag: "operation", action: "public" } as const;

const alive = describe({
  ...common,
  summary: "Whether the process lives",
  answer: { description: "It does", type: json, schema: Type.Object({ status: Type.Literal("ok") }) },
  errors: [],
});
const ready = describe({
  ...common,
  summary: "Whether events can be decided and sealed",
  description:
    "`degraded` says that events are sealed, and that somebody should look at the warnings: a witness has " +
    "seen another tree of this log, or more of it. It stays a 200, so that no witness can take the service " +
    "down.",
  answer: {
    description: "They can",
    type: json,
    schema: Type.Object({
      status: Type.Union([Type.Literal("ok"), Type.Literal("degraded")]),
      size: Type.Integer({ description: "Entries that were answered" }),
      durableSize: Type.Integer({ description: "Entries that survive power loss" }),
      integratedSize: Type.Integer({ description: "Entries that the tree's root covers" }),
      publishedSize: Type.Integer({ description: "Entries that the published checkpoint covers" }),
      cosignedSize: Type.Optional(Type.Integer({ description: "Where the log has witnesses" })),
      warnings: Type.Optional(Type.Array(Type.String())),
    }),
  },
  errors: ["log_closed"],
});
const metricsOperation = describe({
  ...common,
  summary: "Metrics for Prometheus",
  answer: { description: "Prometheus text format", type: "text/plain", schema: Type.String() },
  errors: [],
});
const openapi = describe({
  ...common,
  summary: "This description",
  answer: { description: "OpenAPI 3.1", type: json, schema: Type.Object({}) },
  errors: [],
});

/** `/healthz`, `/readyz`, `/metrics` and `/openapi.json`. */
export const addHealthRoutes: LogRoutes = (server, { site, metrics, publication }) => {
  server.get("/healthz", alive, () => ({ status: "ok" }));

  server.get("/readyz", ready, () => {
    const { fault, size, durableSize, integratedSize, publishedSize } = site.status();
    if (fault !== undefined) throw new DocketError("log_closed", fault, { retryAfterSeconds: 5 });
    const witnesses = publication.witnesses?.status();
    const sizes = { size, durableSize, integratedSize, publishedSize };
    if (witnesses === undefined) return { status: "ok", ...sizes };
    const { cosignedSize, alarms } = witnesses;
    if (alarms.length === 0) return { status: "ok", ...sizes, cosignedSize };
    return { status: "degraded", ...sizes, cosignedSize, warnings: alarms };
  });

  server.get("/metrics", metricsOperation, async (_request, reply) => {
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });

  server.get("/openapi.json", openapi, (_request, reply) => {
    return reply.type(json).send(documentOf(server));
  });
};

const documents = new WeakMap<FastifyInstance, string>();

function documentOf(server: FastifyInstance): string {
  let text = documents.get(server);
  if (text === undefined) {
    text = JSON.stringify(server.swagger());
    documents.set(server, text);
  }
  return text;
}
