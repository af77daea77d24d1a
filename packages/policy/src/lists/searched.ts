// SPDX-License-Identifier: Apache-2.0
// Lists whose entries are searched for in a text: terms and patterns, all in one pass.
import { buildAutomaton } from "./automaton.ts";
import { readListPattern } from "./patterns.ts";
import type { ListPattern } from "./patterns.ts";
import { buildPhraseFinder } from "./phrases.ts";
import type { PhraseFinder } from "./phrases.ts";
import { isPhrase, isWhole, readTerm, skeletonTerm } from "./terms.ts";
import type { Term } from "./terms.ts";

/** The entries of a list, numbered in the order in which they were given, as they are found in texts. */
export type Searcher = {
  /** Bytes of its tables. */
  readonly bytes: number;
  /** The entries that are looked at for every text. */
  readonly always: readonly number[];
  /**
   * The numbers of the entries that may be in a text: each once, in no order.
   *
   * @param text normalised
   */
  readonly candidates: (text: string) => Iterable<number>;
  /** What is left to be run on the text before a candidate is a hit; `undefined` where nothing is. */
  readonly pending: (number: number) => ListPattern | undefined;
};

/** Terms, in their canonical form. */
export function searchTerms(values: readonly string[]): Searcher {
  const terms = values.map(readTerm);
  const phrases = indexPhrases(terms);
  const words = indexWords(terms.map((term) => (isPhrase(term) ? [] : [term.core])));
  return {
    bytes: phrases.bytes + words.bytes,
    always: [],
    candidates: (text) => {
      let found: Set<number> | undefined;
      phrases.scan(text, (number) => {
        found ??= new Set();
        found.add(number);
      });
      words.scan(text, (number, length, end) => {
        found ??= new Set();
        if (!found.has(number) && isWhole(terms[number] as Term, text, end - length, end)) found.add(number);
      });
      return found ?? none;
    },
    pending: () => undefined,
  };
}

/**
 * Terms, in their canonical form, for texts in the deepest spelling: as they are, since a word of another
 * script stays what it is in a text of that script, and as they are spelled there.
 */
export function searchSkeletons(values: readonly string[]): Searcher {
  const own: number[] = [];
  const folded: string[] = [];
  for (const [number, value] of values.entries()) {
    const skeleton = skeletonTerm(value);
    if (skeleton === value) continue;
    own.push(number);
    folded.push(skeleton);
  }
  const searcher = searchTerms([...values, ...folded]);
  return {
    ...searcher,
    candidates: (text) => {
      const found = new Set<number>();
      for (const number of searcher.candidates(text)) {
        found.add(number < values.length ? number : (own[number - values.length] ?? 0));
      }
      return found;
    },
  };
}

/** Patterns, as written. */
export function searchPatterns(values: readonly string[]): Searcher {
  const patterns = values.map(readListPattern);
  const words = indexWords(patterns.map(({ literals }) => literals));
  const always = [...patterns.keys()].filter((number) => patterns[number]?.literals.length === 0);
  return {
    bytes: words.bytes,
    always,
    candidates: (text) => {
      let found: Set<number> | undefined;
      words.scan(text, (number) => {
        found ??= new Set(always);
        found.add(number);
      });
      return found ?? always;
    },
    pending: (number) => (patterns[number]?.sufficient === true ? undefined : patterns[number]),
  };
}

type Words = {
  readonly bytes: number;
  readonly scan: (text: string, found: (number: number, length: number, end: number) => void) => void;
};

const none: readonly number[] = [];

/** The terms that are found word by word. */
function indexPhrases(terms: readonly Term[]): PhraseFinder {
  const phrases = new Map<string, number>();
  // Terms of the same phrase are a chain: from the last to the one before, plus one; 0 ends it.
  const last: number[] = [];
  const before = new Uint32Array(terms.length);
  for (const [number, term] of terms.entries()) {
    if (!isPhrase(term)) continue;
    const phrase = phrases.get(term.core) ?? phrases.size;
    phrases.set(term.core, phrase);
    before[number] = last[phrase] ?? 0;
    last[phrase] = number + 1;
  }
  const finder = buildPhraseFinder([...phrases.keys()]);
  const ends = Uint32Array.from(last);
  return {
    bytes: finder.bytes + before.byteLength + ends.byteLength,
    scan: (text, found) =>
      finder.scan(text, (phrase) => {
        for (let next = ends[phrase] ?? 0; next !== 0; next = before[next - 1] ?? 0) found(next - 1);
      }),
  };
}

/** Which entries want which word: several may want the same. */
function indexWords(wanted: readonly (readonly string[])[]): Words {
  const words = [...new Set(wanted.flat())].sort();
  const numbers = new Map(words.map((word, index) => [word, index]));
  // The entries of word n are those from starts[n] to starts[n + 1].
  const starts = new Uint32Array(words.length + 1);
  for (const word of wanted.flat()) {
    const after = (numbers.get(word) ?? 0) + 1;
    starts[after] = (starts[after] ?? 0) + 1;
  }
  for (let word = 0; word < words.length; word++)
    starts[word + 1] = (starts[word + 1] ?? 0) + (starts[word] ?? 0);
  const entries = new Uint32Array(starts[words.length] ?? 0);
  const filled = starts.slice();
  for (const [entry, own] of wanted.entries()) {
    for (const word of own) {
      const number = numbers.get(word) ?? 0;
      entries[filled[number] ?? 0] = entry;
      filled[number] = (filled[number] ?? 0) + 1;
    }
  }
  const lengths = Uint16Array.from(words, (word) => word.length);
  const automaton = buildAutomaton(words);
  return {
    bytes: automaton.bytes + starts.byteLength + entries.byteLength + lengths.byteLength,
    scan: (text, found) =>
      automaton.scan(text, (word, end) => {
        const length = lengths[word] ?? 0;
        for (let at = starts[word] ?? 0; at < (starts[word + 1] ?? 0); at++)
          found(entries[at] ?? 0, length, end);
      }),
  };
}
