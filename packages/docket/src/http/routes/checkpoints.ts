// SPDX-License-Identifier: Apache-2.0
// Checkpoints by size: what somebody needs who holds an old receipt, or checks that the log never changed.
import { ProtocolError } from "@docket/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { CheckpointStore } from "../../publication/checkpoint-store.ts";
import { answerInTime, queryParameter } from "../context.ts";
import type { LogRoutes } from "../context.ts";
import { notFound } from "../errors.ts";
import { checkpointsListedMax } from "../limits.ts";
import { describe } from "../openapi.ts";

const text = "text/plain; charset=utf-8";
const common = { tag: "log", action: "public" } as const;
/** Cosignatures are added within seconds; after that a checkpoint of a size does not change. */
const minute = "public, max-age=60";

const bySize = describe({
  ...common,
  summary: "The checkpoint of a size",
  description:
    "Those that are kept for good (one a minute, each that was cosigned, each at a change of keys), with " +
    "their cosignatures, and all that were published in the last 24 hours, with the log's Ed25519 " +
    "signature alone.",
  params: Type.Object({ size: Type.String({ description: "Number of records that it covers" }) }),
  answer: { description: "A signed note", type: text, schema: Type.String() },
  errors: ["not_found", "overloaded"],
});

const list = describe({
  ...common,
  summary: "Sizes of the checkpoints that are kept for good",
  querystring: Type.Object({
    after: Type.Optional(Type.String({ description: "Only sizes above this one (default: 0)" })),
  }),
  answer: {
    description: `At most ${checkpointsListedMax} sizes, in order; \`more\` says whether others follow`,
    type: "application/json",
    schema: Type.Object({ sizes: Type.Array(Type.Integer()), more: Type.Boolean() }),
  },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});

/** `/checkpoints/{size}`, the same under `/sites/main`, and `/v1/checkpoints`. */
export const addCheckpointRoutes: LogRoutes = (server, { publication: { checkpoints } }) => {
  for (const prefix of ["", "/sites/main"]) {
    server.get(`${prefix}/checkpoints/:size`, bySize, (request, reply) =>
      sendCheckpoint(checkpoints, request, reply),
    );
  }
  server.get("/v1/checkpoints", list, async (request) => {
    const sizes = await answerInTime(checkpoints.keptSizes(afterOf(request), checkpointsListedMax + 1));
    return { sizes: sizes.slice(0, checkpointsListedMax), more: sizes.length > checkpointsListedMax };
  });
};

async function sendCheckpoint(
  checkpoints: CheckpointStore,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { size } = request.params as { size: string };
  const value = sizeIn(size);
  const note = value === undefined || value === 0 ? undefined : await answerInTime(checkpoints.read(value));
  if (note === undefined) throw notFound("checkpoint of that size");
  return reply.headers({ "content-type": text, "cache-control": minute }).send(Buffer.from(note));
}

function afterOf(request: FastifyRequest): number {
  const after = queryParameter(request, "after") ?? "0";
  const value = sizeIn(after);
  if (value !== undefined) return value;
  throw new ProtocolError("schema_mismatch", `after is ${JSON.stringify(after)}; give a size, in digits`);
}

function sizeIn(given: string): number | undefined {
  const value = /^(?:0|[1-9]\d{0,15})$/.test(given) ? Number(given) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
