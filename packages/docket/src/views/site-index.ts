// SPDX-License-Identifier: Apache-2.0
// What a site looks up by key: who an account is (the identity map), whether an event was decided before,
// what standing actors have. The first is kept by the journal until it is durable here; the others are views
// that can be deleted and rebuilt from the log.
import type { KeyRing } from "../evidence/key-ring.ts";
import type { KeyStoreKeys } from "../evidence/key-store.ts";
import type { ActorEntry } from "../log/frame.ts";
import type { DecisionSearch, DecisionTimes, FoundDecision, RecordRange } from "./decision-search.ts";
import type { CaseQuery, DecisionCount, DecisionQuery, DecisionRow } from "./decision-row.ts";
import type {
  ActorFigures,
  DecisionGroup,
  GroupQuery,
  OutcomeShare,
  Period,
  Series,
  SeriesQuery,
  ShareBy,
} from "./pattern-queries.ts";
import type { Tallies, TallyQuery } from "./tallies.ts";

/** Events are recognised as repeats for this long after their sealing, in milliseconds. */
export const repeatWindowMs: number = 30 * 86_400_000;

/** A look-up for one event. */
export type FindQuery = { event: Uint8Array; account: Uint8Array };
/** What is known: the earlier decision of this event, and the actor behind this account. */
export type Found = {
  repeat: { index: number; body: Uint8Array; sealedMs: number } | undefined;
  actor: KnownActor | undefined;
};
/** An actor of the identity map; the key is still wrapped. */
export type KnownActor = { pseudonym: string; wrappedKey: Uint8Array };

/** Which rows of the identity map are sealed anew. */
export type ActorsRewrite = {
  /** Those behind this look-up key; left out, from the first one on. */
  after: Uint8Array | undefined;
  /** Most rows that are looked at. */
  limit: number;
  /** Whose newest key shall wrap the actors' keys; left out, they stay as they are wrapped. */
  keyEncryption?: KeyRing | undefined;
};
/** How many rows were sealed anew, and where to go on; without `last` those were the last ones. */
export type ActorsRewritten = { rewritten: number; last: Uint8Array | undefined };

/** What a sealed record adds. */
export type IndexEntry = {
  index: number;
  decidedMs: number;
  sealedMs: number;
  actors: readonly ActorEntry[];
  event: Uint8Array | undefined;
  body: Uint8Array | undefined;
  standing: { actor: string; state: string } | undefined;
  /** Standings of others that changed with it: linked actors, networks, domains. */
  subjects?: readonly { actor: string; state: string }[] | undefined;
  /** The release that the record puts in force. */
  release: string | undefined;
  /** A record that is found by its kind later: of all but decisions and what comes as often. */
  kept?: KeptRecord | undefined;
  /** What any record but a decision is found by in the list of all records. */
  act?: RecordAct | undefined;
  /** What is found of a decision, by whoever asks for many. */
  decision?: DecisionRow | undefined;
};

/** A record's leaf, and its kind. */
export type KeptRecord = { kind: string; leaf: string };

/** What a record is found by: its kind, who made it, and the records, actors and subjects that it names. */
export type RecordAct = {
  readonly kind: string;
  readonly by: string;
  readonly named: readonly number[];
  readonly subjects: readonly string[];
};

/** Which records are asked for, the newest first; what is left out is not asked. */
export type RecordNumbersQuery = {
  /** Those of these kinds, `decision` among them. */
  readonly kinds?: readonly string[] | undefined;
  /** Those that this key or person made. Decisions are not found by who asked for them. */
  readonly by?: string | undefined;
  /** Those that name this record. No decision names one. */
  readonly of?: number | undefined;
  /** Those about this actor or subject, `a_…` or `s_…`: decisions by their actor. */
  readonly subject?: string | undefined;
  /** Those before this record. */
  readonly before: number;
  readonly limit: number;
};

/** Which labels in force are asked for, in the order of the decisions that they are of. */
export type LabelQuery = {
  /** The first decision. */
  from: number;
  /** Most labels in the answer. */
  limit: number;
};

/** Records of one kind from an index on, in the order of the log; or, newest first, from it down. */
export type KeptQuery = { kind: string; from: number; limit: number; newestFirst?: boolean | undefined };

/** Records of these kinds are not kept: they are as many as the log is long, or of no use to a view. */
export const unkeptKinds: ReadonlySet<string> = new Set(["decision", "opening", "start", "stop"]);

/** Where the views stand. */
export type IndexState = {
  /** Records that the views have taken in. */
  size: number;
  /** The release that was sealed last. */
  release: string | null;
  standings: { actor: string; state: string }[];
};

/**
 * The look-ups of a site. Calls are answered in order. What `apply` was given is seen by later calls once it
 * has resolved; it need not survive power loss before `makeDurable` resolves.
 */
export interface SiteIndex {
  find(query: FindQuery): Promise<Found>;
  /** The actor of a pseudonym. */
  actor(pseudonym: string): Promise<KnownActor | undefined>;
  /** Takes in sealed records, in order. Records that were taken in before change nothing. */
  apply(entries: readonly IndexEntry[]): Promise<void>;
  /** Takes in entries of the identity map that a crash may have kept from it. */
  restoreActors(actors: readonly ActorEntry[]): Promise<void>;
  /** Takes an actor out of the identity map; whether there was one. */
  removeActor(pseudonym: string): Promise<boolean>;
  /** The key under which the account of an actor is looked up; `undefined` if they are not in the map. */
  lookupOf(pseudonym: string): Promise<Uint8Array | undefined>;
  /** Writes the identity map anew if it is not too long for that; whether it did. */
  compactIdentity(): Promise<boolean>;
  /** The identity map's rows are read under these keys from now on, and sealed under the one that follows. */
  setKeyStore(keys: KeyStoreKeys): Promise<void>;
  /** Seals rows of the identity map anew, some at a time. */
  rewriteActors(wish: ActorsRewrite): Promise<ActorsRewritten>;
  state(): Promise<IndexState>;
  /** The leaves of the records of these kinds, in the order of the log. */
  keptRecords(kinds: readonly string[]): Promise<string[]>;
  /** The same of one kind, a page of them. */
  keptPage(query: KeptQuery): Promise<string[]>;
  /**
   * The indexes of records, the newest first. Without a kind, a `by`, an `of` and a `subject` there is
   * nothing to be found by: then there are none.
   */
  recordNumbers(query: RecordNumbersQuery): Promise<number[]>;
  /** The leaves of the labels in force, one a decision. */
  labels(query: LabelQuery): Promise<string[]>;
  /** Decisions, by index. */
  decisions(query: DecisionQuery): Promise<DecisionRow[]>;
  /** Between which records all lie that were decided in a time. */
  recordsBetween(query: DecisionTimes): Promise<RecordRange>;
  /** Decisions as people look for them, the newest first, each with the label in force. */
  searchDecisions(query: DecisionSearch): Promise<FoundDecision[]>;
  /** How many decisions of each kind there are, decided in `[fromMs, toMs)`. */
  decisionCounts(query: { fromMs: number; toMs: number }): Promise<DecisionCount[]>;
  /** How many decisions there were over time, and which rules fired. */
  decisionTallies(query: TallyQuery): Promise<Tallies>;
  /** Decisions that are alike in something, those with the most first. */
  decisionGroups(query: GroupQuery): Promise<DecisionGroup[]>;
  /** How many decisions there were each hour. */
  decisionSeries(query: SeriesQuery): Promise<Series[]>;
  actorFigures(actor: string): Promise<ActorFigures>;
  /** How many decisions were refused, by language or by the age of the account. */
  outcomeShares(query: Period & { by: ShareBy }): Promise<OutcomeShare[]>;
  /** The leaves of records of what comes after a decision, in the order of the log. */
  caseRecords(query: CaseQuery): Promise<string[]>;
  /**
   * The first record from which on counters have to be rebuilt: none before it was decided after `sinceMs`.
   */
  firstRecordSince(sinceMs: number): Promise<number>;
  /** The latest `decidedAt` of any record, in ms since 1970; 0 if there is none. */
  latestDecidedMs(): Promise<number>;
  /** When it resolves, the identity map survives power loss. */
  makeDurable(): Promise<void>;
  close(): Promise<void>;
}
