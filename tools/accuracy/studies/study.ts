// SPDX-License-Identifier: Apache-2.0
// What the tables besides the main one have in common.
import type { Corpus, CorpusName, Item } from "../corpora.ts";
import type { RowFigures } from "../measure-row.ts";

/** What a study is given. */
export interface StudyContext {
  readonly rehearse: boolean;
  /** A corpus, read once. */
  readonly corpus: (name: CorpusName) => Corpus;
  /** Rows that were measured in this run. */
  readonly figures: readonly RowFigures[];
  readonly progress: (text: string) => void;
}

/** A table and its data. */
export interface StudyResult {
  readonly text: string;
  readonly data: unknown;
}

/** A sample that follows from its seed: the first `count` of the items in an order by hash. */
export function sample(items: readonly Item[], count: number, seed: number): Item[] {
  let state = (seed ^ 0x5bd1_e995) >>> 0;
  const next = (): number => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const keyed = items.map((item) => ({ item, key: next() }));
  return keyed
    .sort((left, right) => left.key - right.key)
    .slice(0, count)
    .map(({ item }) => item);
}
