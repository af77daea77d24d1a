// SPDX-License-Identifier: Apache-2.0
// Finds texts by their terms, bundle by bundle, from whichever end is asked. A bundle is unlocked when a
// search first comes to it: the newest texts are found at once, however many there are.
import { bundleRecords } from "./text-memory.ts";
import type { TermedText, TextMemory } from "./text-memory.ts";
import type { TextAnswer, TextQuestion } from "./contract.ts";
import { textBudgetMs, textsHeldMax } from "./contract.ts";

/** What a search leans on. */
export type TextSearchPorts = {
  readonly memory: TextMemory;
  /** The texts of a bundle, of which so many records are published. */
  readonly textsOf: (bundle: number, width: number) => TermedText[];
  /** Milliseconds of a clock that only goes on. */
  readonly nowMs: () => number;
  /** For tests; defaults {@link textsHeldMax} and {@link textBudgetMs}. */
  readonly heldMax?: number;
  readonly budgetMs?: number;
};

/** Answers a question, for no longer than one may take. */
export function searchTexts(ports: TextSearchPorts, question: TextQuestion): TextAnswer {
  const { wanted, isForward, limit, size } = question;
  const from = Math.max(0, question.from);
  const to = Math.min(size, question.to);
  const records: number[] = [];
  if (from >= to || limit <= 0) return { records, reached: null };
  const until = ports.nowMs() + (ports.budgetMs ?? textBudgetMs);
  const matcher = ports.memory.matcher(wanted);
  const among = question.among && new Set(question.among);
  let isBegun = false;
  for (const bundle of bundlesOf(question, from, to)) {
    const begin = bundle * bundleRecords;
    // What was begun is finished, or a question would never come to its second bundle.
    if (isBegun && ports.nowMs() > until) {
      return { records, reached: isForward ? begin : begin + bundleRecords };
    }
    isBegun = true;
    loadBundle(ports, bundle, size);
    const [low, high] = [Math.max(from - begin, 0), Math.min(to - begin, bundleRecords)];
    const places = matcher.matches(bundle, low, high);
    if (!isForward) places.reverse();
    for (const place of places) {
      if (among?.has(begin + place) === false) continue;
      records.push(begin + place);
      if (records.length === limit)
        return { records, reached: isForward ? begin + place + 1 : begin + place };
    }
  }
  return { records, reached: null };
}

function* bundlesOf({ among, isForward }: TextQuestion, from: number, to: number): Iterable<number> {
  const first = Math.floor(from / bundleRecords);
  const last = Math.floor((to - 1) / bundleRecords);
  if (among === undefined) {
    for (let step = 0; step <= last - first; step++) yield isForward ? first + step : last - step;
    return;
  }
  const bundles = new Set<number>();
  for (const record of among)
    if (record >= from && record < to) bundles.add(Math.floor(record / bundleRecords));
  yield* [...bundles].sort((one, other) => (isForward ? one - other : other - one));
}

/**
 * Unlocks the newest bundle that isn't, for searches that are still to come.
 *
 * @param below bundles from here on are known to be there
 * @returns the bundle, or `undefined` if all are there or memory is full
 */
export function unlockNext(ports: TextSearchPorts, size: number, below: number): number | undefined {
  if (ports.memory.texts >= (ports.heldMax ?? textsHeldMax)) return undefined;
  for (let bundle = below - 1; bundle >= 0; bundle--) {
    if (ports.memory.widthOf(bundle) >= widthAt(bundle, size)) continue;
    loadBundle(ports, bundle, size);
    return bundle;
  }
  return undefined;
}

function loadBundle(
  { memory, textsOf, heldMax = textsHeldMax }: TextSearchPorts,
  bundle: number,
  size: number,
): void {
  const width = widthAt(bundle, size);
  if (memory.widthOf(bundle) >= width) return;
  memory.put(bundle, width, textsOf(bundle, width));
  memory.shrink(heldMax, bundle);
}

function widthAt(bundle: number, size: number): number {
  return Math.min(bundleRecords, size - bundle * bundleRecords);
}
