// SPDX-License-Identifier: Apache-2.0
// The long form of the property tests of folded texts: real texts with random changes.
//
//   npm run fuzz:text -- [--texts N] [--seed N]
//
// The seed is printed; with it a run comes out the same. Exit code 1 if the skeleton of a skeleton differs,
// or one isn't normalised.
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { seededChance } from "../../packages/policy/src/testing/expressions.ts";
import { foldText } from "../../packages/policy/src/text/fold.ts";
import { normaliseText } from "../../packages/policy/src/text/normalise.ts";
import { genuineScraps, genuineTexts } from "../../packages/policy/src/text/testing/genuine.ts";
import { tricky } from "../../packages/policy/src/text/testing/hostile-texts.ts";
import { sharedPath } from "../shared-data.ts";

const corpora = ["chat-telegram", "sms-uci", "sms-turkish", "comments-youtube"] as const;
const textLengthMax = 400;
const changesMax = 14;
const shownMax = 20;

const { values: options } = parseArgs({
  options: { texts: { type: "string", default: "100000" }, seed: { type: "string", default: "1" } },
});
const below = seededChance(Number(options.seed));
const sources = [...Object.values(genuineTexts), ...genuineScraps, ...corpora.flatMap(textsOf)];
let wrong = 0;
for (let count = 0; count < Number(options.texts); count++) {
  const text = mutated();
  const problem = problemOf(text);
  if (problem === undefined) continue;
  wrong += 1;
  if (wrong <= shownMax) console.log(`${problem}: ${JSON.stringify(text)}`);
}
console.log(
  JSON.stringify({ format: "docket-fuzz-text/v1", seed: options.seed, texts: options.texts, wrong }),
);
process.exitCode = wrong === 0 ? 0 : 1;

function textsOf(corpus: string): string[] {
  const path = sharedPath(`data/${corpus}/data.jsonl`);
  if (path === undefined || !existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => (JSON.parse(line) as { text: string }).text);
}

function mutated(): string {
  let text = (sources[below(sources.length)] ?? "").slice(0, textLengthMax);
  for (let changes = below(changesMax); changes > 0; changes--) {
    const at = below(text.length + 1);
    const other = sources[below(sources.length)] ?? "";
    const put = below(4) === 0 ? other.slice(below(50), below(120)) : (tricky[below(tricky.length)] ?? "");
    text = text.slice(0, at) + put + text.slice(at + below(4));
  }
  return text;
}

function problemOf(text: string): string | undefined {
  const { skeleton, normalised } = foldText(text);
  if (foldText(skeleton).skeleton !== skeleton) return "the skeleton of the skeleton differs";
  if (normaliseText(skeleton) !== skeleton || !skeleton.isWellFormed())
    return "the skeleton isn't normalised";
  return normalised === normaliseText(text) ? undefined : "normalised is not what normaliseText gives";
}
