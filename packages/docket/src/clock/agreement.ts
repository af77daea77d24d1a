// SPDX-License-Identifier: Apache-2.0
// What several sources of time amount to, some of which may lie. Each says an interval; a source that is
// honest says one that holds the true time.
//
// Marzullo's rule in its fault-tolerant form. Of `asked` sources fewer than half may lie, whether they answer
// or not. Two things are wanted: that a majority of all agree on some point, else nothing is said; and every
// point that the true time can be: those that all who answered cover, but for as many as may lie. So, if a
// majority is honest, the true time lies in the result, whatever the others say, and also where some of the
// honest are silent; and if that majority answers, the others can't widen the result beyond what the honest
// say. The narrowest overlap of the most intervals, which is often taken instead, promises neither.

/** Bounds on the true time less the monotonic one, in ms. */
export type Bounds = { readonly lowMs: number; readonly highMs: number };

/** What a majority says, and how many sources take part in it; `undefined` if none agrees. */
export type Agreement = Bounds & { readonly agreeing: number };

/** How many of `asked` sources are a majority. */
export function majorityOf(asked: number): number {
  return Math.floor(asked / 2) + 1;
}

/**
 * The interval that the true time lies in, where a majority of all sources that were asked agrees.
 *
 * @param answers of those that answered; `asked` counts the silent ones too
 */
export function agreementOf(answers: readonly Bounds[], asked: number): Agreement | undefined {
  const majority = majorityOf(asked);
  if (hullOf(answers, majority) === undefined) return undefined;
  const mayLie = asked - majority;
  const hull = hullOf(answers, Math.max(1, answers.length - mayLie)) as Bounds;
  const agreeing = answers.filter(({ lowMs, highMs }) => lowMs <= hull.highMs && highMs >= hull.lowMs).length;
  return { ...hull, agreeing };
}

/** From the first to the last point that so many of the intervals cover. */
function hullOf(answers: readonly Bounds[], needed: number): Bounds | undefined {
  // Where two edges coincide, one interval begins before the other ends: they touch.
  const edges = answers
    .flatMap(({ lowMs, highMs }) => [
      { atMs: lowMs, step: 1 },
      { atMs: highMs, step: -1 },
    ])
    .sort((a, b) => a.atMs - b.atMs || b.step - a.step);
  let covering = 0;
  let lowMs: number | undefined;
  let highMs = 0;
  for (const { atMs, step } of edges) {
    if (step < 0 && covering >= needed) highMs = atMs;
    covering += step;
    if (step > 0 && covering >= needed) lowMs ??= atMs;
  }
  return lowMs === undefined ? undefined : { lowMs, highMs };
}
