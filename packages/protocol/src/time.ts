// SPDX-License-Identifier: Apache-2.0
// Times cross every boundary as RFC 3339 text and live inside as whole milliseconds since 1970 (UTC).

/** A time that Docket reads or writes as RFC 3339 text: between these two, inclusive. */
export const timeMsMin = 0;
export const timeMsMax: number = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** JSON Schema pattern of a time: RFC 3339 section 5.6, `T` and `Z` in upper case, at most nanoseconds. */
export const timePattern =
  "^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?" +
  "(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)$";

const timeExpression = new RegExp(timePattern);
const shortestMonthDays = 28;

/**
 * Reads an RFC 3339 time.
 *
 * @returns milliseconds since 1970, finer digits cut off; `undefined` if `text` is not a real time, for
 * example
 *   30 February or a leap second
 */
export function parseTime(text: string): number | undefined {
  if (!timeExpression.test(text)) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms) || ms < timeMsMin || ms > timeMsMax) return undefined;
  const day = Number(text.slice(8, 10));
  if (day <= shortestMonthDays) return ms;
  // Date.parse lets 30 February roll over into March, so the day is compared.
  const daysInMonth = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
  return day <= daysInMonth ? ms : undefined;
}

/** Writes a time as Docket always does: UTC, three digits of a second, `Z`. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Whether `text` is a time exactly as {@link formatTime} writes it. */
export function isCanonicalTime(text: unknown): text is string {
  if (typeof text !== "string" || text.length !== 24) return false;
  const ms = parseTime(text);
  return ms !== undefined && formatTime(ms) === text;
}
