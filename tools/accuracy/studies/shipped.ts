// SPDX-License-Identifier: Apache-2.0
// The models that come with Docket: what they are worth on the first day, somewhere they have never been.
import { readFileSync } from "node:fs";
import { atCut, oneMinusAuc, recallAtHamRate } from "@docket/policy/metrics";
import { loadModel } from "@docket/policy";
import { table } from "../../bench/log/markdown.ts";
import { generalRecipe } from "../../models/recipe.ts";
import type { CorpusName, Item, Kind } from "../corpora.ts";
import { type Answer, answersOf, ask, modelText, policyCut } from "../docket.ts";
import { resultsFolder } from "../peers/all.ts";
import { percent, share } from "../tables.ts";
import type { StudyContext, StudyResult } from "./study.ts";

/** What the recipe calls corpora, and how we do. */
const corpusOf: Readonly<Record<string, CorpusName>> = {
  "sms-uci": "sms-uci",
  "comments-youtube": "youtube",
  "chat-telegram": "telegram",
};
/** Corpora that no shipped model has seen: the files themselves are tested on them. */
const unseen: readonly (readonly [Kind, CorpusName])[] = [
  ["message", "sms-turkish"],
  ["email", "enron"],
];

interface Tested {
  readonly kind: Kind;
  readonly trainedOn: string;
  readonly testedOn: CorpusName;
  readonly oneMinusAuc: number;
  readonly recallAt1In100: number;
  readonly missing: number;
  readonly hamRate: number;
  readonly recall: number;
}

/** Each corpus of a recipe left out in turn. Not for rehearsals: whole corpora test. */
export function studyShipped({ rehearse, corpus, progress }: StudyContext): StudyResult {
  const data: Tested[] = [];
  for (const kind of rehearse ? [] : (["comment", "message"] as const)) {
    const names = generalRecipe[kind].flatMap(({ corpus: name }) => corpusOf[name] ?? []);
    for (const left of names) {
      progress(`shipped models: ${kind} without ${left}`);
      const others = names.filter((name) => name !== left);
      const train = others.flatMap((name) => corpus(name).items);
      const test = corpus(left).items;
      const answers = answersOf(kind, { name: left, train, test }, resultsFolder);
      data.push({ kind, trainedOn: others.join(", "), testedOn: left, ...figuresOf(test, answers) });
    }
  }
  for (const [kind, name] of rehearse ? [] : unseen) {
    progress(`shipped models: ${kind} on ${name}`);
    const file = new URL(`../../../packages/docket/assets/models/general-${kind}.model`, import.meta.url);
    const model = loadModel(readFileSync(file));
    const test = corpus(name).items;
    const answers = test.map((item) => ask(model, modelText(item)));
    data.push({ kind, trainedOn: "as shipped", testedOn: name, ...figuresOf(test, answers) });
  }
  const head = [
    "kind",
    "trained on",
    "tested on",
    "1−AUC %",
    "R@1 %",
    "no score",
    "at .95: hams flagged %",
    "spam caught",
  ];
  const lines = data.map((each) => [
    each.kind,
    each.trainedOn,
    each.testedOn,
    percent(each.oneMinusAuc),
    share(each.recallAt1In100),
    share(each.missing),
    percent(each.hamRate),
    share(each.recall),
  ]);
  return { text: table([head, ...lines], 3), data };
}

function figuresOf(
  test: readonly Item[],
  answers: readonly Answer[],
): Omit<Tested, "kind" | "trainedOn" | "testedOn"> {
  const ranked = answers.map(({ computed }, index) => ({
    spam: test[index]?.spam ?? false,
    score: computed,
  }));
  const seen = answers.map(({ computed, scored }, index) => ({
    spam: test[index]?.spam ?? false,
    score: scored ? computed : 0,
  }));
  const { hamRate, recall } = atCut(seen, policyCut);
  return {
    oneMinusAuc: oneMinusAuc(ranked),
    recallAt1In100: recallAtHamRate(ranked, 10).recall,
    missing: answers.filter(({ scored }) => !scored).length / answers.length,
    hamRate,
    recall,
  };
}
