// SPDX-License-Identifier: Apache-2.0
// Campaigns, and who shares what with whom.
import { parseTime, ProtocolError } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import {
  actorsDrawnMax,
  campaignsListedDefault,
  campaignsListedMax,
  decisionsLookedMax,
  recordsAskedMax,
  recordsNamedMax,
  sharedDrawnMax,
} from "../../patterns/campaign-contract.ts";
import type { SharingQuery } from "../../patterns/campaign-contract.ts";
import type { SiteCampaigns } from "../../patterns/campaign-desk.ts";
import { answerInTime, queryParameters } from "../context.ts";
import { describe } from "../openapi.ts";
import { readingOf } from "../reads.ts";
import { wholeNumber } from "../whole-number.ts";

const json = "application/json";
const tag = "patterns";
const dayMs = 86_400_000;
const minuteMs = 60_000;
/** How many days are searched if nothing is said, before the last decision. */
const searchedDays = 7;
/** A list goes through all decisions of its time: it is waited for so long, in ms. */
const listedWithinMs = 30_000;

const count = Type.Integer();
const outcomes = Type.Object({}, { additionalProperties: true, description: "Decisions by outcome" });
const listed = {
  campaign: Type.String(),
  decisions: count,
  actors: count,
  outcomes,
  refused: Type.Integer({ description: "Delayed, held or rejected for their own sake" }),
  restricted: Type.Integer({ description: "Refused because of a restriction" }),
  first: Type.Integer({ description: "The first record" }),
  last: count,
  from: Type.String(),
  to: Type.String(),
};
const SharingSchema = Type.Object({
  decisions: Type.Integer({ description: "How many decisions it was made from" }),
  actors: Type.Array(Type.Object({ actor: Type.String(), decisions: count, outcomes }), {
    description: `At most ${actorsDrawnMax}, those that share most first`,
  }),
  shared: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: Type.String({ description: "campaign, text, or value that counters count by" }),
      key: Type.String({ description: "A campaign's id, or a keyed hash" }),
      field: Type.Union([Type.String(), Type.Null()], { description: "The field of a value" }),
      actors: count,
    }),
    { description: `What more than one of them has, at most ${sharedDrawnMax}` },
  ),
  edges: Type.Array(
    Type.Object({
      actor: Type.String(),
      shared: Type.String({ description: "The id of what is shared" }),
      count: Type.Integer({ description: "In so many decisions" }),
    }),
  ),
  left: Type.Object({ actors: count, shared: count }),
});

const list = describe({
  summary: "List campaigns",
  description: "Near copies, or texts that lead to one place, by several accounts.",
  tag,
  action: "readPatterns",
  querystring: Type.Object({
    from: Type.Optional(Type.String({ description: "RFC 3339 (default: 7 days before to)" })),
    to: Type.Optional(Type.String({ description: "RFC 3339 (default: after the last decision)" })),
    actors: Type.Optional(Type.Integer({ description: "By at least so many accounts (default 2)" })),
    decisions: Type.Optional(Type.Integer({ description: "At least so many decisions (default 3)" })),
    limit: Type.Optional(
      Type.Integer({ description: `At most ${campaignsListedMax} (default ${campaignsListedDefault})` }),
    ),
  }),
  answer: {
    description: "Those with the most decisions first",
    type: json,
    schema: Type.Object({
      from: Type.String(),
      to: Type.String(),
      campaigns: Type.Array(Type.Object(listed)),
      more: Type.Boolean(),
    }),
  },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});
const one = describe({
  summary: "Read a campaign",
  description: `What its newest ${decisionsLookedMax} decisions share, and by whom they are.`,
  tag,
  action: "readPatterns",
  params: Type.Object({ id: Type.String() }),
  answer: {
    description: "The campaign, whenever it was",
    type: json,
    schema: Type.Object({
      ...listed,
      looked: count,
      rules: Type.Array(Type.Object({ rule: Type.String(), count })),
      bucketMs: count,
      series: Type.Array(Type.Object({ from: Type.String(), outcomes })),
      records: Type.Array(count, { description: `Its newest decisions, at most ${recordsNamedMax}` }),
      sharing: SharingSchema,
    }),
  },
  errors: ["unknown_field", "not_found", "overloaded"],
});
const shared = describe({
  summary: "See who shares what with whom",
  description: "Give one of the three. Things are named by keyed hashes: none says what the value is.",
  tag,
  action: "readPatterns",
  querystring: Type.Object({
    actor: Type.Optional(Type.String({ description: "A pseudonym" })),
    campaign: Type.Optional(Type.String()),
    records: Type.Optional(
      Type.String({
        description: `Indexes of decisions with commas between them, at most ${recordsAskedMax}`,
      }),
    ),
  }),
  answer: { description: "Accounts, what they share, and how often", type: json, schema: SharingSchema },
  errors: ["schema_mismatch", "unknown_field", "not_found", "usage", "overloaded"],
});

/** `/v1/campaigns` and `/v1/shared`. */
export function addCampaignRoutes(
  server: FastifyInstance,
  { campaigns }: { campaigns: SiteCampaigns },
): void {
  server.get("/v1/campaigns", list, async (request) => {
    const query = queryParameters(request, ["from", "to", "actors", "decisions", "limit"]);
    // To the minute: who looks again soon gets what is remembered.
    const latest = timeOf(query, "to") ?? (await answerInTime(campaigns.latestMs())) + 1;
    const toMs = query.has("to") ? latest : Math.ceil(latest / minuteMs) * minuteMs;
    const fromMs = timeOf(query, "from") ?? toMs - searchedDays * dayMs;
    const actorsMin = wholeNumber(query, "actors", 1, Number.MAX_SAFE_INTEGER) ?? 2;
    const decisionsMin = wholeNumber(query, "decisions", 1, Number.MAX_SAFE_INTEGER) ?? 3;
    const limit = wholeNumber(query, "limit", 1, campaignsListedMax) ?? campaignsListedDefault;
    const work = campaigns.list({ fromMs, toMs, actorsMin, decisionsMin, limit });
    const page = await answerInTime(work, undefined, listedWithinMs);
    request.reading = readingOf(page.campaigns);
    return page;
  });

  server.get("/v1/campaigns/:id", one, async (request) => {
    queryParameters(request, []);
    const { id } = request.params as { id: string };
    return answerInTime(campaigns.campaign(id), undefined, listedWithinMs);
  });

  server.get("/v1/shared", shared, async (request) => {
    const query = queryParameters(request, ["actor", "campaign", "records"]);
    return answerInTime(campaigns.sharing(sharingQuery(query)), undefined, listedWithinMs);
  });
}

function sharingQuery(query: ReadonlyMap<string, string>): SharingQuery {
  if (query.size !== 1) throw new ProtocolError("schema_mismatch", "give one of actor, campaign and records");
  const [actor, campaign] = [query.get("actor"), query.get("campaign")];
  if (actor !== undefined) return { actor };
  if (campaign !== undefined) return { campaign };
  const records = (query.get("records") ?? "").split(",");
  if (records.length <= recordsAskedMax && records.every((each) => /^\d{1,15}$/.test(each))) {
    return { records: records.map(Number) };
  }
  const message = `records are indexes with commas between them, at most ${recordsAskedMax}`;
  throw new ProtocolError("schema_mismatch", message);
}

function timeOf(query: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = query.get(name);
  if (text === undefined) return undefined;
  const time = parseTime(text);
  if (time !== undefined) return time;
  const message = `${name} is ${JSON.stringify(text)}; give an RFC 3339 time, with "+" as %2B`;
  throw new ProtocolError("schema_mismatch", message);
}
