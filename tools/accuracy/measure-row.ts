// SPDX-License-Identifier: Apache-2.0
// One row: our model and all peers on the same folds, their scores pooled, then the figures.
import {
  type AucDifference,
  type ScoreSummary,
  atCut,
  compareAuc,
  summariseScores,
} from "@docket/policy/metrics";
import { type Answer, answersOf, evenCut, policyCut } from "./docket.ts";
import { type Corpus, type Fold, type Item, foldsOf } from "./corpora.ts";
import { peers, resultsFolder } from "./peers/all.ts";
import { peerFolds } from "./peers/peer.ts";
import { peerResult } from "./peers/cache.ts";
import type { Bar, Row } from "./rows.ts";

/** The seed of every bootstrap. */
const bootstrapSeed = 20_261_123;

/** A text with what our model said of it. */
export interface Judged {
  readonly item: Item;
  readonly answer: Answer;
}

/** A peer's scorer on the folds that it could do. */
export interface PeerFigures {
  readonly name: string;
  readonly summary: ScoreSummary;
  /** Ours against it on the same texts: `first` is ours. */
  readonly difference: AucDifference;
  readonly folds: number;
  readonly texts: number;
}

/** A bar with what was measured. */
export interface BarResult extends Bar {
  readonly measured: number;
  readonly met: boolean;
}

/** Everything measured in a row. */
export interface RowFigures {
  readonly row: Row;
  readonly folds: number;
  readonly judged: readonly Judged[];
  /** Ours at a score of a half. */
  readonly summary: ScoreSummary;
  /** Ours at the cut of the shipped policies, where a text without score is not flagged. */
  readonly atPolicyCut: ReturnType<typeof atCut>;
  readonly missing: number;
  readonly peers: readonly PeerFigures[];
  readonly bars: readonly BarResult[];
}

/** How a row is measured. */
export interface MeasureOptions {
  readonly rehearse: boolean;
  readonly rounds: number;
  readonly progress: (text: string) => void;
}

/** Measures a row. */
export async function measureRow(corpus: Corpus, row: Row, options: MeasureOptions): Promise<RowFigures> {
  const folds = foldsOf(corpus, row.split, options.rehearse);
  const judged: Judged[] = [];
  for (const fold of folds) {
    options.progress(`${row.name}: fold ${fold.name}, ${fold.train.length} train, ${fold.test.length} test`);
    const answers = answersOf(corpus.kind, fold, resultsFolder);
    judged.push(...zip(fold.test, answers).map(([item, answer]) => ({ item, answer })));
  }
  const summary = summariseScores(
    judged.map(({ item, answer }) => ({ score: answer.computed, spam: item.spam })),
    evenCut,
  );
  const atPolicyCut = atCut(
    judged.map(({ item, answer }) => ({ score: answer.scored ? answer.computed : 0, spam: item.spam })),
    policyCut,
  );
  const missing = judged.filter(({ answer }) => !answer.scored).length;
  const answerOf = new Map(judged.map(({ item, answer }) => [item, answer]));
  const figures = { row, folds: folds.length, judged, summary, atPolicyCut, missing };
  return {
    ...figures,
    peers: await measurePeers(row, folds, answerOf, options),
    bars: row.bars.map((bar) => judgeBar(bar, figures)),
  };
}

async function measurePeers(
  row: Row,
  folds: readonly Fold[],
  answerOf: ReadonlyMap<Item, Answer>,
  options: MeasureOptions,
): Promise<PeerFigures[]> {
  const figures: PeerFigures[] = [];
  for (const peer of Object.values(peers)) {
    const pooled = new Map<string, PeerScore[]>();
    let done = 0;
    for (const fold of peerFolds(peer, row.name, folds)) {
      const result = await peerResult(peer, fold, resultsFolder, true);
      if (result === undefined) continue;
      done += 1;
      for (const [name, scores] of Object.entries(result.scores)) {
        const here = zip(fold.test, scores).map(([item, score]) => ({ item, score }));
        pooled.set(name, [...(pooled.get(name) ?? []), ...here]);
      }
    }
    for (const [name, list] of pooled) {
      options.progress(`${name}: ${done} of ${folds.length} folds`);
      const cut = peer.scorers[name] ?? Number.NaN;
      const part = { folds: done, texts: list.length };
      figures.push(peerFiguresOf({ name, cut, list, ...part }, answerOf, options.rounds));
    }
  }
  return figures;
}

interface PeerScore {
  readonly item: Item;
  readonly score: number;
}

function zip<A, B>(left: readonly A[], right: readonly B[]): [A, B][] {
  if (left.length !== right.length) throw new Error(`${left.length} texts and ${right.length} scores`);
  const others = right.values();
  return left.map((each) => [each, others.next().value as B]);
}

function peerFiguresOf(
  scorer: { name: string; cut: number; folds: number; texts: number; list: readonly PeerScore[] },
  answerOf: ReadonlyMap<Item, Answer>,
  rounds: number,
): PeerFigures {
  const { name, cut, folds, texts: count, list } = scorer;
  const texts = list.map(({ item, score }) => ({
    spam: item.spam,
    first: answerOf.get(item)?.computed ?? Number.NaN,
    second: score,
    group: item.copy,
  }));
  const scored = list.map(({ item, score }) => ({ score, spam: item.spam }));
  return {
    name,
    summary: summariseScores(scored, cut),
    difference: compareAuc(texts, bootstrapSeed, rounds),
    folds,
    texts: count,
  };
}

function judgeBar(bar: Bar, figures: Pick<RowFigures, "summary" | "atPolicyCut">): BarResult {
  const { summary, atPolicyCut } = figures;
  const measured = {
    accuracy: summary.own.accuracy,
    oneMinusAuc: summary.oneMinusAuc,
    recallAt1In1000: summary.at1In1000.recall,
    recallAt1In100: summary.at1In100.recall,
    hamRate: atPolicyCut.hamRate,
    recall: atPolicyCut.recall,
  }[bar.figure];
  const met = measured <= (bar.atMost ?? Infinity) && measured >= (bar.atLeast ?? -Infinity);
  return { ...bar, measured, met };
}
