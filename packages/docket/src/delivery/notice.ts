// SPDX-License-Identifier: Apache-2.0
// A notice: what an affected user is told of one measure, as data. The app shows it in its own way, or takes
// the text or the page that notice-text.ts and notice-page.ts make of it.
import type {
  FactValue,
  Outcome,
  Receipt,
  RecordedRestriction,
  ReviewFinding,
  Ruling,
} from "@docket/protocol";
import type { ContentName, EndedRestriction, Texts } from "./contract.ts";

/** What notices are about. */
export const noticeTypes = [
  "refusal",
  "hold",
  "removal",
  "release",
  "restoration",
  "restriction",
  "restrictionEnded",
  "ruling",
  "message",
  "digest",
  "reportResult",
] as const;
/** What a notice is about. */
export type NoticeType = (typeof noticeTypes)[number];

/** Languages that texts of notices are written in. */
export const noticeLanguages = ["en", "de"] as const;
/** A language that texts of notices are written in. */
export type NoticeLanguage = (typeof noticeLanguages)[number];

/** Why: the code of a rule or a reason, and its words by language. */
export type NoticeReason = { code: string; text: Texts };
/**
 * How to object: until when, the token with which it takes no account, and the page that takes it where the
 * server's public address is known.
 */
export type Objection = { record: number; until: string; token: string; link?: string };

/** What an affected user is told. What doesn't apply is `null` or empty. */
export type Notice = {
  /** `n_` and what place in the log it has; the same whenever it is asked for. */
  id: string;
  /** The record that it tells of, and its place among the notices of that record. */
  record: number;
  place: number;
  type: NoticeType;
  /** When the measure was sealed. */
  at: string;
  /** Whom it is for: the pseudonym, and the app's own id of the account as long as evidence says it. */
  actor: string;
  account: string | null;
  /** The user's language, as far as texts are written in it. */
  language: NoticeLanguage;
  /** No person had a part in it. */
  automated: boolean;
  outcome: Outcome | null;
  content: ContentName | null;
  /** How the content begins, of the user's own. */
  excerpt: string | null;
  reasons: NoticeReason[];
  /** Facts that were relied on and that rules disclose. */
  facts: Record<string, FactValue>;
  /** Restrictions that began with it, and that ended. */
  restrictions: RecordedRestriction[];
  ended: EndedRestriction[];
  /** Of a hold: until when at the latest, and what follows if nobody looks at it. */
  holdUntil: string | null;
  otherwise: Outcome | null;
  objections: Objection[];
  /** Of a digest: how many refusals, from which record to which. */
  repeats: { count: number; from: number; to: number; records: number[] } | null;
  ruling: { dispute: number; ruling: Ruling } | null;
  message: string | null;
  /** Of a report's result: what was reported, as what, and what it was found to be. */
  report: { of: number; category: string; finding: ReviewFinding } | null;
  /** It was kept back until its time, on this ground. */
  quiet: { until: string; ground: string } | null;
  /** The receipt with its opening, where it is asked for. */
  receipt?: Receipt;
};

/** A place in the feed of notices: a record, and a place among its notices. */
export type NoticePosition = { record: number; place: number };
/** The place after all notices of a record. */
export const allPlaces: number = Number.MAX_SAFE_INTEGER;

/** Notices in the order of the log; asked again with `after: next` it goes on. */
export type NoticePage = { notices: Notice[]; next: string; more: boolean };

/** A position as a cursor: `1832` is after all of record 1832, `1832.4` after its notice 4. */
export function formatPosition({ record, place }: NoticePosition): string {
  return place === allPlaces ? String(record) : `${record}.${place}`;
}

/** Reads a cursor; `undefined` if it is none. */
export function parsePosition(text: string): NoticePosition | undefined {
  const parts = /^(-1|\d{1,15})(?:\.(\d{1,9}))?$/.exec(text);
  if (parts === null) return undefined;
  return { record: Number(parts[1]), place: parts[2] === undefined ? allPlaces : Number(parts[2]) };
}

/** The language of a text for a user: that which they or their content have, if there are texts in it. */
export function noticeLanguageOf(...tags: readonly unknown[]): NoticeLanguage {
  for (const tag of tags) {
    const base = typeof tag === "string" ? tag.slice(0, 2).toLowerCase() : undefined;
    const known = noticeLanguages.find((language) => language === base);
    if (known !== undefined && /^[a-z]{2}([-_]|$)/i.test(tag as string)) return known;
  }
  return "en";
}

/** The words of a text in a language, or else in English, or else in any; `undefined` if there are none. */
export function wordsIn(text: Texts, language: string): string | undefined {
  return text[language] ?? text["en"] ?? Object.values(text)[0];
}
