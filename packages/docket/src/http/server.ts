// SPDX-License-Identifier: Apache-2.0
// The HTTP server: wires the routes, in the order in which a request meets what is here.
//
//   headers in time -> known path and method -> key and role -> body in time and size -> strict JSON -> the
// site
//   -> answer, or an error in the one shape
//
// Bodies are read by the protocol's strict reader alone; Fastify's own validation, which would coerce and
// strip, is switched off.
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import type { SiteAlerts } from "../alerts/contract.ts";
import type { SiteAnchors } from "../anchors/contract.ts";
import type { SiteCopies } from "../copies/copies-desk.ts";
import type { SiteRequests } from "../approvals/contract.ts";
import type { Authenticator } from "../access/authenticator.ts";
import type { KeySealer } from "../access/key-desk.ts";
import type { SiteAccess } from "../access/site-access.ts";
import type { ClockDesk } from "../clock/clock-desk.ts";
import type { SiteEnforcement } from "../enforcement/contract.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { GapDesk } from "../gaps/gap-desk.ts";
import type { Site } from "../intake/contract.ts";
import type { SiteBrakes } from "../rollout/brake-desk.ts";
import type { Models } from "../models/contract.ts";
import type { SiteErasures, SiteHolds } from "../erasure/contract.ts";
import type { SiteSubjects } from "../erasure/subject-export.ts";
import type { SiteRetention } from "../erasure/retention-contract.ts";
import type { SiteDisputes } from "../disputes/contract.ts";
import type { SiteKeyDesk } from "../key-desk/contract.ts";
import type { SiteLabels } from "../labels/label-desk.ts";
import type { ListDesk } from "../lists/contract.ts";
import type { SiteLive } from "../live/contract.ts";
import type { SiteCampaigns } from "../patterns/campaign-desk.ts";
import type { SitePatterns } from "../patterns/patterns-desk.ts";
import type { SiteReadings } from "../readings/contract.ts";
import type { SiteRecords } from "../records/contract.ts";
import type { ReportDesk } from "../reports/report-desk.ts";
import type { SiteSearch } from "../search/contract.ts";
import { openPublication } from "../publication/publication.ts";
import type { Publication } from "../publication/publication.ts";
import type { SiteBacktests } from "../backtest/jobs-contract.ts";
import type { HeldRulesFinder } from "../patterns/held-rules.ts";
import type { Changes } from "../releases/contract.ts";
import type { SiteBatches } from "../reviews/batch-contract.ts";
import type { OpenedReviews } from "../reviews/open-reviews.ts";
import type { SettingsDesk } from "../settings/settings-desk.ts";
import { replaceDurably } from "../stores/files/replace-durably.ts";
import type { SiteTransparency } from "../transparency/contract.ts";
import { addAuthentication } from "./authenticate.ts";
import { collectMethods, createBaseServer, refuseOtherMethods } from "./base-server.ts";
import type { HttpContext } from "./context.ts";
import { addClockMetrics } from "./clock-metrics.ts";
import { addCopiesMetrics } from "./copies-metrics.ts";
import { addAnchorMetrics } from "./anchor-metrics.ts";
import { addAlertMetrics } from "./alert-metrics.ts";
import { addGapMetrics } from "./gap-metrics.ts";
import * as limits from "./limits.ts";
import {
  addBrakeMetrics,
  addDeliveryMetrics,
  addDisputeMetrics,
  addReviewMetrics,
  addWitnessMetrics,
  createMetrics,
} from "./metrics.ts";
import { describeServer, sharedSchemas } from "./openapi.ts";
import { addReadRecords } from "./reads.ts";
import { addRequestMetrics } from "./request-metrics.ts";
import { addActorListRoutes } from "./routes/actor-list.ts";
import { addActorRoutes } from "./routes/actors.ts";
import { addCopiesRoutes } from "./routes/copies.ts";
import { addAnchorRoutes } from "./routes/anchors.ts";
import { addBacktestRoutes, addHeldRulesRoute } from "./routes/backtests.ts";
import { addBatchRoutes } from "./routes/batches.ts";
import { addBrakeRoutes } from "./routes/brakes.ts";
import { addClockRoutes } from "./routes/clock.ts";
import { addConsoleRoutes } from "./routes/console.ts";
import { addChangeRoutes } from "./routes/changes.ts";
import { addCheckpointRoutes } from "./routes/checkpoints.ts";
import { addDecisionRoutes } from "./routes/decisions.ts";
import { addDisputeRoutes } from "./routes/disputes.ts";
import { addEnforcementRoutes } from "./routes/enforcement.ts";
import { addExplanationRoutes } from "./routes/explanation.ts";
import { addHealthRoutes } from "./routes/health.ts";
import { addEvidenceKeyRoutes } from "./routes/evidence-keys.ts";
import { addKeyRoutes } from "./routes/keys.ts";
import { addLabelRoutes } from "./routes/labels.ts";
import { addListRoutes } from "./routes/lists.ts";
import { addLogFileRoutes } from "./routes/log-files.ts";
import { addMailRoutes } from "./routes/mail.ts";
import { addModelRoutes } from "./routes/models.ts";
import { addPageRoutes } from "./routes/pages.ts";
import { addPatternRoutes } from "./routes/patterns.ts";
import { addCampaignRoutes } from "./routes/campaigns.ts";
import { addOverviewRoutes } from "./routes/overview.ts";
import { CallLog, noteCalls } from "./calls.ts";
import { addCallRoutes } from "./routes/calls.ts";
import { addTrialRoutes } from "./routes/trials.ts";
import { addAlertRoutes } from "./routes/alerts.ts";
import { addStreamRoutes } from "./routes/stream.ts";
import { siteHealth } from "./site-health.ts";
import { addNoticeRoutes } from "./routes/notices.ts";
import { addPeopleRoutes } from "./routes/people.ts";
import { addPolicyRoutes } from "./routes/policy.ts";
import type { TlsPair } from "./tls.ts";
import { addTransparencyRoutes } from "./routes/transparency.ts";
import { addErasureRoutes } from "./routes/erasures.ts";
import { addSubjectRoutes } from "./routes/subjects.ts";
import { addRetentionRoutes } from "./routes/retention.ts";
import { addReadingRoutes } from "./routes/reads.ts";
import { addLogRoutes, addRecordRoutes } from "./routes/records.ts";
import { addReplayRoutes } from "./routes/replay.ts";
import { addRequestRoutes } from "./routes/requests.ts";
import { addReceiptRoutes } from "./routes/receipts.ts";
import { addSearchRoutes } from "./routes/search.ts";
import { addReportRoutes } from "./routes/reports.ts";
import { addWebhookRoutes } from "./routes/webhooks.ts";
import { addReviewRoutes } from "./routes/reviews.ts";
import { addSessionRoutes } from "./routes/session.ts";
import { addSettingsRoutes } from "./routes/settings.ts";

/** What a server is made of. */
export type ServerOptions = {
  site: Site;
  /** The log's checkpoints and witnesses; without one, those that are kept are served. */
  publication?: Publication | undefined;
  authenticator: Pick<Authenticator, "callerOf" | "callerOfUnknown" | "staleMs"> & Partial<KeySealer>;
  /** The way of changes of the policy; without it there is no `/v1/policy`. */
  changes?: Changes | undefined;
  /** Candidates over recorded history; without them there is no `/v1/backtests`. */
  backtests?: SiteBacktests | undefined;
  /** What rules found while they were held back; without it there is no `/v1/policy/held`. */
  heldRules?: HeldRulesFinder | undefined;
  /** Emergency brakes; without them there is no `/v1/policy/brakes`. */
  brakes?: SiteBrakes | undefined;
  /** The lists that policies ask; without them there is no `/v1/lists`. */
  lists?: ListDesk | undefined;
  /** The models that score texts; without them there is no `/v1/models`. */
  models?: Models | undefined;
  /** Verdicts, measures and links; without them there is no `/v1/verdicts`, `/v1/measures`, `/v1/links`. */
  enforcement?: SiteEnforcement | undefined;
  /** The labels of decisions; without them there is no `/v1/labels`. */
  labels?: SiteLabels | undefined;
  /** The settings of the site; without them there is no `/v1/settings`. */
  settings?: SettingsDesk | undefined;
  /** Where readings are noted; without it none is. */
  readings?: SiteReadings | undefined;
  /** The log's records as a list; without it there is no `/v1/records`. */
  records?: SiteRecords | undefined;
  /** Who comes in; without it there is no `/v1/session`, `/v1/people`, `/v1/keys`. */
  access?: SiteAccess | undefined;
  /** What takes a second person; without it there is no `/v1/requests`. */
  requests?: SiteRequests | undefined;
  /** Erasures and legal holds; without them there is no `/v1/erasures` and `/v1/holds`. */
  erasures?: SiteErasures | undefined;
  holds?: SiteHolds | undefined;
  /** What is known of one person; without it there is no `/v1/subjects`. */
  subjects?: SiteSubjects | undefined;
  /** How long evidence is kept; without it there is no `/v1/retention`. */
  retention?: SiteRetention | undefined;
  /** The review queue; without it there is no `/v1/queue` and `/v1/reviews`. */
  reviews?: OpenedReviews["reviews"] | undefined;
  /** Corrections of many decisions; without them there is no `/v1/batches`. */
  batches?: SiteBatches | undefined;
  /** Objections to decisions; without them there is no `/v1/disputes`. */
  disputes?: SiteDisputes | undefined;
  /** What is told of periods; without it there is no `/v1/transparency`. */
  transparency?: SiteTransparency | undefined;
  /** Patterns of abuse; without them there are no timelines, findings and case files. */
  patterns?: SitePatterns | undefined;
  /** Finds decisions; without it there is no `GET /v1/decisions`. */
  search?: SiteSearch | undefined;
  /** Campaigns, and who shares what; without it there is no `/v1/campaigns` and `/v1/shared`. */
  campaigns?: SiteCampaigns | undefined;
  /** What happens now; without it there is no `/v1/stream` and `/v1/overview`. */
  live?: SiteLive | undefined;
  /** What goes out; without it there are no `/v1/changes`, `/v1/notices`, `/v1/webhooks`. */
  delivery?: Delivery | undefined;
  /** The reports of users; without them there is no `/v1/reports`. */
  reports?: ReportDesk | undefined;
  /** Outside time-stamps; without them there is no `/v1/anchors`. */
  anchors?: SiteAnchors | undefined;
  /** Replicas and drills; without them there is no `/v1/copies`. */
  copies?: SiteCopies | undefined;
  /** How exact the records' times are; without it there is no `/v1/clock`. */
  clockDesk?: ClockDesk | undefined;
  /** Reads the log's verifier keys, a line each; without it there is no `/log.vkey`. */
  logKeys?: (() => Promise<string>) | undefined;
  /** The keys of evidence; without them there is no `/v1/evidence-keys`. */
  keyDesk?: SiteKeyDesk | undefined;
  /** Who is told what is wrong; without it there is no `/v1/alerts`. */
  alerts?: SiteAlerts | undefined;
  /** What passes while nothing can be sealed; without it all is refused. */
  gaps?: Pick<GapDesk, "failed" | "figures"> | undefined;
  /** Ms since 1970. */
  clock: () => number;
  /** Whether anyone may fetch entry bundles. */
  publicEntries: boolean;
  /** The product's version, for the OpenAPI document. */
  version: string;
  /** What it serves TLS with; without it, plain HTTP. */
  tls?: TlsPair | undefined;
  /** Where the server logs; nowhere without one. */
  logger?: FastifyBaseLogger;
  /** Whether `/metrics` shows the process too (default true). One server of a process should. */
  processMetrics?: boolean;
  /** Pauses before a line of a batch is tried again (default: a timer). */
  wait?: (ms: number) => Promise<void>;
  /** For tests; default {@link limits.batchStalledMs}. */
  batchStalledMs?: number;
};

/** Makes a server of one site. The caller listens and closes. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { site, authenticator, disputes, delivery, clock, publicEntries, version } = options;
  const metrics = createMetrics({
    status: () => site.status(),
    keysStaleMs: () => authenticator.staleMs,
    process: options.processMetrics ?? true,
  });
  const publication =
    options.publication ??
    openPublication({ paths: site.paths, origin: site.origin, verifiers: [], put: replaceDurably, clock });
  const { witnesses } = publication;
  if (witnesses !== undefined) addWitnessMetrics(metrics.registry, () => witnesses.status());
  addDeskMetrics(metrics.registry, options);
  const { gaps, alerts } = options;
  if (gaps !== undefined) addGapMetrics(metrics.registry, () => gaps.figures());
  if (alerts !== undefined) addAlertMetrics(metrics.registry, () => alerts.figures());
  const closing = new AbortController();
  // Clients that wait for a change are answered rather than waited for.
  closing.signal.addEventListener("abort", () => delivery?.changes.close(), { once: true });
  const context: HttpContext = {
    site,
    publication,
    authenticator,
    access: options.access,
    clock,
    metrics,
    publicEntries,
    tokenFor: disputes && ((index) => disputes.tokenFor(index)),
    closing: closing.signal,
    gaps,
    wait: options.wait ?? ((ms) => sleep(ms)),
    batchStalledMs: options.batchStalledMs ?? limits.batchStalledMs,
  };
  const server = createBaseServer(metrics, closing, options.logger, options.tls);
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    done(null, body);
  });
  addAuthentication(server, context);
  addReadRecords(server, { readings: options.readings });
  const calls = new CallLog(clock);
  noteCalls(server, calls);
  const methods = collectMethods(server);
  describeServer(server, version, "Anti-spam decisions, each sealed in an append-only log.", sharedSchemas);
  server.register((scope, _options, done) => {
    addDecisionRoutes(scope, context);
    addMailRoutes(scope, context);
    addExplanationRoutes(scope, context);
    addTrialRoutes(scope, context);
    addCallRoutes(scope, calls);
    addReplayRoutes(scope, context);
    addReceiptRoutes(scope, context);
    addActorRoutes(scope, { ...context, enforcement: options.enforcement });
    addAccessRoutes(scope, options);
    addDeskRoutes(scope, options);
    addLiveRoutes(scope, options, context);
    addHealthRoutes(scope, context);
    addLogFileRoutes(scope, context);
    addLogRoutes(scope, context);
    addCheckpointRoutes(scope, context);
    addPageRoutes(scope, options);
    addConsoleRoutes(scope);
    done();
  });
  // Registered last, so that all paths are known.
  server.register((scope, _options, done) => {
    refuseOtherMethods(scope, methods);
    done();
  });
  return server;
}

function isSealer(authenticator: Partial<KeySealer>): authenticator is KeySealer {
  return authenticator.settle !== undefined && authenticator.isUnsealed !== undefined;
}

/** The routes of who comes in. */
function addAccessRoutes(scope: FastifyInstance, options: ServerOptions): void {
  const { access, authenticator, clock } = options;
  if (access === undefined) return;
  const { requests } = options;
  addSessionRoutes(scope, { access, clock });
  addPeopleRoutes(scope, { people: access.people, requests });
  const sealer = isSealer(authenticator) ? authenticator : undefined;
  if (sealer !== undefined) addKeyRoutes(scope, { keys: access.keys, sealer, requests });
}

/** The metrics of what people do with a site, and of what it does by itself. */
function addDeskMetrics(registry: Registry, options: ServerOptions): void {
  const { anchors, clockDesk, brakes, disputes, reviews, delivery, reports, clock } = options;
  if (clockDesk !== undefined) addClockMetrics(registry, () => clockDesk.status());
  const { copies, requests } = options;
  if (requests !== undefined) addRequestMetrics(registry, () => requests.figures());
  if (copies !== undefined) addCopiesMetrics(registry, () => copies.status());
  if (anchors !== undefined) addAnchorMetrics(registry, () => anchors.figures(), clock);
  if (brakes !== undefined) addBrakeMetrics(registry, () => brakes.figures());
  if (disputes !== undefined) addDisputeMetrics(registry, () => disputes.figures());
  if (reviews !== undefined) addReviewMetrics(registry, () => reviews.figures());
  if (delivery !== undefined) {
    addDeliveryMetrics(registry, () => ({
      ...delivery.changes.figures(),
      webhooks: delivery.webhooks?.figures(),
      reports: reports?.figures(),
    }));
  }
}

/** The routes of what people do with a site: of each desk that there is. */
function addDeskRoutes(scope: FastifyInstance, options: ServerOptions): void {
  const { changes, brakes, lists, labels, models, settings, disputes, enforcement, transparency, clock } =
    options;
  const { delivery, reports } = options;
  if (changes !== undefined) addPolicyRoutes(scope, { changes, clock });
  const { backtests, heldRules } = options;
  if (backtests !== undefined) addBacktestRoutes(scope, { backtests });
  if (heldRules !== undefined) addHeldRulesRoute(scope, { heldRules });
  if (brakes !== undefined) addBrakeRoutes(scope, { brakes });
  if (lists !== undefined) addListRoutes(scope, { lists });
  if (labels !== undefined) addLabelRoutes(scope, { labels });
  if (enforcement !== undefined) addEnforcementRoutes(scope, { enforcement });
  if (models !== undefined) addModelRoutes(scope, { models });
  if (delivery !== undefined) {
    addChangeRoutes(scope, { delivery });
    addNoticeRoutes(scope, { delivery });
    const { webhooks } = delivery;
    if (webhooks !== undefined) addWebhookRoutes(scope, { webhooks });
  }
  if (reports !== undefined) addReportRoutes(scope, { reports });
  if (settings !== undefined) addSettingsRoutes(scope, { settings });
  if (disputes !== undefined) addDisputeRoutes(scope, { disputes, site: options.site, clock });
  if (transparency !== undefined)
    addTransparencyRoutes(scope, { transparency, clock, requests: options.requests });
  const { reviews, batches, site, patterns, requests, anchors } = options;
  const { copies, logger } = options;
  if (copies !== undefined) {
    const onFault = (error: unknown): void => logger?.warn({ fault: (error as Error).message }, "a drill");
    addCopiesRoutes(scope, { copies, onFault });
  }
  if (anchors !== undefined) addAnchorRoutes(scope, { anchors });
  if (options.clockDesk !== undefined) addClockRoutes(scope, { clockDesk: options.clockDesk });
  if (requests !== undefined) addRequestRoutes(scope, { requests });
  if (options.readings !== undefined) addReadingRoutes(scope, { readings: options.readings });
  if (options.records !== undefined) addRecordRoutes(scope, { records: options.records });
  if (options.keyDesk !== undefined) addEvidenceKeyRoutes(scope, { keyDesk: options.keyDesk });
  const { erasures, holds } = options;
  if (options.subjects !== undefined) addSubjectRoutes(scope, { subjects: options.subjects });
  if (options.alerts !== undefined) addAlertRoutes(scope, { alerts: options.alerts });
  if (options.retention !== undefined) addRetentionRoutes(scope, { retention: options.retention });
  if (erasures !== undefined && holds !== undefined)
    addErasureRoutes(scope, { erasures, holds, wait: options.wait ?? ((ms) => sleep(ms)) });
  if (reviews !== undefined) addReviewRoutes(scope, { reviews, site, disputes, clock });
  if (batches !== undefined) addBatchRoutes(scope, { batches });
  if (options.search !== undefined) addSearchRoutes(scope, { search: options.search });
  if (patterns !== undefined) {
    addPatternRoutes(scope, { patterns });
    addActorListRoutes(scope, { patterns });
  }
}

/** The routes of what happens now, and of who does it together. */
function addLiveRoutes(scope: FastifyInstance, options: ServerOptions, context: HttpContext): void {
  const { campaigns, live } = options;
  if (campaigns !== undefined) addCampaignRoutes(scope, { campaigns });
  if (live === undefined) return;
  const health = (): ReturnType<typeof siteHealth> =>
    siteHealth({ ...options, publication: context.publication });
  addStreamRoutes(scope, { ...context, live, health });
  addOverviewRoutes(scope, { ...options, live, health });
}
