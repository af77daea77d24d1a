// SPDX-License-Identifier: Apache-2.0
// An actor's timeline as shapes: where each stands between 0 (the left edge) and 1 (the right).

/** An entry as the server gives it. */
export type DrawnEntry = {
  readonly index: number;
  /** RFC 3339. */
  readonly at: string;
  readonly kind: string;
  readonly says: string;
  readonly outcome?: string | undefined;
};
/** A restriction in force. */
export type DrawnRestriction = {
  readonly id: string;
  readonly kind: string;
  readonly until?: string | undefined;
  readonly imposed?: { readonly at: string } | undefined;
};

/** Decisions of a stretch of time, by outcome; `height` is their share of the highest stretch. */
export type Bin = { readonly x: number; readonly count: number; readonly outcomes: readonly Slice[] };
/** How many of an outcome a stretch has, and between which heights it is drawn, from 0 to 1. */
export type Slice = {
  readonly outcome: string;
  readonly count: number;
  readonly from: number;
  readonly to: number;
};
/** One record that is no decision. */
export type Mark = { readonly x: number; readonly entry: DrawnEntry };
/** A restriction in force, from when it was imposed to its end; `endless` if that is beyond the picture. */
export type Bar = {
  readonly from: number;
  readonly to: number;
  readonly endless: boolean;
  readonly restriction: DrawnRestriction;
};
/** A time of the axis, in words. */
export type Tick = { readonly x: number; readonly words: string };

/** Everything that is drawn. */
export type Drawing = {
  readonly bins: readonly Bin[];
  readonly binWidth: number;
  /** Decisions of the fullest stretch. */
  readonly most: number;
  readonly acts: readonly Mark[];
  readonly voices: readonly Mark[];
  readonly bars: readonly Bar[];
  readonly ticks: readonly Tick[];
};

/** From the mildest to the strictest: so they are stacked. */
const outcomeOrder = ["allow", "flag", "challenge", "delay", "hold", "reject"];
/** What is done about an actor; all else is what people say. */
const actKinds: ReadonlySet<string> = new Set(["verdict", "measure", "lapse", "link", "applied", "ruling"]);

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const ticksMax = 6;
const tickSteps = [
  minuteMs,
  5 * minuteMs,
  15 * minuteMs,
  hourMs,
  3 * hourMs,
  6 * hourMs,
  12 * hourMs,
  dayMs,
  2 * dayMs,
  7 * dayMs,
  14 * dayMs,
  28 * dayMs,
  91 * dayMs,
  182 * dayMs,
  364 * dayMs,
];
/** What is drawn spans at least so long. */
const spanMsMin = 10 * minuteMs;

/**
 * Lays a timeline out.
 *
 * @param binCount into how many stretches decisions are put
 * @returns `undefined` where there is nothing to draw
 */
export function drawTimeline(
  entries: readonly DrawnEntry[],
  restrictions: readonly DrawnRestriction[],
  binCount: number,
): Drawing | undefined {
  if (entries.length === 0) return undefined;
  const times = entries.map(({ at }) => Date.parse(at));
  const imposed = restrictions.flatMap((each) => (each.imposed ? [Date.parse(each.imposed.at)] : []));
  const first = Math.min(...times, ...imposed);
  const last = Math.max(...times, ...imposed, first + spanMsMin);
  const span = last - first;
  const place = (ms: number): number => Math.min(1, Math.max(0, (ms - first) / span));
  const { bins, most } = binsOf(entries, place, binCount);
  const marks = entries
    .filter(({ kind }) => kind !== "decision")
    .map((entry): Mark => ({ x: place(Date.parse(entry.at)), entry }));
  return {
    bins,
    binWidth: 1 / binCount,
    most,
    acts: marks.filter(({ entry }) => actKinds.has(entry.kind)),
    voices: marks.filter(({ entry }) => !actKinds.has(entry.kind)),
    bars: restrictions.map((restriction): Bar => {
      const end = restriction.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(restriction.until);
      const began = restriction.imposed === undefined ? first : Date.parse(restriction.imposed.at);
      return { from: place(began), to: place(end), endless: end > last, restriction };
    }),
    ticks: ticksOf(first, last, place),
  };
}

function binsOf(
  entries: readonly DrawnEntry[],
  place: (ms: number) => number,
  binCount: number,
): { bins: Bin[]; most: number } {
  const counts = new Map<number, Map<string, number>>();
  for (const { at, kind, outcome } of entries) {
    if (kind !== "decision") continue;
    const bin = Math.min(binCount - 1, Math.floor(place(Date.parse(at)) * binCount));
    const found = counts.get(bin) ?? new Map<string, number>();
    const name = outcome ?? "allow";
    counts.set(bin, found.set(name, (found.get(name) ?? 0) + 1));
  }
  const totals = [...counts.values()].map((found) => sum(found.values()));
  const most = Math.max(1, ...totals);
  const bins = [...counts].map(([bin, found]) => {
    let from = 0;
    const outcomes = outcomeOrder.flatMap((outcome): Slice[] => {
      const count = found.get(outcome) ?? 0;
      if (count === 0) return [];
      const slice = { outcome, count, from: from / most, to: (from + count) / most };
      from += count;
      return [slice];
    });
    return { x: bin / binCount, count: sum(found.values()), outcomes };
  });
  return { bins: bins.sort((a, b) => a.x - b.x), most };
}

function ticksOf(first: number, last: number, place: (ms: number) => number): Tick[] {
  const fits = tickSteps.find((each) => (last - first) / each <= ticksMax);
  const step = fits ?? Math.ceil((last - first) / ticksMax / dayMs) * dayMs;
  const ticks: Tick[] = [];
  for (let ms = Math.ceil(first / step) * step; ms <= last; ms += step) {
    const text = new Date(ms).toISOString();
    ticks.push({ x: place(ms), words: step < dayMs ? timeWords(text) : text.slice(0, 10) });
  }
  return ticks;
}

// Midnight says which day begins.
function timeWords(text: string): string {
  const time = text.slice(11, 16);
  return time === "00:00" ? text.slice(0, 10) : time;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const each of numbers) total += each;
  return total;
}
