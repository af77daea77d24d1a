// SPDX-License-Identifier: Apache-2.0
// Aho-Corasick (Communications of the ACM 18, 6, 1975): all of many words in a text, in one pass over it.
// Typed arrays, no objects: about 25 bytes a state, and a state for each distinct start of a word.

/** Longest word, in UTF-16 code units. */
export const wordLengthMax = 1_000;

/** Finds words in texts. */
export type Automaton = {
  readonly states: number;
  /** Bytes that it takes. */
  readonly bytes: number;
  /** Calls `found` with the number of each word that ends at `end`, for each place where one does. */
  readonly scan: (text: string, found: (word: number, end: number) => void) => void;
};

/**
 * Builds the automaton. The scan takes time linear in the text, plus the calls of `found`.
 *
 * @param words not empty, in ascending order of code units (as `Array.prototype.sort` gives), no two the same
 */
export function buildAutomaton(words: readonly string[]): Automaton {
  const trie = buildTrie(words);
  const links = buildLinks(trie);
  const arrays = [
    trie.parent,
    trie.unit,
    trie.word,
    trie.children,
    trie.slots,
    trie.first,
    ...Object.values(links),
  ];
  return {
    states: trie.parent.length,
    bytes: arrays.reduce((sum, array) => sum + array.byteLength, 0),
    scan: (text, found) => scan(trie, links, text, found),
  };
}

/** State 0 is the root. */
type Trie = {
  readonly parent: Uint32Array;
  /** The code unit that leads to the state. */
  readonly unit: Uint16Array;
  /** Which word ends in the state, plus one; 0 for none. */
  readonly word: Uint32Array;
  /** A bit for each child, by the low five bits of its unit: most questions for a child end here. */
  readonly children: Uint32Array;
  /** Open addressing, by state and unit: the child; 0 where free. */
  readonly slots: Uint32Array;
  /** The root's children, by unit. */
  readonly first: Uint32Array;
  /** States in ascending order of depth. */
  readonly order: Uint32Array;
};

type Links = {
  /** The state of the longest ending of this state's text that is a start of a word too. */
  readonly fail: Uint32Array;
  /** The nearest state by `fail` in which a word ends; 0 for none. */
  readonly shorter: Uint32Array;
};

function buildTrie(words: readonly string[]): Trie {
  const states = 1 + countStates(words);
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(4, states * 2))));
  const rootUnitMax = words.reduce((most, word) => Math.max(most, word.charCodeAt(0)), 0);
  const trie: Trie = {
    parent: new Uint32Array(states),
    unit: new Uint16Array(states),
    word: new Uint32Array(states),
    children: new Uint32Array(states),
    slots,
    first: new Uint32Array(rootUnitMax + 1),
    order: new Uint32Array(states),
  };
  const depths = new Uint16Array(states);
  // The states of the word before, by depth: sorted words need no look-up while the trie is made.
  const path = new Uint32Array(wordLengthMax + 1);
  let before = "";
  let next = 1;
  for (const [number, word] of words.entries()) {
    for (let depth = commonLength(before, word); depth < word.length; depth++) {
      addState(trie, next, path[depth] ?? 0, word.charCodeAt(depth));
      depths[next] = depth + 1;
      path[depth + 1] = next;
      next += 1;
    }
    trie.word[path[word.length] ?? 0] = number + 1;
    before = word;
  }
  sortByDepth(depths, trie.order);
  return trie;
}

function countStates(words: readonly string[]): number {
  let count = 0;
  let before = "";
  for (const word of words) {
    if (word.length === 0 || word.length > wordLengthMax) {
      throw new RangeError(`a word of ${word.length} characters; the limits are 1 and ${wordLengthMax}`);
    }
    if (before !== "" && before >= word) throw new RangeError("words that are not in order");
    count += word.length - commonLength(before, word);
    before = word;
  }
  return count;
}

function commonLength(left: string, right: string): number {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left.charCodeAt(length) === right.charCodeAt(length)) length++;
  return length;
}

function addState(trie: Trie, state: number, parent: number, unit: number): void {
  const { slots } = trie;
  trie.parent[state] = parent;
  trie.unit[state] = unit;
  trie.children[parent] = (trie.children[parent] ?? 0) | (1 << (unit & 31));
  if (parent === 0) trie.first[unit] = state;
  const mask = slots.length - 1;
  let slot = slotOf(parent, unit) & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = state;
}

function slotOf(state: number, unit: number): number {
  const hash = Math.imul(state, 0x9e37_79b1) ^ Math.imul(unit, 0x85eb_ca6b);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function sortByDepth(depths: Uint16Array, order: Uint32Array): void {
  const starts = new Uint32Array(wordLengthMax + 2);
  for (const depth of depths) starts[depth + 1] = (starts[depth + 1] ?? 0) + 1;
  for (let depth = 1; depth < starts.length; depth++) {
    starts[depth] = (starts[depth] ?? 0) + (starts[depth - 1] ?? 0);
  }
  for (let state = 0; state < depths.length; state++) {
    const depth = depths[state] ?? 0;
    order[starts[depth] ?? 0] = state;
    starts[depth] = (starts[depth] ?? 0) + 1;
  }
}

function buildLinks(trie: Trie): Links {
  const { parent, unit, word, order } = trie;
  const fail = new Uint32Array(parent.length);
  const shorter = new Uint32Array(parent.length);
  for (const state of order) {
    const above = parent[state] ?? 0;
    // The root fails to itself, and so do its children.
    if (state === 0 || above === 0) continue;
    const target = step(trie, fail, fail[above] ?? 0, unit[state] ?? 0);
    fail[state] = target;
    shorter[state] = word[target] === 0 ? (shorter[target] ?? 0) : target;
  }
  return { fail, shorter };
}

/** The child of a state, or of the nearest by `fail` that has one; the root if none has. */
function step(trie: Trie, fail: Uint32Array, from: number, unit: number): number {
  const { parent, unit: units, children, slots, first } = trie;
  const mask = slots.length - 1;
  const bit = 1 << (unit & 31);
  for (let state = from; state !== 0; state = fail[state] ?? 0) {
    if (((children[state] ?? 0) & bit) === 0) continue;
    let slot = slotOf(state, unit) & mask;
    for (let child = slots[slot] ?? 0; child !== 0; child = slots[slot] ?? 0) {
      if (units[child] === unit && parent[child] === state) return child;
      slot = (slot + 1) & mask;
    }
  }
  return unit < first.length ? (first[unit] ?? 0) : 0;
}

function scan(
  trie: Trie,
  { fail, shorter }: Links,
  text: string,
  found: (word: number, end: number) => void,
): void {
  const { word } = trie;
  let state = 0;
  for (let index = 0; index < text.length; index++) {
    state = step(trie, fail, state, text.charCodeAt(index));
    if (state === 0) continue;
    let ending = word[state] === 0 ? (shorter[state] ?? 0) : state;
    for (; ending !== 0; ending = shorter[ending] ?? 0) found((word[ending] ?? 0) - 1, index + 1);
  }
}
