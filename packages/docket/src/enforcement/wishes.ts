// SPDX-License-Identifier: Apache-2.0
// What people wish, checked: reasons, notes, and restrictions with their ends.
import { recordedRestriction, strikeInForceMs, timeMsMax } from "@docket/policy";
import type { Restriction } from "@docket/policy";
import { namedRecordsMax, parseTime } from "@docket/protocol";
import type { RecordedRestriction, SubjectKind } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { MeasureWish, RestrictionWish, Texts } from "./contract.ts";
import { checkReason } from "./reasons.ts";
import { beyondForMsMax } from "./subjects.ts";

/** Longest note of an act, and longest text for the affected user in one language, in characters. */
export const actNoteLengthMax = 4_000;
export const toldLengthMax = 4_000;
/** Most languages that the affected user is told in, and most restrictions of one measure. */
export const toldLanguagesMax = 20;
export const restrictionsMax = 20;
/** Largest rate and burst of a throttle. */
const rateMax = 9_999_999;
const burstMax = 10_000;

/**
 * Checks what every act has.
 *
 * @throws {DocketError} `act_refused`
 */
export function checkAct({
  reason,
  note,
  told,
}: {
  readonly reason: string;
  readonly note?: string | undefined;
  readonly told?: Texts | undefined;
}): void {
  checkReason(reason);
  if (note !== undefined && (note.trim() === "" || note.length > actNoteLengthMax)) {
    throw refused(`a note has 1 to ${actNoteLengthMax} characters`);
  }
  if (told === undefined) return;
  const texts = Object.entries(told);
  if (texts.length === 0 || texts.length > toldLanguagesMax) {
    throw refused(`what the user is told has 1 to ${toldLanguagesMax} languages`);
  }
  for (const [language, text] of texts) {
    if (!/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(language)) {
      throw refused(`${JSON.stringify(language)} is no language tag`);
    }
    if (text.trim() === "" || text.length > toldLengthMax) {
      throw refused(`what the user is told has 1 to ${toldLengthMax} characters`);
    }
  }
}

/**
 * Checks a measure, and gives its restrictions new ids.
 *
 * @throws {DocketError} `act_refused`
 */
export function restrictionsWished(
  { restrictions = [], ends = [], of = [], cause = "manual" }: MeasureWish,
  kind: SubjectKind,
  nowMs: number,
  newId: () => string,
): RecordedRestriction[] {
  if (restrictions.length === 0 && ends.length === 0) {
    throw refused("a measure imposes a restriction or ends one");
  }
  if (restrictions.length > restrictionsMax || ends.length > namedRecordsMax || of.length > namedRecordsMax) {
    throw refused(
      `a measure has at most ${restrictionsMax} restrictions, and names at most ${namedRecordsMax} records`,
    );
  }
  const needsEnd = kind !== "actor" || cause === "link";
  return restrictions.map((wish) => recordedRestriction(restrictionOf(wish, needsEnd, kind, nowMs, newId())));
}

function restrictionOf(
  wish: RestrictionWish,
  needsEnd: boolean,
  subjectKind: SubjectKind,
  nowMs: number,
  id: string,
): Restriction {
  const { kind } = wish;
  if (kind === "ban") {
    if (!needsEnd) return { id, kind, untilMs: timeMsMax };
    throw refused("a ban has no end: only an actor itself is banned; suspend others until a time");
  }
  if (kind === "warn" && subjectKind !== "actor") throw refused("only an actor can be warned");
  const untilMs = endOf(wish, nowMs, kind === "warn" ? nowMs + strikeInForceMs : undefined);
  if (subjectKind !== "actor" && untilMs > nowMs + beyondForMsMax) {
    throw refused(`on what is no actor a restriction lasts at most ${beyondForMsMax / 86_400_000} days`);
  }
  if (kind === "throttle") return { id, kind, untilMs, ...rateOf(wish), tatUs: 0 };
  if (kind !== "limit") return { id, kind, untilMs };
  if (!/^[a-z][a-zA-Z0-9-]{0,63}$/.test(wish.ability)) {
    throw refused(`${JSON.stringify(wish.ability)} is no ability such as links`);
  }
  return { id, kind, untilMs, ability: wish.ability };
}

function endOf(
  { until, forMs }: { readonly until?: string | undefined; readonly forMs?: number | undefined },
  nowMs: number,
  otherwise: number | undefined,
): number {
  if (until !== undefined && forMs !== undefined) throw refused("give an end or a length, not both");
  const given = until === undefined ? undefined : parseTime(until);
  if (until !== undefined && given === undefined) {
    throw refused(`${JSON.stringify(until)} is no RFC 3339 time`);
  }
  const endMs = given ?? (forMs === undefined ? otherwise : nowMs + forMs);
  if (endMs === undefined) throw refused("this restriction needs an end: until a time, or for so long");
  if (!Number.isSafeInteger(endMs) || endMs <= nowMs || endMs > timeMsMax) {
    throw refused("the end of a restriction lies in the future, before the year 10000");
  }
  return endMs;
}

function rateOf({ rate, burst = 1 }: Extract<RestrictionWish, { kind: "throttle" }>): {
  count: number;
  perMs: number;
  burst: number;
} {
  const [, count, unit] = /^([1-9]\d{0,6})\/([smhd])$/.exec(rate) ?? [];
  const perMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as "s" | "m" | "h" | "d"];
  if (count === undefined || perMs === undefined || Number(count) > rateMax) {
    throw refused(`${JSON.stringify(rate)} is no rate such as 1/m, 20/h or 5/d`);
  }
  if (!Number.isSafeInteger(burst) || burst < 1 || burst > burstMax) {
    throw refused(`a burst is a whole number from 1 to ${burstMax}`);
  }
  return { count: Number(count), perMs, burst };
}

function refused(message: string): DocketError {
  return new DocketError("act_refused", message);
}
