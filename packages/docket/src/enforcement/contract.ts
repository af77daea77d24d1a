// SPDX-License-Identifier: Apache-2.0
// Enforcement as HTTP, the command line and the rooms behind it see it: verdicts on contents, measures on
// subjects, links between actors, and what all of them come to.
import type {
  LinkRelation,
  MeasureCause,
  Outcome,
  RecordedRestriction,
  SubjectKind,
  Verdict,
  VerdictCause,
} from "@docket/protocol";

/** Who acts: an API key or the operator with their role, or `docket` by itself. */
export type ActAuthor = { readonly by: string; readonly role: string };
/** A text by language tag. */
export type Texts = Readonly<Record<string, string>>;
/**
 * Called in the very turn in which an act is appended, right before it: what it appends stands in the log
 * right before the act, and nothing in between. If it throws, nothing is sealed.
 */
export type Along = () => readonly Promise<unknown>[];

/** A strike that is given or void: by a rule, at a time in RFC 3339. */
export type StrikeChange = { policy: string; rule: string; count: number; at: string };

/** A verdict that is wished. */
export type VerdictWish = {
  /** Index of the decision. */
  readonly of: number;
  readonly verdict: Verdict;
  readonly cause: VerdictCause;
  /** The record that it comes of: a dispute, a batch, a review. */
  readonly for?: number | undefined;
  /** A code: one of `reasons.ts`, or of the site's own. */
  readonly reason: string;
  /** Sealed with the site's key. */
  readonly note?: string | undefined;
  /** What the affected user is told, by language; the reason's own text if nothing is said. */
  readonly told?: Texts | undefined;
  /**
   * The decision was wrong: its strikes are void, the ladder is evaluated again without them, and of the
   * restrictions that came of it only those stay that another ground holds, and as long as that one does.
   */
  readonly compensate?: boolean | undefined;
  /** The decision was right: strikes that a flag or hold had only announced are given, and the ladder too. */
  readonly confirm?: boolean | undefined;
};

/** What a verdict changes. */
export type VerdictEffect = {
  of: number;
  /** The pseudonym of the actor. */
  actor: string;
  verdict: Verdict;
  /** The outcome in force after it. */
  outcome: Outcome;
  strikes: StrikeChange[];
  voided: StrikeChange[];
  restrictions: RecordedRestriction[];
  /** Ids of restrictions that end. */
  ended: string[];
  /** Steps of ladders that were reached and wait for a person, as `policy/ladder-STRIKES`. */
  proposed: string[];
};
/** A verdict that was sealed. */
export type VerdictDone = VerdictEffect & { index: number; leaf: string };

/** An event that was refused because of a restriction which would not have been without the decision. */
export type Consequence = { index: number; refusedBy: string; outcome: Outcome; decidedAt: string };
/** Another decision that leaned on the same: the same rule, and the same content or campaign. */
export type LikeCase = {
  index: number;
  actor: string;
  outcome: Outcome;
  decidedAt: string;
  /** Rules that both have. */
  rules: string[];
  because: "content" | "campaign" | "rule";
};
/** What a verdict would change. Lists are cut at {@link listedMax}; `more` says which. */
export type VerdictPreview = VerdictEffect & {
  consequences: Consequence[];
  like: LikeCase[];
  more: { consequences: boolean; like: boolean };
};
/** Most consequences and like cases of one answer. */
export const listedMax = 100;

/** What a measure is on: an account by the app's id or by its pseudonym, or what is no actor. */
export type SubjectWish =
  | { readonly kind: "actor"; readonly id: string }
  | { readonly kind: "actor"; readonly actor: string }
  /** A CIDR, a device's id, a host of mail, a domain, a text's fingerprint. */
  | { readonly kind: Exclude<SubjectKind, "actor">; readonly value: string }
  /** The same by the keyed hash that records show. */
  | { readonly kind: Exclude<SubjectKind, "actor">; readonly subject: string };

type Ending = { readonly until?: string | undefined; readonly forMs?: number | undefined };
/** A restriction that is wished: until a time in RFC 3339, or for so many ms from now. */
export type RestrictionWish =
  | ({ readonly kind: "warn" } & Ending)
  | ({
      readonly kind: "throttle";
      /** `COUNT/UNIT`, with `s`, `m`, `h` or `d`. */
      readonly rate: string;
      readonly burst?: number | undefined;
    } & Ending)
  | ({ readonly kind: "limit"; readonly ability: string } & Ending)
  | ({ readonly kind: "suspend" } & Ending)
  | { readonly kind: "ban" };

/** A measure that is wished: restrictions on a subject, or the end of some, or both. */
export type MeasureWish = {
  readonly subject: SubjectWish;
  readonly restrictions?: readonly RestrictionWish[] | undefined;
  /** Ids of restrictions that end. */
  readonly ends?: readonly string[] | undefined;
  /** `manual` if nothing is said. */
  readonly cause?: MeasureCause | undefined;
  readonly for?: number | undefined;
  /** The records that it relies on. */
  readonly of?: readonly number[] | undefined;
  readonly reason: string;
  readonly note?: string | undefined;
  readonly told?: Texts | undefined;
};

/** A measure that was sealed. */
export type MeasureDone = {
  index: number;
  leaf: string;
  subject: string;
  subjectKind: SubjectKind;
  restrictions: RecordedRestriction[];
  ended: string[];
};
/** What a measure would touch. */
export type MeasurePreview = {
  subject: string;
  subjectKind: SubjectKind;
  restrictions: RecordedRestriction[];
  ended: string[];
  collateral: Collateral;
};
/** Of the latest events, those that a subject covers. */
export type Collateral = {
  /** Events that were looked at, from this record on. */
  looked: number;
  from: number;
  /** Events whose evidence is gone. */
  unknown: number;
  events: number;
  actors: number;
  /** Of those, events that were allowed, and actors of whom none was refused. */
  allowed: number;
  actorsNeverRefused: number;
};

/** A step of a ladder that waits for a person is taken. */
export type StepWish = {
  /** Index of the decision by which it was reached. */
  readonly of: number;
  /** `policy/ladder-STRIKES`; all that wait if nothing is said. */
  readonly step?: string | undefined;
  readonly reason: string;
  readonly note?: string | undefined;
  readonly told?: Texts | undefined;
};

/** A link of actors that is wished, or is to be none any more. */
export type LinkWish = {
  readonly actors: readonly SubjectWish[];
  readonly relation: LinkRelation;
  /** Records that show it. */
  readonly of: readonly number[];
  readonly reason: string;
  readonly note?: string | undefined;
  /** Restrictions in force on one of them come to be on all, until then at the latest; in ms from now. */
  readonly coverForMs?: number | undefined;
};
/** A link that was sealed, and the measures by which restrictions came to cover it. */
export type LinkDone = { index: number; leaf: string; actors: string[]; measures: MeasureDone[] };
/** A link in force. */
export type Link = {
  actor: string;
  relation: LinkRelation;
  index: number;
  by: string;
  at: string;
  reason: string;
};

/** A restriction in force, with where it comes from. */
export type RestrictionInForce = RecordedRestriction & {
  /** What it is on, where that is not the actor itself. */
  on?: { subject: string; kind: SubjectKind };
  /** Who or what imposed it: the record, its kind, author and reason; absent where it is not known. */
  imposed?: { index: number; kind: string; by: string; at: string; reason?: string | undefined };
};
/** An actor's standing, and who or what made it so. */
export type StandingNow = {
  actor: string;
  at: string;
  strikes: StrikeChange[];
  restrictions: RestrictionInForce[];
  links: Link[];
};

/** Something that is restricted and no actor: `subject` is its keyed hash, as records show it. */
export type RestrictedSubject = {
  subject: string;
  kind: Exclude<SubjectKind, "actor">;
  value: string;
  restrictions: RestrictionInForce[];
};

/** The outcome in force for the content of a decision. */
export type OutcomeInForce = {
  /** Index of the decision. */
  of: number;
  actor: string;
  decided: Outcome;
  outcome: Outcome;
  /** The last verdict that changed it; absent where there is none. */
  verdict?: { index: number; verdict: Verdict; cause: VerdictCause; by: string; at: string };
};

/** Somebody who acted on a decision or on what came of it. */
export type ChainAuthor = { by: string; role: string; kind: string; index: number };

/** What rooms behind enforcement ask it for. */
export interface SiteEnforcement {
  /**
   * Seals a verdict on a decision, with what it changes of its actor's standing. Rejects with `not_found` if
   * there is no such decision, `act_conflict` if it does not fit how things stand.
   */
  verdict(author: ActAuthor, wish: VerdictWish, along?: Along): Promise<VerdictDone>;
  /** What a verdict would change. Nothing is sealed. */
  previewVerdict(wish: VerdictWish): Promise<VerdictPreview>;
  /**
   * Seals a measure. Rejects with `not_found` for an account of which no event was sealed, `act_refused` for
   * a restriction without a reason, or without an end where it needs one.
   */
  measure(author: ActAuthor, wish: MeasureWish, along?: Along): Promise<MeasureDone>;
  previewMeasure(wish: MeasureWish): Promise<MeasurePreview>;
  /** Takes the steps of ladders that a decision reached and that wait for a person. */
  takeSteps(author: ActAuthor, wish: StepWish, along?: Along): Promise<MeasureDone>;
  link(author: ActAuthor, wish: LinkWish): Promise<LinkDone>;
  unlink(author: ActAuthor, wish: LinkWish): Promise<LinkDone>;
  /** Actors that are linked to this one now, in one or more steps; without itself. */
  linkedTo(actor: string): string[];
  /** The standing of an actor, by pseudonym. */
  standingOf(actor: string, atMs: number): StandingNow;
  /** What is restricted now and no actor. */
  restricted(): RestrictedSubject[];
  outcomeOf(index: number): Promise<OutcomeInForce>;
  /**
   * Everyone who acted on a record's chain: on the decision it is about, and on the verdicts, measures,
   * reviews and rulings that came of it.
   */
  authorsOf(index: number): Promise<ChainAuthor[]>;
}
