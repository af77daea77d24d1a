// SPDX-License-Identifier: Apache-2.0
// How good scores are, as `docket model eval` reports it.
import { scoreMax } from "@docket/policy";
import { atCut, atCutBy, oneMinusAuc, recallAtHamRate, reliability, rocPoints } from "@docket/policy/metrics";
import type { AtCut, RecallAtHamRate, Reliability } from "@docket/policy/metrics";

/** A text's score and the truth about it. */
export type ScoredText = {
  /** What the score would be if everything were known, 0 to `scoreMax`. */
  readonly score: number;
  readonly spam: boolean;
  /** Whether the policy would take the score as missing, since too little of the text is known. */
  readonly missing: boolean;
  readonly language: string;
  readonly script: string;
  /** The fold that tested it. */
  readonly fold: string;
};

/** What comes out of a group of texts at the cut. */
export type GroupReport = { group: string; spam: number; ham: number } & Pick<
  AtCut,
  "hamsFlagged" | "hamRate" | "spamsCaught" | "recall" | "accuracy"
>;

/** Points of the ROC curve that a report holds at most. */
export const rocPointsMax = 400;

/** The figures of a set of scores. Shares are from 0 to 1, `null` of nothing. */
export type ScoresReport = {
  texts: number;
  spam: number;
  ham: number;
  /** Texts of which too little is known: a policy doesn't see their score. */
  missing: { spam: number; ham: number };
  oneMinusAuc: number;
  /** The score from which on a text counts as spam in `atCut`. */
  cut: number;
  atCut: AtCut;
  /** Spam caught at one false positive in a thousand, and in a hundred. */
  at1In1000: RecallAtHamRate;
  at1In100: RecallAtHamRate;
  calibration: Reliability;
  folds: { fold: string; texts: number; oneMinusAuc: number; accuracy: number }[];
  languages: GroupReport[];
  scripts: GroupReport[];
  /** From nothing flagged to everything: share of ham flagged, share of spam caught, and the cut. */
  roc: { hamRate: number; recall: number; cut: number | null }[];
};

/** Computes the figures. @param cut the score from which on a text counts as spam */
export function evaluateScores(scored: readonly ScoredText[], cut: number): ScoresReport {
  const spam = scored.reduce((count, each) => count + Number(each.spam), 0);
  const missing = scored.filter((each) => each.missing);
  // A policy sees no score there, so it flags nothing; ranks are compared all the same.
  const seen = scored.map((each) => (each.missing ? { ...each, score: -1 } : each));
  return {
    texts: scored.length,
    spam,
    ham: scored.length - spam,
    missing: {
      spam: missing.filter((each) => each.spam).length,
      ham: missing.filter((each) => !each.spam).length,
    },
    oneMinusAuc: oneMinusAuc(scored),
    cut,
    atCut: atCut(seen, cut),
    at1In1000: recallAtHamRate(scored, 1),
    at1In100: recallAtHamRate(scored, 10),
    calibration: reliability(scored.map((each) => ({ spam: each.spam, score: each.score / scoreMax }))),
    folds: foldsOf(scored, seen, cut),
    languages: groups(seen, cut, ({ language }) => language),
    scripts: groups(seen, cut, ({ script }) => script),
    roc: rocOf(scored),
  };
}

function foldsOf(
  scored: readonly ScoredText[],
  seen: readonly ScoredText[],
  cut: number,
): ScoresReport["folds"] {
  const seenBy = Map.groupBy(seen, ({ fold }) => fold);
  return [...Map.groupBy(scored, ({ fold }) => fold)].map(([fold, texts]) => ({
    fold,
    texts: texts.length,
    oneMinusAuc: oneMinusAuc(texts),
    accuracy: atCut(seenBy.get(fold) ?? [], cut).accuracy,
  }));
}

function groups(
  scored: readonly ScoredText[],
  cut: number,
  groupOf: (text: ScoredText) => string,
): GroupReport[] {
  return atCutBy(scored, cut, groupOf).map(({ group, figures }) => {
    const { spamsCaught, spamsMissed, hamsFlagged, hamsPassed, hamRate, recall, accuracy } = figures;
    const spam = spamsCaught + spamsMissed;
    const ham = hamsFlagged + hamsPassed;
    return { group, spam, ham, hamsFlagged, hamRate, spamsCaught, recall, accuracy };
  });
}

/** The curve's points; of many, those that stand for it: denser where few hams are flagged. */
function rocOf(scored: readonly ScoredText[]): ScoresReport["roc"] {
  const points = rocPoints(scored);
  const last = points.at(-1);
  const hams = Math.max(1, last?.hamsFlagged ?? 0);
  const spams = Math.max(1, last?.spamsCaught ?? 0);
  // A point is kept where either share, on a scale of roots, has moved by a step.
  const step = 2 / rocPointsMax;
  let kept = { x: -1, y: -1 };
  return points.flatMap(({ cut, hamsFlagged, spamsCaught }, place) => {
    const hamRate = hamsFlagged / hams;
    const recall = spamsCaught / spams;
    const at = { x: Math.sqrt(hamRate), y: recall };
    const far = at.x - kept.x + (at.y - kept.y) >= step;
    if (!far && place !== points.length - 1) return [];
    kept = at;
    return [{ hamRate, recall, cut: Number.isFinite(cut) ? cut : null }];
  });
}
