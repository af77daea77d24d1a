// SPDX-License-Identifier: Apache-2.0
// A spammer who never was: what the sample shows of flags, rejections, strikes, a throttle, a suspension and
// its end.
import type { Event } from "../../packages/protocol/src/index.ts";

/** The account id of all synthetic events. */
export const spammerId = "synthetic-spammer";

type Step = { minutes: number; text: string };

const minuteMs = 60_000;
const offer =
  "Make 500 dollars a day from home, no experience needed! Visit http://easy-cash.example/join and start now";

/**
 * The script, in minutes since its beginning. With the example policy: points add up to a flag; the offer is
 * rejected (strike 1), and so is its third copy (strike 2: throttled); a comment still passes, more are
 * delayed; the next copy gives strike 3 for its link: suspended for a day. While that lasts everything is
 * refused, however harmless, without a strike; afterwards a harmless comment passes again.
 */
const script: readonly Step[] = [
  { minutes: 0, text: "Nice video" },
  { minutes: 2, text: "Check out my channel http://my-channel.example/new" },
  { minutes: 5, text: offer },
  { minutes: 7, text: offer.replace("500", "700") },
  { minutes: 9, text: offer.replace("500", "900") },
  { minutes: 11, text: "What is this song called?" },
  { minutes: 12, text: "Who else came here from the radio?" },
  { minutes: 14, text: "So many views already, unbelievable" },
  { minutes: 17, text: "Why can nobody see what I write?" },
  { minutes: 28, text: offer.replace("500", "1000") },
  ...repeat(12, 30, 45, (nth) => `Just a harmless comment, number ${nth}, while the suspension lasts`),
  { minutes: 28 + 25 * 60, text: "A day has passed, and I only say that I like this one" },
];

/** The spammer's events. */
export function spammerEvents(startMs: number, group: string): Event[] {
  return script.map(({ minutes, text }, place) => ({
    id: `synthetic-${String(place + 1).padStart(3, "0")}`,
    type: "comment",
    time: new Date(startMs + minutes * minuteMs).toISOString(),
    actor: { id: spammerId },
    content: { text, group },
  }));
}

function repeat(times: number, from: number, every: number, text: (nth: number) => string): Step[] {
  return Array.from({ length: times }, (_, nth) => ({ minutes: from + nth * every, text: text(nth + 1) }));
}
