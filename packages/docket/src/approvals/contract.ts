// SPDX-License-Identifier: Apache-2.0
// What takes a second person: requests, as those who make, approve and carry them out see them.
import type { JsonObject } from "@docket/protocol";
import type { Author } from "../releases/duties.ts";

/** The code of an act that takes a second person. */
export type RequestAct = "erasure" | "liftHold" | "keyRotation" | "apiKey" | "person" | "bulkRead";

/** What is to be known of an act. */
export type ActRule = {
  /** In words that go on after "asks to". */
  readonly about: string;
  /** At level solo it waits, so that it can be withdrawn; but not for who has the data directory. */
  readonly delayedAlone: boolean;
  /** At level solo it takes a request too; else the act's own record says who did it. */
  readonly recordedAlone: boolean;
};

/**
 * Everything that takes a second person above level solo. At level solo one person does it alone: at once
 * where they have the data directory or `delayedAlone` is false, else after a delay.
 */
export const requestActs: Readonly<Record<RequestAct, ActRule>> = {
  erasure: { about: "erase an actor's data for good", delayedAlone: true, recordedAlone: true },
  liftHold: { about: "lift a legal hold", delayedAlone: true, recordedAlone: true },
  keyRotation: { about: "change a key of the evidence", delayedAlone: true, recordedAlone: true },
  apiKey: { about: "make an API key with power over others", delayedAlone: true, recordedAlone: true },
  person: { about: "give a person power over others", delayedAlone: true, recordedAlone: true },
  bulkRead: { about: "take much out at once", delayedAlone: false, recordedAlone: false },
};

/** A request ends by itself so long after it was made or, if it was, approved; in ms. */
export const requestExpiresMs = 259_200_000;
/** Most requests that may wait or be approved and not done at a time. */
export const openRequestsMax = 1000;
/** Most requests that ended and are remembered; older ones are in the log. */
export const endedRequestsKept = 10_000;
/** Longest JSON of what is requested and whom it reaches, in characters each. */
export const requestTextLengthMax = 16_384;

/** What somebody asks for. It must not name a person otherwise than by a pseudonym: see {@link subject}. */
export type RequestWish = {
  act: RequestAct;
  /** The record that it is about. */
  of?: number | undefined;
  /** Whom it is about: the pseudonym of an actor. */
  subject?: string | undefined;
  /** What exactly shall be done. Approved is this, and nothing else is done. */
  what: JsonObject;
  /** What it touches, for whoever approves: counts, names of lists. */
  reach?: JsonObject | undefined;
  why: string;
};

/** How a request stands. */
export type RequestState = "waiting" | "approved" | "done" | "refused" | "withdrawn" | "expired";

/** A request. Times are RFC 3339. */
export type RequestView = {
  /** The record of the request. */
  index: number;
  act: RequestAct;
  of: number | null;
  subject: string | null;
  by: string;
  role: string;
  at: string;
  state: RequestState;
  approvals: { index: number; by: string; role: string; at: string; alone: boolean }[];
  /** From when on what was approved can be done; `null` unless it is approved. */
  from: string | null;
  /** When it ends by itself; `null` where it ended. */
  expires: string | null;
  ended: { index: number; by: string; at: string } | null;
};

/** A request with what exactly it asks for. */
export type RequestDetail = RequestView & {
  what: JsonObject;
  reach: JsonObject | null;
  why: string;
  /** SHA-256 of act, record, subject and {@link what} in canonical JSON, base64url. */
  hash: string;
};

/** What was approved, for whoever carries it out. */
export type TakenRequest = {
  /** The record of the request, and the one by which it was approved. */
  index: number;
  approved: number;
  by: string;
  approvedBy: string;
  alone: boolean;
};

/** What came of a wish: it was done, or it waits for somebody. */
export type Outcome<T> = { done: T; taken: TakenRequest | undefined } | { waits: RequestDetail };

/** How many requests are open, and of those that are approved, how many by whoever made them alone. */
export type RequestFigures = { waiting: number; approved: number; alone: number };

/** Requests of a site, as whoever makes and judges them sees them. */
export interface SiteRequests {
  figures(): RequestFigures;
  /** The newest requests, newest first; with `open`, those that wait or are approved. */
  list(query: { open?: boolean; limit: number; by?: string | undefined }): RequestView[];
  /** Rejects with `not_found`. */
  show(index: number): Promise<RequestDetail>;
  /** See {@link ApprovalDesk.through}. */
  through<T>(
    author: Author,
    wish: RequestWish,
    of: number | undefined,
    act: (taken: TakenRequest | undefined) => Promise<T>,
  ): Promise<Outcome<T>>;
  request(author: Author, wish: RequestWish): Promise<RequestDetail>;
  approve(
    author: Author,
    index: number,
    how?: { hash?: string | undefined; why?: string | undefined },
  ): Promise<RequestDetail>;
  refuse(author: Author, index: number, why?: string): Promise<RequestDetail>;
  withdraw(author: Author, index: number, why?: string): Promise<RequestDetail>;
}
