// SPDX-License-Identifier: Apache-2.0
// What anchors say of the time of records. A stamp over the first `size` records was made between `earliest`
// and `latest`: so all records below `size` were there by `latest`; and since nobody could know the stamp
// before it was made, the record that holds it, and all that follow, came after `earliest`.
import { formatTime } from "@docket/protocol";

/** An anchor that holds. */
export type CheckedAnchor = {
  /** Index of its record. */
  readonly index: number;
  /** How many records it covers: at most `index`. */
  readonly size: number;
  readonly source: string;
  readonly name: string;
  /** When the stamp was made, at the earliest and at the latest; ms since 1970. */
  readonly earliestMs: number;
  readonly latestMs: number;
};

/** A bound of a record's time, and the anchor's record that gives it. */
export type Bound = { readonly time: string; readonly index: number; readonly name: string };

/**
 * Between what a record was sealed. A bound is null where no anchor gives one. `widthMs` is below 0 where
 * anchors contradict one another.
 */
export type Interval = {
  readonly notBefore: Bound | null;
  readonly notAfter: Bound | null;
  readonly widthMs: number | null;
};

/** Two anchors that can't both be right: `later` covers the record that holds `earlier`. */
export type Contradiction = { readonly earlier: CheckedAnchor; readonly later: CheckedAnchor };

/** How wide the intervals of the records that have both bounds are; all in ms, by records. */
export type Widths = {
  /** Records with both bounds. */
  readonly records: number;
  readonly medianMs: number | null;
  readonly p99Ms: number | null;
  readonly mostMs: number | null;
};

/** Anchors of a log, ready to be asked. */
export type Intervals = {
  /** Between what a record was sealed. */
  of(index: number): Interval;
  /** Of all records below `size`. */
  widths(size: number): Widths;
  /** Pairs that can't both be right, at most {@link contradictionsMax}. */
  readonly contradictions: readonly Contradiction[];
};

/** The most contradictions that are listed. */
export const contradictionsMax = 100;

/** Makes the intervals that anchors give. */
export function intervalsOf(anchors: readonly CheckedAnchor[]): Intervals {
  const lower = newestFirstBelow(anchors);
  const upper = earliestOver(anchors);
  const of = (index: number): Interval => {
    const below = lower(index);
    const over = upper(index);
    return {
      notBefore: below === undefined ? null : boundOf(below, below.earliestMs),
      notAfter: over === undefined ? null : boundOf(over, over.latestMs),
      widthMs: below === undefined || over === undefined ? null : over.latestMs - below.earliestMs,
    };
  };
  const contradictions = anchors.flatMap((later): Contradiction[] => {
    const earlier = lower(later.size);
    return earlier !== undefined && earlier.earliestMs > later.latestMs ? [{ earlier, later }] : [];
  });
  return {
    of,
    widths: (size) => widthsOf(anchors, of, size),
    contradictions: contradictions.slice(0, contradictionsMax),
  };
}

// The one with the greatest `earliest` of those whose records stand below an index.
function newestFirstBelow(anchors: readonly CheckedAnchor[]): (index: number) => CheckedAnchor | undefined {
  const byIndex = [...anchors].sort((a, b) => a.index - b.index);
  const best: CheckedAnchor[] = [];
  for (const each of byIndex) {
    const before = best.at(-1);
    best.push(before === undefined || each.earliestMs > before.earliestMs ? each : before);
  }
  return (index) => best[countBelow(byIndex, (each) => each.index < index) - 1];
}

// The one with the least `latest` of those that cover an index.
function earliestOver(anchors: readonly CheckedAnchor[]): (index: number) => CheckedAnchor | undefined {
  const bySize = [...anchors].sort((a, b) => a.size - b.size);
  const best: CheckedAnchor[] = [];
  for (const each of bySize.toReversed()) {
    const after = best.at(-1);
    best.push(after === undefined || each.latestMs < after.latestMs ? each : after);
  }
  best.reverse();
  return (index) => best[countBelow(bySize, (each) => each.size <= index)];
}

// How many of the first fulfil a condition that none fulfils after the first that doesn't.
function countBelow<T>(sorted: readonly T[], isBelow: (each: T) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isBelow(sorted[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function boundOf({ index, name }: CheckedAnchor, ms: number): Bound {
  return { time: formatTime(ms), index, name };
}

// Between two borders all records have the same interval.
function widthsOf(anchors: readonly CheckedAnchor[], of: (index: number) => Interval, end: number): Widths {
  const all = new Set([0, ...anchors.flatMap(({ index, size }) => [index + 1, size]), end]);
  const borders = [...all].filter((border) => border <= end).sort((a, b) => a - b);
  const spans = borders.slice(1).map((border, i) => {
    const start = borders[i] as number;
    return { records: border - start, widthMs: of(start).widthMs };
  });
  const known = spans.filter((span): span is { records: number; widthMs: number } => span.widthMs !== null);
  known.sort((a, b) => a.widthMs - b.widthMs);
  const records = known.reduce((sum, span) => sum + span.records, 0);
  const quantile = (share: number): number | null => {
    let left = Math.ceil(records * share);
    for (const span of known) {
      left -= span.records;
      if (left <= 0) return span.widthMs;
    }
    return null;
  };
  return { records, medianMs: quantile(0.5), p99Ms: quantile(0.99), mostMs: quantile(1) };
}
