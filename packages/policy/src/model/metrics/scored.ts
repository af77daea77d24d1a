// SPDX-License-Identifier: Apache-2.0
// What all metrics read: scores with the truth beside them.

/** A score and the truth about what was scored. */
export interface Scored {
  /** The higher, the more like spam. Any finite number; {@link reliability} wants a share from 0 to 1. */
  readonly score: number;
  readonly spam: boolean;
}

/** How many spams and hams there are. */
export interface ClassCounts {
  readonly spams: number;
  readonly hams: number;
}

/** Counts the two classes. */
export function countClasses(scored: readonly Scored[]): ClassCounts {
  const spams = scored.reduce((count, { spam }) => count + (spam ? 1 : 0), 0);
  return { spams, hams: scored.length - spams };
}

/** A copy with the highest score first. */
export function highestFirst(scored: readonly Scored[]): Scored[] {
  for (const { score } of scored) {
    if (!Number.isFinite(score)) throw new RangeError(`a score is ${score}, which has no rank`);
  }
  return [...scored].sort((left, right) => right.score - left.score);
}
