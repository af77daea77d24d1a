// SPDX-License-Identifier: Apache-2.0
// Reads what `chronyc -c` prints of chronyd, which follows sources of NTP and NTS by itself and knows how far
// off it may be: |system time| + root dispersion + half the root delay (chronyc(1), "tracking").

/** What chronyd knows of its own clock. */
export type ChronyTracking = {
  /** The system's clock less the time that chronyd takes for true, in ms: positive if it is fast. */
  readonly offsetMs: number;
  /** By how much that time may be off, in ms. */
  readonly rootDistanceMs: number;
  readonly stratum: number;
  /** When it last measured, in ms since 1970 by the time that it takes for true. */
  readonly measuredMs: number;
  /** How long it was from the measurement before to that one, in ms. */
  readonly intervalMs: number;
};

/** The columns of `tracking`, from chronyc's own source (process_cmd_tracking). */
const columns = {
  stratum: 2,
  referenceTime: 3,
  systemTime: 4,
  rootDelay: 10,
  rootDispersion: 11,
  updateInterval: 12,
  leapStatus: 13,
} as const;
const columnCount = 14;
const unsynchronised = "Not synchronised";
const stratumMax = 15;

/**
 * Reads the line of `chronyc -c tracking`.
 *
 * @returns why it says nothing of the time, where it doesn't
 */
export function readTracking(text: string): ChronyTracking | string {
  const fields = text.trim().split(",");
  if (fields.length !== columnCount) return `chronyc printed ${JSON.stringify(text.trim().slice(0, 100))}`;
  const number = (place: number): number => {
    const field = fields[place] ?? "";
    return /^-?\d+(\.\d+)?$/.test(field) ? Number(field) : Number.NaN;
  };
  const stratum = number(columns.stratum);
  const referenceTime = number(columns.referenceTime);
  if (fields[columns.leapStatus] === unsynchronised || stratum === 0 || referenceTime === 0) {
    return "chronyd is not synchronised";
  }
  if (!(stratum >= 1 && stratum <= stratumMax)) return `chronyd's stratum is ${fields[columns.stratum]}`;
  // In this form a clock that is slow of true time has a positive value.
  const offsetMs = -number(columns.systemTime) * 1000;
  const delayMs = number(columns.rootDelay) * 1000;
  const dispersionMs = number(columns.rootDispersion) * 1000;
  const intervalMs = number(columns.updateInterval) * 1000;
  const measuredMs = referenceTime * 1000;
  if (
    !Number.isFinite(offsetMs + measuredMs) ||
    !(delayMs >= 0) ||
    !(dispersionMs >= 0) ||
    !(intervalMs >= 0)
  ) {
    return "chronyc printed what is no number";
  }
  return { offsetMs, rootDistanceMs: delayMs / 2 + dispersionMs, stratum, measuredMs, intervalMs };
}
