// SPDX-License-Identifier: Apache-2.0
// Whether a text has a match of a pattern: a deterministic automaton that is built while it runs (as in RE2;
// Russ Cox, "Regular Expression Matching in the Wild"). A state is the set of instructions that may come
// next. A character costs one step where the state after it is known, and else at most three visits of each
// instruction: time is linear in the text, whatever the pattern and the text.
import * as code from "./pattern-program.ts";
import type { PatternProgram } from "./pattern-program.ts";

/** Most numbers that the known states of a pattern take up, of 4 bytes each; then they are forgotten. */
export const stateCellsMax: number = 2 ** 17;
/** Most visits of each instruction that a character costs. */
export const visitsPerCharacterMax = 3;
/** So many characters each known state must have served before all are forgotten; else none is kept. */
const charactersPerState = 10;

/** Finds matches. */
export type Matcher = {
  /** Whether the text has a match anywhere. */
  readonly test: (text: string) => boolean;
  /** Characters gone through and instructions visited since it was made. */
  readonly steps: () => number;
};

/** States with a meaning of their own: a match was found; none can be found any more. */
const matchedState = 0;
const deadState = 1;
const firstState = 2;
/** In place of a state: none is known yet. In place of a code point: the end of the text. */
const unknown = -1;
const endOfText = -1;

const lineFeed = 0x0a;
const wordBits = code.wordBoundary | code.noWordBoundary;
const beginBits = code.beginLine | code.beginText;
/** In a state's flags beside `beginBits`: the character before is a letter, digit or low line of ASCII. */
const afterWord = 64;

/** The states that are known. */
type Known = {
  /** The state after a state and a class, at `state * stride + class`; the last class is the end. */
  next: Int32Array;
  /** The instructions of each state, ascending: those that read a character, and those that wait for one. */
  readonly sets: Int32Array[];
  /** What is known of the place between the characters: `beginBits` and `afterWord`. */
  readonly flags: number[];
  /** States by flags and instructions. */
  readonly byKey: Map<string, number>;
  cells: number;
  start: number;
};

type Automaton = {
  readonly program: PatternProgram;
  readonly stride: number;
  readonly cellsMax: number;
  /** Classes of the first 256 code points. */
  readonly latin: Uint16Array;
  readonly table: code.ClassTable;
  readonly asksWords: boolean;
  known: Known;
  steps: number;
  /** Where in this text all states were last forgotten. */
  forgotAt: number;
  /** The instructions of the state that is being made, so many; and in which `round` each was visited. */
  readonly found: Int32Array;
  count: number;
  readonly visited: Int32Array;
  round: number;
  /** Whether one of them waits for the next character; and whether a match was among them. */
  waits: boolean;
  matched: boolean;
  flags: number;
  readonly stack: Int32Array;
};

/** A matcher of a program. It keeps what it learns of the pattern, about `cellsMax` numbers at most. */
export function createMatcher(program: PatternProgram, cellsMax: number = stateCellsMax): Matcher {
  const size = program.operations.length;
  const stride = program.bounds.length + 2;
  const table = code.tableOf(program.bounds);
  const automaton: Automaton = {
    program,
    stride,
    cellsMax,
    latin: table.pages[0] as Uint16Array,
    table,
    asksWords: program.operations.some(
      (operation, index) => operation === code.emptyWidth && (program.argument[index] ?? 0) & wordBits,
    ),
    known: noStates(stride),
    steps: 0,
    forgotAt: 0,
    found: new Int32Array(size),
    count: 0,
    visited: new Int32Array(size),
    round: 0,
    waits: false,
    matched: false,
    flags: 0,
    // Each instruction is pushed once for each that leads to it: two at most, of an alternative.
    stack: new Int32Array(2 * size + 2),
  };
  return { test: (text) => testText(automaton, text), steps: () => automaton.steps };
}

function testText(automaton: Automaton, text: string): boolean {
  const { latin, stride } = automaton;
  const { pages, pageOf } = automaton.table;
  const { length } = text;
  automaton.forgotAt = 0;
  let state = automaton.known.start === unknown ? makeStart(automaton) : automaton.known.start;
  let { next } = automaton.known;
  let index = 0;
  while (state >= firstState && index < length) {
    const at = index;
    let point = text.charCodeAt(index++);
    let type: number;
    if (point < 256) {
      type = latin[point] as number;
    } else {
      if ((point & 0xf800) === 0xd800) {
        point = text.codePointAt(at) as number;
        if (point > 0xffff) index += 1;
      }
      type = (pages[pageOf[point >> 8] as number] as Uint16Array)[point & 0xff] as number;
    }
    let after = next[state * stride + type] as number;
    if (after === unknown) {
      after = makeNext(automaton, state, type, point, at);
      if (after === unknown) return testUnkept(automaton, text, at, state);
      next = automaton.known.next;
    }
    state = after;
  }
  automaton.steps += index;
  if (state < firstState) return state === matchedState;
  const after = next[(state + 1) * stride - 1] as number;
  if (after !== unknown) return after === matchedState;
  const made = makeNext(automaton, state, stride - 1, endOfText, length);
  return made === unknown ? testUnkept(automaton, text, length, state) : made === matchedState;
}

/** Goes through the rest of a text whose states are too many to be kept: each is made, used and forgotten. */
function testUnkept(automaton: Automaton, text: string, from: number, state: number): boolean {
  const { known, program, stride } = automaton;
  let set = known.sets[state] as Int32Array;
  let flags = known.flags[state] as number;
  automaton.steps += text.length - from;
  for (let index = from; index < text.length;) {
    const point = text.codePointAt(index) as number;
    index += point > 0xffff ? 2 : 1;
    follow(automaton, set, flags, code.classOf(program.bounds, point), point);
    if (automaton.matched) return true;
    set = automaton.found.slice(0, automaton.count);
    flags = automaton.flags;
  }
  follow(automaton, set, flags, stride - 1, endOfText);
  return automaton.matched;
}

// Making states --------------------------------------------------------------------------------------------

function noStates(stride: number): Known {
  const next = new Int32Array(16 * stride).fill(unknown);
  return { next, sets: [noSet, noSet], flags: [0, 0], byKey: new Map(), cells: 0, start: unknown };
}

const noSet = new Int32Array(0);

function makeStart(automaton: Automaton): number {
  clear(automaton);
  close(automaton, automaton.program.start, beginBits, true);
  automaton.flags = automaton.waits ? beginBits : 0;
  automaton.known.start = intern(automaton);
  return automaton.known.start;
}

/** The state after a character, kept; `unknown` where no more states are kept in this text. */
function makeNext(automaton: Automaton, from: number, type: number, point: number, at: number): number {
  let state = from;
  const set = automaton.known.sets[from] as Int32Array;
  const flags = automaton.known.flags[from] as number;
  if (automaton.known.cells > automaton.cellsMax) {
    if (at - automaton.forgotAt < charactersPerState * automaton.known.sets.length) return unknown;
    automaton.forgotAt = at;
    automaton.known = noStates(automaton.stride);
    automaton.found.set(set);
    automaton.count = set.length;
    automaton.flags = flags;
    automaton.matched = false;
    state = intern(automaton);
  }
  follow(automaton, set, flags, type, point);
  const after = intern(automaton);
  automaton.known.next[state * automaton.stride + type] = after;
  return after;
}

/** The number of the state that was made last. */
function intern(automaton: Automaton): number {
  if (automaton.matched) return matchedState;
  if (automaton.count === 0) return deadState;
  const { known, stride, flags } = automaton;
  const set = automaton.found.slice(0, automaton.count).sort();
  const key = `${flags} ${set.join()}`;
  const same = known.byKey.get(key);
  if (same !== undefined) return same;
  const state = known.sets.length;
  known.sets.push(set);
  known.flags.push(flags);
  known.byKey.set(key, state);
  known.cells += stride + 2 * set.length;
  if ((state + 1) * stride > known.next.length) {
    const larger = new Int32Array(known.next.length * 2).fill(unknown);
    larger.set(known.next);
    known.next = larger;
  }
  return state;
}

/** Makes the state that follows instructions and flags when a character, or the end, is read. */
function follow(automaton: Automaton, set: Int32Array, flags: number, type: number, point: number): void {
  const { next, reads, start } = automaton.program;
  const isWord = automaton.asksWords && isWordPoint(point);
  let reached = flags & beginBits;
  if (point === lineFeed) reached |= code.endLine;
  if (point === endOfText) reached |= code.endLine | code.endText;
  reached |= isWord === ((flags & afterWord) !== 0) ? code.noWordBoundary : code.wordBoundary;
  const reading = release(automaton, set, reached);
  clear(automaton);
  automaton.matched = reading === undefined;
  if (reading === undefined || point === endOfText) return;
  const begun = point === lineFeed ? code.beginLine : 0;
  automaton.steps += reading.length;
  for (const instruction of reading) {
    if (reads[instruction]?.[type] !== 1) continue;
    close(automaton, next[instruction] as number, begun, true);
    if (automaton.matched) return;
  }
  close(automaton, start, begun, true);
  automaton.flags = automaton.waits ? begun | (isWord ? afterWord : 0) : 0;
}

/** The instructions that read, after those that waited for what is reached; `undefined` if one is a match. */
function release(automaton: Automaton, set: Int32Array, reached: number): Int32Array | undefined {
  const { operations, argument, next } = automaton.program;
  clear(automaton);
  for (const instruction of set) {
    if (operations[instruction] !== code.emptyWidth) {
      close(automaton, instruction, reached, false);
    } else if (((argument[instruction] as number) & ~reached) === 0) {
      close(automaton, next[instruction] as number, reached, false);
    }
  }
  return automaton.matched ? undefined : automaton.found.slice(0, automaton.count);
}

function clear(automaton: Automaton): void {
  automaton.count = 0;
  automaton.flags = 0;
  automaton.waits = false;
  automaton.matched = false;
  // The rounds are counted in 31 bits: once in a long while all marks are taken away.
  automaton.round = (automaton.round + 1) & 0x7fff_ffff;
  if (automaton.round === 0) {
    automaton.visited.fill(0);
    automaton.round = 1;
  }
}

/**
 * Adds all that an instruction leads to without reading a character.
 *
 * @param reached what is known to hold at this place
 * @param mayWait whether what the next character decides is still open
 */
function close(automaton: Automaton, from: number, reached: number, mayWait: boolean): void {
  const { operations, argument, next } = automaton.program;
  const { stack, visited, round } = automaton;
  let depth = 0;
  stack[depth++] = from;
  while (depth > 0) {
    const instruction = stack[--depth] as number;
    if (visited[instruction] === round) continue;
    visited[instruction] = round;
    automaton.steps += 1;
    const operation = operations[instruction] as number;
    if (operation === code.alternative || operation === code.alternativeMatch) {
      stack[depth++] = argument[instruction] as number;
      stack[depth++] = next[instruction] as number;
    } else if (operation === code.capture || operation === code.nothing) {
      stack[depth++] = next[instruction] as number;
    } else if (operation === code.emptyWidth) {
      const open = (argument[instruction] as number) & ~reached;
      if (open === 0) stack[depth++] = next[instruction] as number;
      else if (mayWait && (open & beginBits) === 0) keep(automaton, instruction, true);
    } else if (operation === code.match) {
      automaton.matched = true;
      return;
    } else if (operation !== code.fail) {
      keep(automaton, instruction, false);
    }
  }
}

function keep(automaton: Automaton, instruction: number, waits: boolean): void {
  automaton.found[automaton.count++] = instruction;
  if (waits) automaton.waits = true;
}

function isWordPoint(point: number): boolean {
  return (
    (point >= 0x61 && point <= 0x7a) ||
    (point >= 0x41 && point <= 0x5a) ||
    (point >= 0x30 && point <= 0x39) ||
    point === 0x5f
  );
}
