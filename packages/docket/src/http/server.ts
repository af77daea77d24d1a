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
import type { Authenticator } from "../access/authenticator.ts";
import type { SiteEnforcement } from "../enforcement/contract.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { Site } from "../intake/contract.ts";
import type { SiteBrakes } from "../rollout/brake-desk.ts";
import type { Models } from "../models/contract.ts";
import type { SiteDisputes } from "../disputes/contract.ts";
import type { SiteLabels } from "../labels/label-desk.ts";
import type { ListDesk } from "../lists/contract.ts";
import type { SitePatterns } from "../patterns/patterns-desk.ts";
import type { ReportDesk } from "../reports/report-desk.ts";
import { openPublication } from "../publication/publication.ts";
import type { Publication } from "../publication/publication.ts";
import type { Changes } from "../releases/contract.ts";
import type { SiteBatches } from "../reviews/batch-contract.ts";
import type { OpenedReviews } from "../reviews/open-reviews.ts";
import type { SettingsDesk } from "../settings/settings-desk.ts";
import { replaceDurably } from "../stores/files/replace-durably.ts";
import type { SiteTransparency } from "../transparency/contract.ts";
import { addAuthentication } from "./authenticate.ts";
import { collectMethods, createBaseServer, refuseOtherMethods } from "./base-server.ts";
import type { HttpContext } from "./context.ts";
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
import { addActorRoutes } from "./routes/actors.ts";
import { addBatchRoutes } from "./routes/batches.ts";
import { addBrakeRoutes } from "./routes/brakes.ts";
import { addChangeRoutes } from "./routes/changes.ts";
import { addCheckpointRoutes } from "./routes/checkpoints.ts";
import { addDecisionRoutes } from "./routes/decisions.ts";
import { addDisputeRoutes } from "./routes/disputes.ts";
import { addEnforcementRoutes } from "./routes/enforcement.ts";
import { addExplanationRoutes } from "./routes/explanation.ts";
import { addHealthRoutes } from "./routes/health.ts";
import { addLabelRoutes } from "./routes/labels.ts";
import { addListRoutes } from "./routes/lists.ts";
import { addLogFileRoutes } from "./routes/log-files.ts";
import { addMailRoutes } from "./routes/mail.ts";
import { addModelRoutes } from "./routes/models.ts";
import { addPatternRoutes } from "./routes/patterns.ts";
import { addNoticeRoutes } from "./routes/notices.ts";
import { addPolicyRoutes } from "./routes/policy.ts";
import { addTransparencyRoutes } from "./routes/transparency.ts";
import { addReceiptRoutes } from "./routes/receipts.ts";
import { addReportRoutes } from "./routes/reports.ts";
import { addWebhookRoutes } from "./routes/webhooks.ts";
import { addReviewRoutes } from "./routes/reviews.ts";
import { addSettingsRoutes } from "./routes/settings.ts";

/** What a server is made of. */
export type ServerOptions = {
  site: Site;
  /** The log's checkpoints and witnesses; without one, those that are kept are served. */
  publication?: Publication | undefined;
  authenticator: Pick<Authenticator, "callerOf" | "callerOfUnknown" | "staleMs">;
  /** The way of changes of the policy; without it there is no `/v1/policy`. */
  changes?: Changes | undefined;
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
  /** What goes out; without it there are no `/v1/changes`, `/v1/notices`, `/v1/webhooks`. */
  delivery?: Delivery | undefined;
  /** The reports of users; without them there is no `/v1/reports`. */
  reports?: ReportDesk | undefined;
  /** Ms since 1970. */
  clock: () => number;
  /** Whether anyone may fetch entry bundles. */
  publicEntries: boolean;
  /** The product's version, for the OpenAPI document. */
  version: string;
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
  const { site, authenticator, brakes, disputes, reviews, delivery, reports, clock, publicEntries, version } =
    options;
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
  if (brakes !== undefined) addBrakeMetrics(metrics.registry, () => brakes.figures());
  if (disputes !== undefined) addDisputeMetrics(metrics.registry, () => disputes.figures());
  if (reviews !== undefined) addReviewMetrics(metrics.registry, () => reviews.figures());
  if (delivery !== undefined) {
    addDeliveryMetrics(metrics.registry, () => ({
      ...delivery.changes.figures(),
      webhooks: delivery.webhooks?.figures(),
      reports: reports?.figures(),
    }));
  }
  const closing = new AbortController();
  // Clients that wait for a change are answered rather than waited for.
  closing.signal.addEventListener("abort", () => delivery?.changes.close(), { once: true });
  const context: HttpContext = {
    site,
    publication,
    authenticator,
    clock,
    metrics,
    publicEntries,
    tokenFor: disputes && ((index) => disputes.tokenFor(index)),
    closing: closing.signal,
    wait: options.wait ?? ((ms) => sleep(ms)),
    batchStalledMs: options.batchStalledMs ?? limits.batchStalledMs,
  };
  const server = createBaseServer(metrics, closing, options.logger);
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    done(null, body);
  });
  addAuthentication(server, context);
  const methods = collectMethods(server);
  describeServer(server, version, "Anti-spam decisions, each sealed in an append-only log.", sharedSchemas);
  server.register((scope, _options, done) => {
    addDecisionRoutes(scope, context);
    addMailRoutes(scope, context);
    addExplanationRoutes(scope, context);
    addReceiptRoutes(scope, context);
    addActorRoutes(scope, { ...context, enforcement: options.enforcement });
    addDeskRoutes(scope, options);
    addHealthRoutes(scope, context);
    addLogFileRoutes(scope, context);
    addCheckpointRoutes(scope, context);
    done();
  });
  // Registered last, so that all paths are known.
  server.register((scope, _options, done) => {
    refuseOtherMethods(scope, methods);
    done();
  });
  return server;
}

/** The routes of what people do with a site: of each desk that there is. */
function addDeskRoutes(scope: FastifyInstance, options: ServerOptions): void {
  const { changes, brakes, lists, labels, models, settings, disputes, enforcement, transparency, clock } =
    options;
  const { delivery, reports } = options;
  if (changes !== undefined) addPolicyRoutes(scope, { changes, clock });
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
  if (disputes !== undefined) addDisputeRoutes(scope, { disputes, clock });
  if (transparency !== undefined) addTransparencyRoutes(scope, { transparency, clock });
  const { reviews, batches, site, patterns } = options;
  if (reviews !== undefined) addReviewRoutes(scope, { reviews, site, disputes, clock });
  if (batches !== undefined) addBatchRoutes(scope, { batches });
  if (patterns !== undefined) addPatternRoutes(scope, { patterns });
}
