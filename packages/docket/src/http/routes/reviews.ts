// SPDX-License-Identifier: Apache-2.0
// The review queue: its cases, their pages, claims, and what reviewers say.
import { checkShape, parseJson, parseTime, ProtocolError, reviewTasks } from "@docket/protocol";
import type { DecisionBody, DocketRecord, ReviewTask } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { mayDo } from "../../access/permissions.ts";
import type { SiteDisputes } from "../../disputes/contract.ts";
import { explainRecord, releaseShelf } from "../../explanation/explain-record.ts";
import type { Site } from "../../intake/contract.ts";
import type { ReviewWish } from "../../reviews/contract.ts";
import type { OpenedReviews } from "../../reviews/open-reviews.ts";
import { queueListedDefault, queueListedMax } from "../../reviews/review-desk.ts";
import { readIfThere } from "../../stores/files/read-files.ts";
import { answerInTime, callerOf, indexOf, queryParameters, sealingUnknown } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import {
  ClaimedSchema,
  NothingSchema,
  PageSchema,
  QueueSchema,
  ReviewedSchema,
  ReviewStatisticsSchema,
  ReviewWishSchema,
  task,
} from "./review-schemas.ts";

const json = "application/json";
const tag = "reviews";
const dayMs = 86_400_000;
/** Statistics go back so many days if nothing is said. */
const statisticsDays = 30;
const validator = Compile(ReviewWishSchema);
const nothing = Compile(NothingSchema);
const unknown = sealingUnknown(
  "the review was not durable in time; look at /v1/queue/{index} before you send it again",
);
const params = Type.Object({ index: Type.String({ description: "Index of the decision's record" }) });
const caseErrors = ["not_found", "case_closed", "case_claimed", "another_person", "overloaded"] as const;
const flag = Type.Optional(Type.Union([Type.Literal("true"), Type.Literal("false")]));

const queue = describe({
  summary: "List the cases that wait for a reviewer",
  description:
    "Those that something is asked of the caller in, in the order in which they are best worked through: " +
    "holds that end soon, steps of ladders, reported content, other holds, flags, reviews that are looked " +
    "at again, samples.",
  tag,
  action: "readCases",
  querystring: Type.Object({
    task: Type.Optional(task),
    unclaimed: flag,
    limit: Type.Optional(
      Type.Integer({ description: `Most cases, at most ${queueListedMax} (default ${queueListedDefault})` }),
    ),
  }),
  answer: { description: "The head of the queue", type: json, schema: QueueSchema },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});
const page = describe({
  summary: "Everything that a reviewer needs to see of a decision",
  description:
    "The event as it was sent is shown to roles that may review, unless `content=false`; that it was " +
    "read is sealed, once for each claim. Where a blind review is asked of the caller, what others found " +
    "is left out.",
  tag,
  action: "readCases",
  params,
  querystring: Type.Object({ content: flag }),
  answer: { description: "The page", type: json, schema: PageSchema },
  errors: ["schema_mismatch", "unknown_field", "not_found", ...sealingErrors],
});
const claim = describe({
  summary: "Claim a case, or prolong one's claim",
  description: "Claims end by themselves after `claimMinutes`; they are in memory alone.",
  tag,
  action: "review",
  params,
  body: NothingSchema,
  consumes: json,
  answer: { description: "The claim", type: json, schema: ClaimedSchema },
  errors: [...bodyErrors, ...caseErrors],
});
const release = describe({
  summary: "Give a claim back",
  tag,
  action: "review",
  params,
  body: NothingSchema,
  consumes: json,
  answer: { description: "Nothing", type: json, schema: Type.Object({}) },
  errors: [...bodyErrors, "not_found"],
});
const review = describe({
  summary: "Say what was found in a case",
  description:
    "Seals the review, the label, and the verdict that follows, in one turn: spam that is shown or held is " +
    "removed and its strikes count, a hold that is none is released, a wrong refusal is restored and what " +
    "came of it is taken back. A step of a ladder (`task: ladder`) is taken with the finding spam. " +
    "`verdict` says otherwise; `keep` leaves the content as it is.",
  tag,
  action: "review",
  body: ReviewWishSchema,
  consumes: json,
  answer: { description: "The review, once it is sealed", type: json, schema: ReviewedSchema },
  errors: [...bodyErrors, ...caseErrors, "usage", "act_conflict", "act_refused", ...sealingErrors],
});
const statistics = describe({
  summary: "What reviews say of a period: misses, mistakes, agreement, waiting times",
  tag,
  action: "readCases",
  querystring: Type.Object({
    from: Type.Optional(Type.String({ description: `RFC 3339 (default ${statisticsDays} days ago)` })),
    to: Type.Optional(Type.String({ description: "RFC 3339 (default now)" })),
  }),
  answer: { description: "The statistics", type: json, schema: ReviewStatisticsSchema },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});

/** What the routes lean on. */
export type ReviewRoutesContext = {
  reviews: OpenedReviews["reviews"];
  site: Pick<Site, "paths">;
  disputes?: Pick<SiteDisputes, "figures"> | undefined;
  clock: () => number;
};

/** `/v1/queue`, `/v1/reviews`. */
export function addReviewRoutes(
  server: FastifyInstance,
  { reviews, site, disputes, clock }: ReviewRoutesContext,
): void {
  const shelf = releaseShelf(readIfThere, site.paths);

  server.get("/v1/queue", queue, async (request) => {
    const query = queryParameters(request, ["task", "unclaimed", "limit"]);
    const wanted = {
      task: taskNamed(query.get("task")),
      unclaimed: yesOrNo(query, "unclaimed", false),
      limit: limitOf(query.get("limit")),
    };
    const listed = await answerInTime(reviews.queue(callerOf(request).id, wanted));
    if (disputes === undefined) return listed;
    const { open, overdue } = disputes.figures();
    return { ...listed, disputes: { open, overdue } };
  });

  server.get("/v1/queue/:index", page, async (request) => {
    const caller = callerOf(request);
    const query = queryParameters(request, ["content"]);
    const withContent = yesOrNo(query, "content", true) && mayDo(caller, "review");
    const shown = await answerInTime(reviews.page(caller.id, indexOf(request), withContent));
    const { facts } = shown;
    const record = shown.record as DocketRecord & DecisionBody;
    const explained = facts === null ? null : { record, facts, disclosed: undefined };
    // A release that is gone takes the plain words along, and nothing else.
    const explanation = explained && (await explainRecord(explained, shelf, "en").catch(() => null));
    return { ...shown, explanation };
  });

  server.post("/v1/queue/:index/claim", { ...claim, bodyLimit: smallBodyBytesMax }, async (request) => {
    checkShape(nothing, parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array()), "claim");
    return reviews.claim(callerOf(request).id, indexOf(request));
  });
  server.post("/v1/queue/:index/release", { ...release, bodyLimit: smallBodyBytesMax }, async (request) => {
    checkShape(nothing, parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array()), "release");
    reviews.release(callerOf(request).id, indexOf(request));
    return {};
  });

  server.post("/v1/reviews", { ...review, bodyLimit: smallBodyBytesMax }, async (request) => {
    const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
    checkShape(validator, body, "review");
    const { id, role } = callerOf(request);
    return answerInTime(reviews.review({ by: id, role }, body as ReviewWish), unknown);
  });

  server.get("/v1/reviews/statistics", statistics, async (request) => {
    const query = queryParameters(request, ["from", "to"]);
    const toMs = timeNamed(query, "to") ?? clock();
    const fromMs = timeNamed(query, "from") ?? toMs - statisticsDays * dayMs;
    // It may take longer than an answer to an event: it reads what was drawn of the whole period.
    return reviews.statistics({ fromMs, toMs });
  });
}

function taskNamed(name: string | undefined): ReviewTask | undefined {
  if (name === undefined) return undefined;
  const found = reviewTasks.find((each) => each === name);
  if (found !== undefined) return found;
  throw new ProtocolError("schema_mismatch", `task is ${reviewTasks.join(", ")}`);
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return queueListedDefault;
  const limit = Number(text);
  if (/^\d{1,4}$/.test(text) && limit >= 1 && limit <= queueListedMax) return limit;
  throw new ProtocolError("schema_mismatch", `limit is a whole number from 1 to ${queueListedMax}`);
}

function yesOrNo(query: ReadonlyMap<string, string>, name: string, initial: boolean): boolean {
  const text = query.get(name) ?? String(initial);
  if (text === "true" || text === "false") return text === "true";
  throw new ProtocolError("schema_mismatch", `${name} is true or false`);
}

function timeNamed(query: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = query.get(name);
  const ms = text === undefined ? undefined : (parseTime(text) ?? Date.parse(text));
  if (ms === undefined || !Number.isNaN(ms)) return ms;
  throw new ProtocolError("schema_mismatch", `${name} is a time as 2026-11-23T12:00:00Z`);
}
