// SPDX-License-Identifier: Apache-2.0
// Times and durations in few words.

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Past these a date says more. */
const agoDaysMax = 30;

/** "3 min ago", "in 2 h", or the date. */
export function agoText(atMs: number, nowMs: number): string {
  const apart = nowMs - atMs;
  if (Math.abs(apart) >= agoDaysMax * dayMs) return exactText(atMs).slice(0, 10);
  if (Math.abs(apart) < secondMs) return "now";
  const text = durationText(Math.abs(apart));
  return apart > 0 ? `${text} ago` : `in ${text}`;
}

/** "40 s", "3 min", "5 h", "2 d": the largest unit alone, rounded down. */
export function durationText(ms: number): string {
  if (ms < minuteMs) return `${Math.floor(ms / secondMs)} s`;
  if (ms < hourMs) return `${Math.floor(ms / minuteMs)} min`;
  if (ms < dayMs) return `${Math.floor(ms / hourMs)} h`;
  return `${Math.floor(ms / dayMs)} d`;
}

/** "2026-11-23 20:15:07 UTC". */
export function exactText(ms: number): string {
  return Number.isFinite(ms) ? `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC` : "no time";
}
