// SPDX-License-Identifier: Apache-2.0
// Durations and timestamps: integers of milliseconds, in the ranges that CEL gives them.

/**
 * Largest duration either way, in milliseconds: about 292 years, since CEL's durations are 64-bit integers of
 * nanoseconds (cel-spec, timestamps.textproto, "sub_time_duration_over").
 */
export const durationMsMax = 9_223_372_036_854;
/**
 * First and last timestamp, in milliseconds since the epoch: the years 1 to 9999
 * (google.protobuf.Timestamp).
 */
export const timestampMsMin = -62_135_596_800_000;
export const timestampMsMax = 253_402_300_799_999;

const partMs: Readonly<Record<string, bigint>> = { h: 3_600_000n, m: 60_000n, s: 1_000n, ms: 1n };
const durationPattern = /^([+-]?)((?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:h|ms|m|s|us|µs|ns))+$/;
const partPattern = /([0-9]*)(?:\.([0-9]*))?(h|ms|m|s|us|µs|ns)/g;
const timestampPattern =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

/** Why a text is no duration or timestamp. */
export type TimeFault = "form" | "fraction" | "range";

/** A CEL duration (`24h`, `1h30m`, `-1.5s`) in milliseconds. A fraction of a millisecond is refused. */
export function readDuration(text: string): number | TimeFault {
  if (text === "0") return 0;
  const sign = durationPattern.exec(text)?.[1];
  if (sign === undefined || text.length > 64) return "form";
  let total = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of text.matchAll(partPattern)) {
    const unitMs = partMs[unit];
    const scaled = BigInt(whole + fraction || "0") * (unitMs ?? 1n);
    const divisor =
      10n ** BigInt(fraction.length) * (unitMs === undefined ? (unit === "ns" ? 1_000_000n : 1_000n) : 1n);
    if (scaled % divisor !== 0n) return "fraction";
    total += scaled / divisor;
  }
  if (total > BigInt(durationMsMax)) return "range";
  return sign === "-" ? 0 - Number(total) : Number(total);
}

/** An RFC 3339 time in milliseconds since the epoch. A fraction of a millisecond is refused. */
export function readTimestamp(text: string): number | TimeFault {
  return readUtc(text) ?? readAnyTimestamp(text);
}

/** The quick way for the form that nearly all have, `YYYY-MM-DDTHH:MM:SS.mmmZ`; else `undefined`. */
function readUtc(text: string): number | undefined {
  if (text.length !== 24 || text[23] !== "Z" || text[19] !== "." || text[10] !== "T") return undefined;
  if (text[4] !== "-" || text[7] !== "-" || text[13] !== ":" || text[16] !== ":") return undefined;
  const year = digitsAt(text, 0) * 100 + digitsAt(text, 2);
  const [month, day] = [digitsAt(text, 5), digitsAt(text, 8)];
  const [hour, minute, second] = [digitsAt(text, 11), digitsAt(text, 14), digitsAt(text, 17)];
  const millis = digitsAt(text, 20) * 10 + (digitsAt(text, 21) % 10);
  if (Number.isNaN(year + month + day + hour + minute + second + millis)) return undefined;
  if (!isCalendarTime(year, month, day, hour, minute, second)) return undefined;
  return daysFromEpoch(year, month, day) * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1_000 + millis;
}

/** The number that two digits are; `NaN` if they are none. */
function digitsAt(text: string, index: number): number {
  const [tens, ones] = [text.charCodeAt(index) - 0x30, text.charCodeAt(index + 1) - 0x30];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function readAnyTimestamp(text: string): number | TimeFault {
  const match = timestampPattern.exec(text);
  if (match === null) return "form";
  const [, year = "", month = "", day = "", hour = "", minute = "", second = "", fraction = "", zone = ""] =
    match;
  if (!isCalendarTime(+year, +month, +day, +hour, +minute, +second)) return "form";
  const millis = fraction.padEnd(3, "0").slice(0, 3);
  if (/[1-9]/.test(fraction.slice(3))) return "fraction";
  const offset = zoneOffsetMs(zone);
  if (offset === undefined) return "form";
  const at =
    daysFromEpoch(+year, +month, +day) * 86_400_000 + ((+hour * 60 + +minute) * 60 + +second) * 1_000;
  const result = at + Number(millis) - offset;
  return result < timestampMsMin || result > timestampMsMax ? "range" : result;
}

/** The duration, if it is in range. */
export function durationOf(ms: number): number | undefined {
  return ms >= -durationMsMax && ms <= durationMsMax ? ms : undefined;
}

/** The timestamp, if it is in range. */
export function timestampOf(ms: number): number | undefined {
  return ms >= timestampMsMin && ms <= timestampMsMax ? ms : undefined;
}

function isCalendarTime(
  y: number,
  m: number,
  d: number,
  hour: number,
  minute: number,
  second: number,
): boolean {
  if (y < 1 || m < 1 || m > 12 || d < 1 || hour > 23 || minute > 59 || second > 59) return false;
  const leap = (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
  return d <= (m === 2 && leap ? 29 : (daysOfMonths[m - 1] as number));
}

const daysOfMonths: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function zoneOffsetMs(zone: string): number | undefined {
  if (zone === "Z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** Days since 1970-01-01 in the Gregorian calendar: years start in March, so that a leap day is the last. */
function daysFromEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
