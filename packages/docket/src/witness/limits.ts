// SPDX-License-Identifier: Apache-2.0
// Every limit of a witness, by name and unit.
import { witnessBodyBytesMax } from "@docket/tlog";

/** Longest body of a request, in bytes. */
export const bodyBytesMax: number = witnessBodyBytesMax;
/** A request's headers must have arrived within this time. */
export const headersTimeoutMs = 10_000;
/** A whole request must have arrived within this time. */
export const requestTimeoutMs = 15_000;
/** How often the two are looked at. */
export const connectionsCheckIntervalMs = 2000;
/** A connection over which nothing goes in either direction is closed. */
export const idleConnectionMs = 120_000;
/** A connection that waits for its next request is closed. */
export const keepAliveMs = 72_000;
/** Most connections at once; more are closed at once. */
export const connectionsMax = 4096;
/** Longest headers of a request, in bytes. */
export const headerBytesMax = 16_384;
/** What is left of a body that is too long is read and dropped for this long, so that the answer is read. */
export const discardMs = 2000;
/** Whatever hangs, an answer comes within this time. */
export const answerWithinMs = 10_000;
/** Most requests of one log that wait for each other; more are told to come back. */
export const waitingMax = 64;
/** When to come back after a 503, in seconds. */
export const retryAfterSeconds = 2;
/** Requests that run when the server is told to stop get this long to end. */
export const drainMs = 10_000;
