// SPDX-License-Identifier: Apache-2.0
// The people who may sign in, and their sessions. What gives somebody power over others takes a second
// person.
import { checkShape, parseJson } from "@docket/protocol";
import type { ErrorCode, JsonObject } from "@docket/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { Validator } from "typebox/compile";
import { checkRoles } from "../../access/people.ts";
import type { People } from "../../access/people.ts";
import { roles } from "../../access/permissions.ts";
import type { SiteRequests } from "../../approvals/contract.ts";
import { DocketError } from "../../error.ts";
import { whyLengthMax } from "../../releases/review.ts";
import { answerInTime, callerOf, queryParameter, sealingUnknown } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import { PersonSchema, PersonTokenSchema, SealedSchema, SessionSchema } from "./access-schemas.ts";
import { answerOutcome, authorOf } from "./requests.ts";

const json = "application/json";
const unknown = sealingUnknown("it was not durable in time; look at /v1/people before you ask again");
const params = Type.Object({ id: Type.String({ description: "The person's id, p_…" }) });
const rolesSchema = Type.Array(Type.Union(roles.map((role) => Type.Literal(role))), {
  maxItems: roles.length,
  description: "Any of them; none lets somebody do nothing",
});
const twoPersons = {
  request: Type.Optional(
    Type.Integer({ minimum: 0, description: "The approved request, where it takes a second person" }),
  ),
  why: Type.Optional(
    Type.String({ minLength: 1, maxLength: whyLengthMax, description: "For whoever approves it" }),
  ),
};
type TwoPersons = { request?: number; why?: string };

const AddSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 256, description: "By which they sign in" }),
    roles: rolesSchema,
    ...twoPersons,
  },
  { additionalProperties: false },
);
const ChangeSchema = Type.Object({ roles: rolesSchema, ...twoPersons }, { additionalProperties: false });
const PlainSchema = Type.Object({ ...twoPersons }, { additionalProperties: false });
const addValidator = Compile(AddSchema);
const changeValidator = Compile(ChangeSchema);
const plainValidator = Compile(PlainSchema);

const twoErrors: readonly ErrorCode[] = ["approval_needed", "request_conflict"];
const changeErrors: readonly ErrorCode[] = [
  ...bodyErrors,
  "usage",
  "not_found",
  ...twoErrors,
  ...sealingErrors,
];
const manage = { tag: "people", action: "managePeople" } as const;
const sealed = { description: "The record of it", type: json, schema: SealedSchema };
const token = { description: "A token for a password, this once", type: json, schema: PersonTokenSchema };

const operations = {
  list: describe({
    summary: "List the people who may sign in",
    tag: "people",
    action: "readPeople",
    answer: { description: "People", type: json, schema: Type.Object({ people: Type.Array(PersonSchema) }) },
    errors: ["overloaded"],
  }),
  add: describe({
    ...manage,
    summary: "Add a person",
    description: "They set their password with the token. An administrator takes a second person: 202.",
    body: AddSchema,
    consumes: json,
    answer: token,
    errors: [...changeErrors, "person_exists"],
  }),
  change: describe({
    ...manage,
    summary: "Give a person other roles",
    description: "Making an administrator takes a second person: 202.",
    params,
    body: ChangeSchema,
    consumes: json,
    answer: sealed,
    errors: changeErrors,
  }),
  remove: describe({
    ...manage,
    summary: "Remove a person; their sessions end",
    params,
    answer: sealed,
    errors: ["not_found", ...sealingErrors],
  }),
  reset: describe({
    ...manage,
    summary: "Give a person a token for a new password",
    description: "An administrator's takes a second person: 202.",
    params,
    body: PlainSchema,
    consumes: json,
    answer: token,
    errors: changeErrors,
  }),
  dropFactor: describe({
    ...manage,
    summary: "Take a person's second factor away",
    description: "An administrator's takes a second person: 202.",
    params,
    body: PlainSchema,
    consumes: json,
    answer: sealed,
    errors: changeErrors,
  }),
  sessions: describe({
    summary: "List the sessions that go on",
    tag: "people",
    action: "readPeople",
    querystring: Type.Object({ person: Type.Optional(Type.String({ description: "Of this person, p_…" })) }),
    answer: {
      description: "Sessions, without their tokens",
      type: json,
      schema: Type.Object({ sessions: Type.Array(SessionSchema) }),
    },
    errors: ["schema_mismatch", "unknown_field", "overloaded"],
  }),
  endSession: describe({
    ...manage,
    summary: "End a session",
    params: Type.Object({ id: Type.String({ description: "The session's id, s_…" }) }),
    answer: sealed,
    errors: ["not_found", ...sealingErrors],
  }),
};

/** What the routes of people lean on. */
export type PeopleRoutesOf = {
  people: People;
  /** What takes a second person; without it, nothing does. */
  requests: Pick<SiteRequests, "through"> | undefined;
};

/** `/v1/people`, `/v1/sessions`. */
export function addPeopleRoutes(server: FastifyInstance, { people, requests }: PeopleRoutesOf): void {
  const limits = { bodyLimit: smallBodyBytesMax };
  server.get("/v1/people", operations.list, async () => ({ people: people.list() }));
  server.post("/v1/people", { ...operations.add, ...limits }, async (request, reply) => {
    const body = bodyOf(request, addValidator) as { name: string; roles: string[] } & TwoPersons;
    const held = checkRoles(body.roles);
    const what = { act: "addPerson", name: body.name, roles: held };
    const act = (): Promise<unknown> => people.add(authorOf(request), body);
    return done(request, reply, { requests, body, what, act, takesTwo: held.includes("admin") });
  });
  server.post("/v1/people/:id", { ...operations.change, ...limits }, async (request, reply) => {
    const body = bodyOf(request, changeValidator) as { roles: string[] } & TwoPersons;
    const person = people.person(idOf(request));
    const held = checkRoles(body.roles);
    const takesTwo = held.includes("admin") && !person.roles.includes("admin");
    const what = { act: "changePerson", person: person.id, roles: held };
    const act = (): Promise<unknown> => people.change(authorOf(request), person.id, held);
    return done(request, reply, { requests, body, what, act, takesTwo });
  });
  server.delete("/v1/people/:id", operations.remove, async (request) => {
    requireWhole(request);
    return answerInTime(people.remove(authorOf(request), idOf(request)), unknown);
  });
  server.post("/v1/people/:id/password", { ...operations.reset, ...limits }, async (request, reply) => {
    const body = bodyOf(request, plainValidator) as TwoPersons;
    const person = people.person(idOf(request));
    const what = { act: "resetPassword", person: person.id };
    const act = (): Promise<unknown> => people.reset(authorOf(request), person.id);
    return done(request, reply, { requests, body, what, act, takesTwo: person.roles.includes("admin") });
  });
  server.post(
    "/v1/people/:id/drop-factor",
    { ...operations.dropFactor, ...limits },
    async (request, reply) => {
      const body = bodyOf(request, plainValidator) as TwoPersons;
      const person = people.person(idOf(request));
      const what = { act: "dropFactor", person: person.id };
      const act = (): Promise<unknown> => people.dropFactor(authorOf(request), person.id);
      return done(request, reply, { requests, body, what, act, takesTwo: person.roles.includes("admin") });
    },
  );
  server.get("/v1/sessions", operations.sessions, async (request) => ({
    sessions: people.sessions(queryParameter(request, "person")),
  }));
  server.delete("/v1/sessions/:id", operations.endSession, async (request) =>
    answerInTime(people.endSession(authorOf(request), idOf(request)), unknown),
  );
}

type Doing = {
  requests: PeopleRoutesOf["requests"];
  body: TwoPersons;
  what: JsonObject;
  act: () => Promise<unknown>;
  takesTwo: boolean;
};

async function done(request: FastifyRequest, reply: FastifyReply, doing: Doing): Promise<unknown> {
  requireWhole(request);
  const { requests, body, what, act, takesTwo } = doing;
  if (!takesTwo || requests === undefined) return answerInTime(act(), unknown);
  const { request: of, why = "somebody is to have power over others" } = body;
  const wish = { act: "person", what, why } as const;
  return answerOutcome(
    reply,
    await answerInTime(requests.through(authorOf(request), wish, of, act), unknown),
  );
}

/** A key with scopes can't make people: they could do what it may not. @throws {DocketError} `forbidden` */
function requireWhole(request: FastifyRequest): void {
  if (callerOf(request).scopes === undefined) return;
  throw new DocketError("forbidden", "people are managed by people and keys without scopes");
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}

function bodyOf(request: FastifyRequest, validator: Validator): unknown {
  const bytes = (request.body as Uint8Array | undefined) ?? new Uint8Array();
  const body: unknown = bytes.length === 0 ? {} : parseJson(bytes);
  checkShape(validator, body, "person");
  return body;
}
