// SPDX-License-Identifier: Apache-2.0
// Aho-Corasick (Communications of the ACM 18, 6, 1975): all of many words in a text, in one pass over it.
// Typed arrays, no objects: about 40 bytes a state, and a state for each distinct start of a word. The states
// near the root, where most of the time is spent, have a table of what follows each common character.

/** Longest word, in UTF-16 code units. */
export const wordLengthMax = 1_000;

/** Finds words in texts. */
export type Automaton = Stepper & {
  /** Calls `found` with the number of each word that ends at `end`, for each place where one does. */
  readonly scan: (text: string, found: (word: number, end: number) => void) => void;
};

/** Finds words in sequences of any numbers. */
export type Stepper = {
  readonly states: number;
  /** Bytes that it takes. */
  readonly bytes: number;
  /** The state after a state and a number. The first state is 0. */
  readonly step: (state: number, unit: number) => number;
  /** Calls `found` with the number of each word that ends in a state. */
  readonly report: (state: number, end: number, found: (word: number, end: number) => void) => void;
};

/**
 * Builds the automaton. The scan takes time linear in the text, plus the calls of `found`.
 *
 * @param words not empty, in ascending order of code units (as `Array.prototype.sort` gives), no two the same
 */
export function buildAutomaton(words: readonly string[]): Automaton {
  const trie = buildTrie({
    count: words.length,
    lengthOf: (word) => (words[word] ?? "").length,
    unitOf: (word, index) => (words[word] ?? "").charCodeAt(index),
    bitsBefore: 0,
  });
  const links = buildLinks(trie);
  const dense = buildDense(trie, links);
  return {
    ...stepperOf(trie, links),
    bytes: bytesOf(trie) + bytesOf(links) + dense.classes.byteLength + dense.next.byteLength,
    step: (state, unit) => denseStep(trie, links.fail, dense, state, unit),
    scan: (text, found) => scan(trie, links, dense, text, found),
  };
}

/** Words as sequences of numbers. */
export type Sequences = {
  readonly count: number;
  readonly lengthOf: (word: number) => number;
  /** A number of 32 bits without a sign: memory is taken for each up to the largest that begins a word. */
  readonly unitOf: (word: number, index: number) => number;
  /** So many low bits tell what stands before: they are 0 where a word begins, and anything fits there. */
  readonly bitsBefore: number;
};

/**
 * Builds the automaton of sequences.
 *
 * @param words not empty, in ascending order, no two the same
 */
export function buildStepper(words: Sequences): Stepper {
  const trie = buildTrie(words);
  return stepperOf(trie, buildLinks(trie));
}

function stepperOf(trie: Trie, links: Links): Stepper {
  return {
    states: trie.parent.length,
    bytes: bytesOf(trie) + bytesOf(links),
    step: (state, unit) => step(trie, links.fail, state, unit),
    report: (state, end, found) => report(trie, links, state, end, found),
  };
}

function bytesOf(arrays: Omit<Trie, "bitsBefore"> | Links): number {
  let bytes = 0;
  for (const array of Object.values(arrays) as unknown[])
    if (ArrayBuffer.isView(array)) bytes += array.byteLength;
  return bytes;
}

/** State 0 is the root; states are in ascending order of depth. */
type Trie = {
  readonly parent: Uint32Array;
  /** What leads to the state. */
  readonly unit: Uint32Array;
  /** Which word ends in the state, plus one; 0 for none. */
  readonly word: Uint32Array;
  /** A bit for each child, by the low five bits of its unit: most questions for a child end here. */
  readonly children: Uint32Array;
  /** Open addressing, by state and unit, two numbers for each slot: the hash, and the child; 0 where free. */
  readonly slots: Int32Array;
  /** The root's children, by unit without {@link Sequences.bitsBefore}. */
  readonly first: Uint32Array;
  readonly bitsBefore: number;
};

type Links = {
  /** The state of the longest ending of this state's text that is a start of a word too. */
  readonly fail: Uint32Array;
  /** The nearest state by `fail` in which a word ends; 0 for none. */
  readonly shorter: Uint32Array;
};

function buildTrie(words: Sequences): Trie {
  const { count, lengthOf, unitOf } = words;
  const states = 1 + countStates(words);
  const found = {
    parent: new Uint32Array(states),
    unit: new Uint32Array(states),
    word: new Uint32Array(states),
  };
  const depths = new Uint16Array(states);
  // The states of the word before, by depth: sorted words need no look-up while the trie is made.
  const path = new Uint32Array(wordLengthMax + 1);
  let next = 1;
  let rootUnitMax = 0;
  for (let word = 0; word < count; word++) {
    const length = lengthOf(word);
    rootUnitMax = Math.max(rootUnitMax, unitOf(word, 0));
    for (let depth = commonLength(words, word - 1, word); depth < length; depth++) {
      found.parent[next] = path[depth] ?? 0;
      found.unit[next] = unitOf(word, depth);
      depths[next] = depth + 1;
      path[depth + 1] = next;
      next += 1;
    }
    found.word[path[length] ?? 0] = word + 1;
  }
  return orderTrie(found, depths, rootUnitMax, words.bitsBefore);
}

function countStates(words: Sequences): number {
  const { count, lengthOf, unitOf } = words;
  let states = 0;
  for (let word = 0; word < count; word++) {
    const length = lengthOf(word);
    if (length === 0 || length > wordLengthMax) {
      throw new RangeError(`a word of ${length} characters; the limits are 1 and ${wordLengthMax}`);
    }
    const common = commonLength(words, word - 1, word);
    const isAfter =
      word === 0 ||
      common === lengthOf(word - 1) ||
      (common < length && unitOf(word - 1, common) < unitOf(word, common));
    if (!isAfter || common === length) throw new RangeError("words that are not in order");
    states += length - common;
  }
  return states;
}

/** How many units two words begin with alike; of no word, none. */
function commonLength({ lengthOf, unitOf }: Sequences, one: number, other: number): number {
  if (one < 0) return 0;
  const most = Math.min(lengthOf(one), lengthOf(other));
  let length = 0;
  while (length < most && unitOf(one, length) === unitOf(other, length)) length++;
  return length;
}

/** Numbers the states by their depth. */
function orderTrie(
  found: { readonly parent: Uint32Array; readonly unit: Uint32Array; readonly word: Uint32Array },
  depths: Uint16Array,
  rootUnitMax: number,
  bitsBefore: number,
): Trie {
  const states = depths.length;
  const ranks = ranksByDepth(depths);
  const trie: Trie = {
    parent: new Uint32Array(states),
    unit: new Uint32Array(states),
    word: new Uint32Array(states),
    children: new Uint32Array(states),
    slots: new Int32Array(2 * 2 ** Math.ceil(Math.log2(Math.max(4, states * 1.5)))),
    first: new Uint32Array((rootUnitMax >>> bitsBefore) + 1),
    bitsBefore,
  };
  for (let old = 1; old < states; old++) {
    const state = ranks[old] ?? 0;
    const unit = found.unit[old] ?? 0;
    const parent = ranks[found.parent[old] ?? 0] ?? 0;
    trie.word[state] = found.word[old] ?? 0;
    trie.parent[state] = parent;
    trie.unit[state] = unit;
    trie.children[parent] = (trie.children[parent] ?? 0) | (1 << (unit & 31));
    if (parent === 0) trie.first[unit >>> bitsBefore] = state;
    addChild(trie, parent, unit, state);
  }
  return trie;
}

function addChild({ slots }: Trie, parent: number, unit: number, child: number): void {
  const hash = hashOf(parent, unit);
  const mask = slots.length - 1;
  let slot = (2 * hash) & mask;
  while (slots[slot + 1] !== 0) slot = (slot + 2) & mask;
  slots[slot] = hash;
  slots[slot + 1] = child;
}

function hashOf(state: number, unit: number): number {
  const hash = Math.imul(state, 0x9e37_79b1) ^ Math.imul(unit, 0x85eb_ca6b);
  return hash ^ (hash >>> 15);
}

function ranksByDepth(depths: Uint16Array): Uint32Array {
  const starts = new Uint32Array(wordLengthMax + 2);
  for (const depth of depths) starts[depth + 1] = (starts[depth + 1] ?? 0) + 1;
  for (let depth = 1; depth < starts.length; depth++) {
    starts[depth] = (starts[depth] ?? 0) + (starts[depth - 1] ?? 0);
  }
  return Uint32Array.from(depths, (depth) => {
    const rank = starts[depth] ?? 0;
    starts[depth] = rank + 1;
    return rank;
  });
}

function buildLinks(trie: Trie): Links {
  const { parent, unit, word } = trie;
  const fail = new Uint32Array(parent.length);
  const shorter = new Uint32Array(parent.length);
  for (let state = 1; state < parent.length; state++) {
    const above = parent[state] ?? 0;
    // The root fails to itself, and so do its children.
    if (above === 0) continue;
    const target = step(trie, fail, fail[above] ?? 0, unit[state] ?? 0);
    fail[state] = target;
    shorter[state] = word[target] === 0 ? (shorter[target] ?? 0) : target;
  }
  return { fail, shorter };
}

/** The child of a state, or of the nearest by `fail` that has one; the root if none has. */
function step(trie: Trie, fail: Uint32Array, from: number, unit: number): number {
  for (let state = from; state !== 0; state = fail[state] as number) {
    const child = childOf(trie, state, unit);
    if (child !== 0) return child;
  }
  const { first, bitsBefore } = trie;
  const own = unit >>> bitsBefore;
  return own < first.length ? (first[own] as number) : 0;
}

/** The child of a state; 0 for none. */
function childOf({ parent, unit: units, children, slots }: Trie, state: number, unit: number): number {
  if (((children[state] as number) & (1 << (unit & 31))) === 0) return 0;
  const hash = hashOf(state, unit);
  const mask = slots.length - 1;
  // A third of the slots is free, so each run of probes ends.
  for (let slot = (2 * hash) & mask; ; slot = (slot + 2) & mask) {
    const child = slots[slot + 1] as number;
    if (child === 0) return 0;
    if (slots[slot] === hash && units[child] === unit && parent[child] === state) return child;
  }
}

/** Code units that have classes: those of Latin, Greek and Cyrillic letters. */
const classedUnits = 0x500;
/** Most numbers in the table of what follows, of 4 bytes each. */
const denseCellsMax = 2 ** 16;

/** What follows each of the first states, whatever stands next. */
type Dense = {
  /** By code unit: its class; 0 if no word has it. */
  readonly classes: Uint16Array;
  readonly stride: number;
  /** The states below this one have their row. */
  readonly rows: number;
  /** At `state * stride + class`: the state after them, doubled, plus one if words end in it. */
  readonly next: Uint32Array;
};

function buildDense(trie: Trie, { fail, shorter }: Links): Dense {
  const { parent, unit, word } = trie;
  const classes = new Uint16Array(classedUnits);
  let stride = 1;
  for (const each of unit.subarray(1)) {
    if (each < classedUnits && classes[each] === 0) classes[each] = stride++;
  }
  const rows = Math.min(parent.length, Math.floor(denseCellsMax / stride));
  const next = new Uint32Array(rows * stride);
  // The children of a state stand together, in the order of their parents.
  let child = 1;
  for (let state = 0; state < rows; state++) {
    // It fails to a state before it, whose row is there by then.
    const from = (fail[state] ?? 0) * stride;
    if (state > 0) next.copyWithin(state * stride, from, from + stride);
    for (; child < parent.length && parent[child] === state; child++) {
      const own = unit[child] ?? 0;
      const ends = word[child] === 0 && shorter[child] === 0 ? 0 : 1;
      if (own < classedUnits) next[state * stride + (classes[own] ?? 0)] = 2 * child + ends;
    }
  }
  return { classes, stride, rows, next };
}

function denseStep(
  trie: Trie,
  fail: Uint32Array,
  { classes, stride, rows, next }: Dense,
  from: number,
  unit: number,
): number {
  if (unit >= classedUnits) return step(trie, fail, from, unit);
  const type = classes[unit] as number;
  if (type === 0) return 0;
  let state = from;
  while (state >= rows) {
    const child = childOf(trie, state, unit);
    if (child !== 0) return child;
    state = fail[state] as number;
  }
  return (next[state * stride + type] as number) >>> 1;
}

function scan(
  trie: Trie,
  links: Links,
  dense: Dense,
  text: string,
  found: (word: number, end: number) => void,
): void {
  const { word } = trie;
  const { fail, shorter } = links;
  if (word.length === 1) return;
  const { classes, stride, rows, next } = dense;
  let state = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < classedUnits && state < rows) {
      const cell = next[state * stride + (classes[unit] as number)] as number;
      state = cell >>> 1;
      if ((cell & 1) === 0) continue;
    } else {
      state = denseStep(trie, fail, dense, state, unit);
      if (word[state] === 0 && shorter[state] === 0) continue;
    }
    report(trie, links, state, index + 1, found);
  }
}

function report(
  { word }: Trie,
  { shorter }: Links,
  state: number,
  end: number,
  found: (word: number, end: number) => void,
): void {
  let ending = word[state] === 0 ? (shorter[state] ?? 0) : state;
  for (; ending !== 0; ending = shorter[ending] ?? 0) found((word[ending] ?? 0) - 1, end);
}
