// SPDX-License-Identifier: Apache-2.0
// Disputes as HTTP and the command line see them. Times are RFC 3339.
import type { Explanation, UserExplanation } from "@docket/policy";
import type { DocketRecord, Event, Facts, Receipt, Ruling, Verdict } from "@docket/protocol";
import type {
  ActAuthor,
  Consequence,
  LikeCase,
  MeasureDone,
  OutcomeInForce,
  RestrictionWish,
  StandingNow,
  VerdictDone,
} from "../enforcement/contract.ts";
import type { Share } from "../share.ts";
import type { DisputeText, Told } from "./texts.ts";

/** A dispute token, and until when it lets its holder object. */
export type DisputeToken = { token: string; expires: string };

/** A dispute was opened. */
export type DisputeOpened = {
  dispute: number;
  /** The record that is objected to. */
  of: number;
  /** When it is to be answered. */
  deadline: string;
  /** Of the dispute's own record: that it came in, and when, can't be denied. */
  receipt: Receipt;
};

/** What a complainant, or the app for them, sees of what somebody wrote. */
export type ShownText = {
  index: number;
  from: "complainant" | "site";
  at: string;
  /** Absent where it is erased. */
  text?: DisputeText;
};

/** How a dispute ended, as its complainant is told. */
export type ShownRuling = { index: number; ruling: Ruling; reason: string; at: string; told: Told };

/** `none` before it is opened. */
export type DisputePhase = "none" | "open" | Ruling;

/** A dispute as its complainant sees it; before it is opened, what can be disputed and until when. */
export type ComplainantView = {
  /** The record that it is about. */
  of: number;
  kind: string;
  phase: DisputePhase;
  /** Until when it can be opened. */
  until: string;
  /** What was decided, in plain words; of a decision whose release can be read. */
  explanation?: UserExplanation;
  dispute?: number;
  opened?: string;
  deadline?: string;
  overdue?: boolean;
  /** The objection first, then all messages. */
  texts: ShownText[];
  ruling?: ShownRuling;
};

/** A dispute in a list. */
export type DisputeSummary = {
  dispute: number;
  of: number;
  actor: string;
  via: "token" | "app";
  phase: DisputePhase;
  opened: string;
  deadline: string;
  overdue: boolean;
  messages: number;
  /** Whether the last word is the complainant's. */
  waitsForSite: boolean;
  ruling?: { index: number; by: string; ruling: Ruling; reason: string; at: string };
};
/** Which disputes are asked for. */
export type DisputeFilter = "open" | "overdue" | "ended" | "all";
/** Disputes, the oldest first; `next` is where to go on, `null` at the end. */
export type DisputePage = { disputes: DisputeSummary[]; next: number | null };

/** A rule that had its effect, as its release has it. */
export type RuleText = { policy: string; rule: string; place: string; text: string };

/** Everything that is recorded of a dispute: what a reviewer decides by. */
export type DisputeCase = DisputeSummary & {
  texts: ShownText[];
  told?: Told;
  /** What is objected to. */
  record: DocketRecord;
  /** The decision that it goes back to; the record itself, if it is one. */
  decision?: {
    record: DocketRecord;
    /** Under the release that decided. */
    explanation?: Explanation;
    /** Why there is none. */
    unexplained?: string;
    facts?: Facts;
    rules: RuleText[];
    /** What was decided on; absent where it is gone, or the reader may not see it. */
    content?: Event;
    outcome: OutcomeInForce;
  };
  /** All records of what came of it, in the order of the log. */
  chain: DocketRecord[];
  /** The standing that the decision found, and what it is now. */
  standingThen?: Facts["standing"];
  standingNow: StandingNow;
  /** The actor's other disputes. */
  others: DisputeSummary[];
  /** Whether they were warned not to abuse disputes, and when. */
  warned?: string;
  /** Who may not decide it, and why. */
  notBy: { by: string; kind: string; index: number }[];
  /** Once it is overturned: what followed from the decision. */
  consequences?: Consequence[];
  like?: LikeCase[];
};

/** What of a decision or measure is changed where a dispute is right in part. */
export type Modification = {
  /** What becomes of the content. */
  readonly verdict?: Verdict | undefined;
  /** Restrictions that end. */
  readonly ends?: readonly string[] | undefined;
  /** Milder ones in their place. */
  readonly restrictions?: readonly RestrictionWish[] | undefined;
};
/** How a dispute is to end. */
export type RulingWish = {
  readonly ruling: Exclude<Ruling, "withdrawn">;
  /** A code. */
  readonly reason: string;
  /** The written reason, by language: sealed with the complainant's key. */
  readonly told: Told;
  /** For the site alone. */
  readonly note?: string | undefined;
  /** With `modified`: what changes. */
  readonly modify?: Modification | undefined;
};
/** What a ruling changed, or would. */
export type RulingEffect = {
  dispute: number;
  ruling: Ruling;
  verdict?: Omit<VerdictDone, "index" | "leaf"> & { index?: number };
  measure?: Omit<MeasureDone, "index" | "leaf"> & { index?: number };
  /** Events that were refused because of what is undone; they are not decided again. */
  consequences: Consequence[];
  /** Decisions that leaned on the same; they are not changed, but come to the review queue. */
  like: LikeCase[];
  more: { consequences: boolean; like: boolean };
};
/** A ruling that was sealed. */
export type RulingDone = RulingEffect & { index: number; leaf: string };

/** Somebody abuses the way of disputes. */
export type AbuseWish = {
  /** A limit comes only after a warning that was not heeded. */
  readonly step: "warn" | "limit";
  /** For how long, in days. */
  readonly days: number;
  readonly note?: string | undefined;
  readonly told?: Told | undefined;
};

/** Times until an answer, in ms. */
export type AnswerTimes = { count: number; medianMs: number | null; p90Ms: number | null };
/** How disputes of some kind ended; rates leave the withdrawn out. */
export type RulingTally = {
  upheld: number;
  overturned: number;
  modified: number;
  withdrawn: number;
  /** Overturned, of those that were ruled on. */
  overturnRate: Share;
  /** Overturned or modified. */
  changeRate: Share;
};
/** How disputes of a period went. */
export type DisputeStatistics = {
  from: string;
  to: string;
  /** Opened in the period, by what they are about. */
  opened: { decision: number; verdict: number; measure: number; total: number };
  openedBy: { token: number; app: number };
  /** Ended in the period. */
  ended: RulingTally;
  times: AnswerTimes;
  /** Answered after their deadline. */
  late: Share;
  /** As things stand at the end of the period. */
  open: number;
  overdue: number;
  /** By rule that had fired, by who had decided (`docket` for automation), by who ruled. */
  byRule: ({ rule: string } & RulingTally)[];
  byDecider: ({ by: string } & RulingTally)[];
  byReviewer: ({ by: string; times: AnswerTimes } & RulingTally)[];
};

/** How many disputes wait. */
export type DisputeFigures = { open: number; overdue: number; oldestOpenMs: number };

/** Who acts for an account: an API key of the app. */
export type OnBehalf = { readonly author: ActAuthor; readonly accountId: string };

/** Disputes as HTTP and the command line see them. Rejections are `DocketError` or `ProtocolError`. */
export interface SiteDisputes {
  /** `undefined` for what can't be disputed. The period counts from `sinceMs`, or later from the record. */
  tokenFor(index: number, sinceMs?: number): Promise<DisputeToken | undefined>;
  /** Throws `dispute_token_invalid` for a token that is none of this site, or was revoked. */
  checkToken(token: string): void;
  openByToken(token: string, text: DisputeText): Promise<DisputeOpened>;
  openForAccount(who: OnBehalf, index: number, text: DisputeText): Promise<DisputeOpened>;
  viewByToken(token: string, language: "en" | "de"): Promise<ComplainantView>;
  viewForAccount(accountId: string, index: number, language: "en" | "de"): Promise<ComplainantView>;
  listForAccount(accountId: string): Promise<DisputeSummary[]>;
  messageByToken(token: string, text: DisputeText): Promise<{ index: number }>;
  messageForAccount(who: OnBehalf, index: number, text: DisputeText): Promise<{ index: number }>;
  messageFromSite(author: ActAuthor, index: number, text: DisputeText): Promise<{ index: number }>;
  withdrawByToken(token: string): Promise<{ index: number }>;
  withdrawForAccount(who: OnBehalf, index: number): Promise<{ index: number }>;
  list(filter: DisputeFilter, after: number, limit: number): DisputePage;
  /** @param reader whose reading of the content is sealed; without one it is left out */
  look(index: number, reader: ActAuthor | undefined, language: "en" | "de"): Promise<DisputeCase>;
  previewRuling(author: ActAuthor, index: number, wish: RulingWish): Promise<RulingEffect>;
  rule(author: ActAuthor, index: number, wish: RulingWish): Promise<RulingDone>;
  answerAbuse(author: ActAuthor, index: number, wish: AbuseWish): Promise<MeasureDone>;
  revokeTokens(author: ActAuthor, index: number): Promise<{ index: number }>;
  statistics(fromMs: number, toMs: number): Promise<DisputeStatistics>;
  figures(): DisputeFigures;
}
