// SPDX-License-Identifier: Apache-2.0
// How much is learned from few labels.
import { oneMinusAuc, recallAtHamRate } from "@docket/policy/metrics";
import { table } from "../../bench/log/markdown.ts";
import { type Fold, foldsOf } from "../corpora.ts";
import { answersOf } from "../docket.ts";
import { peers, resultsFolder } from "../peers/all.ts";
import { peerResult } from "../peers/cache.ts";
import { rows } from "../rows.ts";
import { percent, share } from "../tables.ts";
import { type StudyContext, type StudyResult, sample } from "./study.ts";

/** How many labels there are, drawn at random from the training part. */
const labelCounts = [50, 200, 1_000];
const curveRows = ["sms-uci", "sms-turkish", "youtube-lovo", "telegram", "sa-text-chrono", "enron-chrono"];
/** Of one fold so many samples are drawn; k-fold rows have a sample for each fold. */
const samplesOfOneFold = 3;

/** Pooled figures by how many labels were learned, beside bogofilter's on the same labels. */
export async function studyCurves({ rehearse, corpus, progress }: StudyContext): Promise<StudyResult> {
  const data: { row: string; labels: number; ours: Point; bogofilter: Point | undefined }[] = [];
  for (const name of curveRows) {
    const row = rows.find((each) => each.name === name);
    if (row === undefined) continue;
    const { kind, ...read } = corpus(row.corpus);
    const folds = foldsOf({ kind, ...read }, row.split, rehearse);
    for (const labels of labelCounts.filter(
      (count) => count <= Math.min(...folds.map((fold) => fold.train.length)),
    )) {
      progress(`learning curves: ${name}, ${labels} labels`);
      const few = folds.flatMap((fold) => samplesOf(fold, labels, folds.length === 1 ? samplesOfOneFold : 1));
      const ours = few.map((fold) => answersOf(kind, fold, resultsFolder).map(({ computed }) => computed));
      const theirs = await bogofilterScores(few);
      data.push({
        row: row.title,
        labels,
        ours: pointOf(few, ours),
        bogofilter: theirs === undefined ? undefined : pointOf(few, theirs),
      });
    }
  }
  const head = ["corpus, split", "labels", "1−AUC %", "bogofilter", "R@1 %", "bogofilter"];
  const lines = data.map(({ row, labels, ours, bogofilter }) => [
    row,
    String(labels),
    percent(ours.oneMinusAuc),
    bogofilter === undefined ? "–" : percent(bogofilter.oneMinusAuc),
    share(ours.recall),
    bogofilter === undefined ? "–" : share(bogofilter.recall),
  ]);
  return { text: table([head, ...lines], 1), data };
}

interface Point {
  readonly oneMinusAuc: number;
  readonly recall: number;
}

function samplesOf(fold: Fold, labels: number, count: number): Fold[] {
  return Array.from({ length: count }, (_, seed) => ({
    name: `${fold.name}, ${labels} labels, sample ${seed}`,
    train: sample(fold.train, labels, seed),
    test: fold.test,
  }));
}

async function bogofilterScores(folds: readonly Fold[]): Promise<number[][] | undefined> {
  const { bogofilter } = peers;
  if (bogofilter === undefined) return undefined;
  const all: number[][] = [];
  for (const fold of folds) {
    const result = await peerResult(bogofilter, fold, resultsFolder, false);
    if (result === undefined) return undefined;
    all.push([...(result.scores["bogofilter"] ?? [])]);
  }
  return all;
}

/** The mean over the samples: scores of models from different few labels aren't on one scale. */
function pointOf(folds: readonly Fold[], scores: readonly (readonly number[])[]): Point {
  const points = folds.map((fold, index) => {
    const scored = fold.test.map((item, place) => ({ spam: item.spam, score: scores[index]?.[place] ?? 0 }));
    return { oneMinusAuc: oneMinusAuc(scored), recall: recallAtHamRate(scored, 10).recall };
  });
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  return { oneMinusAuc: mean((point) => point.oneMinusAuc), recall: mean((point) => point.recall) };
}
