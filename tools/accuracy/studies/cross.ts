// SPDX-License-Identifier: Apache-2.0
// Trained on one corpus, tested on another: what a model is worth where it has never been.
import { atCut, oneMinusAuc, recallAtHamRate } from "@docket/policy/metrics";
import { table } from "../../bench/log/markdown.ts";
import type { CorpusName, Fold } from "../corpora.ts";
import { answersOf, policyCut } from "../docket.ts";
import { resultsFolder } from "../peers/all.ts";
import { percent, share } from "../tables.ts";
import type { StudyContext, StudyResult } from "./study.ts";

const shortTexts: readonly CorpusName[] = ["sms-uci", "sms-turkish", "youtube", "telegram"];
const pairs: readonly (readonly [CorpusName, CorpusName])[] = [
  ...shortTexts.flatMap((from) => shortTexts.filter((to) => to !== from).map((to) => [from, to] as const)),
  ["spamassassin-text", "enron"],
  ["enron", "spamassassin-text"],
  ["spamassassin-text", "sms-uci"],
];

/** Every pair of corpora of like texts. Not for rehearsals: whole corpora test. */
export function studyCross({ rehearse, corpus, progress }: StudyContext): StudyResult {
  const data = (rehearse ? [] : pairs).map(([from, to]) => {
    progress(`cross-corpus: ${from} to ${to}`);
    const { kind, items } = corpus(from);
    const fold: Fold = { name: `${from} to ${to}`, train: items, test: corpus(to).items };
    const answers = answersOf(kind, fold, resultsFolder);
    const scored = fold.test.map((item, index) => ({
      spam: item.spam,
      score: answers[index]?.computed ?? 0,
    }));
    const seen = fold.test.map(({ spam }, index) => {
      const answer = answers[index];
      const scored = answer?.scored ?? false;
      return { spam, score: scored ? (answer?.computed ?? 0) : 0, scored };
    });
    const { hamRate, recall } = atCut(seen, policyCut);
    return {
      from,
      to,
      oneMinusAuc: oneMinusAuc(scored),
      recallAt1In100: recallAtHamRate(scored, 10).recall,
      hamRate,
      recall,
      missing: seen.filter((each) => !each.scored).length / seen.length,
    };
  });
  const head = [
    "trained on",
    "tested on",
    "1−AUC %",
    "R@1 %",
    "no score",
    "at .95: hams flagged %",
    "spam caught",
  ];
  const lines = data.map((each) => [
    each.from,
    each.to,
    percent(each.oneMinusAuc),
    share(each.recallAt1In100),
    share(each.missing),
    percent(each.hamRate),
    share(each.recall),
  ]);
  return { text: table([head, ...lines], 2), data };
}
