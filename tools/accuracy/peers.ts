// SPDX-License-Identifier: Apache-2.0
// Runs other people's filters over all rows and keeps what they came to, so that `npm run accuracy` has it
// at hand.
//
//   node --conditions=@docket/source tools/accuracy/peers.ts [--peer NAME,…] [--only ROW,…] [--folds N]
//
// It shows no figure: that is left to the script that counts how often it opens the test parts' labels.
import { parseArgs } from "node:util";
import { type Corpus, foldsOf, missingCorpus, readCorpus } from "./corpora.ts";
import { peers, resultsFolder } from "./peers/all.ts";
import { peerFolds } from "./peers/peer.ts";
import { peerResult } from "./peers/cache.ts";
import { rows } from "./rows.ts";

const { values: options } = parseArgs({
  options: {
    peer: { type: "string", default: Object.keys(peers).join() },
    only: { type: "string", default: rows.map(({ name }) => name).join() },
    folds: { type: "string", default: "99" },
  },
});
await main();

async function main(): Promise<void> {
  const wanted = options.only.split(",");
  for (const peerName of options.peer.split(",")) {
    const peer = peers[peerName];
    if (peer === undefined) throw new Error(`there is no peer ${peerName}`);
    const missing = peer.missing();
    if (missing !== undefined) console.log(`skipped: ${peerName}: ${missing}`);
    else for (const row of rows.filter(({ name }) => wanted.includes(name))) await runRow(peerName, row.name);
  }
}

async function runRow(peerName: string, rowName: string): Promise<void> {
  const row = rows.find(({ name }) => name === rowName);
  const peer = peers[peerName];
  if (row === undefined || peer === undefined) return;
  const absent = missingCorpus(row.corpus);
  if (absent !== undefined) {
    console.log(`skipped: ${rowName}: ${absent}`);
    return;
  }
  const corpus: Corpus = readCorpus(row.corpus);
  for (const fold of peerFolds(peer, rowName, foldsOf(corpus, row.split, false)).slice(
    0,
    Number(options.folds),
  )) {
    const startedMs = performance.now();
    await peerResult(peer, fold, resultsFolder, false);
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    console.log(`${new Date().toISOString()} ${peerName} ${rowName} fold ${fold.name}: ${seconds} s`);
  }
}
