// SPDX-License-Identifier: Apache-2.0
// `POST /add` of an opaque log.
import { entryBytesMax } from "@docket/tlog";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { ProtocolError } from "@docket/protocol";
import type { OpaqueLog } from "../../log/opaque-log.ts";
import { DocketError } from "../../error.ts";
import { answerInTime, queryParameter } from "../context.ts";
import { describe } from "../openapi.ts";

const text = "text/plain; charset=utf-8";
const none = new Uint8Array(0);

/** Takes any body as its bytes, whatever its media type says, or if it has none. */
export function addEntryBodyParser(server: FastifyInstance): void {
  server.addContentTypeParser(
    "*",
    { parseAs: "buffer", bodyLimit: entryBytesMax },
    (_request, body, done) => {
      done(null, body);
    },
  );
}

/** `POST /add`. */
export function addEntryRoutes(server: FastifyInstance, log: OpaqueLog, publicAdd: boolean): void {
  const operation = describe({
    summary: "Add an entry",
    description:
      "The body is the entry, whatever its media type. Answers its index once it is durable; with " +
      "`until=published`, once a published checkpoint covers it. The same bytes sent twice are two entries.",
    tag: "log",
    action: publicAdd ? "public" : "addEntry",
    querystring: Type.Object({
      until: Type.Optional(Type.Union([Type.Literal("durable"), Type.Literal("published")])),
    }),
    body: Type.String({ description: `At most ${entryBytesMax} bytes` }),
    consumes: "application/octet-stream",
    answer: { description: "The entry's index, decimal", type: text, schema: Type.String() },
    errors: [
      "schema_mismatch",
      "body_too_large",
      "overloaded",
      "sealing_unknown",
      "sealing_failed",
      "log_closed",
    ],
  });
  server.post("/add", { ...operation, bodyLimit: entryBytesMax }, async (request, reply) => {
    const until = queryParameter(request, "until") ?? "durable";
    if (until !== "durable" && until !== "published") {
      throw new ProtocolError("schema_mismatch", 'until is "durable" or "published"');
    }
    const index = await answerInTime(log.append((request.body as Uint8Array | undefined) ?? none), unknown);
    if (until === "published") {
      await answerInTime(log.published(index + 1, true)).catch((cause: unknown) => {
        throw unpublished(index, cause);
      });
    }
    reply.header("content-type", text);
    return String(index);
  });
}

function unknown(): DocketError {
  return new DocketError(
    "sealing_unknown",
    "the log did not answer in time, so it is not known whether the entry was added; " +
      "added again it may stand twice",
    { retryAfterSeconds: 2 },
  );
}

// Whoever waited for a checkpoint need not add the entry again.
function unpublished(index: number, cause: unknown): DocketError {
  return new DocketError(
    "overloaded",
    `the entry was added as ${index}, and no published checkpoint covers it yet; don't add it again`,
    { cause },
  );
}
