// SPDX-License-Identifier: Apache-2.0
// One decision made again. It takes as long as deciding it took: what a release's conditions cost is bounded.
import { Type } from "typebox";
import { DocketError } from "../../error.ts";
import { releaseShelf } from "../../explanation/explain-record.ts";
import { replayRecord } from "../../explanation/replay-record.ts";
import { readIfThere } from "../../stores/files/read-files.ts";
import { answerInTime, indexOf, queryParameters } from "../context.ts";
import type { Routes } from "../context.ts";
import { describe } from "../openapi.ts";

const replay = describe({
  summary: "Make a decision again and compare",
  description:
    "From its recorded facts and the release that is kept under the hash which its record names: each " +
    "clause, the outcome, points, strikes, restrictions and reasons. What the facts say of earlier records " +
    "is taken as they say it; `docket replay` follows that from record 0, and computes signals again.",
  tag: "decisions",
  action: "readFacts",
  params: Type.Object({ index: Type.String({ description: "The record's index in the log" }) }),
  answer: {
    description: "`same`, or what did not come out as it was recorded",
    type: "application/json",
    schema: Type.Object({
      format: Type.Literal("docket-record-replay/v1"),
      verdict: Type.Enum(["same", "different"]),
      index: Type.Integer(),
      release: Type.String({ description: "Hash of the release that it was made under" }),
      checked: Type.Array(Type.String()),
      findings: Type.Array(
        Type.Object({ kind: Type.String(), what: Type.String() }, { additionalProperties: true }),
      ),
      findingCount: Type.Integer(),
      unchecked: Type.Array(Type.String()),
    }),
  },
  errors: ["schema_mismatch", "unknown_field", "not_found", "overloaded"],
});

/** `/v1/decisions/{index}/replay`. */
export const addReplayRoutes: Routes = (server, { site }) => {
  const shelf = releaseShelf(readIfThere, site.paths);
  server.get("/v1/decisions/:index/replay", replay, async (request) => {
    const index = indexOf(request);
    queryParameters(request, []);
    const { record, facts } = await answerInTime(site.recorded(index));
    if (record.kind !== "decision" || facts === undefined) {
      throw new DocketError("not_found", `record ${index} is no decision, so there is nothing to make again`);
    }
    return answerInTime(replayRecord({ record, facts }, shelf));
  });
};
