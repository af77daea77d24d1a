// SPDX-License-Identifier: Apache-2.0
// API keys over HTTP. A key that has power over others takes a second person.
import { checkShape, parseJson } from "@docket/protocol";
import type { ErrorCode, JsonObject } from "@docket/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { Validator } from "typebox/compile";
import { keyLabelLengthMax, keyLifeMsMax, keyLifeMsMin, overlapMsMax } from "../../access/api-keys.ts";
import type { KeyDesk, KeySealer } from "../../access/key-desk.ts";
import { permissions, roles } from "../../access/permissions.ts";
import type { Action } from "../../access/permissions.ts";
import type { SiteRequests } from "../../approvals/contract.ts";
import { DocketError } from "../../error.ts";
import { whyLengthMax } from "../../releases/review.ts";
import { answerInTime, callerOf, sealingUnknown } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import { KeySchema, NewKeySchema } from "./access-schemas.ts";
import { answerOutcome, authorOf } from "./requests.ts";

const json = "application/json";
const tag = "keys";
const unknown = sealingUnknown("it was not durable in time; look at /v1/keys before you ask again");
const params = Type.Object({ id: Type.String({ description: "The key's id, k_…" }) });
/** Keys of these roles have power over others. */
const strongRoles: readonly string[] = ["auditor", "admin"];
const twoPersons = {
  request: Type.Optional(
    Type.Integer({ minimum: 0, description: "The approved request, where it takes a second person" }),
  ),
  why: Type.Optional(
    Type.String({ minLength: 1, maxLength: whyLengthMax, description: "For whoever approves it" }),
  ),
};
type TwoPersons = { request?: number; why?: string };
const forSeconds = Type.Optional(
  Type.Integer({
    minimum: keyLifeMsMin / 1000,
    maximum: keyLifeMsMax / 1000,
    description: "It ends by itself after so many seconds (default: never)",
  }),
);
const actions = Object.keys(permissions) as Action[];

const CreateSchema = Type.Object(
  {
    role: Type.Union(roles.map((role) => Type.Literal(role))),
    label: Type.Optional(Type.String({ minLength: 1, maxLength: keyLabelLengthMax })),
    scopes: Type.Optional(
      Type.Array(Type.Union(actions.map((action) => Type.Literal(action))), {
        minItems: 1,
        description: "Actions that it is limited to, of those of its role",
      }),
    ),
    forSeconds,
    ...twoPersons,
  },
  { additionalProperties: false },
);
const RotateSchema = Type.Object(
  {
    overlapSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: overlapMsMax / 1000,
        description: "The old key goes on for so long (default: a day)",
      }),
    ),
    forSeconds,
    ...twoPersons,
  },
  { additionalProperties: false },
);
type CreateBody = TwoPersons & { role: string; label?: string; scopes?: string[]; forSeconds?: number };
type RotateBody = TwoPersons & { overlapSeconds?: number; forSeconds?: number };
const createValidator = Compile(CreateSchema);
const rotateValidator = Compile(RotateSchema);

const changeErrors: readonly ErrorCode[] = [
  ...bodyErrors,
  "usage",
  "not_found",
  "approval_needed",
  "request_conflict",
  ...sealingErrors,
];
const made = { description: "The key, this once", type: json, schema: NewKeySchema };

const operations = {
  list: describe({
    summary: "List the API keys, without the keys themselves",
    tag,
    action: "readKeys",
    answer: { description: "Keys", type: json, schema: Type.Object({ keys: Type.Array(KeySchema) }) },
    errors: ["overloaded"],
  }),
  create: describe({
    summary: "Make an API key",
    description: "One of role auditor or admin takes a second person: 202.",
    tag,
    action: "manageKeys",
    body: CreateSchema,
    consumes: json,
    answer: made,
    errors: changeErrors,
  }),
  rotate: describe({
    summary: "Make an API key in the place of another, with the same rights",
    description: "The old one goes on for a while. One of role auditor or admin takes a second person: 202.",
    tag,
    action: "manageKeys",
    params,
    body: RotateSchema,
    consumes: json,
    answer: made,
    errors: changeErrors,
  }),
  revoke: describe({
    summary: "Revoke an API key, at once",
    tag,
    action: "manageKeys",
    params,
    answer: { description: "The key", type: json, schema: KeySchema },
    errors: ["not_found", ...sealingErrors],
  }),
};

/** What the routes of keys lean on. */
export type KeyRoutesOf = {
  keys: KeyDesk;
  sealer: KeySealer;
  /** What takes a second person; without it, nothing does. */
  requests: Pick<SiteRequests, "through"> | undefined;
};

/** `/v1/keys`. */
export function addKeyRoutes(server: FastifyInstance, of: KeyRoutesOf): void {
  const { keys, sealer } = of;
  const limits = { bodyLimit: smallBodyBytesMax };
  server.get("/v1/keys", operations.list, async () => ({ keys: await answerInTime(keys.list()) }));
  server.post("/v1/keys", { ...operations.create, ...limits }, async (request, reply) => {
    const {
      forSeconds: seconds,
      request: approved,
      why,
      ...said
    } = bodyOf(request, createValidator) as CreateBody;
    requireWithin(request, said.role, said.scopes);
    const wish = { ...said, ...(seconds === undefined ? {} : { forMs: seconds * 1000 }) };
    const act = (): Promise<unknown> => keys.create({ ...wish, by: callerOf(request).id }, sealer);
    const what = { act: "createKey", ...said, ...(seconds === undefined ? {} : { forSeconds: seconds }) };
    return done(request, reply, of, { role: said.role, approved, why, what, act });
  });
  server.post("/v1/keys/:id/rotate", { ...operations.rotate, ...limits }, async (request, reply) => {
    const { request: approved, why, ...said } = bodyOf(request, rotateValidator) as RotateBody;
    const { id } = request.params as { id: string };
    const old = await answerInTime(keys.key(id));
    requireWithin(request, old.role, old.scopes ?? undefined);
    const wish = {
      ...(said.overlapSeconds === undefined ? {} : { overlapMs: said.overlapSeconds * 1000 }),
      ...(said.forSeconds === undefined ? {} : { forMs: said.forSeconds * 1000 }),
    };
    const act = (): Promise<unknown> => keys.rotate(id, { ...wish, by: callerOf(request).id }, sealer);
    const what = { act: "rotateKey", key: id, ...said };
    return done(request, reply, of, { role: old.role, approved, why, what, act });
  });
  server.delete("/v1/keys/:id", operations.revoke, async (request) => {
    const { id } = request.params as { id: string };
    return answerInTime(keys.revoke(id, callerOf(request).id, sealer), unknown);
  });
}

type Doing = {
  role: string;
  approved: number | undefined;
  why: string | undefined;
  what: JsonObject;
  act: () => Promise<unknown>;
};

async function done(
  request: FastifyRequest,
  reply: FastifyReply,
  { requests }: KeyRoutesOf,
  { role, approved, why = `a key of role ${role}`, what, act }: Doing,
): Promise<unknown> {
  if (!strongRoles.includes(role) || requests === undefined) return answerInTime(act(), unknown);
  const through = requests.through(authorOf(request), { act: "apiKey", what, why }, approved, act);
  return answerOutcome(reply, await answerInTime(through, unknown));
}

/**
 * A key with scopes makes no key that may do what it may not itself.
 *
 * @throws {DocketError} `forbidden`
 */
function requireWithin(request: FastifyRequest, role: string, wished: readonly string[] | undefined): void {
  const { scopes } = callerOf(request);
  if (scopes === undefined) return;
  const isWithin =
    wished !== undefined && wished.every((scope) => (scopes as readonly string[]).includes(scope));
  if (isWithin) return;
  throw new DocketError("forbidden", `a key with scopes makes keys (of role ${role}) with some of them only`);
}

function bodyOf(request: FastifyRequest, validator: Validator): unknown {
  const bytes = (request.body as Uint8Array | undefined) ?? new Uint8Array();
  const body: unknown = bytes.length === 0 ? {} : parseJson(bytes);
  checkShape(validator, body, "key");
  return body;
}
