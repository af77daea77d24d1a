// SPDX-License-Identifier: Apache-2.0
// From what an app asks to what the engine decides, and back: who and what an event is, which time it is
// decided at, and the answer.
import type { KeyObject } from "node:crypto";
import { encodeEvent, parseTime, ProtocolError } from "@docket/protocol";
import type { Decision, Event } from "@docket/protocol";
import { keptPersonalValues } from "@docket/policy";
import type { EvaluationInput, Signals } from "@docket/policy";
import { keyedHash } from "../evidence/keys.ts";
import { answerOf } from "./answer.ts";
import { answerWithinMs } from "./contract.ts";
import type { DecideRequest, Tried } from "./contract.ts";
import type { Decided, Subject } from "./engine.ts";
import { withinTime } from "./within-time.ts";

/** When serving, an event's claimed time counts if it lies this close to its receipt, in milliseconds. */
export const claimedPastMsMax = 600_000;
export const claimedFutureMsMax = 60_000;

/** An event with its encoding and its keyed hashes: of its id, its body, its account and its content's id. */
export type Identified = {
  event: Event;
  encoded: string;
  eventHash: Buffer;
  bodyHash: Buffer;
  lookup: Buffer;
  contentHash: string | undefined;
};

/** Bytes of the keyed hashes by which events and contents are recognised. */
export const eventHashBytes = 16;

/**
 * Encodes an event and takes its keyed hashes.
 *
 * @param lookupOf the key under which an account is looked up
 */
export function identify(
  event: Event,
  hashing: KeyObject,
  lookupOf: (accountId: string) => Buffer,
): Identified {
  const encoded = encodeEvent(event);
  const content = event.content?.id;
  return {
    event,
    encoded,
    eventHash: keyedHash(hashing, "event", event.id).subarray(0, eventHashBytes),
    bodyHash: keyedHash(hashing, "body", encoded).subarray(0, eventHashBytes),
    lookup: lookupOf(event.actor.id),
    contentHash: content === undefined ? undefined : contentHashOf(hashing, content),
  };
}

/** The keyed hash of a content's id, as records and views have it. */
export function contentHashOf(hashing: KeyObject, contentId: string): string {
  return keyedHash(hashing, "content", contentId).subarray(0, eventHashBytes).toString("base64url");
}

/** What the engine decides on. */
export function subjectOf(
  request: DecideRequest,
  { event, eventHash, bodyHash, contentHash }: Identified,
  actor: string,
  signals: Signals,
  models: EvaluationInput["models"],
): Subject {
  const { ms, clock } = decidedAt(request);
  return {
    event,
    eventHash: eventHash.toString("base64url"),
    bodyHash: bodyHash.toString("base64url"),
    contentHash,
    actor,
    source: request.source,
    // A file tells of what has happened: whatever is decided of it comes late.
    late: request.late === true || request.source === "file",
    decidedAtMs: ms,
    clock,
    signals,
    models,
  };
}

/** The answer to an event that was decided just now. */
export function answerTo(
  { conclusion, facts, release, subject }: Decided,
  index: number,
  how: Parameters<typeof answerOf>[3],
): Decision {
  const { outcome, rules, restrictions, reasons } = conclusion;
  const answered = { index, actor: subject.actor, outcome, rules, restrictions, release };
  return answerOf(answered, facts, reasons, how);
}

/** What would have been decided. @param actor its pseudonym, `null` for an account that nobody knows */
export function triedOf(decided: Decided, actor: string | null): Tried {
  const { evaluation, facts, conclusion } = decided;
  const decision = answerTo(decided, -1, { sealed: false, repeat: false, receipt: undefined });
  const personal = keptPersonalValues(evaluation);
  return { decision, facts, personal, actor, restrictions: conclusion.restrictions };
}

/**
 * Bounds how long an answer is waited for. Behind a file nobody waits for one; its reader stops by itself
 * when the log does not go on.
 */
export function inTime(request: DecideRequest, decision: Promise<Decision>): Promise<Decision> {
  return request.source === "file" ? decision : withinTime(decision, answerWithinMs);
}

/** An event's id was used before, for another event. */
export function conflict(id: string): ProtocolError {
  return new ProtocolError(
    "event_id_conflict",
    `the event ${JSON.stringify(id)} was decided before with another body; give a new attempt a new id`,
    { pointer: "/id" },
  );
}

function decidedAt(request: DecideRequest): { ms: number; clock: "event" | "received" } {
  const { event, source, receivedMs } = request;
  const claimed = event.time === undefined ? undefined : parseTime(event.time);
  if (source === "file") return { ms: receivedMs, clock: claimed === receivedMs ? "event" : "received" };
  const near =
    claimed !== undefined &&
    claimed >= receivedMs - claimedPastMsMax &&
    claimed <= receivedMs + claimedFutureMsMax;
  return near ? { ms: claimed, clock: "event" } : { ms: receivedMs, clock: "received" };
}
