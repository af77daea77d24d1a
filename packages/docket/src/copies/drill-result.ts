// SPDX-License-Identifier: Apache-2.0

/** What a drill came to, as its record says. */
export type DrillResult = {
  result: "passed" | "failed";
  /** The copy that was restored: `replica NAME`, `backup NAME`, `backup FILE`. */
  from: string;
  /** Records that came back. */
  size: number;
  /** Records that were published when the drill began, and did not come back. */
  lostRecords: number;
  /** Age of the first of them, in ms; 0 if there is none. */
  lostMs: number;
  /** How long it all took, in ms: what a recovery takes at least. */
  tookMs: number;
  /** What failed, in words. */
  failures: string[];
};
