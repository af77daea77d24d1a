// SPDX-License-Identifier: Apache-2.0
// When an outside clock is asked. An anchor is itself a record: without the rule that only others count, a
// log at rest would stamp its own stamps for ever.

/** A log to which nothing was added is stamped once in this time all the same, in ms. */
export const restingMs = 86_400_000;
/** A clock that gave no stamp is asked again after this time, then after twice that and so on, in ms. */
export const againAfterMs = 10_000;
/** At the latest after this time, in ms. */
export const againAfterMsMax = 900_000;

/** Where one outside clock stands. */
export type ClockState = {
  /** When its last stamp was sealed, and how many records that covers; none yet. */
  readonly last: { readonly atMs: number; readonly size: number } | undefined;
  /** How often in a row it gave none, and when it was asked last. */
  readonly failedInARow: number;
  readonly failedAtMs: number;
};

/**
 * Whether it is to be asked now.
 *
 * @param size published records
 * @param othersSize one more than the index of the last record that is no anchor and no heartbeat
 */
export function isDue(
  { last, failedInARow, failedAtMs }: ClockState,
  { nowMs, everyMs, size, othersSize }: { nowMs: number; everyMs: number; size: number; othersSize: number },
): boolean {
  if (size === 0) return false;
  if (failedInARow > 0 && nowMs >= failedAtMs && nowMs < failedAtMs + pauseMs(failedInARow)) return false;
  // A clock of ours that went back says nothing of how long ago that was.
  if (last === undefined || nowMs < last.atMs) return true;
  const isAdded = othersSize > last.size && size > last.size;
  return nowMs >= last.atMs + (isAdded ? everyMs : restingMs);
}

/** How long a clock that failed so often in a row is left alone, in ms. */
export function pauseMs(failedInARow: number): number {
  return Math.min(againAfterMsMax, againAfterMs * 2 ** (failedInARow - 1));
}
