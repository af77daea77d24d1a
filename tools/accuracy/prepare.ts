// SPDX-License-Identifier: Apache-2.0
// Trains our models on all training parts and keeps what they say of the test parts, so that `npm run
// accuracy` has it at hand. Like peers.ts it looks at no label of a test part and shows no figure.
//
//   node --conditions=@docket/source tools/accuracy/prepare.ts [--only ROW,…] [--rehearse]
import { parseArgs } from "node:util";
import { foldsOf, missingCorpus, readCorpus } from "./corpora.ts";
import { answersOf } from "./docket.ts";
import { resultsFolder } from "./peers/all.ts";
import { rows } from "./rows.ts";
import { camouflagedRows, withVariants } from "./studies/camouflage.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: rows.map(({ name }) => name).join() },
    rehearse: { type: "boolean", default: false },
  },
});

for (const name of options.only.split(",")) {
  const row = rows.find((each) => each.name === name);
  if (row === undefined) throw new Error(`there is no row ${name}`);
  const absent = missingCorpus(row.corpus);
  if (absent !== undefined) {
    console.log(`skipped: ${name}: ${absent}`);
    continue;
  }
  const corpus = readCorpus(row.corpus);
  for (const fold of foldsOf(corpus, row.split, options.rehearse)) {
    const startedMs = performance.now();
    answersOf(corpus.kind, fold, resultsFolder);
    if (camouflagedRows.includes(name)) answersOf(corpus.kind, withVariants(fold), resultsFolder);
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    console.log(`${new Date().toISOString()} ${name} fold ${fold.name}: ${seconds} s`);
  }
}
