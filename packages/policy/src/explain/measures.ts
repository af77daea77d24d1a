// SPDX-License-Identifier: Apache-2.0
// What a rule or a step of a ladder does, and what a restriction means, in words.
import type { ConcludedFacts } from "../enforcement/conclusion.ts";
import type { RecordedRestriction } from "../enforcement/restriction.ts";
import type { RestrictionRead } from "../enforcement/standing.ts";
import type { Measures, Rule } from "../types.ts";
import { durationInWords } from "./clause.ts";
import { clauseWords, decisionWords } from "./words.ts";
import type { ExplanationLanguage } from "./words.ts";

/** What a rule or a step does: `rejects, 1 strike, suspends for 1 day`. */
export function actionInWords(
  { then, points }: { readonly then?: Rule["then"] | Measures; readonly points: number },
  language: ExplanationLanguage,
): string {
  const words = decisionWords[language];
  const time = (ms: number): string => durationInWords(ms, clauseWords[language]);
  const parts: string[] = [];
  if (then !== undefined && "outcome" in then) {
    const { outcome, holdForMs, otherwise, retryAfterMs, strike } = then;
    const does = [words.effects[outcome]];
    if (outcome === "hold") {
      does.push(
        holdForMs === undefined
          ? words.holdUntilReview
          : words.holdFor(time(holdForMs), words.outcomes[otherwise ?? "allow"]),
      );
    }
    parts.push(does.join(" "));
    if (retryAfterMs !== undefined) parts.push(words.retryAfter(time(retryAfterMs)));
    if (strike > 0) parts.push(words.strikes(strike));
  }
  if (then?.warn === true) parts.push(words.warn);
  if (then?.throttle !== undefined) {
    const { count, perMs, burst, forMs } = then.throttle;
    parts.push(words.throttleFor(rateInWords(count, perMs, language), burst, time(forMs)));
  }
  if (then?.limit !== undefined) {
    parts.push(words.limitFor(then.limit.abilities.join(", "), time(then.limit.forMs)));
  }
  if (then?.suspendMs !== undefined) parts.push(words.suspendFor(time(then.suspendMs)));
  if (then?.ban === true) parts.push(words.ban);
  if (points !== 0) parts.push(words.points(points));
  return parts.join(", ");
}

/** What a restriction means: `suspended until …`. */
export function restrictionInWords(
  restriction: RecordedRestriction | RestrictionRead,
  language: ExplanationLanguage,
): string {
  const words = decisionWords[language];
  switch (restriction.kind) {
    case "warn":
      return words.warned(restriction.until);
    case "suspend":
      return words.suspended(restriction.until);
    case "ban":
      return words.banned;
    case "limit":
      return words.limited(restriction.ability, restriction.until);
    case "throttle": {
      const rate =
        "rate" in restriction
          ? restriction.rate
          : rateInWords(restriction.count, restriction.perMs, language);
      const said = words.throttled(rate, restriction.burst, restriction.until);
      const waitMs = "waitMs" in restriction ? restriction.waitMs : 0;
      return waitMs > 0 ? `${said}; ${words.wait(durationInWords(waitMs, clauseWords[language]))}` : said;
    }
  }
}

/** A rate: `10/m`, as policies write it. */
export function rateInWords(count: number, perMs: number, language: ExplanationLanguage): string {
  const unit = rateUnits.get(perMs);
  return unit === undefined
    ? `${count} / ${durationInWords(perMs, clauseWords[language])}`
    : `${count}/${unit}`;
}

/** When the event may be tried again, or until when it is held; `null` for neither. */
export function nextInWords(
  { retryAfterMs, holdUntil, otherwise }: Pick<ConcludedFacts, "retryAfterMs" | "holdUntil" | "otherwise">,
  language: ExplanationLanguage,
): string | null {
  const words = decisionWords[language];
  if (retryAfterMs !== null) return words.user.retry(durationInWords(retryAfterMs, clauseWords[language]));
  if (holdUntil === null) return null;
  return words.user.heldUntil(holdUntil, words.outcomes[otherwise ?? "allow"]);
}

const rateUnits: ReadonlyMap<number, string> = new Map([
  [1000, "s"],
  [60_000, "m"],
  [3_600_000, "h"],
  [86_400_000, "d"],
]);
