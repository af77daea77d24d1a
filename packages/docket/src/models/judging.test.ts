// SPDX-License-Identifier: Apache-2.0
// Cuts, evaluations and comparisons.
import assert from "node:assert/strict";
import { test } from "node:test";
import { scoreMax } from "@docket/policy";
import { cutForHam, upperShare } from "./calibrate.ts";
import { evaluateScores, rocPointsMax } from "./evaluate.ts";
import type { ScoredText } from "./evaluate.ts";
import { evaluationPage } from "./evaluation-page.ts";
import { evaluationText } from "./evaluation-text.ts";
import type { EvaluationReport } from "./evaluation-text.ts";

test("a cut flags no more ham than the rate allows, and is the lowest that does", () => {
  const scores = Array.from({ length: 3_000 }, (_, place) => (place % 1_000) * 1_000);
  const found = cutForHam(scores, 0.001);
  assert.deepEqual([found.allowed, found.flagged, found.cut], [3, 3, 998_001]);
  assert.equal(scores.filter((score) => score >= (found.cut ?? 0)).length, 3);
  // Equal scores are flagged together, or not at all.
  const tied = cutForHam([5, 5, 5, 1], 0.5);
  assert.deepEqual([tied.cut, tied.flagged, tied.allowed], [6, 0, 2]);
  assert.equal(cutForHam([scoreMax, scoreMax], 0).cut, undefined, "no cut flags so few");
  assert.deepEqual(cutForHam([undefined, undefined, 10], 0).cut, 11, "what isn't known is never flagged");
  assert.equal(cutForHam([1, 2], 0.99).cut, 2);
});

test("what so few hams can promise: the exact interval of Clopper and Pearson", () => {
  // The rule of three: none of 3,000 leaves 0.1 % possible.
  assert.ok(Math.abs(upperShare(0, 3_000) - (1 - 0.05 ** (1 / 3_000))) < 1e-9);
  // One-sided 95 % of 3 of 100, from tables.
  assert.ok(Math.abs(upperShare(3, 100) - 0.0757) < 5e-4);
  assert.equal(upperShare(4, 4), 1);
});

function scoredTexts(): ScoredText[] {
  return Array.from({ length: 2_000 }, (_, place) => ({
    score: Math.floor((place / 2_000) * scoreMax),
    spam: place >= 1_000 !== (place % 97 === 0),
    missing: place < 10,
    language: place % 3 === 0 ? "<img>" : "de",
    script: "Latin",
    fold: String(place % 2),
  }));
}

function reportOf(scored: readonly ScoredText[]): EvaluationReport {
  return {
    kind: "comment",
    model: "m".repeat(43),
    split: { file: "<b>.tsv", folds: 2 },
    leftOut: { faults: 1, unsure: 2, notInSplit: 3 },
    speed: { trainedPerSecond: 100, scoredPerSecond: null },
    scores: evaluateScores(scored, 500_000),
  };
}

test("an evaluation counts what a policy would see, and ranks all", () => {
  const scored = scoredTexts();
  const report = evaluateScores(scored, 0);
  assert.equal(report.atCut.hamsFlagged + report.atCut.spamsCaught, 1_990, "ten were not seen");
  assert.deepEqual([report.spam + report.ham, report.missing.spam + report.missing.ham], [2_000, 10]);
  assert.equal(report.folds.length, 2);
  assert.deepEqual(
    report.languages.map(({ group }) => group),
    ["de", "<img>"],
  );
  assert.ok(report.roc.length <= rocPointsMax + 1);
  assert.deepEqual(report.roc.at(-1)?.recall, 1);
  for (const [place, point] of report.roc.entries()) {
    const before = report.roc[place - 1];
    assert.ok(before === undefined || (point.recall >= before.recall && point.hamRate >= before.hamRate));
  }
});

test("text and page carry names from files as text, and the page stands by itself", () => {
  const report = reportOf(scoredTexts());
  const text = evaluationText(report);
  assert.match(text, /1-AUC +\d+\.\d{3}%/);
  assert.match(text, /100 trained/);
  assert.match(text, /3 texts that the split doesn't name/);
  const page = evaluationPage(report);
  assert.ok(!page.includes("<img>") && !page.includes("<b>"), "names are escaped");
  assert.ok(!/<script|src=|href=/.test(page));
  assert.match(page, /<polyline class="curve"/);
  assert.match(page, /<circle class="point"/);
});

test("one class alone gives a report, with nothing where nothing can be said", () => {
  const report = reportOf(scoredTexts().filter(({ spam }) => !spam));
  assert.match(evaluationText(report), /1-AUC +-\n/);
  assert.ok(evaluationPage(report).includes("Calibration"));
});
