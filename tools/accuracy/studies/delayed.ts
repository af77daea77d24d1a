// SPDX-License-Identifier: Apache-2.0
// In the order of time, with labels that come a day late, and not for all: what a running service sees.
import { atCut, oneMinusAuc, recallAtHamRate } from "@docket/policy/metrics";
import { table } from "../../bench/log/markdown.ts";
import type { Corpus, Item } from "../corpora.ts";
import { ask, evenCut, modelText, train } from "../docket.ts";
import { percent, share } from "../tables.ts";
import type { StudyContext, StudyResult } from "./study.ts";

/** Which texts somebody labels, the day after they came. */
interface Labelling {
  readonly name: string;
  /** @param score of the model that decided; `undefined` where there was none, or it had no score */
  readonly labels: (score: number | undefined, place: number) => boolean;
}

const auditEvery = 20;
const labellings: readonly Labelling[] = [
  { name: "all, a day late", labels: () => true },
  {
    name: "flagged ones and one in twenty of the rest, a day late",
    labels: (score, place) => score === undefined || score >= evenCut || place % auditEvery === 0,
  },
  { name: "flagged ones only, a day late", labels: (score) => score === undefined || score >= evenCut },
];
/** All of the first so many are labelled: somebody has to begin. */
const startCount = 200;
/** A new model once there are so many more labels than it learned from: by share, and at least. */
const labelsMore = 0.25;
const labelsMoreMin = 100;
const dayMs = 86_400_000;

interface Outcome {
  readonly labelling: string;
  readonly labelled: number;
  readonly models: number;
  readonly oneMinusAuc: number;
  readonly recallAt1In100: number;
  readonly hamRate: number;
  readonly recall: number;
}

/** SpamAssassin's mail rendered, predict then learn. In a rehearsal only its first half. */
export function studyDelayed({ rehearse, corpus, progress }: StudyContext): StudyResult {
  const whole = corpus("spamassassin-text");
  const inOrder = whole.items
    .filter((item) => item.ts !== undefined)
    .sort((left, right) => ((left.ts as string) < (right.ts as string) ? -1 : 1));
  const items = rehearse ? inOrder.slice(0, Math.floor(inOrder.length / 2)) : inOrder;
  const data = labellings.map((labelling) => {
    progress(`delayed labels: ${labelling.name}`);
    return runStream({ ...whole, items }, labelling);
  });
  const head = ["labelled", "labels", "models", "1−AUC %", "R@1 %", "at .5: hams flagged %", "spam caught"];
  const lines = data.map((each) => [
    each.labelling,
    String(each.labelled),
    String(each.models),
    percent(each.oneMinusAuc),
    share(each.recallAt1In100),
    percent(each.hamRate),
    share(each.recall),
  ]);
  return { text: table([head, ...lines], 1), data };
}

function runStream({ kind, items }: Corpus, labelling: Labelling): Outcome {
  const scored: { spam: boolean; score: number }[] = [];
  const known: Item[] = items.slice(0, startCount);
  const waiting: { item: Item; fromMs: number }[] = [];
  let model = train(kind, known);
  let models = 1;
  let newLabels = 0;
  for (const [place, item] of items.slice(startCount).entries()) {
    const nowMs = Date.parse(item.ts as string);
    while (waiting[0] !== undefined && waiting[0].fromMs <= nowMs) {
      known.push((waiting.shift() as { item: Item }).item);
      newLabels += 1;
    }
    if (newLabels >= Math.max(labelsMoreMin, labelsMore * (known.length - newLabels))) {
      model = train(kind, known);
      models += 1;
      newLabels = 0;
    }
    const answer = ask(model, modelText(item));
    scored.push({ spam: item.spam, score: answer.computed });
    if (labelling.labels(answer.scored ? answer.computed : undefined, place)) {
      waiting.push({ item, fromMs: nowMs + dayMs });
    }
  }
  const { hamRate, recall } = atCut(scored, evenCut);
  return {
    labelling: labelling.name,
    labelled: known.length,
    models,
    oneMinusAuc: oneMinusAuc(scored),
    recallAt1In100: recallAtHamRate(scored, 10).recall,
    hamRate,
    recall,
  };
}
