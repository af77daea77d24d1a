// SPDX-License-Identifier: Apache-2.0
// Times (`30s`), points in time (`2026-12-31`) and rates (`20/h`).
import { readTimestamp } from "../condition/time.ts";
import { readText, report } from "./document.ts";
import type { Located, Source } from "./document.ts";

/** Largest count of a rate, and largest burst, in events. */
export const rateCountMax = 100_000;

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time such as `30s`, `10m`, `24h` or `7d`, in milliseconds. */
export function readTime(
  source: Source,
  value: Located,
  what: string,
  minMs: number,
  maxMs: number,
): number | undefined {
  const text = readText(source, value, what);
  if (text === undefined) return undefined;
  const [, digits = "", unit = ""] = /^([1-9][0-9]{0,8})([smhd])$/.exec(text) ?? [];
  const ms = Number(digits) * (unitMs[unit] ?? Number.NaN);
  if (!Number.isSafeInteger(ms)) {
    const hint = "write a whole number and s, m, h or d, such as 30s, 10m, 24h or 7d";
    return report(source, "bad-duration", value.offset, `${what} can't be "${text}"`, hint);
  }
  if (ms >= minMs && ms <= maxMs) return ms;
  const message = `${what} must be from ${showTime(minMs)} to ${showTime(maxMs)}, and this is ${text}`;
  return report(source, "bad-duration", value.offset, message);
}

/**
 * A point in time as RFC 3339 has it, or a day, which is meant to its end (UTC); in milliseconds since the
 * epoch.
 */
export function readPointInTime(source: Source, value: Located, what: string): number | undefined {
  const text = readText(source, value, what);
  if (text === undefined) return undefined;
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const ms = readTimestamp(day ? `${text}T00:00:00Z` : text);
  if (typeof ms === "number") return day ? ms + (unitMs["d"] as number) : ms;
  const hint = "write a day such as 2026-12-31, or a time such as 2026-12-31T12:00:00Z";
  return report(source, "bad-time", value.offset, `${what} can't be "${text}"`, hint);
}

/** A rate such as `1/m`. */
export function readRate(
  source: Source,
  value: Located,
  what = "rate",
): { count: number; perMs: number } | undefined {
  const text = readText(source, value, what);
  if (text === undefined) return undefined;
  const [, digits = "", unit = ""] = /^([1-9][0-9]{0,5})\/([smhd])$/.exec(text) ?? [];
  const perMs = unitMs[unit];
  if (perMs !== undefined && Number(digits) <= rateCountMax) return { count: Number(digits), perMs };
  const hint = "write events per s, m, h or d, such as 1/m or 20/h";
  return report(source, "bad-rate", value.offset, `${what} can't be "${text}"`, hint);
}

/** A time as it is written in a policy. */
export function showTime(ms: number): string {
  const unit = ["d", "h", "m", "s"].find((each) => ms % (unitMs[each] as number) === 0);
  return unit === undefined ? `${ms} ms` : `${ms / (unitMs[unit] as number)}${unit}`;
}
