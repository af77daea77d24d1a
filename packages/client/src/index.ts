// SPDX-License-Identifier: Apache-2.0
/**
 * An app's side of Docket. Begin with {@link DocketClient}: it answers within the time that you name, and
 * with the outcome that you chose where the server is away. `@docket/client/spool` keeps such events until
 * they can be sealed; `@docket/client/express`, `fastify`, `hono` and `next` put it in front of a route;
 * `receipts` checks what was answered.
 */
export { batchEventsMax, batchMsPerEvent, DocketClient, fallbackOutcomes, retriesDefault } from "./client.ts";
export type {
  Answer,
  CallOptions,
  ChangesPage,
  ClientFault,
  ClientOptions,
  FallbackOutcome,
  ManyAnswer,
  ReportOfUser,
  Spool,
  SpooledEvent,
  StandingAnswer,
} from "./client.ts";
export { DocketApiError, DocketUnreachableError, DocketUsageError } from "./errors.ts";
export type { ExchangePorts } from "./exchange.ts";
export { answerToPoster } from "./guard.ts";
export type { GuardAnswer, GuardOptions, Guarded } from "./guard.ts";
export { verifyWebhook, webhookToleranceSeconds } from "./webhook.ts";
export type { CheckedWebhook, HeaderReader, WebhookFault } from "./webhook.ts";
