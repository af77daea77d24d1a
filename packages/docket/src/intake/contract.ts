// SPDX-License-Identifier: Apache-2.0
// A site as HTTP and the command line see it.
import type { FieldValue } from "@docket/policy";
import type { AccessChange } from "../access/api-keys.ts";
import type {
  Decision,
  Disclosed,
  DocketRecord,
  Event,
  Facts,
  Receipt,
  RecordedRestriction,
  Restriction,
} from "@docket/protocol";
import type { Priority } from "../log/admission.ts";
import type { LogPaths } from "../log/paths.ts";
import type { LookupFigures } from "../lookups/contract.ts";

/** An event to be decided. */
export type DecideRequest = {
  event: Event;
  /** Decide without counting or sealing. */
  dryRun: boolean;
  /** Who reports it: the id of an API key, or `operator`. */
  by: string;
  source: "http" | "file";
  /** The app has acted on it already: it comes from a spool, or was answered without sealing. */
  late?: boolean;
  /** When it was received, in ms since 1970. */
  receivedMs: number;
  /** The answer may lack its receipt: a repeat's costs more to prove than the event cost to decide. */
  withoutReceipt?: boolean;
  /** `normal` if nothing is said; a file or a batch is `bulk`, and waits where much waits. */
  priority?: Priority;
};

/** A decision as it was recorded. */
export type RecordedDecision = {
  record: DocketRecord;
  /** The answer that was given, for decisions. */
  decision: Decision | undefined;
  /** Everything the decision read that is not personal, for decisions; parsed JSON. */
  facts: Facts | undefined;
  /** What the affected user is shown, for decisions that show something and whose evidence is there. */
  disclosed: Disclosed | undefined;
};

/** What would be decided of an event, and what that would be read from. Nothing of it is kept. */
export type Tried = {
  decision: Decision;
  facts: Facts;
  /** Personal values of the event that rules read, by their path: whoever tries it wrote them. */
  personal: Readonly<Record<string, FieldValue>>;
  /** The pseudonym of its actor; `null` where no event of this account was ever sealed. */
  actor: string | null;
  restrictions: RecordedRestriction[];
};

/** An actor's standing at a time. */
export type StandingView = {
  /** The actor's pseudonym in the log; `null` if no event of this account was ever sealed. */
  actor: string | null;
  at: string;
  strikes: { policy: string; rule: string; count: number; at: string }[];
  restrictions: Restriction[];
};

/** How a log fares, of records or of opaque entries. Sizes are numbers of entries. */
export type LogFacts = {
  origin: string;
  /** Entries that were answered. */
  size: number;
  /** Entries that survive power loss. */
  durableSize: number;
  /** Entries that the tree's root covers; of a log of records, a signed one. */
  integratedSize: number;
  /** Entries that the published checkpoint covers. */
  publishedSize: number;
  /** Entries that wait to be sealed. */
  waiting: number;
  lastBatchMs: number;
  /** Why nothing is sealed, if so. */
  fault: string | undefined;
};

/** How a site fares. */
export type SiteStatus = LogFacts & {
  release: string;
  /** Whether nothing is sealed any more until a restart. */
  ended: boolean;
  /** Time of the last record that was answered, in ms since 1970. */
  lastTimeMs: number;
  counterKeys: number;
  /** What counters and limits take in memory, in bytes. */
  counterBytes: number;
  /** Keys that had to go before their time, since the start of the process. */
  countersEvicted: number;
  /** Rules without effect because what they read isn't warm yet. */
  rulesWarming: number;
  /** How look-ups have fared since the start of the process, where the site makes any. */
  lookups?: LookupFigures | undefined;
  /** Records read of those that warming has to read; both 0 where there is nothing to warm. */
  warming: { done: number; total: number };
};

/**
 * One site: its log, policy, keys and people. Rejections are {@link DocketError} or {@link ProtocolError}.
 */
export interface Site {
  readonly origin: string;
  /** C2SP verifier key of the log. */
  readonly verifierKey: string;
  readonly paths: LogPaths;
  /**
   * Decides an event and seals the decision; resolves when it is sealed.
   *
   * A repeat gets the earlier decision. Rejects with `event_id_conflict` for another body under the same id,
   * `overloaded` at once when too much waits, `sealing_failed` when it is certain that nothing was sealed,
   * and `sealing_unknown` after {@link answerWithinMs} at the latest.
   */
  decide(request: DecideRequest): Promise<Decision>;
  /** Decides an event as if it came now, without counting or sealing anything. */
  tried(request: DecideRequest): Promise<Tried>;
  /** The record of an index. Rejects with `not_found`. */
  recorded(index: number): Promise<RecordedDecision>;
  /** The receipt of a record, proved to the published checkpoint. Rejects with `not_found`. */
  receipt(index: number): Promise<Receipt>;
  /**
   * The receipt with its opening for the affected user. Sealed as a record of its own, with the reason given.
   */
  opening(index: number, by: string, reason: string): Promise<Receipt>;
  /** The standing of the actor behind an account id, at a time in ms since 1970. */
  standing(accountId: string, atMs: number): Promise<StandingView>;
  /** Seals that an API key was created or revoked, by the operator if nothing else is said. */
  sealAccess(
    change: AccessChange["change"],
    key: string,
    role: string,
    more?: Partial<AccessChange>,
  ): Promise<void>;
  status(): SiteStatus;
  /** Seals a stop record, publishes and syncs everything. */
  close(): Promise<void>;
}

/** An answer to an event comes within this time, whatever hangs. */
export const answerWithinMs = 1800;
