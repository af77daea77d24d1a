// SPDX-License-Identifier: Apache-2.0
// An actor's standing, by the app's own id of the account.
import { parseTime, ProtocolError } from "@docket/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { SiteEnforcement } from "../../enforcement/contract.ts";
import { answerInTime } from "../context.ts";
import type { HttpContext } from "../context.ts";
import { accountIdLengthMax } from "../limits.ts";
import { describe } from "../openapi.ts";

const standing = describe({
  summary: "Read an actor's strikes and restrictions",
  tag: "actors",
  action: "readStanding",
  params: Type.Object({ id: Type.String({ description: "The app's id of the account, percent-encoded" }) }),
  querystring: Type.Object({
    at: Type.Optional(Type.String({ description: "RFC 3339 time of the standing (default: now)" })),
  }),
  answer: { description: "The standing", type: "application/json", schema: { $ref: "Standing#" } },
  errors: ["schema_mismatch", "unknown_field", "not_found", "overloaded"],
});

/** `/v1/actors`. Where enforcement is known, a standing says where it comes from. */
export function addActorRoutes(
  server: FastifyInstance,
  {
    site,
    clock,
    enforcement,
  }: HttpContext & { enforcement?: Pick<SiteEnforcement, "standingOf"> | undefined },
): void {
  server.get("/v1/actors/:id/standing", standing, async (request) => {
    const accountId = accountIdOf(request);
    const at = queryTime(request) ?? clock();
    const view = await answerInTime(site.standing(accountId, at));
    if (view.actor === null || enforcement === undefined) return view;
    return enforcement.standingOf(view.actor, at);
  });
}

/**
 * The account id in a path.
 *
 * @throws {ProtocolError} `schema_mismatch` for one that is empty or too long
 */
export function accountIdOf(request: FastifyRequest): string {
  const { id } = request.params as { id: string };
  const length = Array.from(id).length;
  if (length >= 1 && length <= accountIdLengthMax) return id;
  const message = `an account id has 1 to ${accountIdLengthMax} characters, this one ${length}`;
  throw new ProtocolError("schema_mismatch", message);
}

function queryTime(request: FastifyRequest): number | undefined {
  const query = request.query as Record<string, string | string[]>;
  for (const name of Object.keys(query)) {
    if (name !== "at")
      throw new ProtocolError("unknown_field", `there is no query parameter ${JSON.stringify(name)}`);
  }
  const { at } = query;
  if (at === undefined) return undefined;
  const time = typeof at === "string" ? parseTime(at) : undefined;
  if (time !== undefined) return time;
  // A plus sign means a space in a query; the usual mistake is worth a word.
  throw new ProtocolError(
    "schema_mismatch",
    `at is ${JSON.stringify(at)}; give one RFC 3339 time, for example 2026-11-22T23:11:05Z, with "+" as %2B`,
  );
}
