// SPDX-License-Identifier: Apache-2.0
// How requests stand: what the log's records of them come to. Made by the same function live and from the
// log.
import type { DocketRecord, DutyLevel } from "@docket/protocol";
import { formatTime } from "@docket/protocol";
import { aloneDelayMs, isApproved } from "../releases/duties.ts";
import type { Approvable, Keys } from "../releases/duties.ts";
import { endedRequestsKept, requestActs, requestExpiresMs } from "./contract.ts";
import type { RequestAct, RequestState, RequestView } from "./contract.ts";

/** The kinds of record that requests are made of. */
export const requestKinds: readonly string[] = ["request", "request-step"];

/** Somebody agreed. */
type Approval = {
  readonly index: number;
  readonly by: string;
  readonly role: string;
  readonly atMs: number;
  readonly alone: boolean;
};
/** A request as the log has it. */
export type Request = Omit<Approvable, "approvals" | "role"> & {
  readonly role: string;
  readonly act: RequestAct;
  readonly of: number | undefined;
  readonly subject: string | undefined;
  readonly atMs: number;
  readonly approvals: Approval[];
  ended:
    | {
        readonly how: Exclude<RequestState, "waiting" | "approved">;
        readonly index: number;
        readonly by: string;
        readonly atMs: number;
      }
    | undefined;
};
/** All requests by the index of their record, in the order of the log. */
export type Requests = Map<number, Request>;
/** What judges them: the level of duties, and whose key was made when. */
export type Duties = { readonly level: DutyLevel; readonly keys: Keys };

/** Takes a record in. Call in the order of the log, with each record once. */
export function takeRequestRecord(requests: Requests, record: DocketRecord): void {
  const atMs = Date.parse(record.time);
  if (record.kind === "request") {
    // An act of a later version is nothing that could be done here.
    if (!isRequestAct(record.act)) return;
    const { index, by, role, act, of, subject } = record;
    const made = { index, by, role, act, of, subject, atMs, restrictsMore: false };
    requests.set(index, { ...made, approvals: [], ended: undefined });
    forgetOldest(requests);
    return;
  }
  if (record.kind !== "request-step") return;
  const request = requests.get(record.of);
  if (request === undefined || request.ended !== undefined) return;
  const { index, by, role, step } = record;
  if (step === "approved") request.approvals.push({ index, by, role, atMs, alone: record.alone === true });
  else request.ended = { how: step, index, by, atMs };
}

/** How a request stands at a time. */
export function requestState(request: Request, duties: Duties, nowMs: number): RequestState {
  if (request.ended !== undefined) return request.ended.how;
  if (nowMs >= expiresAtMs(request)) return "expired";
  return isApproved(duties.level, request, duties.keys) ? "approved" : "waiting";
}

/** When a request ends by itself, in ms since 1970. */
export function expiresAtMs({ atMs, approvals }: Request): number {
  return Math.max(atMs, ...approvals.map((each) => each.atMs)) + requestExpiresMs;
}

/**
 * From when on what was approved can be done, in ms since 1970. What one person approved alone waits, so that
 * whoever finds the request can withdraw it; but not for who has the data directory, whom no wait would
 * keep from anything.
 */
export function doableAtMs({ by, act, atMs, approvals }: Request): number {
  const latest = Math.max(atMs, ...approvals.map((each) => each.atMs));
  const isAlone = approvals.every(({ alone }) => alone);
  return isAlone && by !== "operator" && requestActs[act].delayedAlone ? latest + aloneDelayMs : latest;
}

/** A request as it is shown. */
export function requestView(request: Request, duties: Duties, nowMs: number): RequestView {
  const { index, act, of, subject, by, role, atMs, approvals, ended } = request;
  const state = requestState(request, duties, nowMs);
  const isOpen = state === "waiting" || state === "approved";
  return {
    index,
    act,
    of: of ?? null,
    subject: subject ?? null,
    by,
    role,
    at: formatTime(atMs),
    state,
    approvals: approvals.map((each) => ({
      index: each.index,
      by: each.by,
      role: each.role,
      at: formatTime(each.atMs),
      alone: each.alone,
    })),
    from: state === "approved" ? formatTime(doableAtMs(request)) : null,
    expires: isOpen ? formatTime(expiresAtMs(request)) : null,
    ended: ended === undefined ? null : { index: ended.index, by: ended.by, at: formatTime(ended.atMs) },
  };
}

/** Whether a text names an act. */
export function isRequestAct(text: string): text is RequestAct {
  return Object.hasOwn(requestActs, text);
}

function forgetOldest(requests: Requests): void {
  if (requests.size <= endedRequestsKept) return;
  for (const [index, { ended }] of requests) {
    if (ended === undefined) continue;
    requests.delete(index);
    return;
  }
}
