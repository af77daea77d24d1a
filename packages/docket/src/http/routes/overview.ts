// SPDX-License-Identifier: Apache-2.0
// What somebody who runs a site looks at first: what was decided lately, what waits for people and until
// when, and how sealing fares. Each part is there for those who may read what it is made of.
import { formatTime, parseTime, ProtocolError } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { mayDo } from "../../access/permissions.ts";
import type { Action } from "../../access/permissions.ts";
import type { Caller } from "../../access/caller.ts";
import type { SiteRequests } from "../../approvals/contract.ts";
import { DocketError } from "../../error.ts";
import type { Delivery } from "../../delivery/delivery.ts";
import type { SiteDisputes } from "../../disputes/contract.ts";
import { activityPeriods } from "../../live/contract.ts";
import type { Activity, ActivityPeriod, SiteLive } from "../../live/contract.ts";
import type { SiteCampaigns } from "../../patterns/campaign-desk.ts";
import type { ReportDesk } from "../../reports/report-desk.ts";
import type { SiteReviews } from "../../reviews/contract.ts";
import type { SiteBrakes } from "../../rollout/brake-desk.ts";
import type { OutcomeCounts } from "../../views/tallies.ts";
import { answerInTime, callerOf, queryParameters } from "../context.ts";
import { describe } from "../openapi.ts";
import { SiteHealthSchema } from "../site-health.ts";
import type { SiteHealth } from "../site-health.ts";

const json = "application/json";
/** Most campaigns, and deadlines of each kind, that are named. */
const namedMax = 5;
/** Most open disputes and cases that are looked through for the next deadlines. */
const lookedMax = 200;
/** What it counts may take so long, in ms: a month of a busy site. */
const countedWithinMs = 10_000;
/** Campaigns that take longer, in ms, are left out this time. */
const campaignsWithinMs = 2000;

const count = Type.Integer();
const outcomes = Type.Object({}, { additionalProperties: true, description: "Decisions by outcome" });
const deadline = Type.Object({
  index: Type.Integer({ description: "The record of the dispute, or of the decision that is held" }),
  until: Type.String(),
  overdue: Type.Boolean(),
});
const OverviewSchema = Type.Object({
  at: Type.String(),
  period: Type.String(),
  from: Type.String(),
  to: Type.String(),
  bucketMs: Type.Integer({ description: "How long each entry of series is" }),
  countedFrom: Type.String({
    description: "Of a busy hour only the newest decisions are counted, from here",
  }),
  latest: Type.Union([Type.String(), Type.Null()], { description: "When the last event was decided" }),
  decisions: count,
  outcomes,
  before: Type.Object({ decisions: count, outcomes }, { description: "The period before this one" }),
  series: Type.Array(Type.Object({ from: Type.String(), outcomes })),
  rules: Type.Array(Type.Object({ rule: Type.String(), count })),
  campaigns: Type.Optional(Type.Array(Type.Object({}, { additionalProperties: true }))),
  queue: Type.Optional(
    Type.Object({
      open: Type.Object({}, { additionalProperties: true, description: "Open cases by task" }),
      next: Type.Array(deadline, { description: "Holds that end next" }),
    }),
  ),
  disputes: Type.Optional(
    Type.Object({ open: count, overdue: count, oldestOpenMs: count, next: Type.Array(deadline) }),
  ),
  waiting: Type.Object(
    {
      brakes: Type.Optional(count),
      requests: Type.Optional(count),
      unconfirmed: Type.Optional(count),
      overdueOrders: Type.Optional(count),
      reports: Type.Optional(count),
      deadMessages: Type.Optional(count),
    },
    { description: "What else waits for somebody: those of it that the caller may look at" },
  ),
  health: SiteHealthSchema,
  firstSteps: Type.Object({}, { additionalProperties: true, description: "How far a new site is" }),
});

const overview = describe({
  summary: "Look at a site at a glance",
  description: "Parts that the caller may not read are left out.",
  tag: "operation",
  action: "readFacts",
  querystring: Type.Object({
    period: Type.Optional(Type.String({ description: `${activityPeriods.join(", ")} (default: day)` })),
    to: Type.Optional(Type.String({ description: "When it ends, RFC 3339 (default: now)" })),
  }),
  answer: { description: "What there is to see", type: json, schema: OverviewSchema },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});

/** What the overview is made of; what a server goes without is left out. */
export type OverviewContext = {
  readonly live: SiteLive;
  readonly health: () => Promise<SiteHealth>;
  readonly clock: () => number;
  readonly campaigns?: SiteCampaigns | undefined;
  readonly reviews?: Pick<SiteReviews, "figures" | "queue"> | undefined;
  readonly disputes?: Pick<SiteDisputes, "figures" | "list"> | undefined;
  readonly brakes?: Pick<SiteBrakes, "figures"> | undefined;
  readonly requests?: Pick<SiteRequests, "figures"> | undefined;
  readonly delivery?: Delivery | undefined;
  readonly reports?: Pick<ReportDesk, "figures"> | undefined;
};

/** `/v1/overview`. */
export function addOverviewRoutes(server: FastifyInstance, context: OverviewContext): void {
  const { live, health, clock } = context;
  server.get("/v1/overview", overview, async (request) => {
    const query = queryParameters(request, ["period", "to"]);
    const period = periodOf(query.get("period"));
    const nowMs = clock();
    const toMs = timeOf(query.get("to")) ?? nowMs;
    const caller = callerOf(request);
    const [activity, firstSteps, healthNow, more] = await answerInTime(
      Promise.all([
        live.activity(period, toMs),
        live.firstSteps(),
        health(),
        forCaller(caller, context, nowMs),
      ]),
      undefined,
      countedWithinMs,
    );
    const campaigns = mayDo(caller, "readPatterns") ? await campaignsOf(context, activity) : undefined;
    return {
      at: formatTime(nowMs),
      period,
      ...activityShown(activity),
      ...(campaigns === undefined ? {} : { campaigns }),
      ...more,
      health: healthNow,
      firstSteps,
    };
  });
}

function activityShown({ fromMs, toMs, bucketMs, now, before, latestMs }: Activity): {
  series: { from: string; outcomes: OutcomeCounts }[];
} & Record<string, unknown> {
  return {
    from: formatTime(fromMs),
    to: formatTime(toMs),
    bucketMs,
    countedFrom: formatTime(now.fromMs),
    latest: latestMs === 0 ? null : formatTime(latestMs),
    decisions: now.decisions,
    outcomes: now.outcomes,
    before,
    series: now.buckets.map((bucket) => ({ from: formatTime(bucket.fromMs), outcomes: bucket.outcomes })),
    rules: now.rules,
  };
}

async function campaignsOf(
  { campaigns }: OverviewContext,
  { fromMs, toMs }: Activity,
): Promise<readonly unknown[] | undefined> {
  if (campaigns === undefined) return undefined;
  const query = { fromMs, toMs, actorsMin: 2, decisionsMin: 3, limit: namedMax };
  try {
    return (await answerInTime(campaigns.list(query), undefined, campaignsWithinMs)).campaigns;
  } catch (error) {
    // It goes on, and is there when the overview is asked for again.
    if (error instanceof DocketError && error.code === "overloaded") return undefined;
    throw error;
  }
}

type Deadline = { index: number; until: string; overdue: boolean };

async function forCaller(
  caller: Caller,
  context: OverviewContext,
  nowMs: number,
): Promise<Record<string, unknown>> {
  const { reviews, disputes, brakes, requests, delivery, reports } = context;
  const may = (action: Action): boolean => mayDo(caller, action);
  const changes = may("readChanges") ? delivery?.changes.figures() : undefined;
  const webhooks = may("manageWebhooks") ? delivery?.webhooks?.figures() : undefined;
  const cases = may("readCases");
  return {
    ...(cases && reviews !== undefined
      ? { queue: { open: reviews.figures(), next: await holdsOf(reviews, caller.id, nowMs) } }
      : {}),
    ...(cases && disputes !== undefined
      ? { disputes: { ...disputes.figures(), next: disputesOf(disputes) } }
      : {}),
    waiting: {
      ...(brakes !== undefined && may("readPolicy") ? { brakes: brakes.figures().waiting } : {}),
      ...(requests !== undefined && may("readRequests") ? { requests: requests.figures().waiting } : {}),
      ...(changes === undefined ? {} : { unconfirmed: changes.waiting, overdueOrders: changes.overdue }),
      ...(reports !== undefined && cases ? { reports: reports.figures().open } : {}),
      ...(webhooks === undefined ? {} : { deadMessages: webhooks.dead }),
    },
  };
}

async function holdsOf(reviews: Pick<SiteReviews, "queue">, by: string, nowMs: number): Promise<Deadline[]> {
  const { cases } = await reviews.queue(by, { limit: lookedMax });
  return cases
    .flatMap(({ of, holdUntil }) => (holdUntil === null ? [] : [{ index: of, until: holdUntil }]))
    .sort((a, b) => (a.until < b.until ? -1 : 1))
    .slice(0, namedMax)
    .map((each) => ({ ...each, overdue: (parseTime(each.until) ?? nowMs) < nowMs }));
}

function disputesOf(disputes: Pick<SiteDisputes, "list">): Deadline[] {
  return disputes
    .list("open", 0, lookedMax)
    .disputes.map(({ dispute, deadline: until, overdue }) => ({ index: dispute, until, overdue }))
    .sort((a, b) => (a.until < b.until ? -1 : 1))
    .slice(0, namedMax);
}

function periodOf(text: string | undefined): ActivityPeriod {
  if (text === undefined) return "day";
  if ((activityPeriods as readonly string[]).includes(text)) return text as ActivityPeriod;
  const message = `period is one of ${activityPeriods.join(", ")}, and not ${JSON.stringify(text)}`;
  throw new ProtocolError("schema_mismatch", message);
}

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = parseTime(text);
  if (time !== undefined) return time;
  throw new ProtocolError("schema_mismatch", `to is ${JSON.stringify(text)}; give an RFC 3339 time`);
}
