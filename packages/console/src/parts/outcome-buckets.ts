// SPDX-License-Identifier: Apache-2.0
// Outcomes over time, laid out as stacked bars. What has the weightier outcome stands at the bottom, where
// it can be compared.

/** How many decisions of each outcome. */
export type OutcomeCounts = Readonly<Record<string, number>>;
/** A stretch of time with its decisions; `from` is RFC 3339. */
export type OutcomeBucket = { readonly from: string; readonly outcomes: OutcomeCounts };

/** All outcomes, the strictest first: the order in which they are stacked, and listed. */
export const outcomesStacked = ["reject", "hold", "delay", "challenge", "flag", "allow"] as const;

/** A piece of a bar: shares of the picture's height from its bottom. */
export type Piece = {
  readonly outcome: string;
  readonly count: number;
  readonly y: number;
  readonly height: number;
};
/** A bar: shares of the picture's width. */
export type Bar = {
  readonly fromMs: number;
  readonly total: number;
  readonly x: number;
  readonly width: number;
  readonly pieces: readonly Piece[];
};

/** The bars of a time, and what the highest stands for. */
export function stackBars(
  buckets: readonly OutcomeBucket[],
  { fromMs, toMs, bucketMs }: { readonly fromMs: number; readonly toMs: number; readonly bucketMs: number },
): { readonly bars: readonly Bar[]; readonly most: number } {
  const most = roundUp(Math.max(1, ...buckets.map(({ outcomes }) => totalOf(outcomes))));
  const span = Math.max(bucketMs, toMs - fromMs);
  const bars = buckets.map(({ from, outcomes }) => {
    const at = Date.parse(from);
    let y = 0;
    const pieces: Piece[] = [];
    for (const outcome of outcomesStacked) {
      const count = outcomes[outcome] ?? 0;
      if (count === 0) continue;
      pieces.push({ outcome, count, y, height: count / most });
      y += count / most;
    }
    return { fromMs: at, total: totalOf(outcomes), x: (at - fromMs) / span, width: bucketMs / span, pieces };
  });
  return { bars, most };
}

/** How many decisions there are in all. */
export function totalOf(outcomes: OutcomeCounts): number {
  return Object.values(outcomes).reduce((sum, count) => sum + count, 0);
}

/** How many were stopped: not shown, or not at once. */
export function stoppedOf(outcomes: OutcomeCounts): number {
  return ["reject", "hold", "delay", "challenge"].reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);
}

/** The next number that people would put at the end of an axis: 1, 2 or 5 and zeros. */
export function roundUp(count: number): number {
  const power = 10 ** Math.floor(Math.log10(count));
  return [1, 2, 5, 10].map((step) => step * power).find((round) => round >= count) ?? count;
}
