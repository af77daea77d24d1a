// SPDX-License-Identifier: Apache-2.0

/** What a crash campaign counts, for each way in which it makes things fail. */
export type CrashRow = {
  /** Who runs: a simulated process on a simulated disk, or a real one, and with which load. */
  mode: string;
  /** What fails. */
  fault: string;
  /** A cycle is one fault, the start after it, and the comparison. */
  cycles: number;
  /** Answers that were given, all cycles together. */
  answered: number;
  /** Answered, and not in the log. */
  lost: number;
  /** Answered, and another record stands there. */
  altered: number;
  /** In the log twice, or answered with two places. */
  twice: number;
  /** Signed roots that the log afterwards does not bear out. */
  contradicted: number;
  /** Starts that were refused on a sound disk. */
  refused: number;
  /** Times that `docket verify` found something wrong. */
  unverified: number;
};

/** A row with nothing in it. */
export function newRow(mode: string, fault: string): CrashRow {
  const none = { lost: 0, altered: 0, twice: 0, contradicted: 0, refused: 0, unverified: 0 };
  return { mode, fault, cycles: 0, answered: 0, ...none };
}

/** Whether every promise was kept. */
export function isClean({ lost, altered, twice, contradicted, refused, unverified }: CrashRow): boolean {
  return lost + altered + twice + contradicted + refused + unverified === 0;
}

/** Adds up rows of one kind. */
export function addTo(sum: CrashRow, row: CrashRow): void {
  for (const key of counted) sum[key] += row[key];
}

const counted = [
  "cycles",
  "answered",
  "lost",
  "altered",
  "twice",
  "contradicted",
  "refused",
  "unverified",
] as const;
