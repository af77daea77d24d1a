// SPDX-License-Identifier: Apache-2.0
// A decision in plain words: for analysts all of it, for apps what the affected user may be told.
import { explanationLanguages } from "@docket/policy";
import type { ExplanationLanguage } from "@docket/policy";
import { ProtocolError } from "@docket/protocol";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { mayDo } from "../../access/permissions.ts";
import { DocketError } from "../../error.ts";
import { explainRecord, explainRecordToUser, releaseShelf } from "../../explanation/explain-record.ts";
import { readIfThere } from "../../stores/files/read-files.ts";
import { answerInTime, callerOf, indexOf, queryParameters, requireAction } from "../context.ts";
import type { Routes } from "../context.ts";
import { describe } from "../openapi.ts";

const audiences = ["analyst", "user"] as const;

const oneExplanation = describe({
  summary: "Explain a decision in plain words",
  description:
    "For an analyst: every rule that fired, with its clauses and the values that made it so, those that " +
    "nearly fired, were held back or lacked a value, points, strikes, counters, limits and restrictions. " +
    "For the affected user (`for=user`, and always for the role ingest): outcome, public reasons, what the " +
    "rules disclose, what follows, and how to object.",
  tag: "decisions",
  action: "readDecision",
  params: Type.Object({ index: Type.String({ description: "The record's index in the log" }) }),
  querystring: Type.Object({
    for: Type.Optional(Type.Union(audiences.map((each) => Type.Literal(each)))),
    lang: Type.Optional(Type.Union(explanationLanguages.map((each) => Type.Literal(each)))),
  }),
  answer: {
    description: "The explanation: `docket-explanation/v1`, or `docket-explanation-user/v1`",
    type: "application/json",
    schema: Type.Object(
      { format: Type.String(), index: Type.Integer(), outcome: Type.String(), outcomeWords: Type.String() },
      { description: "docs/reference/http.md has examples of both" },
    ),
  },
  errors: ["schema_mismatch", "unknown_field", "not_found", "overloaded", "directory_damaged"],
});

/** `/v1/decisions/{index}/explanation`. */
export const addExplanationRoutes: Routes = (server, { site }) => {
  const shelf = releaseShelf(readIfThere, site.paths);
  server.get("/v1/decisions/:index/explanation", oneExplanation, async (request) => {
    const index = indexOf(request);
    const caller = callerOf(request);
    const asked = askedOf(request);
    const audience = asked.audience ?? (mayDo(caller, "readFacts") ? "analyst" : "user");
    if (audience === "analyst") requireAction(caller, "readFacts");
    const { record, facts, disclosed } = await answerInTime(site.recorded(index));
    if (record.kind !== "decision" || facts === undefined) {
      throw new DocketError("not_found", `record ${index} is no decision, so there is nothing to explain`);
    }
    const explained = { record, facts, disclosed };
    if (audience === "user") request.reading = "nothing";
    return answerInTime<object>(
      audience === "analyst"
        ? explainRecord(explained, shelf, asked.language)
        : explainRecordToUser(explained, shelf, site.origin, asked.language),
    );
  });
};

function askedOf(request: FastifyRequest): {
  audience: (typeof audiences)[number] | undefined;
  language: ExplanationLanguage;
} {
  const given = queryParameters(request, ["for", "lang"]);
  const audience = given.get("for");
  const language = given.get("lang") ?? "en";
  if (audience !== undefined && !isOneOf(audiences, audience)) {
    throw new ProtocolError(
      "schema_mismatch",
      `for is ${JSON.stringify(audience)}; give ${audiences.join(" or ")}`,
    );
  }
  if (!isOneOf(explanationLanguages, language)) {
    throw new ProtocolError(
      "schema_mismatch",
      `lang is ${JSON.stringify(language)}; give ${explanationLanguages.join(" or ")}`,
    );
  }
  return { audience, language };
}

function isOneOf<T extends string>(all: readonly T[], value: string): value is T {
  return (all as readonly string[]).includes(value);
}
