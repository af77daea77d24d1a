// SPDX-License-Identifier: Apache-2.0
// How long is left until something ends, in few words.
import { durationText } from "./time-text.ts";

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
/** Below this it is soon. */
export const soonMs: number = hourMs;

/** How long is left, and how that is meant: `over` once it is, `soon` within the hour. */
export type Left = { readonly text: string; readonly state: "over" | "soon" | "later" };

/** "4 min 09 s left", "3 h left", "2 d late". */
export function leftOf(untilMs: number, nowMs: number): Left {
  const left = untilMs - nowMs;
  if (left <= 0) return { text: left > -secondMs ? "now" : `${durationText(-left)} late`, state: "over" };
  if (left >= hourMs) return { text: `${durationText(left)} left`, state: "later" };
  const minutes = Math.floor(left / minuteMs);
  const seconds = Math.floor((left % minuteMs) / secondMs);
  if (minutes === 0) return { text: `${seconds} s left`, state: "soon" };
  return { text: `${minutes} min ${String(seconds).padStart(2, "0")} s left`, state: "soon" };
}
