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
  // Every decision writes one, and the runtime takes longer over it than over the rest of its facts.
  if (!Number.isInteger(ms) || ms < timeMsMin || ms > timeMsMax) return new Date(ms).toISOString();
  const days = Math.floor(ms / 86_400_000);
  const rest = ms - days * 86_400_000;
  const clock = `${two(rest / 3_600_000)}:${two((rest / 60_000) % 60)}:${two((rest / 1000) % 60)}`;
  return `${dayText(days)}T${clock}.${three(rest % 1000)}Z`;
}

/** Whether `text` is a time exactly as {@link formatTime} writes it. */
export function isCanonicalTime(text: unknown): text is string {
  if (typeof text !== "string" || text.length !== 24) return false;
  const ms = parseTime(text);
  return ms !== undefined && formatTime(ms) === text;
}

/** A day after 1970-01-01, by its number, in the Gregorian calendar. */
function dayText(days: number): string {
  // Years that begin in March, in eras of 400: then a leap day is the last of its year.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${two(year / 100)}${two(year % 100)}-${two(month)}-${two(day)}`;
}

const pairs: readonly string[] = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));

/** The whole part of a number below 100, as two digits. */
function two(number: number): string {
  return pairs[Math.floor(number)] as string;
}

function three(number: number): string {
  return `${Math.floor(number / 100)}${two(number % 100)}`;
}
