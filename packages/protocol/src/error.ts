// SPDX-License-Identifier: Apache-2.0
// The one error of this package, and the table of every error code that Docket answers with: over HTTP, in
// NDJSON answers, and on the command line. A code never changes its meaning; the words beside it may.

/** Everything that can be wrong with bytes that should be JSON. */
export type JsonErrorCode =
  | "json_syntax"
  | "json_encoding"
  | "json_duplicate_key"
  | "json_surrogate"
  | "json_number"
  | "json_depth"
  | "json_size";

/** Every error code that Docket answers with. {@link errorTable} says what each means. */
export type ErrorCode =
  | JsonErrorCode
  | "schema_mismatch"
  | "unknown_field"
  | "body_too_large"
  | "unsupported_media_type"
  | "unauthenticated"
  | "sign_in_refused"
  | "factor_needed"
  | "provider_unreachable"
  | "person_exists"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "event_id_conflict"
  | "overloaded"
  | "sealing_unknown"
  | "sealing_failed"
  | "log_closed"
  | "internal"
  | "directory_locked"
  | "directory_damaged"
  | "keys_locked"
  | "key_service_unavailable"
  | "log_unproven"
  | "log_behind"
  | "log_fenced"
  | "log_retired"
  | "policy_invalid"
  | "policy_tests_failed"
  | "approval_needed"
  | "change_conflict"
  | "request_conflict"
  | "reason_needed"
  | "record_invalid"
  | "manifest_invalid"
  | "receipt_invalid"
  | "text_invalid"
  | "model_invalid"
  | "examples_invalid"
  | "setting_invalid"
  | "dispute_token_invalid"
  | "dispute_expired"
  | "dispute_exists"
  | "dispute_closed"
  | "not_disputable"
  | "dispute_limited"
  | "too_many_requests"
  | "warning_needed"
  | "act_refused"
  | "act_conflict"
  | "erasure_conflict"
  | "legal_hold"
  | "evidence_gone"
  | "another_person"
  | "case_closed"
  | "case_claimed"
  | "batch_conflict"
  | "report_limit"
  | "replica_refused"
  | "replica_forked"
  | "replica_behind"
  | "configuration_invalid"
  | "usage";

/** One row of {@link errorTable}. */
export interface ErrorEntry {
  /** The HTTP status that the code is answered with (RFC 9110 §15). */
  readonly status: number;
  /** What happened, in one sentence. */
  readonly summary: string;
  /** What whoever gets the error should do, in one sentence. */
  readonly remedy: string;
}

/** Where and by how much, as far as it is known. */
export interface ErrorDetails {
  /** JSON Pointer (RFC 6901) to the value at fault, or the nearest one around it; `""` is the whole. */
  readonly pointer?: string;
  /** Offset of the fault in the body, in bytes. */
  readonly offset?: number;
  /** The limit that was passed, in the unit that the message names. */
  readonly limit?: number;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/** The error of this package: `code` is for programs, `message` says what is wrong, where, and what to do. */
export class ProtocolError extends Error {
  /** What went wrong. */
  readonly code: ErrorCode;
  /** JSON Pointer (RFC 6901) to the value at fault; absent where there is none. */
  readonly pointer: string | undefined;
  /** Offset of the fault in the body, in bytes; absent where there is none. */
  readonly offset: number | undefined;
  /** The limit that was passed; absent where none was. */
  readonly limit: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.name = "ProtocolError";
    this.code = code;
    this.pointer = details.pointer;
    this.offset = details.offset;
    this.limit = details.limit;
  }
}

/** Every error code with its HTTP status, what it means, and what to do about it. */
export const errorTable: Readonly<Record<ErrorCode, ErrorEntry>> = {
  json_syntax: {
    status: 400,
    summary: "The body is not JSON.",
    remedy: "Send exactly one JSON value (RFC 8259) and nothing after it.",
  },
  json_encoding: {
    status: 400,
    summary: "The body is not UTF-8, or starts with a byte order mark.",
    remedy: "Encode the body as UTF-8 without a byte order mark.",
  },
  json_duplicate_key: {
    status: 400,
    summary: "An object has the same key twice.",
    remedy: "Send each key of an object once.",
  },
  json_surrogate: {
    status: 400,
    summary: "A string has an escaped surrogate without its other half.",
    remedy: "Escape both halves of a surrogate pair, or send the character itself as UTF-8.",
  },
  json_number: {
    status: 400,
    summary:
      "A number is not an integer within ±9007199254740991, or is written with a fraction or an exponent.",
    remedy: "Send integers as plain digits, in a smaller unit where need be, and larger numbers as strings.",
  },
  json_depth: {
    status: 400,
    summary: "Arrays and objects are nested too deeply.",
    remedy: "Flatten the value.",
  },
  json_size: {
    status: 413,
    summary: "The JSON text has too many bytes.",
    remedy: "Send less at once.",
  },
  schema_mismatch: {
    status: 400,
    summary: "A value has another shape than the schema asks for.",
    remedy: "Compare the value at the pointer with the schema in /openapi.json.",
  },
  unknown_field: {
    status: 400,
    summary: "An object has a field that the schema does not know.",
    remedy: "Correct its spelling, or leave it out.",
  },
  body_too_large: {
    status: 413,
    summary: "The body has more bytes than this endpoint takes.",
    remedy: "Send less at once; many events go to /v1/decisions/batch, one a line.",
  },
  unsupported_media_type: {
    status: 415,
    summary: "The body's media type is not one that this endpoint reads.",
    remedy: "Send Content-Type: application/json, or application/x-ndjson to /v1/decisions/batch.",
  },
  unauthenticated: {
    status: 401,
    summary: "There is no valid API key or session with the request.",
    remedy: "Send Authorization: Bearer with a key that `docket apikey create` printed, or sign in.",
  },
  sign_in_refused: {
    status: 401,
    summary: "Nobody was signed in: what was shown is not right.",
    remedy: "Try again; after a lost password or second factor, ask an administrator for a token.",
  },
  factor_needed: {
    status: 401,
    summary: "The password is right; the code of the second factor is missing.",
    remedy: "Send the code that your authenticator app shows, or one of your recovery codes.",
  },
  provider_unreachable: {
    status: 503,
    summary: "The OpenID provider could not be asked.",
    remedy: "Try again; if it goes on, compare access.oidc of docket.yaml with the provider.",
  },
  person_exists: {
    status: 409,
    summary: "There is somebody of this name already.",
    remedy: "Choose another name, or change the person who is there.",
  },
  forbidden: {
    status: 403,
    summary: "The API key or person may not do this.",
    remedy: "Use a key of a role and scope that may, or ask somebody who may.",
  },
  not_found: {
    status: 404,
    summary: "There is nothing at this address.",
    remedy: "Check the path, and the index or id in it.",
  },
  method_not_allowed: {
    status: 405,
    summary: "The address exists, but not for this method.",
    remedy: "Use a method that the Allow header of the answer names.",
  },
  event_id_conflict: {
    status: 409,
    summary: "An event with this id, but another body, was already decided.",
    remedy: "Give each attempt its own event id, and repeat an attempt with the very same body.",
  },
  overloaded: {
    status: 503,
    summary: "The queue of events that wait for a decision is full.",
    remedy: "Wait as long as Retry-After says, then send the same event again.",
  },
  sealing_unknown: {
    status: 503,
    summary: "The decision was not confirmed durable in time; it may or may not be in the log.",
    remedy: "Ask again with the same event id and body.",
  },
  sealing_failed: {
    status: 503,
    summary: "The decision could not be written to the log and does not count.",
    remedy: "Send the event again once the operator has made room or repaired the disk.",
  },
  log_closed: {
    status: 503,
    summary: "The log takes no more records: it is shutting down, or a write to its disk failed.",
    remedy: "Send the event again once the server has been restarted.",
  },
  internal: {
    status: 500,
    summary: "Docket has a bug.",
    remedy: "Report it with the request id of the answer.",
  },
  directory_locked: {
    status: 500,
    summary: "Another process uses the data directory.",
    remedy: "Stop that process, or ask it over HTTP.",
  },
  directory_damaged: {
    status: 500,
    summary: "The data directory holds bytes that are not what was written.",
    remedy: "Run `docket verify` on it, and restore what it names from a backup.",
  },
  keys_locked: {
    status: 500,
    summary: "The keys are protected, and what was given does not open them.",
    remedy: "Give what the section `keys` of docket.yaml names: a passphrase, a key, a PIN, credentials.",
  },
  key_service_unavailable: {
    status: 503,
    summary: "What protects the keys, a KMS or an HSM, did not answer in time.",
    remedy: "See that it is reached, and start again; a server that runs goes on without it.",
  },
  log_unproven: {
    status: 503,
    summary:
      "The log may be a copy or a restored backup, and signs nothing until it has proved itself the newest.",
    remedy: "Run `docket promote` on its directory, with checkpoints from elsewhere.",
  },
  log_behind: {
    status: 503,
    summary: "The log was signed further, or otherwise, than this copy of it holds; it may never sign again.",
    remedy: "Bring the newest copy, or close the log and begin its successor with `docket succeed`.",
  },
  log_fenced: {
    status: 503,
    summary: "Another copy of the log was promoted in place of this one, which signs no more.",
    remedy: "Stop this process, and ask the one that was promoted.",
  },
  log_retired: {
    status: 503,
    summary: "The log was closed for good; it can be read and verified, and takes no more records.",
    remedy: "Write to the log that succeeds it.",
  },
  record_invalid: {
    status: 400,
    summary: "The bytes are not a record of Docket in its one encoding.",
    remedy: "Take the record again from where it came from, byte for byte.",
  },
  manifest_invalid: {
    status: 400,
    summary: "The bytes are not a manifest of parts in its one encoding.",
    remedy: "Take the manifest again from where it came from, byte for byte.",
  },
  receipt_invalid: {
    status: 400,
    summary: "The file is not a receipt of Docket in its one encoding.",
    remedy: "Take the receipt again from the notice or the server, and do not edit it.",
  },
  policy_invalid: {
    status: 400,
    summary: "The policy has a mistake.",
    remedy: "Correct it at the file, line and column that the message names.",
  },
  policy_tests_failed: {
    status: 400,
    summary: "A test that stands in the policy fails.",
    remedy: "Correct the rule or the test; `docket policy test` says which clauses made it so.",
  },
  approval_needed: {
    status: 403,
    summary: "It takes another person, or more of them.",
    remedy: "Have somebody else approve it, with a key that was made before it was proposed.",
  },
  change_conflict: {
    status: 409,
    summary: "The change of the policy does not fit how things stand now.",
    remedy: "Look at `docket policy log`, and propose it again if another release came into force.",
  },
  request_conflict: {
    status: 409,
    summary: "The request for something dangerous does not allow this as it stands now.",
    remedy: "Look at `docket request show`, and make another request if it is over.",
  },
  reason_needed: {
    status: 400,
    summary: "What is read here is sealed with a reason, and none is given.",
    remedy: "Say why in the header `Docket-Reason`, in a few words.",
  },
  text_invalid: {
    status: 400,
    summary: "A line holds no text that a model can read, or no label where one is needed.",
    remedy:
      'Give it "text", optionally "subject", or a whole mail in "raw_latin1"; and "label" for training.',
  },
  model_invalid: {
    status: 400,
    summary: "The bytes are not a model, or one of another version of Docket.",
    remedy: "Train it again with this version, or take it again from where it came from, byte for byte.",
  },
  examples_invalid: {
    status: 400,
    summary: "A model cannot be trained, tested or calibrated on these texts.",
    remedy: "Bring labelled texts, of spam and of ham, as `docket model train --help` describes them.",
  },
  setting_invalid: {
    status: 422,
    summary: "There is no such setting, or it may not have such a value.",
    remedy: "Send the name of a setting and a whole number within its bounds; docket settings lists them.",
  },
  dispute_token_invalid: {
    status: 403,
    summary: "The dispute token is not one of this site, was revoked, or is for something else.",
    remedy: "Take the token again from the notice, whole; ask the site for a new one if it was revoked.",
  },
  dispute_expired: {
    status: 410,
    summary: "The time in which this could be disputed is over.",
    remedy: "Write to the site by other means; the receipt keeps its worth for ever.",
  },
  dispute_exists: {
    status: 409,
    summary: "There is a dispute of this record already.",
    remedy: "Read its state with the same token, and add what you have to say as a message.",
  },
  dispute_closed: {
    status: 409,
    summary: "The dispute has ended; it is not decided, withdrawn or written to again.",
    remedy: "Read its ruling; it may name where to turn next.",
  },
  not_disputable: {
    status: 409,
    summary: "The record restricts nobody, or nobody who could object to it.",
    remedy: "Name the decision, verdict or measure by which content was refused or an account restricted.",
  },
  dispute_limited: {
    status: 429,
    summary: "This account may open no further dispute now.",
    remedy: "Wait until those that are open are decided, or until the restriction ends.",
  },
  too_many_requests: {
    status: 429,
    summary: "Too many requests came with this token, or from this address.",
    remedy: "Wait as long as Retry-After says.",
  },
  warning_needed: {
    status: 409,
    summary: "Nobody is restricted in this way without an earlier warning.",
    remedy: "Warn the account first, and wait whether it goes on.",
  },
  act_refused: {
    status: 400,
    summary: "A verdict, measure or link lacks something, or wants what may not be.",
    remedy: "Give it a reason, an end where one is needed, and what else the message names.",
  },
  act_conflict: {
    status: 409,
    summary: "A verdict or measure does not fit how things stand now.",
    remedy: "Look at the decision and the actor's standing, and decide again.",
  },
  erasure_conflict: {
    status: 409,
    summary: "An erasure or a legal hold does not fit how things stand now.",
    remedy: "Look at what there is of this actor (a preview says it), and settle what the message names.",
  },
  legal_hold: {
    status: 409,
    summary: "A legal hold keeps this data, so it can be neither erased nor dropped.",
    remedy: "Have the hold lifted first, by whoever may say that it is over.",
  },
  evidence_gone: {
    status: 410,
    summary: "The evidence of this record was erased or dropped by its age.",
    remedy: "Go on without it: the record, its receipt and every proof are as they were.",
  },
  another_person: {
    status: 403,
    summary: "Whoever acted in a case may not decide on it again.",
    remedy: "Have another person do it, who had no part in the case.",
  },
  case_closed: {
    status: 409,
    summary: "Nothing is asked of you in this case: it was decided already, or never was in the queue.",
    remedy: "Read /v1/queue/{index}, which says what was found; take another case from /v1/queue.",
  },
  case_claimed: {
    status: 409,
    summary: "Somebody else has claimed this case.",
    remedy: "Take another case from the queue, or wait until the claim ends.",
  },
  batch_conflict: {
    status: 409,
    summary: "The batch cannot be approved, stopped or reverted as it stands.",
    remedy: "Read /v1/batches/{index}, which says how it stands.",
  },
  report_limit: {
    status: 429,
    summary: "The reporter has reported as much as one may within an hour.",
    remedy: "Try again later; the setting reportsAnHour says how many there may be.",
  },
  replica_refused: {
    status: 422,
    summary: "What was sent to a replica is not what it takes.",
    remedy: "See that both are of one version of Docket, and that the replica's directory is this log's.",
  },
  replica_forked: {
    status: 409,
    summary: "A replica holds another log, or more of this one, than what it was sent.",
    remedy:
      "Compare both with `docket verify`; never remove the replica before you know which of the two is true.",
  },
  replica_behind: {
    status: 503,
    summary: "No replica holds what the log must not tell without one.",
    remedy:
      "Bring a replica back; or say `ack: async` in docket.yaml, if you accept what a lost machine loses.",
  },
  configuration_invalid: {
    status: 500,
    summary: "The configuration, docket.yaml in the data directory, can't be used.",
    remedy: "Correct what the message names; `docket config check` reads it without starting anything.",
  },
  usage: {
    status: 400,
    summary: "The command was called wrongly.",
    remedy: "Call it with --help.",
  },
};
