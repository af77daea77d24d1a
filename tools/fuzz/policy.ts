// SPDX-License-Identifier: Apache-2.0
// The long form of the comparison with @bufbuild/cel, and of what hostile texts do to the loading of
// conditions.
//
//   npm run fuzz:policy -- [--expressions N] [--hostile N] [--seed N] [--json FILE]
//
// The seed is printed; with it a run comes out the same. Exit code 1 if anything disagrees or throws.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { compareRandom } from "../../packages/policy/src/testing/differential.ts";
import { seededChance } from "../../packages/policy/src/testing/expressions.ts";
import { loadHostile, randomHostile } from "../../packages/policy/src/testing/hostile.ts";

const reportEvery = 10_000;
const shownMax = 20;
const keptMax = 1_000;

type Finding = { readonly source: string; readonly about: string };

const { values: options } = parseArgs({
  options: {
    expressions: { type: "string", default: "100000" },
    hostile: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
  },
});
const seed = count("--seed", options.seed);
const findings: Finding[] = [];
const compared = compareMany(count("--expressions", options.expressions));
const loaded = loadMany(count("--hostile", options.hostile));
const result = { format: "docket-fuzz-policy/v1", seed, compared, loaded, findings };
process.stdout.write(`${JSON.stringify({ ...result, findings: findings.length })}\n`);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, undefined, 2)}\n`);
process.exitCode = findings.length === 0 ? 0 : 1;

/** Random conditions: this engine's results and the other's. */
function compareMany(expressions: number): Record<string, number> {
  const counts = { expressions, agreed: 0, refused: 0, allowed: 0, disagreed: 0, values: 0 };
  const chance = seededChance(seed);
  const report = reporter("conditions compared", expressions);
  for (let index = 1; index <= expressions; index++) {
    const { kind, source, about = "", values } = compareRandom(chance);
    counts[kind] += 1;
    counts.values += values;
    if (kind === "disagreed") find({ source, about });
    report(index, counts);
  }
  return counts;
}

/** Hostile texts: loading ends with a condition or with problems. */
function loadMany(texts: number): Record<string, number> {
  const counts = { texts, condition: 0, problems: 0, threw: 0, slowestMs: 0 };
  const chance = seededChance(seed);
  const report = reporter("hostile texts loaded", texts);
  for (let index = 1; index <= texts; index++) {
    const source = randomHostile(chance);
    const startedMs = performance.now();
    try {
      counts[loadHostile(source)] += 1;
    } catch (error) {
      counts.threw += 1;
      find({ source, about: String(error) });
    }
    counts.slowestMs = Math.max(counts.slowestMs, Math.round(performance.now() - startedMs));
    report(index, counts);
  }
  return counts;
}

function find(finding: Finding): void {
  if (findings.length < keptMax) findings.push(finding);
  if (findings.length <= shownMax) process.stdout.write(`${finding.source}\n  ${finding.about}\n`);
}

function reporter(what: string, total: number): (index: number, counts: object) => void {
  const startedMs = performance.now();
  return (index, counts) => {
    if (index % reportEvery !== 0 && index !== total) return;
    const perSecond = (index * 1_000) / (performance.now() - startedMs);
    const left = Math.round((total - index) / perSecond);
    const line = `${index} of ${total} ${what}, ${Math.round(perSecond)}/s, ${left} s left`;
    process.stderr.write(`${line}: ${JSON.stringify(counts)}\n`);
  };
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`${name} ${text} is not a whole number`);
}
