// SPDX-License-Identifier: Apache-2.0
// What each route reads, in one table: a server doesn't start with a route of which it says nothing. What is
// read of it is noted (readings/) before the answer leaves, whoever the route's handler is.
import { ProtocolError } from "@docket/protocol";
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onSendAsyncHookHandler,
  preHandlerAsyncHookHandler,
} from "fastify";
import type { Caller } from "../access/caller.ts";
import { DocketError } from "../error.ts";
import { readings, readReasonLengthMax } from "../readings/contract.ts";
import type { Reading, ReadingCode, SiteReadings } from "../readings/contract.ts";
import { answerInTime, sealingUnknown } from "./context.ts";
import { addErrors } from "./openapi.ts";

/**
 * What a route reads: `none` where it shows nothing that is not for everybody who may call it at all times
 * (or nothing but what the caller does); `own` where what it does is a record that says so itself (an
 * opening, an export, an act) or the reader is whom it is about; else the code of the reading.
 */
export type Reads = "none" | "own" | ReadingCode;

/** The header in which a reason is given, UTF-8. */
export const reasonHeader = "docket-reason";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the route reads: filled in from {@link routeReads}. */
    reads?: Reads;
  }
  interface FastifyRequest {
    /**
     * What was read in particular, as the handler says, also where it was something else; `null` says
     * nothing more than the route's row, and `"nothing"` that this answer shows nothing of it.
     */
    reading: Partial<Omit<Reading, "reason">> | "nothing" | null;
  }
}

/** What each route reads, by method and path as they are registered. */
export const routeReads: Readonly<Record<string, Reads>> = {
  "POST /v1/decisions": "none",
  "POST /v1/decisions/batch": "none",
  "POST /v1/mail": "none",
  "GET /v1/decisions": "decisions",
  "GET /v1/decisions/:index": "facts",
  "GET /v1/decisions/:index/explanation": "facts",
  "GET /v1/decisions/:index/replay": "facts",
  "GET /v1/decisions/:index/outcome": "none",
  "GET /v1/receipts/:index": "none",
  "POST /v1/receipts/:index/opening": "own",
  "GET /v1/actors": "restricted",
  "GET /v1/actors/:id/standing": "standing",
  "POST /v1/trials": "standing",
  "GET /v1/actors/:id/timeline": "timeline",
  "GET /v1/findings": "findings",
  "GET /v1/campaigns": "findings",
  "GET /v1/campaigns/:id": "findings",
  "GET /v1/shared": "findings",
  "GET /v1/stream": "stream",
  "GET /v1/overview": "none",
  "POST /v1/cases": "own",
  "GET /v1/evidence-keys": "none",
  "POST /v1/evidence-keys/rotation": "own",
  "GET /v1/policy": "none",
  "GET /v1/policy/log": "none",
  "GET /v1/policy/records/:index": "none",
  "GET /v1/policy/releases/:name": "none",
  "GET /v1/policy/effects": "none",
  "POST /v1/policy/proposals": "none",
  "POST /v1/policy/cancellations": "none",
  "POST /v1/policy/approvals": "none",
  "POST /v1/policy/publications": "none",
  "POST /v1/policy/rollbacks": "none",
  "POST /v1/policy/break-glass": "none",
  "GET /v1/policy/held": "none",
  "POST /v1/backtests": "none",
  "GET /v1/backtests": "none",
  "GET /v1/backtests/:id": "backtests",
  "POST /v1/backtests/:id/stop": "none",
  "GET /v1/policy/brakes": "none",
  "POST /v1/policy/brakes/:index/confirmation": "none",
  "GET /v1/models": "none",
  "GET /v1/models/:sha256": "none",
  "POST /v1/models": "none",
  "GET /v1/lists": "none",
  "GET /v1/lists/:name": "none",
  "GET /v1/lists/:name/entries": "listEntries",
  "GET /v1/lists/:name/changes": "listEntries",
  "POST /v1/lists/:name/changes": "none",
  "POST /v1/lists/:name/break-glass": "none",
  "POST /v1/lists/check": "listEntries",
  "POST /v1/lists/:name/preview": "listEntries",
  "POST /v1/labels": "none",
  "GET /v1/labels": "labels",
  "POST /v1/verdicts": "own",
  "POST /v1/verdicts/preview": "restricted",
  "POST /v1/measures": "own",
  "POST /v1/measures/preview": "restricted",
  "POST /v1/measures/steps": "own",
  "DELETE /v1/actors/:id/restrictions/:restriction": "own",
  "POST /v1/links": "own",
  "GET /v1/restricted": "restricted",
  "GET /v1/reasons": "none",
  "GET /v1/contents/:id": "changes",
  "GET /v1/changes": "changes",
  "GET /v1/changes/unconfirmed": "changes",
  "POST /v1/applied": "none",
  "GET /v1/notices": "notices",
  "GET /v1/notices/:index": "notice",
  "POST /v1/notices/:index/quiet": "own",
  "GET /v1/quiets": "notices",
  "GET /v1/webhooks": "none",
  "POST /v1/webhooks": "none",
  "DELETE /v1/webhooks/:id": "none",
  "POST /v1/webhooks/:id/secret": "none",
  "POST /v1/webhooks/:id/enable": "none",
  "POST /v1/webhooks/:id/disable": "none",
  "POST /v1/webhooks/:id/test": "none",
  "GET /v1/webhooks/:id/dead": "changes",
  "POST /v1/webhooks/:id/replay": "none",
  "POST /v1/reports": "none",
  "GET /v1/reports": "reports",
  "GET /v1/reports/floods": "reports",
  "GET /v1/calls": "none",
  "GET /v1/alerts": "none",
  "POST /v1/alerts/test": "none",
  "GET /v1/settings": "none",
  "POST /v1/settings": "none",
  "GET /v1/erasures": "erasures",
  "GET /v1/erasures/:index": "erasures",
  "POST /v1/erasures/preview": "erasures",
  "POST /v1/erasures": "own",
  "GET /v1/holds": "erasures",
  "GET /v1/retention": "none",
  "GET /v1/subjects/:id/export": "subjectExport",
  "POST /v1/holds": "own",
  "POST /v1/holds/:index/lift": "own",
  "GET /v1/records": "entries",
  "GET /v1/log": "none",
  "GET /v1/reads": "reads",
  "GET /v1/requests": "requests",
  "GET /v1/requests/:index": "requests",
  "POST /v1/requests/:index/approve": "own",
  "POST /v1/requests/:index/refuse": "own",
  "POST /v1/requests/:index/withdraw": "own",
  "GET /v1/queue": "cases",
  "GET /v1/queue/:index": "cases",
  "POST /v1/queue/:index/claim": "none",
  "POST /v1/queue/:index/release": "none",
  "POST /v1/reviews": "own",
  "GET /v1/reviews/statistics": "none",
  "POST /v1/batches": "cases",
  "GET /v1/batches": "cases",
  "GET /v1/batches/:index": "cases",
  "POST /v1/batches/:index/approve": "own",
  "POST /v1/batches/:index/stop": "own",
  "POST /v1/disputes": "own",
  "GET /v1/disputes/by-token": "own",
  "GET /v1/disputes/by-token/receipt": "own",
  "POST /v1/disputes/by-token/messages": "own",
  "POST /v1/disputes/by-token/withdraw": "own",
  "POST /v1/actors/:id/disputes": "own",
  "GET /v1/actors/:id/disputes": "disputes",
  "GET /v1/actors/:id/disputes/:index": "dispute",
  "POST /v1/actors/:id/disputes/:index/messages": "own",
  "POST /v1/actors/:id/disputes/:index/withdraw": "own",
  "GET /v1/disputes": "disputes",
  "GET /v1/disputes/statistics": "none",
  "GET /v1/disputes/:index": "dispute",
  "POST /v1/disputes/:index/messages": "own",
  "POST /v1/disputes/:index/preview": "dispute",
  "POST /v1/disputes/:index/ruling": "own",
  "POST /v1/disputes/:index/abuse": "own",
  "POST /v1/records/:index/revoke-token": "own",
  "GET /v1/people": "people",
  "GET /v1/keys": "people",
  "GET /v1/sessions": "people",
  "POST /v1/keys": "own",
  "POST /v1/keys/:id/rotate": "own",
  "DELETE /v1/keys/:id": "own",
  "POST /v1/people": "own",
  "POST /v1/people/:id": "own",
  "DELETE /v1/people/:id": "own",
  "POST /v1/people/:id/password": "own",
  "POST /v1/people/:id/drop-factor": "own",
  "DELETE /v1/sessions/:id": "own",
  "GET /v1/caller": "own",
  "POST /v1/session": "own",
  "GET /v1/session": "own",
  "DELETE /v1/session": "own",
  "POST /v1/session/password": "own",
  "POST /v1/session/factor": "own",
  "POST /v1/session/factor/confirm": "own",
  "GET /v1/session/oidc": "own",
  "GET /v1/session/oidc/callback": "own",
  "POST /v1/session/oidc": "own",
  "GET /v1/transparency": "none",
  "GET /v1/figures": "none",
  "GET /v1/weekly": "none",
  "POST /v1/statements": "own",
  "GET /v1/clock": "none",
  "GET /v1/anchors": "none",
  "GET /v1/anchors/interval/:index": "none",
  "POST /v1/anchors": "none",
  "GET /v1/copies": "none",
  "POST /v1/drills": "own",
  "GET /healthz": "none",
  "GET /readyz": "none",
  "GET /metrics": "none",
  "GET /openapi.json": "none",
  "GET /check": "none",
  "GET /dispute": "none",
  "GET /transparency": "none",
  "GET /receipt-checker.html": "none",
  "GET /pages/:file": "none",
  "GET /": "none",
  "GET /console": "none",
  "GET /console/*": "none",
  "GET /console/assets/:file": "none",
  "GET /log.vkey": "none",
  "GET /v1/checkpoints": "none",
  ...logFiles("", "/sites/main"),
};

/** The reading of an answer that lists something: so many, or nothing. */
export function readingOf(listed: readonly unknown[]): FastifyRequest["reading"] {
  return listed.length === 0 ? "nothing" : { count: listed.length };
}

/** What a route may be answered with because what it reads is noted. */
const noteErrors = [
  "schema_mismatch",
  "sealing_unknown",
  "sealing_failed",
  "log_closed",
  "overloaded",
] as const;
const reasonNeeded = "reason_needed" as const;

/**
 * Has what is read noted before each answer leaves. Called before the routes are registered; those that read
 * nothing are as fast as without it.
 */
export function addReadRecords(
  server: FastifyInstance,
  { readings: desk }: { readings: SiteReadings | undefined },
): void {
  server.decorateRequest("reading", null);
  server.addHook("onRoute", (route) => {
    // What refuses other methods is for anybody, and shows nothing.
    if (route.schema?.hide === true && route.config?.action === "public") return;
    for (const method of [route.method].flat()) {
      // Nothing but what GET says of it, and without it.
      if (method === "HEAD") continue;
      const reads = routeReads[`${method} ${route.url}`];
      if (reads === undefined) {
        throw new Error(`http/reads.ts does not say what ${method} ${route.url} reads`);
      }
      route.config = { ...route.config, reads };
      if (reads === "none" || reads === "own" || route.config.action === "public") continue;
      if (route.schema !== undefined) {
        addErrors(route.schema, readings[reads].reason ? [...noteErrors, reasonNeeded] : noteErrors);
      }
      route.preHandler = [route.preHandler ?? []].flat().concat(askReason);
      if (desk !== undefined) route.onSend = [route.onSend ?? []].flat().concat(noteBefore(desk));
    }
  });
}

const askReason: preHandlerAsyncHookHandler = async (request) => {
  const code = codeOf(request);
  if (code === undefined || request.caller === null) return;
  const reason = reasonOf(request);
  if (reason !== undefined || !readings[code].reason || isApp(request.caller)) return;
  throw new DocketError(
    "reason_needed",
    "say why in the header Docket-Reason: it is sealed with the reading",
  );
};

function noteBefore(desk: SiteReadings): onSendAsyncHookHandler {
  return async (request, reply, payload) => {
    try {
      await note(desk, request, reply);
    } catch (error) {
      if (isStream(payload)) payload.destroy();
      throw error;
    }
    return payload;
  };
}

async function note(desk: SiteReadings, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { caller, reading } = request;
  const what = codeOf(request);
  if (what === undefined || caller === null || reading === "nothing" || reply.statusCode >= 300) return;
  const { index } = request.params as { index?: string };
  const of = index === undefined || !/^\d{1,15}$/.test(index) ? {} : { of: Number(index) };
  const reader = { by: caller.id, role: caller.role };
  const noting = desk.note(reader, { what, ...of, ...reading, reason: reasonOf(request) });
  await answerInTime(noting, unknown);
}

const unknown = sealingUnknown(
  "that this was read could not be sealed in time, so it is not shown; ask again",
);

function codeOf(request: FastifyRequest): ReadingCode | undefined {
  const { reads } = request.routeOptions.config;
  return reads === undefined || reads === "none" || reads === "own" ? undefined : reads;
}

// An app reads what concerns its own users, which nobody has to give a reason for.
function isApp({ role }: Caller): boolean {
  return role === "ingest";
}

/** @throws {ProtocolError} `schema_mismatch` for what is no UTF-8, or too long */
function reasonOf(request: FastifyRequest): string | undefined {
  const given = request.headers[reasonHeader];
  if (given === undefined) return undefined;
  const bytes = Buffer.from(String(given), "latin1");
  const text = bytes.toString("utf8").trim();
  if (text.includes("\uFFFD") || text === "" || text.length > readReasonLengthMax) {
    const message = `Docket-Reason is a reason of 1 to ${readReasonLengthMax} characters, in UTF-8`;
    throw new ProtocolError("schema_mismatch", message);
  }
  return text;
}

function isStream(payload: unknown): payload is { destroy(): void } {
  return typeof (payload as { destroy?: unknown } | null)?.destroy === "function";
}

function logFiles(...prefixes: readonly string[]): Record<string, Reads> {
  const rows: Record<string, Reads> = {};
  for (const prefix of prefixes) {
    rows[`GET ${prefix}/checkpoint`] = "none";
    rows[`GET ${prefix}/checkpoints/:size`] = "none";
    rows[`GET ${prefix}/cosigned/checkpoint`] = "none";
    for (const copy of ["", "/cosigned"]) {
      rows[`GET ${prefix}${copy}/tile/:level/*`] = "none";
      rows[`GET ${prefix}${copy}/tile/entries/*`] = "entries";
    }
  }
  return rows;
}
