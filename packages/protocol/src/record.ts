// SPDX-License-Identifier: Apache-2.0
// A record: one entry of the log. Its leaf is UTF-8 JSON on one line with keys in a fixed order: a header
// that the sequencer writes, and a body that was encoded before. The bytes are never re-encoded; what is read
// must be canonical, that is, exactly what the encoder below would write.
//
//   {"v":1,"index":1832,"prev":"…","time":"2026-11-22T23:11:05.123Z","uncertaintyMs":null,  <- header
//    "kind":"decision","by":"k_…", … ,"parts":"…"}                                           <- body
//
// docs/formats/record.md has the table of kinds with a worked example.
import { caseKeys, caseOptionalKeys, caseTests } from "./case-record.ts";
import type { CaseBody } from "./case-record.ts";
import { custodyKeys, custodyOptionalKeys, custodyTests } from "./custody-record.ts";
import type { CustodyBody } from "./custody-record.ts";
import { ProtocolError } from "./error.ts";
import {
  isCount,
  isDigest,
  isListOf,
  isName,
  isPseudonym,
  isRestriction,
  isText,
  isTrue,
} from "./field-tests.ts";
import type { Test } from "./field-tests.ts";
import { isCanonicalTime } from "./time.ts";

/** Longest leaf, in bytes: an entry's length is a u16 in C2SP tlog-tiles entry bundles. */
export const leafBytesMax = 65_535;
/** The version that every record bears; it fixes every algorithm. */
export const recordVersion = 1;

/** What was decided for an event, from the mildest to the strictest. */
export const outcomes = ["allow", "flag", "challenge", "delay", "hold", "reject"] as const;
/** What was decided for an event. */
export type Outcome = (typeof outcomes)[number];

/** A measure against an actor, as its record shows it to anyone. */
export type RecordedRestriction =
  | { id: string; kind: "warn" | "suspend"; until: string }
  | { id: string; kind: "throttle"; rate: string; burst: number; until: string }
  | { id: string; kind: "limit"; ability: string; until: string }
  | { id: string; kind: "ban" };

/**
 * Which log a new one goes on from, because the old one could not prove that it held its newest signed
 * state. `keys` are the old log's verifier keys, Ed25519 first; `checkpoint` its last known checkpoint, a
 * signed note with the lines of those keys alone.
 */
export type Succession = { origin: string; keys: string[]; checkpoint: string };

/**
 * Record 0: what this log is. `key` is its first Ed25519 verifier key, `mlDsaKey` its first ML-DSA-44 one
 * (logs made before there was one have none), `succeeds` the log that it goes on from, if any.
 */
export type CreatedBody = {
  kind: "created";
  by: string;
  origin: string;
  key: string;
  mlDsaKey?: string;
  succeeds?: Succession;
};
/**
 * The log's keys changed. With N = this record's index + 1: `old`, all keys in force before, sign checkpoints
 * up to size N; `new` sign those from size N on. The first checkpoint over this record has size N, bears a
 * line of each key of both lists, and is kept for good as `checkpoints/N`. Verifier keys, Ed25519 first, then
 * ML-DSA-44 where there is one; no key stands in both lists.
 */
export type KeyChangeBody = { kind: "key-change"; by: string; old: string[]; new: string[] };
/**
 * What showed that a restored, copied or moved log holds its newest signed state: the newest checkpoint that
 * the source knows has `size`, and the log has its root at that size. `from` is the keys directory, a
 * checkpoint that was given, a witness, a replica, or only the operator's word; `name` is a witness's key
 * name.
 */
export type PromotionProof = {
  from: "keys" | "seen" | "witness" | "replica" | "operator";
  name: string | null;
  size: number;
};
/** A restored, copied or moved log was allowed to sign again; `epoch` is the first opening that may. */
export type PromotedBody = { kind: "promoted"; by: string; epoch: number; proofs: PromotionProof[] };
/** The process that holds the log started; `recovered` counts the records that a crash left unpublished. */
export type StartBody = { kind: "start"; by: string; version: string; recovered: number };
/** The process that holds the log stopped in good order. */
export type StopBody = { kind: "stop"; by: string };
/**
 * How a release came into force: because the server was started with it, as an approved proposal, by going
 * back to an earlier one, by breaking the glass, because that ended unconfirmed, or because a list changed.
 */
export type ReleaseVia = (typeof releaseVias)[number];
/** All values of {@link ReleaseVia}. */
export const releaseVias = ["start", "publish", "rollback", "break-glass", "revert", "lists"] as const;
/**
 * A release (policy files, lists, signals, language) came into force. `of` is the record that it follows
 * from: a proposal, or with `revert` the release whose time was over. `until` is when it reverts by itself
 * unless it is confirmed before. `alone` says that nobody but `by` had a part in it. Records made before
 * these were known have none of them. Why is in the part `change`, where there is one.
 */
export type ReleaseBody = {
  kind: "release";
  by: string;
  release: string;
  previous: string | null;
  via?: ReleaseVia;
  of?: number;
  until?: string;
  alone?: true;
  parts?: string;
};
/** How many persons a change of policy takes (docs/operations/policy-changes.md). */
export type DutyLevel = (typeof dutyLevels)[number];
/** All values of {@link DutyLevel}, from the mildest to the strictest. */
export const dutyLevels = ["solo", "pair", "strict"] as const;
/**
 * A change was proposed: of the release, and then `candidate` is the hash of the one that is wished, or of
 * the level. `base` is the release that was in force. `restrictsMore` says that it may restrict somebody
 * whom the base does not; `standby`, that once approved it waits to be switched to. The change itself, why,
 * and what its tests gave is in the part `change`. Where only entries of a list are to be changed, the fields
 * of {@link ListProposal} say so, all of them.
 */
export type ProposalBody = Partial<ListProposal> & {
  kind: "proposal";
  by: string;
  candidate?: string;
  level?: DutyLevel;
  base: string | null;
  restrictsMore: boolean;
  standby: boolean;
  parts: string;
};
/**
 * The change of a list that is proposed, as it would be on the version that was in force: what a record of
 * kind `list` says of it.
 */
export type ListProposal = Pick<ListBody, "list" | "listKind" | "version" | "previous" | "added" | "removed">;
/**
 * A proposal, or a release or change of a list that would revert by itself, was approved: record `of`.
 * `alone` says that whoever approves proposed it too.
 */
export type ApprovalBody = { kind: "approval"; by: string; of: number; alone: boolean };
/** A proposal was cancelled: record `of`. */
export type CancelBody = { kind: "cancel"; by: string; of: number };
/** The level of duties changed, as proposal `of` said. */
export type LevelBody = { kind: "level"; by: string; level: DutyLevel; previous: DutyLevel; of: number };
/** What the entries of a list are (docs/formats/lists.md). */
export type ListKind = (typeof listKinds)[number];
/** All values of {@link ListKind}. */
export const listKinds = ["term", "pattern", "domain", "network", "emailHost", "hash", "actor"] as const;
/**
 * A list changed: `version` is the hash of the change, which names `previous`; so many entries were put in
 * and taken out. It counts from the `release` record that follows and names the version. The change and why
 * are in the part `change`. `of` is the record that it follows from: a proposal, or the change that it
 * reverts since its time was over. `until` is when it reverts by itself unless it is approved before.
 */
export type ListBody = {
  kind: "list";
  by: string;
  list: string;
  listKind: ListKind;
  version: string;
  previous: string;
  added: number;
  removed: number;
  of?: number;
  until?: string;
  parts: string;
};
/** What happens to API keys. */
export const accessChanges = ["created", "revoked", "rotated"] as const;
/**
 * An API key was created or revoked; `rotated` is one that was created in the place of `from`, which goes on
 * for a while. `scopes` are actions that it is limited to, of those of its role; `until` is when it ends.
 */
export type AccessBody = {
  kind: "access";
  by: string;
  change: (typeof accessChanges)[number];
  key: string;
  role: string;
  scopes?: string[];
  from?: string;
  until?: string;
};
/** Somebody opened the evidence of record `of`; the reason given is in a part. */
export type OpeningBody = { kind: "opening"; by: string; of: number; parts: string };
/**
 * Something that was new or changed hit too much and lost its power to restrict; or, with `cap`, restricted
 * so many actors that it may restrict no more. Docket does so by itself, so `by` is `docket`. `release` is
 * the one in force. What it was, and the figures, are in the part `facts`: names of rules are nobody's
 * business.
 */
export type BrakeBody = { kind: "brake"; by: "docket"; release: string; cap: boolean; parts: string };
/**
 * A person looked at brake `of` and gave the power back. `alone` says that whoever did so had a part in the
 * change that was braked, too. Why is in the part `change`.
 */
export type ConfirmBody = { kind: "confirm"; by: string; of: number; alone: boolean; parts: string };
/** What somebody says that the content of a decision is. */
export const labelValues = ["spam", "notSpam", "unsure"] as const;
/** What somebody says that the content of a decision is. */
export type LabelValue = (typeof labelValues)[number];
/** Who is behind a label: a moderator, a user, an address that nobody writes to, or another system. */
export const labelSources = ["moderator", "user", "honeypot", "import"] as const;
/** Who is behind a label. */
export type LabelSource = (typeof labelSources)[number];
/**
 * Decision `of` was labelled; a later label of the same decision takes the place of an earlier one. `role` is
 * that of `by`; `reason` a code of the site's own. A note is in the part `change`.
 */
export type LabelBody = {
  kind: "label";
  by: string;
  role: string;
  of: number;
  label: LabelValue;
  source: LabelSource;
  reason?: string;
  parts?: string;
};
/** What the code of a label's reason looks like. */
export const labelReasonPattern = "^[a-z][a-z0-9-]{0,63}$";
/** A decision on an event. `rules` are the enforced rules that fired and have a public reason. */
export type DecisionBody = {
  kind: "decision";
  by: string;
  actor: string;
  outcome: Outcome;
  rules: string[];
  restrictions: RecordedRestriction[];
  release: string;
  parts: string;
};

/** What a record says, by kind. */
export type RecordBody =
  | CreatedBody
  | KeyChangeBody
  | PromotedBody
  | StartBody
  | StopBody
  | ReleaseBody
  | ProposalBody
  | ApprovalBody
  | CancelBody
  | LevelBody
  | ListBody
  | AccessBody
  | OpeningBody
  | BrakeBody
  | ConfirmBody
  | LabelBody
  | CaseBody
  | CustodyBody
  | DecisionBody;

/** What the sequencer knows of a record. */
export type RecordHeader = { v: 1; index: number; prev: string; time: string; uncertaintyMs: number | null };
/** A whole record, as parsed from its leaf. */
export type DocketRecord = RecordHeader & RecordBody;

/** What says which change of a list is meant: a proposal has all of these or none. */
const listProposalKeys = ["list", "listKind", "version", "previous", "added", "removed"] as const;
/** The keys of each kind's body, in the order in which they are written. */
const bodyKeys: { readonly [Kind in RecordBody["kind"]]: readonly string[] } = {
  created: ["kind", "by", "origin", "key", "mlDsaKey", "succeeds"],
  "key-change": ["kind", "by", "old", "new"],
  promoted: ["kind", "by", "epoch", "proofs"],
  start: ["kind", "by", "version", "recovered"],
  stop: ["kind", "by"],
  release: ["kind", "by", "release", "previous", "via", "of", "until", "alone", "parts"],
  proposal: ["kind", "by", "candidate", "level"].concat(listProposalKeys, [
    "base",
    "restrictsMore",
    "standby",
    "parts",
  ]),
  approval: ["kind", "by", "of", "alone"],
  cancel: ["kind", "by", "of"],
  level: ["kind", "by", "level", "previous", "of"],
  list: ["kind", "by", ...listProposalKeys, "of", "until", "parts"],
  access: ["kind", "by", "change", "key", "role", "scopes", "from", "until"],
  opening: ["kind", "by", "of", "parts"],
  brake: ["kind", "by", "release", "cap", "parts"],
  confirm: ["kind", "by", "of", "alone", "parts"],
  label: ["kind", "by", "role", "of", "label", "source", "reason", "parts"],
  ...caseKeys,
  ...custodyKeys,
  decision: ["kind", "by", "actor", "outcome", "rules", "restrictions", "release", "parts"],
};
/** Keys that a record of a kind may lack: they are left out, never null. */
const optionalKeys: { readonly [Kind in RecordBody["kind"]]?: readonly string[] } = {
  created: ["mlDsaKey", "succeeds"],
  access: ["scopes", "from", "until"],
  release: ["via", "of", "until", "alone", "parts"],
  proposal: ["candidate", "level", ...listProposalKeys],
  list: ["of", "until"],
  label: ["reason", "parts"],
  ...caseOptionalKeys,
  ...custodyOptionalKeys,
};
const headerKeys = ["v", "index", "prev", "time", "uncertaintyMs"] as const;

/** A body whose parts are not sealed yet: the sequencer adds the manifest's hash. */
export type BodyWithoutParts = RecordBody extends infer Body
  ? Body extends { parts: string }
    ? Omit<Body, "parts">
    : Body
  : never;

/**
 * Encodes the body of a record, without braces: `"kind":…`. A kind that has parts lacks `"parts"` here;
 * {@link encodeLeaf} adds it.
 */
export function encodeBody(body: BodyWithoutParts): string {
  const keys = presentKeys(body.kind, body).filter((key) => key !== "parts");
  return encodeFields(keys, body);
}

/**
 * Joins header and body to the leaf's text. The caller checks its length in bytes against {@link
 * leafBytesMax}.
 *
 * @param body what {@link encodeBody} gave
 * @param parts base64url SHA-256 of the manifest, for kinds that have parts
 */
export function encodeLeaf(header: RecordHeader, body: string, parts?: string): string {
  const head = encodeFields(headerKeys, header);
  return parts === undefined ? `{${head},${body}}` : `{${head},${body},"parts":${JSON.stringify(parts)}}`;
}

/**
 * Reads a leaf.
 *
 * @throws {@link ProtocolError} `record_invalid` if it is not canonical or not of a kind that this version
 * knows
 */
export function parseLeaf(text: string): DocketRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("it is not JSON");
  }
  // A duplicate key, white space, another order of digits or escapes: all of these change the bytes.
  if (JSON.stringify(value) !== text) throw invalid("it is not canonical JSON on one line");
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("it is not an object");
  const fields = value as Record<string, unknown>;
  const kind = fields["kind"];
  if (typeof kind !== "string" || !Object.hasOwn(bodyKeys, kind)) {
    throw invalid(`its kind ${JSON.stringify(kind)} is not known to this version`);
  }
  const present = presentKeys(kind as RecordBody["kind"], fields);
  const expected = [...headerKeys, ...present].join();
  if (Object.keys(fields).join() !== expected) throw invalid(`its keys are not ${expected}`);
  checkHeader(fields);
  for (const [key, test] of Object.entries(fieldTests[kind as RecordBody["kind"]])) {
    if (present.includes(key) && !test(fields[key])) throw invalid(`${key} has a value that is not allowed`);
  }
  if (kind === "proposal" && present.includes("candidate") === present.includes("level")) {
    throw invalid("a proposal is of a release or of a level");
  }
  const ofList = listProposalKeys.filter((key) => present.includes(key)).length;
  if (kind === "proposal" && ofList > 0 && (ofList < listProposalKeys.length || present.includes("level"))) {
    throw invalid("a proposal of a list's change says the list, its versions, and how many entries");
  }
  return fields as unknown as DocketRecord;
}

/** Most actions that an API key is limited to. */
export const keyScopesMax = 100;
/** Most verifier keys of a log at one time. */
const logKeysMax = 4;
/** Longest verifier key, in characters: one of ML-DSA-44 has 1,752 after its name. */
const verifierKeyLengthMax = 2048;
/** Longest checkpoint that a record quotes, in characters. */
const quotedCheckpointLengthMax = 16_384;
/** Most proofs of one promotion. */
export const promotionProofsMax = 100;

const isAuthor: Test = (value) =>
  typeof value === "string" && /^(operator|[kp]_[A-Za-z0-9_-]{16})$/.test(value);
const isBoolean: Test = (value) => typeof value === "boolean";
const isDigestOrNull: Test = (value) => value === null || isDigest(value);
const isDutyLevel: Test = (value) => (dutyLevels as readonly unknown[]).includes(value);
const isTextList: Test = (value) => Array.isArray(value) && value.every(isText);
const isVerifierKey: Test = (value) =>
  typeof value === "string" &&
  value.length <= verifierKeyLengthMax &&
  /^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{42,}={0,2}$/.test(value);
const isKeyList: Test = (value) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length <= logKeysMax &&
  value.every(isVerifierKey) &&
  new Set(value).size === value.length;

const listTests: Readonly<Record<(typeof listProposalKeys)[number], Test>> = {
  list: (value) => typeof value === "string" && /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(value),
  listKind: (value) => (listKinds as readonly unknown[]).includes(value),
  version: isDigest,
  previous: isDigest,
  added: isCount,
  removed: isCount,
};
const fieldTests: { readonly [Kind in RecordBody["kind"]]: Readonly<Record<string, Test>> } = {
  created: { by: isAuthor, origin: isText, key: isText, mlDsaKey: isVerifierKey, succeeds: isSuccession },
  "key-change": { by: isAuthor, old: isKeyList, new: isKeyList },
  promoted: { by: isAuthor, epoch: isCount, proofs: isProofList },
  start: { by: isAuthor, version: isText, recovered: isCount },
  stop: { by: isAuthor },
  release: {
    by: isAuthor,
    release: isDigest,
    previous: isDigestOrNull,
    via: (value) => (releaseVias as readonly unknown[]).includes(value),
    of: isCount,
    until: isCanonicalTime,
    alone: isTrue,
    parts: isDigest,
  },
  proposal: {
    by: isAuthor,
    candidate: isDigest,
    level: isDutyLevel,
    ...listTests,
    base: isDigestOrNull,
    restrictsMore: isBoolean,
    standby: isBoolean,
    parts: isDigest,
  },
  approval: { by: isAuthor, of: isCount, alone: isBoolean },
  cancel: { by: isAuthor, of: isCount },
  level: { by: isAuthor, level: isDutyLevel, previous: isDutyLevel, of: isCount },
  list: { by: isAuthor, ...listTests, of: isCount, until: isCanonicalTime, parts: isDigest },
  access: {
    by: isAuthor,
    change: (value) => (accessChanges as readonly unknown[]).includes(value),
    key: isAuthor,
    role: isText,
    scopes: isListOf(isName, 1, keyScopesMax),
    from: isAuthor,
    until: isCanonicalTime,
  },
  opening: { by: isAuthor, of: isCount, parts: isDigest },
  brake: { by: (value) => value === "docket", release: isDigest, cap: isBoolean, parts: isDigest },
  confirm: { by: isAuthor, of: isCount, alone: isBoolean, parts: isDigest },
  label: {
    by: isAuthor,
    role: (value) => typeof value === "string" && /^[a-z]{1,32}$/.test(value),
    of: isCount,
    label: (value) => (labelValues as readonly unknown[]).includes(value),
    source: (value) => (labelSources as readonly unknown[]).includes(value),
    reason: (value) => typeof value === "string" && isLabelReason.test(value),
    parts: isDigest,
  },
  ...caseTests,
  ...custodyTests,
  decision: {
    by: isAuthor,
    actor: isPseudonym,
    outcome: (value) => (outcomes as readonly unknown[]).includes(value),
    rules: isTextList,
    restrictions: (value) => Array.isArray(value) && value.every(isRestriction),
    release: isDigest,
    parts: isDigest,
  },
};

const isLabelReason = new RegExp(labelReasonPattern);

function isSuccession(value: unknown): boolean {
  const fields = fieldsOf(value, "origin,keys,checkpoint");
  if (fields === undefined || !isText(fields["origin"]) || !isKeyList(fields["keys"])) return false;
  const checkpoint = fields["checkpoint"];
  return (
    typeof checkpoint === "string" &&
    checkpoint.length <= quotedCheckpointLengthMax &&
    checkpoint.startsWith(`${String(fields["origin"])}\n`) &&
    checkpoint.endsWith("\n")
  );
}

function isProofList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= promotionProofsMax &&
    value.every((each) => {
      const fields = fieldsOf(each, "from,name,size");
      if (fields === undefined || !isCount(fields["size"])) return false;
      const { from, name } = fields as { from: unknown; name: unknown };
      if (from === "witness") return isText(name);
      return ["keys", "seen", "replica", "operator"].includes(from as string) && name === null;
    })
  );
}

function fieldsOf(value: unknown, keys: string): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "object" || value === null || Object.keys(value).join() !== keys) return undefined;
  return value as Record<string, unknown>;
}

function checkHeader(fields: Readonly<Record<string, unknown>>): void {
  if (fields["v"] !== recordVersion) throw invalid(`its version is not ${recordVersion}`);
  if (!isCount(fields["index"])) throw invalid("index is not a whole number from 0 on");
  if (!isDigest(fields["prev"])) throw invalid("prev is not 32 bytes in base64url");
  if (!isCanonicalTime(fields["time"])) throw invalid("time is not a canonical UTC time");
  const uncertainty = fields["uncertaintyMs"];
  if (uncertainty !== null && !isCount(uncertainty))
    throw invalid("uncertaintyMs is neither null nor a count");
}

/** The keys that a body of this kind has, in order: all but the optional ones that it lacks. */
function presentKeys(kind: RecordBody["kind"], fields: object): readonly string[] {
  const optional = optionalKeys[kind];
  if (optional === undefined) return bodyKeys[kind];
  return bodyKeys[kind].filter((key) => !optional.includes(key) || Object.hasOwn(fields, key));
}

function encodeFields(keys: readonly string[], fields: Readonly<Record<string, unknown>>): string {
  return keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(fields[key])}`).join(",");
}

function invalid(why: string): ProtocolError {
  return new ProtocolError("record_invalid", `this is not a record of Docket: ${why}`);
}
