// SPDX-License-Identifier: Apache-2.0
// In which order cases are best looked at. docs/operations/review.md says the same in a table.
import type { OpenTask, ReviewCase } from "./case.ts";

/** A hold that ends within this time comes first, in milliseconds. */
export const nearEndMs = 86_400_000;

/** What a case is ordered by: numbers that are compared one after the other, smaller first. */
export type Priority = readonly [rank: number, key: number, of: number];

/**
 * The place of a case.
 *
 * @param tasks those that are open for whoever asks
 * @param weight what reports of it weigh, in thousandths
 */
export function priorityOf(
  { of, row }: ReviewCase,
  tasks: readonly OpenTask[],
  weight: number,
  nowMs: number,
): Priority {
  const has = (task: OpenTask["task"]): boolean => tasks.some((each) => each.task === task);
  const isHeld = has("hold");
  const endMs = row?.holdUntilMs ?? Number.MAX_SAFE_INTEGER;
  if (isHeld && endMs - nowMs <= nearEndMs) return [0, endMs, of];
  if (has("ladder")) return [1, row?.sealedMs ?? 0, of];
  if (has("report")) return [2, -weight, of];
  if (isHeld) return [3, endMs, of];
  if (tasks.some(({ task, blind }) => task === "flag" && !blind)) return [4, -(row?.points ?? 0), of];
  if (has("quality")) return [5, of, of];
  if (tasks.some(({ blind }) => blind)) return [6, of, of];
  return [7, of, of];
}

/** Orders places. */
export function comparePriorities(a: Priority, b: Priority): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
