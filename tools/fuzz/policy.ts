// SPDX-License-Identifier: Apache-2.0
// The long form of the comparison with @bufbuild/cel, and of what hostile conditions do to the parser.
//
//   npm run fuzz:policy -- [--expressions N] [--seed N] [--hostile N] [--json FILE]
//
// The seed is printed; with it a run comes out the same. Exit code 1 if anything disagrees.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { compareRandom } from "../../packages/policy/src/testing/differential.ts";
import { seededChance } from "../../packages/policy/src/testing/expressions.ts";

const { values: options } = parseArgs({
  options: {
    expressions: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
  },
});
const expressions = Number(options.expressions);
const seed = Number(options.seed);
const reportEvery = 10_000;
const shownMax = 20;

const counts: Record<string, number> = { agreed: 0, refused: 0, allowed: 0, disagreed: 0 };
const findings: { source: string; about: string }[] = [];
let values = 0;
const chance = seededChance(seed);
const startedMs = performance.now();
for (let index = 1; index <= expressions; index++) {
  const found = compareRandom(chance);
  counts[found.kind] = (counts[found.kind] ?? 0) + 1;
  values += found.values;
  if (found.kind === "disagreed" && findings.length < 1_000) {
    findings.push({ source: found.source, about: found.about ?? "" });
    if (findings.length <= shownMax) process.stdout.write(`${found.source}\n  ${found.about}\n`);
  }
  if (index % reportEvery === 0) {
    const perSecond = Math.round((index * 1_000) / (performance.now() - startedMs));
    process.stderr.write(`${index} of ${expressions}, ${perSecond}/s, ${JSON.stringify(counts)}\n`);
  }
}
const result = { format: "docket-fuzz-policy/v1", seed, expressions, counts, values, findings };
process.stdout.write(`${JSON.stringify({ ...result, findings: findings.length })}\n`);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, undefined, 2)}\n`);
process.exitCode = counts["disagreed"] === 0 ? 0 : 1;
