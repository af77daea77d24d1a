// SPDX-License-Identifier: Apache-2.0
// What is played: the shipped sample in the order of its times, and among it a spammer's way from a first
// flag to a suspension. Two years go by in the ten minutes that a server lets an app's clock lag.
import { readFileSync } from "node:fs";
import type { Decision, Event } from "../../packages/protocol/src/index.ts";
import { spammerId } from "../sample/spammer.ts";

/** How far back the first event lies, in ms. A server takes an app's word for up to ten minutes. */
const backMs = 9.5 * 60_000;
/** Of the spammer's 23 events those that are played; the rest say once more what the last of these do. */
const spammerStepsMax = 14;
/** The comment before which the spammer comes, and how many comments lie between two of its events. */
const spammerFrom = 60;
const commentsBetween = 15;

/** One event of the play. */
export type Step = { readonly event: Event; readonly isSpammer: boolean };

/**
 * The events of the sample, in the order and with the times in which they are played.
 *
 * @param sample the text of `examples/comments.ndjson`
 * @param startMs when the play begins, in ms since 1970
 */
export function stepsOf(sample: string, startMs: number): Step[] {
  const events = sample
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Event);
  const spammer = events.filter(({ actor }) => actor.id === spammerId).slice(0, spammerStepsMax);
  const comments = events.filter(({ actor }) => actor.id !== spammerId);
  const mixed: Event[] = [];
  for (const [place, comment] of comments.entries()) {
    const since = place - spammerFrom;
    const next = since >= 0 && since % commentsBetween === 0 ? spammer.shift() : undefined;
    if (next !== undefined) mixed.push(next);
    mixed.push(comment);
  }
  return [...mixed, ...spammer].map((event, place, all) => ({
    event: { ...event, time: new Date(startMs - backMs + (backMs * place) / all.length).toISOString() },
    isSpammer: event.actor.id === spammerId,
  }));
}

/** The sample that comes with Docket. */
export function readSample(): string {
  return readFileSync(new URL("../../examples/comments.ndjson", import.meta.url), "utf8");
}

/** What happens to the spammer for the first time, in the order in which it should. */
export type Moment = "flag" | "strike" | "throttle" | "delay" | "suspend" | "refused";

/** What is said of it. */
export const moments: Readonly<Record<Moment, string>> = {
  flag: "A newcomer advertises a channel. That is no offence: it is flagged, so that a person looks at it.",
  strike:
    "Now an offer of easy money. It is rejected, with a reason that the author is told: a first strike.",
  throttle: "The same text again and again: a second strike. From now on it is four comments an hour.",
  delay: "More than that has to wait, however harmless. Waiting costs no strike.",
  suspend: "It goes on as soon as it can: a third strike within a week. The account is suspended for a day.",
  refused: "While that lasts all is refused, whatever it says. Tomorrow it is over by itself.",
};

/** What happened to the spammer that had not happened before. */
export function newMoments(decision: Decision, seen: ReadonlySet<Moment>): Moment[] {
  return momentsOf(decision).filter((moment) => !seen.has(moment));
}

function momentsOf({ outcome, rules, restrictions }: Decision): Moment[] {
  const kinds = restrictions.map(({ kind }) => kind);
  if (rules.includes("standing.suspended")) return ["refused"];
  if (kinds.includes("suspend")) return ["suspend"];
  if (kinds.includes("throttle")) return ["throttle"];
  if (outcome === "reject") return ["strike"];
  if (outcome === "delay") return ["delay"];
  return outcome === "flag" ? ["flag"] : [];
}
