// SPDX-License-Identifier: Apache-2.0
// When a message is tried again: the schedule that Standard Webhooks recommends, with jitter, over three days
// and four hours.

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long after each failed try the next one comes, in ms. After the last of them it is given up. */
export const retryDelaysMs: readonly number[] = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];
/** Tries of one message, the first included. */
export const triesMax: number = retryDelaysMs.length + 1;
/** Up to so much is added to each delay, of a thousand: what failed together doesn't come back together. */
export const jitterPerMille = 200;
/** A receiver's `Retry-After` is heeded up to this, in ms. */
export const retryAfterMsMax: number = 24 * hour;

/**
 * How long to wait after so many failed tries in a row, in ms; the last delay goes on for ever.
 *
 * @param failures 1 or more
 * @param random from 0 to below 1
 * @param retryAfterMs what the receiver asked for, if it did
 */
export function delayAfter(failures: number, random: number, retryAfterMs = 0): number {
  const place = Math.min(failures, retryDelaysMs.length) - 1;
  const delay = retryDelaysMs[place] as number;
  const spread = Math.floor((delay * jitterPerMille * random) / 1000);
  return Math.max(delay + spread, Math.min(retryAfterMs, retryAfterMsMax));
}
