// SPDX-License-Identifier: Apache-2.0
// False positives by script: whom a filter treats worse.
import { atCutBy } from "@docket/policy/metrics";
import { scriptOf } from "../../../packages/docket/src/models/script-of.ts";
import { table } from "../../bench/log/markdown.ts";
import { evenCut, policyCut } from "../docket.ts";
import { percent } from "../tables.ts";
import type { StudyContext, StudyResult } from "./study.ts";

/** Hams flagged by the script of most of their letters, in each measured row. */
export function studyLanguages({ figures }: StudyContext): StudyResult {
  const data = figures.flatMap(({ row, judged }) => {
    const scored = judged.map(({ item, answer }) => ({
      spam: item.spam,
      score: answer.scored ? answer.computed : 0,
      script: scriptOf(`${item.title ?? ""} ${item.raw ?? item.text}`),
    }));
    const even = atCutBy(scored, evenCut, ({ script }) => script);
    const policy = new Map(
      atCutBy(scored, policyCut, ({ script }) => script).map((each) => [each.group, each]),
    );
    return even.map(({ group, figures: at }) => ({
      row: row.title,
      script: group,
      hams: at.hamsFlagged + at.hamsPassed,
      flaggedEven: at.hamsFlagged,
      rateEven: at.hamRate,
      flaggedPolicy: policy.get(group)?.figures.hamsFlagged ?? 0,
      spams: at.spamsCaught + at.spamsMissed,
      recallEven: at.recall,
    }));
  });
  const head = [
    "corpus, split",
    "script",
    "hams",
    "flagged at .5",
    "%",
    "flagged at .95",
    "spams",
    "caught at .5",
  ];
  const lines = data.map((each) => [
    each.row,
    each.script,
    String(each.hams),
    String(each.flaggedEven),
    percent(each.rateEven),
    String(each.flaggedPolicy),
    String(each.spams),
    Number.isNaN(each.recallEven) ? "–" : each.recallEven.toFixed(3),
  ]);
  return { text: table([head, ...lines], 2), data };
}
