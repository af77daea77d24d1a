// SPDX-License-Identifier: Apache-2.0
// The tables of docs/accuracy.md.
import type { AtCut, RecallAtHamRate, ScoreSummary } from "@docket/policy/metrics";
import { table } from "../bench/log/markdown.ts";
import type { BarResult, PeerFigures, RowFigures } from "./measure-row.ts";

/** A recall that rests on fewer flagged hams than this is reported, not claimed. */
export const hamsClaimedMin = 10;

/** Shares with as many digits as tables of filters have. */
export function share(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value >= 0.9995 && value < 1 ? value.toFixed(4) : value.toFixed(3);
}

/** A small share in percent. */
export function percent(value: number): string {
  return Number.isFinite(value) ? (value * 100).toFixed(3) : "–";
}

/** A recall with the number of hams that it rests on; in brackets what is reported and not claimed. */
export function recallText({ recall, hamsAllowed }: RecallAtHamRate): string {
  const text = `${share(recall)} / ${hamsAllowed}`;
  return hamsAllowed < hamsClaimedMin ? `(${text})` : text;
}

/** The main table: a line for each scorer of each row. */
export function rowsTable(all: readonly RowFigures[]): string {
  const head = [
    "corpus, split",
    "filter",
    "acc",
    "F1",
    "1−AUC %",
    "R@.1 % / hams",
    "R@1 % / hams",
    "Docket − it",
  ];
  const lines = all.flatMap((figures) => [
    [
      `${figures.row.title}: ${figures.summary.spams} spam, ${figures.summary.hams} ham`,
      "**Docket**",
      ...cells(figures.summary),
      "",
    ],
    ...figures.peers.map((peer) => ["", peerName(peer, figures), ...cells(peer.summary), verdict(peer)]),
  ]);
  return table([head, ...lines], 2);
}

function cells({ own, oneMinusAuc, at1In1000, at1In100 }: ScoreSummary): string[] {
  return [
    share(own.accuracy),
    share(own.f1),
    percent(oneMinusAuc),
    recallText(at1In1000),
    recallText(at1In100),
  ];
}

function peerName({ name, texts, folds }: PeerFigures, { judged, folds: all }: RowFigures): string {
  return texts === judged.length ? name : `${name} (${texts} texts of ${folds} of ${all} folds)`;
}

/** The interval of the difference in 1 − AUC, and who is ahead. */
export function verdict({ difference: { low, high, ahead } }: PeerFigures): string {
  const word = { first: "ahead", second: "**behind**", neither: "open" }[ahead];
  return `${signed(low)} … ${signed(high)}: ${word}`;
}

function signed(value: number): string {
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${(Math.abs(value) * 100).toFixed(3)}`;
}

/** The table of bars. */
export function barsTable(all: readonly RowFigures[]): string {
  const head = ["corpus, split", "figure", "bar", "measured", ""];
  const lines = all.flatMap(({ row, bars, summary }) =>
    bars.map((bar) => [
      row.title,
      figureNames[bar.figure],
      barText(bar),
      bar.figure === "oneMinusAuc" ? `${percent(bar.measured)} %` : share(bar.measured),
      [bar.met ? "met" : "**missed**", remark(bar, summary)].filter((text) => text !== "").join(", "),
    ]),
  );
  return table([head, ...lines], 2);
}

const figureNames: Readonly<Record<BarResult["figure"], string>> = {
  accuracy: "accuracy",
  oneMinusAuc: "1−AUC",
  recallAt1In1000: "R@.1 %",
  recallAt1In100: "R@1 %",
  hamRate: "hams flagged at the policies' cut",
  recall: "spam caught at the policies' cut",
};

function barText({ figure, atMost, atLeast }: BarResult): string {
  const show = (value: number): string => (figure === "oneMinusAuc" ? `${percent(value)} %` : share(value));
  return atMost === undefined ? `≥ ${show(atLeast ?? 0)}` : `≤ ${show(atMost)}`;
}

function remark({ figure, measured, atMost }: BarResult, { at1In1000, at1In100 }: ScoreSummary): string {
  if (figure === "oneMinusAuc") return measured <= (atMost ?? 0) / 2 ? "halved" : "";
  const hams = { recallAt1In1000: at1In1000, recallAt1In100: at1In100 }[figure as string]?.hamsAllowed;
  return hams !== undefined && hams < hamsClaimedMin ? `rests on ${hams} hams` : "";
}

/** The cuts at which models are used: accuracy and false positives at a half and at the policies' cut. */
export function cutsTable(all: readonly RowFigures[]): string {
  const head = [
    "corpus, split",
    "at .5: hams flagged",
    "spam caught",
    "at .95: hams flagged",
    "spam caught",
    "no score",
  ];
  const lines = all.map(({ row, summary, atPolicyCut, missing, judged }) => [
    row.title,
    ...cutCells(summary.own),
    ...cutCells(atPolicyCut),
    `${missing} of ${judged.length}`,
  ]);
  return table([head, ...lines], 1);
}

function cutCells({ hamsFlagged, hamsPassed, hamRate, recall }: AtCut): string[] {
  return [`${hamsFlagged} of ${hamsFlagged + hamsPassed} (${percent(hamRate)} %)`, share(recall)];
}
