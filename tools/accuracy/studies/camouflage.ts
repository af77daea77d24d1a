// SPDX-License-Identifier: Apache-2.0
// How much spam is still caught once it is rewritten to hide.
import { recallAtHamRate } from "@docket/policy/metrics";
import { table } from "../../bench/log/markdown.ts";
import { chanceFrom, tricks } from "../camouflage.ts";
import { type Fold, type Item, foldsOf } from "../corpora.ts";
import { type Answer, answersOf } from "../docket.ts";
import { resultsFolder } from "../peers/all.ts";
import { rows } from "../rows.ts";
import { share } from "../tables.ts";
import type { StudyContext, StudyResult } from "./study.ts";

/** The rows whose spam is rewritten. */
export const camouflagedRows: readonly string[] = [
  "sms-uci",
  "sms-turkish",
  "youtube-lovo",
  "telegram",
  "sa-text-chrono",
  "enron-chrono",
];
/** At most this share of the catch may be lost. */
const lossMax = 0.1;
const hamsPerThousand = 10;

interface Caught {
  readonly row: string;
  readonly trick: string;
  readonly recall: number;
  readonly loss: number;
}

/**
 * Recall at 1 % false positives of the spam as it is, and rewritten by each trick; the hams stay as they
 * are.
 */
export function studyCamouflage({ rehearse, corpus, progress }: StudyContext): StudyResult {
  const data = camouflagedRows.flatMap((name): Caught[] => {
    const row = rows.find((each) => each.name === name);
    if (row === undefined) return [];
    const read = corpus(row.corpus);
    const folds = foldsOf(read, row.split, rehearse);
    const parts = folds.map((fold) => {
      progress(`camouflage: ${name}, fold ${fold.name}`);
      return variantsOf(fold, answersOf(read.kind, withVariants(fold), resultsFolder));
    });
    const plain = recallOf(parts, "");
    return Object.keys(tricks).map((trick) => {
      const recall = recallOf(parts, trick);
      return { row: row.title, trick, recall, loss: 1 - recall / plain };
    });
  });
  return { text: tableOf(data), data: { lossMax, caught: data } };
}

/** The fold with its test spam written again by each trick. */
export function withVariants(fold: Fold): Fold {
  const innocent = fold.train.filter(({ spam }) => !spam).map(({ text }) => text);
  const spams = fold.test.filter(({ spam }) => spam);
  const variants = Object.entries(tricks).flatMap(([name, trick]) =>
    spams.map((item): Item => {
      const chance = chanceFrom(`${name} ${item.id}`);
      const title = item.title === undefined ? {} : { title: trick(item.title, chance, []) };
      return { ...item, ...title, text: trick(item.text, chance, innocent) };
    }),
  );
  return { ...fold, test: [...fold.test, ...variants] };
}

type Variants = ReadonlyMap<string, readonly { spam: boolean; score: number }[]>;

/** The scores of the test part as it is (by the name ""), and of its spam under each trick. */
function variantsOf({ test }: Fold, answers: readonly Answer[]): Variants {
  const scored = answers.map(({ computed }, index) => ({ spam: test[index]?.spam ?? true, score: computed }));
  const spams = test.filter(({ spam }) => spam).length;
  const names = Object.keys(tricks);
  return new Map([
    ["", scored.slice(0, test.length)],
    ...names.map((name, index): [string, { spam: boolean; score: number }[]] => {
      const from = test.length + index * spams;
      return [name, scored.slice(from, from + spams)];
    }),
  ]);
}

function recallOf(parts: readonly Variants[], trick: string): number {
  const plain = parts.flatMap((part) => part.get("") ?? []);
  if (trick === "") return recallAtHamRate(plain, hamsPerThousand).recall;
  const hams = plain.filter(({ spam }) => !spam);
  return recallAtHamRate([...hams, ...parts.flatMap((part) => part.get(trick) ?? [])], hamsPerThousand)
    .recall;
}

function tableOf(data: readonly Caught[]): string {
  const byRow = Map.groupBy(data, ({ row }) => row);
  const head = ["trick", ...byRow.keys()];
  const lines = Object.keys(tricks).map((trick) => [
    trick,
    ...[...byRow.values()].map((list) => {
      const found = list.find((each) => each.trick === trick);
      const loss = found?.loss ?? Number.NaN;
      const change = `${loss > 0 ? "−" : "+"}${Math.abs(loss * 100).toFixed(1)} %`;
      const text = `${share(found?.recall ?? Number.NaN)} (${change})`;
      return loss > lossMax ? `**${text}**` : text;
    }),
  ]);
  return table([head, ...lines], 1);
}
