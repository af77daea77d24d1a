// SPDX-License-Identifier: Apache-2.0
// What comes out at one cut.
import type { Scored } from "./scored.ts";

/** What was flagged and what wasn't, and what that comes to. Shares are from 0 to 1, `NaN` of nothing. */
export interface AtCut {
  readonly spamsCaught: number;
  readonly spamsMissed: number;
  readonly hamsFlagged: number;
  readonly hamsPassed: number;
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  /** The harmonic mean of precision and recall, of spam. */
  readonly f1: number;
  /** Share of hams that were flagged. */
  readonly hamRate: number;
}

/** What comes out if everything that scores at least `cut` is flagged. */
export function atCut(scored: readonly Scored[], cut: number): AtCut {
  let spamsCaught = 0;
  let spamsMissed = 0;
  let hamsFlagged = 0;
  let hamsPassed = 0;
  for (const { score, spam } of scored) {
    const flagged = score >= cut;
    if (spam && flagged) spamsCaught += 1;
    else if (spam) spamsMissed += 1;
    else if (flagged) hamsFlagged += 1;
    else hamsPassed += 1;
  }
  return {
    spamsCaught,
    spamsMissed,
    hamsFlagged,
    hamsPassed,
    accuracy: (spamsCaught + hamsPassed) / scored.length,
    precision: spamsCaught / (spamsCaught + hamsFlagged),
    recall: spamsCaught / (spamsCaught + spamsMissed),
    f1: (2 * spamsCaught) / (2 * spamsCaught + hamsFlagged + spamsMissed),
    hamRate: hamsFlagged / (hamsFlagged + hamsPassed),
  };
}

/** Each group's own figures at a cut, the largest group first: of languages, scripts, sources, actors. */
export function atCutBy<Item extends Scored>(
  scored: readonly Item[],
  cut: number,
  groupOf: (item: Item) => string,
): { readonly group: string; readonly figures: AtCut }[] {
  const groups = Map.groupBy(scored, groupOf);
  return [...groups]
    .sort(
      ([leftName, left], [rightName, right]) => right.length - left.length || (leftName < rightName ? -1 : 1),
    )
    .map(([group, items]) => ({ group, figures: atCut(items, cut) }));
}
