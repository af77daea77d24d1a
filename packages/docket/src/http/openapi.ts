// SPDX-License-Identifier: Apache-2.0
// How routes describe themselves for /openapi.json. These schemas describe; what checks a body is the strict
// reader that the schema was made for (`parseDecisionRequest`, `readObject`).
import { DecisionRequestSchema, DecisionSchema, ReceiptSchema } from "@docket/protocol/events";
import type { ErrorCode } from "@docket/protocol";
import { errorTable } from "@docket/protocol";
import swagger from "@fastify/swagger";
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import type { FastifyInstance, FastifySchema } from "fastify";
import { Type } from "typebox";
import type { TSchema } from "typebox";
import { permissions } from "../access/permissions.ts";
import type { Needed } from "./context.ts";

const time = Type.String({ description: "RFC 3339 time, UTC" });

const ErrorSchema: TSchema = Type.Object({
  error: Type.Object({
    code: Type.String({ description: "Stable; docs/reference/errors.md lists them" }),
    message: Type.String({ description: "What was wrong, and where" }),
    pointer: Type.Optional(Type.String({ description: "JSON Pointer (RFC 6901) to the value at fault" })),
    offset: Type.Optional(Type.Integer({ description: "Offset of the fault in the body, in bytes" })),
    remedy: Type.String({ description: "What to do" }),
    requestId: Type.Optional(
      Type.String({ description: "With internal errors: to find it in the server's log" }),
    ),
  }),
});

const RecordedSchema: TSchema = Type.Object({
  record: Type.Object(
    {
      v: Type.Literal(1),
      index: Type.Integer(),
      prev: Type.String({ description: "Leaf hash of the record before, base64url" }),
      time,
      uncertaintyMs: Type.Union([Type.Integer(), Type.Null()]),
      kind: Type.String({ description: "decision, opening, access, release, start, stop, created" }),
      by: Type.String({ description: "Id of an API key, or operator" }),
    },
    { description: "The record as its leaf has it; further fields by kind (docs/formats/record.md)" },
  ),
  decision: Type.Optional(Type.Ref("Decision")),
  facts: Type.Optional(
    Type.Object({}, { description: "What the decision read; only for roles that may read it" }),
  ),
});

const StandingSchema: TSchema = Type.Object({
  actor: Type.Union([Type.String(), Type.Null()], {
    description: "Pseudonym in the log; null if no event of this account was ever sealed",
  }),
  at: time,
  strikes: Type.Array(
    Type.Object({ policy: Type.String(), rule: Type.String(), count: Type.Integer(), at: time }),
  ),
  restrictions: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: Type.String(),
      until: Type.Optional(time),
      imposed: Type.Optional(
        Type.Object({
          index: Type.Integer({ description: "The record by which it was imposed" }),
          kind: Type.String({ description: "decision, verdict or measure" }),
          by: Type.String(),
          at: time,
          reason: Type.Optional(Type.String()),
        }),
      ),
    }),
  ),
  links: Type.Optional(
    Type.Array(
      Type.Object({
        actor: Type.String({ description: "The other actor's pseudonym" }),
        relation: Type.String(),
        index: Type.Integer(),
        by: Type.String(),
        at: time,
        reason: Type.String(),
      }),
    ),
  ),
});

/** The schemas that any server's routes refer to by name. */
export const logSchemas: Readonly<Record<string, TSchema>> = { Error: ErrorSchema };

/** The schemas that a site's routes refer to by name. */
export const sharedSchemas: Readonly<Record<string, TSchema>> = {
  DecisionRequest: DecisionRequestSchema,
  Decision: DecisionSchema,
  Receipt: ReceiptSchema,
  Recorded: RecordedSchema,
  Standing: StandingSchema,
  Error: ErrorSchema,
};

/** What may be wrong with a JSON body, whatever its schema. */
export const bodyErrors: readonly ErrorCode[] = [
  "json_syntax",
  "json_encoding",
  "json_duplicate_key",
  "json_surrogate",
  "json_number",
  "json_depth",
  "schema_mismatch",
  "unknown_field",
  "body_too_large",
  "unsupported_media_type",
];

/** Codes that a route which seals something may be answered with. */
export const sealingErrors: readonly ErrorCode[] = [
  "overloaded",
  "sealing_unknown",
  "sealing_failed",
  "log_closed",
];

/** What a route says of itself. */
export type Operation = {
  summary: string;
  description?: string;
  tag: string;
  action: Needed;
  body?: object;
  consumes?: string;
  params?: TSchema;
  querystring?: TSchema;
  /** The answer of status 200: its media type and schema. */
  answer: { description: string; type: string; schema: object };
  /** Codes that it may be answered with, beside those of authentication and `internal`. */
  errors: readonly ErrorCode[];
};

/** What Fastify is told of a route: the description, and who may call it. */
export function describe(operation: Operation): {
  schema: FastifySchema;
  config: { action: Needed };
} {
  const { summary, tag, action, body, consumes, params, querystring, answer } = operation;
  const needed = neededFor(action);
  const description = operation.description === undefined ? needed : `${operation.description}\n\n${needed}`;
  const guarded: readonly ErrorCode[] = action === "public" ? [] : ["unauthenticated", "forbidden"];
  return {
    config: { action },
    schema: {
      summary,
      description,
      tags: [tag],
      security: securityOf(action),
      ...(body === undefined ? {} : { body }),
      ...(consumes === undefined ? {} : { consumes: [consumes] }),
      ...(params === undefined ? {} : { params }),
      ...(querystring === undefined ? {} : { querystring }),
      response: {
        200: { description: answer.description, content: { [answer.type]: { schema: answer.schema } } },
        ...errorResponses([...guarded, ...operation.errors, "internal"]),
      },
    },
  };
}

function neededFor(action: Needed): string {
  if (action === "public") return "No API key is needed.";
  if (action === "anyone") return "Any key or session will do.";
  return action === "person"
    ? "The session of a person is needed."
    : `Roles: ${permissions[action].join(", ")}.`;
}

function securityOf(action: Needed): Record<string, string[]>[] {
  if (action === "public") return [];
  return action === "person" ? [{ session: [] }] : [{ apiKey: [] }, { session: [] }];
}

/**
 * Adds codes to what a route may be answered with, where they are not among them yet.
 *
 * @param schema as {@link describe} made it; changed
 */
export function addErrors(schema: FastifySchema, codes: readonly ErrorCode[]): void {
  const responses = schema.response as Record<string, { description: string }>;
  for (const code of codes) {
    for (const [status, added] of Object.entries(errorResponses([code]))) {
      const { description } = added as { description: string };
      const before = responses[status];
      if (before === undefined) responses[status] = added as { description: string };
      else if (!before.description.includes(description)) before.description += ` ${description}`;
    }
  }
}

function errorResponses(codes: readonly ErrorCode[]): Record<string, object> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = errorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const responses: Record<string, object> = {};
  for (const [status, same] of byStatus) {
    responses[status] = {
      description: same.map((code) => `\`${code}\`: ${errorTable[code].summary}`).join(" "),
      content: { "application/json": { schema: { $ref: "Error#" } } },
    };
  }
  return responses;
}

/**
 * Has a server describe itself at `/openapi.json`. Called before its routes are registered.
 *
 * @param about what it is, in a sentence
 * @param schemas those that its routes refer to by name
 */
export function describeServer(
  server: FastifyInstance,
  version: string,
  about: string,
  schemas: Readonly<Record<string, TSchema>>,
): void {
  for (const [name, schema] of Object.entries(schemas)) server.addSchema({ ...schema, $id: name });
  server.register(swagger, openApi(version, about));
}

function openApi(version: string, about: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Docket",
        version,
        description: `${about} docs/reference/http.md has examples.`,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: {
        securitySchemes: {
          apiKey: {
            type: "http",
            scheme: "bearer",
            description: "A key that `docket apikey create` printed, or a session's token of `docket login`",
          },
          session: {
            type: "apiKey",
            in: "cookie",
            name: "__Host-docket",
            description:
              "The session of a person who signed in; what changes something wants Docket-Request too",
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
