// SPDX-License-Identifier: Apache-2.0
// Records of how the log itself is kept: its clock and its outside time-stamps, its keys, who came in and
// what they read, what was erased or kept from it, copies and drills, and what passed while nothing could be
// sealed. Each is an entry of the log like any other (record.ts).
import {
  isAuthor,
  isCode,
  isCount,
  isDigest,
  isListOf,
  isName,
  isOneOf,
  isPerson,
  isPseudonym,
  isRole,
  isSubject,
  isText,
  isTrue,
} from "./field-tests.ts";
import type { Test } from "./field-tests.ts";
import { isCanonicalTime } from "./time.ts";

/**
 * How the clock that seals stands to the sources that it is checked against. `checked`: a majority
 * agrees, and
 * `uncertaintyMs` of the records that follow is true. `unreachable`: too few answer. `disagreeing`: they
 * answer and no majority agrees. `stepped`: the clock jumped against the monotonic one. `drifting`: it runs
 * faster or slower than is assumed. In all but the first, `uncertaintyMs` is `null` from here on.
 */
export const clockStates = ["checked", "unreachable", "disagreeing", "stepped", "drifting"] as const;
/** How the clock that seals stands to its sources. */
export type ClockState = (typeof clockStates)[number];
/**
 * The state of the clock changed. `offsetMs` is the clock less the time that the sources agree on, where they
 * do; for `stepped`, the size of the jump. Of `asked` sources, `agreeing` agree.
 */
export type ClockBody = {
  kind: "clock";
  by: "docket";
  state: ClockState;
  offsetMs?: number;
  agreeing: number;
  asked: number;
};
/**
 * The clock went back, and a source or a person said that it is right now: the record that follows may be
 * earlier than this one, by at most `backMs`. Nowhere else does the time of records decrease.
 */
export type ClockCorrectionBody = { kind: "clock-correction"; by: string; backMs: number };
/** Nothing was sealed for a while, and nothing had to be: the next record comes within `everySeconds`. */
export type HeartbeatBody = { kind: "heartbeat"; by: "docket"; everySeconds: number };

/** What an outside time-stamp is: a token (RFC 3161), or a reply of a Roughtime server. */
export const anchorSources = ["rfc3161", "roughtime"] as const;
/** What an outside time-stamp is. */
export type AnchorSource = (typeof anchorSources)[number];
/**
 * An outside clock stamped the checkpoint of this `size` and `root`: all records below `size` were there at
 * `stampedAt`, give or take `accuracyMs` where that is said, and since the stamp could not be foreseen, this
 * record and all that follow are later than it. `stamp` is what was answered, base64: for `rfc3161` the DER
 * TimeStampResp, with `request` empty; for `roughtime` the reply, with the request that it answers, without
 * which it can't be checked. What exactly was stamped: SHA-256 of the note's text of that checkpoint,
 * that is,
 * `origin\nsize\nbase64(root)\n`. `name` is the authority's, of the operator's choice.
 */
export type AnchorBody = {
  kind: "anchor";
  by: "docket";
  size: number;
  root: string;
  source: AnchorSource;
  name: string;
  stampedAt: string;
  accuracyMs: number | null;
  stamp: string;
  request: string;
};

/** Keys that change while the log goes on under the same signing keys. */
export const evidenceKeys = ["keyEncryption", "site", "keyStore", "protection"] as const;
/** A key that changes while the log goes on under the same signing keys. */
export type EvidenceKey = (typeof evidenceKeys)[number];
/**
 * A key of the evidence changed. `keyEncryption` wraps actors' keys, `site` seals what belongs to the site,
 * `keyStore` seals the file of wrapped keys, `protection` is what protects the key file itself (a passphrase,
 * a KMS). `count` is how many keys were wrapped anew.
 */
export type KeyRotationBody = {
  kind: "key-rotation";
  by: string;
  role: string;
  key: EvidenceKey;
  count: number;
};
/**
 * The operator's configuration is another: `hash` is SHA-256 of the file, `previous` that before, `null`
 * where
 * there is none.
 */
export type ConfigurationBody = {
  kind: "configuration";
  by: string;
  hash: string | null;
  previous: string | null;
};

/** What becomes of the demand that an actor's data be erased. */
export const erasureSteps = ["ordered", "done"] as const;
/** What becomes of the demand that an actor's data be erased. */
export type ErasureStep = (typeof erasureSteps)[number];
/**
 * The data of an actor is to be erased (`ordered`: from here on a start that finds it not done does it),
 * or is
 * (`done`: `for` is the order; its tombstone is durable outside the backups). `ground` is a code, `request`
 * the record by which a second person was asked, `approved` the one by which they agreed. `suppressed` counts
 * restrictions in force that live on under a keyed hash. Who asked, in words, is in the part `change`.
 */
export type ErasureBody = {
  kind: "erasure";
  by: string;
  role: string;
  step: ErasureStep;
  actor: string;
  for?: number;
  ground: string;
  request?: number;
  approved?: number;
  suppressed?: number;
  parts?: string;
};
/** Evidence must not be erased or dropped: of an actor, or of everybody. Why is in the part `change`. */
export type LegalHoldBody = {
  kind: "legal-hold";
  by: string;
  role: string;
  change: "placed" | "lifted";
  /** The record by which it was placed, where it is lifted. */
  of?: number;
  actor?: string;
  ground: string;
  parts?: string;
};
/** Evidence was dropped by its age: parts of this name, of records before `before`. `count` of them. */
export type RetentionBody = {
  kind: "retention";
  by: "docket";
  part: string;
  before: number;
  count: number;
};

/**
 * Somebody read what is not for everybody: evidence, or the log's records, or lists of people. `what` is a
 * code, `of` a record, `subject` whom it was about, `count` how much. The reason given is in the part
 * `change`.
 */
export type ReadBody = {
  kind: "read";
  by: string;
  role: string;
  what: string;
  of?: number;
  subject?: string;
  count?: number;
  parts?: string;
};
/** What became of somebody who wants to come in. */
export const signInChanges = ["in", "out", "refused", "ended", "locked"] as const;
/** What became of somebody who wants to come in. */
export type SignInChange = (typeof signInChanges)[number];
/**
 * A person signed in or out, was refused, or had a session ended. `person` is who it is about, where that is
 * known; `by` is `docket` where nobody proved who they are. `method` is a code: `password`, `oidc`, `totp`,
 * `key`. `count` gathers refusals of one source that were too many to be sealed one by one.
 */
export type SignInBody = {
  kind: "sign-in";
  by: string;
  change: SignInChange;
  person?: string;
  method: string;
  count?: number;
  parts?: string;
};
/** What was done with a person's account. */
export const personChanges = ["added", "changed", "removed", "secret", "factor"] as const;
/** What was done with a person's account. */
export type PersonChange = (typeof personChanges)[number];
/** Somebody may work with this site, or may no more, or in other roles. Names are in the part `change`. */
export type PersonBody = {
  kind: "person";
  by: string;
  change: PersonChange;
  person: string;
  roles: string[];
  parts?: string;
};
/**
 * Somebody asks for something that takes a second person. `act` is a code: `erasure`, `bulkRead`, `apiKey`,
 * `person`, `keyRotation`, … What exactly is in the part `change`.
 */
export type RequestBody = {
  kind: "request";
  by: string;
  role: string;
  act: string;
  of?: number;
  subject?: string;
  parts: string;
};
/** What became of a request. */
export const requestSteps = ["approved", "refused", "withdrawn", "expired", "done"] as const;
/** What became of a request. */
export type RequestStep = (typeof requestSteps)[number];
/** Request `of` went on. `alone` says that whoever approved had made it, where the level of duties allows. */
export type RequestStepBody = {
  kind: "request-step";
  by: string;
  role: string;
  of: number;
  step: RequestStep;
  alone?: true;
  parts?: string;
};

/** A copy of the log: `size` records of it were durable at the copy. `name` is of the operator's choice. */
export type ReplicaBody = {
  kind: "replica";
  by: string;
  change: "added" | "removed" | "behind" | "caughtUp";
  name: string;
  size: number;
};
/**
 * A copy was restored in a scratch place and checked. `size` is that of what came back, `lostRecords` how
 * many were sealed that it lacked when the drill began, `lostMs` the age of the first of them, `tookMs` how
 * long it all took. What failed is in the part `change`.
 */
export type DrillBody = {
  kind: "drill";
  by: string;
  result: "passed" | "failed";
  from: string;
  size: number;
  lostRecords: number;
  lostMs: number;
  tookMs: number;
  parts?: string;
};
/** Why nothing could be sealed. */
export const gapCauses = ["disk", "hung", "overload", "clock", "other"] as const;
/** Why nothing could be sealed. */
export type GapCause = (typeof gapCauses)[number];
/**
 * For a while nothing could be sealed. `from` and `until` are when; `unsealed` counts the events that passed
 * under `fail: open` without a record, `refused` those that were refused. What is known of the events that
 * passed is in the part `facts`.
 */
export type GapBody = {
  kind: "gap";
  by: "docket";
  cause: GapCause;
  from: string;
  until: string;
  unsealed: number;
  refused: number;
  parts?: string;
};

/** What a record of this file says, by kind. */
export type CustodyBody =
  | ClockBody
  | ClockCorrectionBody
  | HeartbeatBody
  | AnchorBody
  | KeyRotationBody
  | ConfigurationBody
  | ErasureBody
  | LegalHoldBody
  | RetentionBody
  | ReadBody
  | SignInBody
  | PersonBody
  | RequestBody
  | RequestStepBody
  | ReplicaBody
  | DrillBody
  | GapBody;
/** A kind of this file. */
export type CustodyKind = CustodyBody["kind"];

/** Most roles of one person. */
export const personRolesMax = 16;
/** Longest stamp or request of an anchor, as base64: what is left of a leaf for the rest is ample. */
export const stampLengthMax = 40_000;

const byDocket: Test = (value) => value === "docket";
const isStampOrEmpty: Test = (value) => value === "" || isStamp(value);
const isDigestOrNull: Test = (value) => value === null || isDigest(value);
const isMilliseconds: Test = (value) => Number.isSafeInteger(value);

/** The keys of each kind's body, in the order in which they are written. */
export const custodyKeys: { readonly [Kind in CustodyKind]: readonly string[] } = {
  clock: ["kind", "by", "state", "offsetMs", "agreeing", "asked"],
  "clock-correction": ["kind", "by", "backMs"],
  heartbeat: ["kind", "by", "everySeconds"],
  anchor: ["kind", "by", "size", "root", "source", "name", "stampedAt", "accuracyMs", "stamp", "request"],
  "key-rotation": ["kind", "by", "role", "key", "count"],
  configuration: ["kind", "by", "hash", "previous"],
  erasure: [
    "kind",
    "by",
    "role",
    "step",
    "actor",
    "for",
    "ground",
    "request",
    "approved",
    "suppressed",
    "parts",
  ],
  "legal-hold": ["kind", "by", "role", "change", "of", "actor", "ground", "parts"],
  retention: ["kind", "by", "part", "before", "count"],
  read: ["kind", "by", "role", "what", "of", "subject", "count", "parts"],
  "sign-in": ["kind", "by", "change", "person", "method", "count", "parts"],
  person: ["kind", "by", "change", "person", "roles", "parts"],
  request: ["kind", "by", "role", "act", "of", "subject", "parts"],
  "request-step": ["kind", "by", "role", "of", "step", "alone", "parts"],
  replica: ["kind", "by", "change", "name", "size"],
  drill: ["kind", "by", "result", "from", "size", "lostRecords", "lostMs", "tookMs", "parts"],
  gap: ["kind", "by", "cause", "from", "until", "unsealed", "refused", "parts"],
};

/** Keys that a record of a kind may lack. */
export const custodyOptionalKeys: { readonly [Kind in CustodyKind]?: readonly string[] } = {
  clock: ["offsetMs"],
  erasure: ["for", "request", "approved", "suppressed", "parts"],
  "legal-hold": ["of", "actor", "parts"],
  read: ["of", "subject", "count", "parts"],
  "sign-in": ["person", "count", "parts"],
  person: ["parts"],
  request: ["of", "subject"],
  "request-step": ["alone", "parts"],
  drill: ["parts"],
  gap: ["parts"],
};

/** What each value must be. */
export const custodyTests: { readonly [Kind in CustodyKind]: Readonly<Record<string, Test>> } = {
  clock: {
    by: byDocket,
    state: isOneOf(clockStates),
    offsetMs: isMilliseconds,
    agreeing: isCount,
    asked: isCount,
  },
  "clock-correction": { by: isAuthor, backMs: isCount },
  heartbeat: { by: byDocket, everySeconds: isCount },
  anchor: {
    by: byDocket,
    size: isCount,
    root: isDigest,
    source: isOneOf(anchorSources),
    name: isText,
    stampedAt: isCanonicalTime,
    accuracyMs: (value) => value === null || isCount(value),
    stamp: isStamp,
    request: isStampOrEmpty,
  },
  "key-rotation": { by: isAuthor, role: isRole, key: isOneOf(evidenceKeys), count: isCount },
  configuration: { by: isAuthor, hash: isDigestOrNull, previous: isDigestOrNull },
  erasure: {
    by: isAuthor,
    role: isRole,
    step: isOneOf(erasureSteps),
    actor: isPseudonym,
    for: isCount,
    ground: isCode,
    request: isCount,
    approved: isCount,
    suppressed: isCount,
    parts: isDigest,
  },
  "legal-hold": {
    by: isAuthor,
    role: isRole,
    change: isOneOf(["placed", "lifted"]),
    of: isCount,
    actor: isPseudonym,
    ground: isCode,
    parts: isDigest,
  },
  retention: { by: byDocket, part: isName, before: isCount, count: isCount },
  read: {
    by: isAuthor,
    role: isRole,
    what: isCode,
    of: isCount,
    subject: isSubject,
    count: isCount,
    parts: isDigest,
  },
  "sign-in": {
    by: isAuthor,
    change: isOneOf(signInChanges),
    person: isPerson,
    method: isCode,
    count: isCount,
    parts: isDigest,
  },
  person: {
    by: isAuthor,
    change: isOneOf(personChanges),
    person: isPerson,
    roles: isListOf(isRole, 0, personRolesMax),
    parts: isDigest,
  },
  request: { by: isAuthor, role: isRole, act: isCode, of: isCount, subject: isSubject, parts: isDigest },
  "request-step": {
    by: isAuthor,
    role: isRole,
    of: isCount,
    step: isOneOf(requestSteps),
    alone: isTrue,
    parts: isDigest,
  },
  replica: {
    by: isAuthor,
    change: isOneOf(["added", "removed", "behind", "caughtUp"]),
    name: isText,
    size: isCount,
  },
  drill: {
    by: isAuthor,
    result: isOneOf(["passed", "failed"]),
    from: isText,
    size: isCount,
    lostRecords: isCount,
    lostMs: isCount,
    tookMs: isCount,
    parts: isDigest,
  },
  gap: {
    by: byDocket,
    cause: isOneOf(gapCauses),
    from: isCanonicalTime,
    until: isCanonicalTime,
    unsealed: isCount,
    refused: isCount,
    parts: isDigest,
  },
};

/** Whether a record is of how the log is kept. */
export function isCustodyRecord<Record extends { kind: string }>(
  record: Record,
): record is Extract<Record, { kind: CustodyKind }> {
  return Object.hasOwn(custodyKeys, record.kind);
}

function isStamp(value: unknown): boolean {
  return (
    typeof value === "string" &&
    value.length > 0 &&
    value.length <= stampLengthMax &&
    value.length % 4 === 0 &&
    /^[A-Za-z0-9+/]+={0,2}$/.test(value)
  );
}
