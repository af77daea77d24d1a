// SPDX-License-Identifier: Apache-2.0
// What an evaluation came to, and its text for a terminal.
import type { ModelKind } from "@docket/policy";
import { printable } from "../printable.ts";
import type { GroupReport, ScoresReport } from "./evaluate.ts";

/** What `docket model eval` found. */
export type EvaluationReport = {
  kind: ModelKind;
  /** The model that was tested; `null` where one was trained for each fold. */
  model: string | null;
  split: { file: string; folds: number } | null;
  /** Texts that were not tested. */
  leftOut: { faults: number; unsure: number; notInSplit: number };
  /** Texts a second, of one thread; features are included. `null` where none was. */
  speed: { trainedPerSecond: number | null; scoredPerSecond: number | null };
  scores: ScoresReport;
};

/** Below so many allowed hams a share of caught spam is a coarse figure. */
export const hamsForAClaim = 10;
/** Most groups that are printed. */
const groupsPrintedMax = 12;

/** The report as text. */
export function evaluationText(report: EvaluationReport): string {
  const { scores } = report;
  const lines = [
    ...headLines(report),
    "",
    ...figureRows(scores).map(([name, value]) => `${name.padEnd(26)}  ${value}`),
    "",
    ...groupLines("language", scores.languages),
    ...groupLines("script", scores.scripts),
    ...(scores.folds.length > 1 ? foldLines(scores) : []),
    ...notes(report).map((note) => `note: ${note}`),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** What was tested. */
export function headLines({ kind, model, split, scores }: EvaluationReport): string[] {
  const folds = split?.folds === 1 ? "one test" : `${split?.folds} folds`;
  const how = split === null ? `model ${model}` : `trained and tested by ${printable(split.file)}, ${folds}`;
  const { texts, spam, ham } = scores;
  return [`kind ${kind}, ${how}`, `${grouped(texts)} texts: ${grouped(spam)} spam, ${grouped(ham)} ham`];
}

/** Each figure by its name. */
export function figureRows(scores: ScoresReport): [string, string][] {
  const { atCut: at, at1In1000, at1In100, calibration, oneMinusAuc, cut } = scores;
  return [
    ["1-AUC", percent(oneMinusAuc, 3)],
    [`accuracy from ${grouped(cut)} on`, share(at.accuracy)],
    ["F1", share(at.f1)],
    ["precision, recall", `${share(at.precision)}, ${share(at.recall)}`],
    ["ham flagged", `${percent(at.hamRate, 2)} (${grouped(at.hamsFlagged)} of ${grouped(scores.ham)})`],
    ["spam caught at 0.1% FPR", caught(at1In1000, scores)],
    ["spam caught at 1% FPR", caught(at1In100, scores)],
    ["calibration error (ECE)", percent(calibration.ece, 2)],
    ["Brier score, log loss", `${calibration.brier.toFixed(4)}, ${calibration.logLoss.toFixed(4)}`],
    ["too little known", `${grouped(scores.missing.spam)} spam, ${grouped(scores.missing.ham)} ham`],
  ];
}

/** What to know about the figures. */
export function notes({ scores, leftOut, speed }: EvaluationReport): string[] {
  const { at1In1000 } = scores;
  const { faults, unsure, notInSplit } = leftOut;
  const said: string[] = [];
  if (at1In1000.hamsAllowed < hamsForAClaim) {
    const rests = `rests on ${at1In1000.hamsAllowed} flagged hams at most`;
    said.push(`spam caught at 0.1% FPR ${rests}: with so few it says little`);
  }
  if (faults + unsure > 0) said.push(`${faults} lines at fault and ${unsure} unsure texts were left out`);
  if (notInSplit > 0) said.push(`${notInSplit} texts that the split doesn't name were left out`);
  if (scores.missing.spam + scores.missing.ham > 0) {
    said.push("texts of which too little is known are flagged at no cut: a policy doesn't see their score");
  }
  const { trainedPerSecond: trained, scoredPerSecond: scored } = speed;
  const rates = [
    ...(scored === null ? [] : [`${grouped(scored)} texts scored a second`]),
    ...(trained === null ? [] : [`${grouped(trained)} trained`]),
  ];
  said.push(`${rates.join(", ")}, in one thread`);
  return said;
}

/** A share as `.9876`; `-` of nothing. */
export function share(value: number): string {
  return Number.isFinite(value) ? value.toFixed(4) : "-";
}

/** A share in percent; `-` of nothing. */
export function percent(value: number, digits: number): string {
  return Number.isFinite(value) ? `${(value * 100).toFixed(digits)}%` : "-";
}

/** A number as people read it. */
export function grouped(count: number): string {
  return count.toLocaleString("en");
}

function caught(
  { recall, spamsCaught, hamsAllowed }: ScoresReport["at1In100"],
  { spam }: ScoresReport,
): string {
  const of = `${grouped(spamsCaught)} of ${grouped(spam)}`;
  return `${share(recall)} (${of}; ${grouped(hamsAllowed)} hams may be flagged)`;
}

function groupLines(what: string, groups: readonly GroupReport[]): string[] {
  if (groups.length < 2) return [];
  const shown = groups.slice(0, groupsPrintedMax);
  const rows = shown.map(({ group, spam, ham, hamsFlagged, hamRate, recall }) => {
    const flagged = `${percent(hamRate, 2)} (${grouped(hamsFlagged)})`;
    const columns = [grouped(spam).padStart(9), grouped(ham).padStart(9), flagged.padStart(16)];
    return `${printable(group).slice(0, 18).padEnd(18)}${columns.join("")}${share(recall).padStart(13)}`;
  });
  const head = `${what.padEnd(18)}     spam      ham     ham flagged  spam caught`;
  const more = groups.length - shown.length;
  return [head, ...rows, ...(more > 0 ? [`and ${more} more`] : []), ""];
}

function foldLines({ folds }: ScoresReport): string[] {
  const rows = folds.map(({ fold, texts, oneMinusAuc, accuracy }) => {
    const figures = [percent(oneMinusAuc, 3), share(accuracy)].map((figure) => figure.padStart(12));
    return `${printable(fold).slice(0, 18).padEnd(18)}${grouped(texts).padStart(9)}${figures.join("")}`;
  });
  return [`${"fold".padEnd(18)}    texts       1-AUC    accuracy`, ...rows, ""];
}
