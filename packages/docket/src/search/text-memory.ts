// SPDX-License-Identifier: Apache-2.0
// Texts as they are searched: each is a row of numbers of terms. A search looks at every row, which at a
// million texts takes some tens of milliseconds, and so nothing has to be kept in the order of terms: taking
// in a text is as cheap, and taking out all of an actor leaves nothing behind.
import type { WantedTerm } from "./terms.ts";

/** Records of a bundle. */
export const bundleRecords = 256;

/** A text of a bundle. */
export type TermedText = {
  /** Which record of the bundle. */
  readonly place: number;
  readonly actor: string;
  readonly terms: readonly string[];
};

type Bundle = {
  /** How many of its records were looked at. */
  readonly width: number;
  /** Where the terms of each text begin in `terms`; those of the last end where the next would begin. */
  readonly starts: Uint32Array;
  readonly terms: Uint32Array;
  readonly actors: Uint32Array;
  readonly texts: number;
};

/** Finds texts; a search that goes on while texts are taken in. */
export type TextMatcher = {
  /** The places of a bundle from `from` on, before `to`, that match, ascending. */
  matches(bundle: number, from: number, to: number): number[];
};

/** Texts in memory. Not to be shared between threads. */
export class TextMemory {
  readonly #numbers = new Map<string, number>();
  /** Terms by number; 0 is none. Numbers are not used again. */
  readonly #terms: (string | undefined)[] = [undefined];
  readonly #uses: number[] = [0];
  readonly #actors = new Map<string, number>();
  readonly #bundles = new Map<number, Bundle>();
  #lastActor = 0;
  #texts = 0;

  /** How many texts it holds. */
  get texts(): number {
    return this.#texts;
  }

  /** How many different terms they have. */
  get terms(): number {
    return this.#numbers.size;
  }

  /** How many records of a bundle were looked at; 0 if it isn't there. */
  widthOf(bundle: number): number {
    return this.#bundles.get(bundle)?.width ?? 0;
  }

  /** Takes in a bundle, in place of what there was of it. */
  put(bundle: number, width: number, texts: readonly TermedText[]): void {
    this.drop(bundle);
    const starts = new Uint32Array(bundleRecords + 1);
    const actors = new Uint32Array(bundleRecords);
    const terms: number[] = [];
    let next = 0;
    for (const text of [...texts].sort((one, other) => one.place - other.place)) {
      starts.fill(terms.length, next, text.place + 1);
      next = text.place + 1;
      actors[text.place] = this.#actorNumber(text.actor);
      for (const term of text.terms) terms.push(this.#use(term));
    }
    starts.fill(terms.length, next);
    this.#bundles.set(bundle, { width, starts, terms: Uint32Array.from(terms), actors, texts: texts.length });
    this.#texts += texts.length;
  }

  /** Lets a bundle go. */
  drop(bundle: number): void {
    const held = this.#bundles.get(bundle);
    if (held === undefined) return;
    for (const term of held.terms) this.#release(term);
    this.#bundles.delete(bundle);
    this.#texts -= held.texts;
  }

  /** Lets bundles go, those that were taken in first, until no more than so many texts are left. */
  shrink(textsMax: number, besides: number): void {
    for (const bundle of this.#bundles.keys()) {
      if (this.#texts <= textsMax) return;
      if (bundle !== besides) this.drop(bundle);
    }
  }

  /** Takes out all texts of these actors, and every term that only they used. */
  forget(actors: readonly string[]): void {
    const numbers = new Set<number>();
    for (const actor of actors) {
      const number = this.#actors.get(actor);
      if (number !== undefined) numbers.add(number);
      this.#actors.delete(actor);
    }
    if (numbers.size === 0) return;
    for (const { starts, terms, actors: of } of this.#bundles.values()) {
      for (const [place, actor] of of.entries()) {
        if (!numbers.has(actor)) continue;
        of[place] = 0;
        for (let at = starts[place] ?? 0; at < (starts[place + 1] ?? 0); at++) {
          this.#release(terms[at] ?? 0);
          terms[at] = 0;
        }
      }
    }
  }

  /** Looks for texts that have all of these terms. */
  matcher(wanted: readonly WantedTerm[]): TextMatcher {
    const all = (1 << wanted.length) - 1;
    // A bit for each wanted term that a term fulfils.
    let bits = new Uint8Array(this.#terms.length);
    let known = 0;
    const learn = (): void => {
      if (known === this.#terms.length) return;
      if (bits.length < this.#terms.length) {
        const more = new Uint8Array(2 * this.#terms.length);
        more.set(bits);
        bits = more;
      }
      this.#mark(wanted, bits, known);
      known = this.#terms.length;
    };
    return {
      matches: (bundle, from, to) => {
        learn();
        const held = this.#bundles.get(bundle);
        return held === undefined ? [] : matchesIn(held, bits, all, from, to);
      },
    };
  }

  #mark(wanted: readonly WantedTerm[], bits: Uint8Array, from: number): void {
    for (const [bit, { term, isPrefix }] of wanted.entries()) {
      const mask = 1 << bit;
      if (!isPrefix) {
        const number = this.#numbers.get(term);
        if (number !== undefined) bits[number] = (bits[number] ?? 0) | mask;
        continue;
      }
      for (let number = from; number < this.#terms.length; number++) {
        if (this.#terms[number]?.startsWith(term) === true) bits[number] = (bits[number] ?? 0) | mask;
      }
    }
  }

  #use(term: string): number {
    let number = this.#numbers.get(term);
    if (number === undefined) {
      number = this.#terms.push(term) - 1;
      this.#uses.push(0);
      this.#numbers.set(term, number);
    }
    this.#uses[number] = (this.#uses[number] ?? 0) + 1;
    return number;
  }

  #release(number: number): void {
    if (number === 0) return;
    const left = (this.#uses[number] ?? 1) - 1;
    this.#uses[number] = left;
    if (left > 0) return;
    const term = this.#terms[number];
    if (term !== undefined) this.#numbers.delete(term);
    this.#terms[number] = undefined;
  }

  #actorNumber(actor: string): number {
    let number = this.#actors.get(actor);
    if (number === undefined) this.#actors.set(actor, (number = ++this.#lastActor));
    return number;
  }
}

function matchesIn(
  { starts, terms }: Bundle,
  bits: Uint8Array,
  all: number,
  from: number,
  to: number,
): number[] {
  const places: number[] = [];
  let at = starts[from] as number;
  for (let place = from; place < to; place++) {
    const end = starts[place + 1] as number;
    let seen = 0;
    while (at < end) seen |= bits[terms[at++] as number] as number;
    if (seen === all) places.push(place);
  }
  return places;
}
