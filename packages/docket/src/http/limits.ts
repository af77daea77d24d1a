// SPDX-License-Identifier: Apache-2.0
// Every limit of the HTTP server, by name and unit.
import { eventBytesMax } from "@docket/protocol/events";
import type { RequestRate } from "../access/request-brake.ts";

/**
 * Longest body of one event, in bytes. A few more than the event's own limit, so that its reader says what is
 * wrong.
 */
export const bodyBytesMax: number = eventBytesMax + 1024;
/**
 * Longest mail, in bytes. Of a longer one the sender may post the beginning: what is read of it stands there.
 */
export const mailBodyBytesMax = 10_485_760;
/** Longest body that is not an event, in bytes. */
export const smallBodyBytesMax = 16_384;
/** A request's headers must have arrived within this time. */
export const headersTimeoutMs = 10_000;
/** A request's body, unless it is a batch, must have arrived within this time. */
export const bodyTimeoutMs = 15_000;
/** A sign-in is answered within this time: what a password costs to check is meant to be much. */
export const signInAnswerMs = 10_000;
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
/** A body that is too long is read and dropped for this long, so that the sender gets to read the answer. */
export const discardMs = 2000;
/** Longest percent-encoded path parameter, in characters: 256 code points of 4 bytes, each `%XX`. */
export const pathParameterLengthMax = 3072;
/** Longest account id, in code points: as in an event. */
export const accountIdLengthMax = 256;
/** Longest reason for an opening, in code points. */
export const reasonLengthMax = 1000;

/** Longest body with policy files, in bytes: all of them, and the JSON around them. */
export const policyBodyBytesMax = 12_582_912;
/** Most models in files that one proposal names. */
export const modelFilesMax = 64;
/** Records of changes of the policy in one answer: most, and if nothing is said. */
export const policyLogListedMax = 1000;
export const policyLogListedDefault = 50;
/** A count over records ends after this long and says where to go on. */
export const effectsAnswerMs = 1000;

/** Most sizes of kept checkpoints in one answer. */
export const checkpointsListedMax = 1000;

/** Most events of a batch that are being decided at once. */
export const batchWindowLines = 256;
/** Answers of a batch are gathered up to this many characters before they are sent. */
export const batchChunkChars = 65_536;
/** A client that reads none of a batch's answers for this long is cut off. */
export const batchStalledMs = 30_000;
/** A client that sends none of a batch for this long is cut off. */
export const batchIdleMs = 300_000;
/** A line of a batch that finds the queue full is tried again for this long. */
export const batchOverloadMs = 30_000;
/** First and longest pause between two such tries. */
export const batchRetryFirstMs = 20;
export const batchRetryLongestMs = 1000;
/** Longest body with a change of a list, in bytes: its entries, and the JSON around them. */
export const listBodyBytesMax = 8_388_608;
/** Entries of a list in one answer: most, and if nothing is said. */
export const listEntriesListedMax = 10_000;
export const listEntriesListedDefault = 100;
/** Changes of a list in one answer: most, and if nothing is said. */
export const listChangesListedMax = 100;
export const listChangesListedDefault = 20;
/** Longest body with a dispute or message, in bytes: its text, attachments in base64, and the JSON around. */
export const disputeBodyBytesMax = 786_432;
/** How often the holder of a dispute token may read and write, and an address try tokens that are none. */
export const disputeReadsRate: RequestRate = { burst: 60, everyMs: 1000 };
export const disputeWritesRate: RequestRate = { burst: 10, everyMs: 30_000 };
export const disputeFailuresRate: RequestRate = { burst: 20, everyMs: 3000 };
/** Largest body that asks for a correction of many decisions, in bytes: it may name each. */
export const bulkBodyBytesMax = 524_288;
/** A reader of the stream that has not read so much is cut off, in bytes. */
export const streamUnreadBytesMax = 262_144;
