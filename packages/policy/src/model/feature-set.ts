// SPDX-License-Identifier: Apache-2.0
// The features of one text: distinct 32-bit hashes, in groups.
import { readUnits, unitBuffer } from "../text/units.ts";
import { hashEnd, hashStep, hashText } from "./hash.ts";

/** The most features that one text can have; what is found after that is left out. */
export const featuresMax = 65_536;

/** The least number of slots of the table that finds repeats. */
const slotsMin = 1_024;

/** Distinct hashes in the order in which they were first added. Made once, and used for text after text. */
export class FeatureSet {
  /** The hashes; those from {@link size} on are left over from earlier texts. None is 0. */
  readonly hashes: Uint32Array = new Uint32Array(featuresMax);
  /** How many hashes there are. */
  size = 0;
  /** Where each group ends, in the order of the groups. */
  readonly groupEnds: number[] = [];
  /** The readable form of each hash, where somebody wants to know. */
  labels: Map<number, string> | undefined = undefined;
  readonly #slots: Uint32Array = new Uint32Array(2 * featuresMax);
  #mask = slotsMin - 1;

  /**
   * Forgets the features of the text before.
   *
   * @param expected how many may come; of more than that, some may be left out
   * @param labels where readable forms go
   */
  clear(expected: number, labels?: Map<number, string>): void {
    let slots = slotsMin;
    while (slots < 2 * expected && slots < 2 * featuresMax) slots *= 2;
    this.#slots.fill(0, 0, slots);
    this.#mask = slots - 1;
    this.size = 0;
    this.groupEnds.length = 0;
    this.labels = labels;
  }

  /** Whether the hash was not there yet. */
  add(hash: number): boolean {
    const key = hash >>> 0 || 1;
    const mask = this.#mask;
    const slots = this.#slots;
    for (let at = key & mask; ; at = (at + 1) & mask) {
      const other = slots[at];
      if (other === key) return false;
      if (other !== 0) continue;
      // A fuller table would be slow to ask.
      if (this.size >= featuresMax || this.size * 4 > mask * 3) return false;
      slots[at] = key;
      this.hashes[this.size++] = key;
      return true;
    }
  }

  /**
   * Adds each run of `min` to `max` code units of a text, from each place on the shortest first; a space
   * stands before and after the text. Most features are such runs, so this is {@link add} written out: no
   * call, no field read twice.
   */
  addRuns(text: string, min: number, max: number): void {
    const { hashes, labels } = this;
    const slots = this.#slots;
    const mask = this.#mask;
    const sizeMax = Math.min(featuresMax, Math.floor((mask * 3) / 4) + 1);
    const spaced = ` ${text} `;
    const { length } = spaced;
    const units = readUnits(spaced, runBuffer);
    let size = this.size;
    for (let start = 0; start <= length - min; start++) {
      let hash = hashStep(runSeed, units[start] as number);
      const end = start + max < length ? start + max : length;
      const least = start + min - 1;
      for (let at = start + 1; at < end; at++) {
        hash = hashStep(hash, units[at] as number);
        if (at < least) continue;
        const key = hashEnd(hash) || 1;
        let slot = key & mask;
        let other = slots[slot];
        while (other !== 0 && other !== key) {
          slot = (slot + 1) & mask;
          other = slots[slot];
        }
        if (other === key || size >= sizeMax) continue;
        slots[slot] = key;
        hashes[size++] = key;
        if (labels !== undefined) labels.set(key, `characters “${spaced.slice(start, at + 1)}”`);
      }
    }
    this.size = size;
  }

  /** Adds a feature that is a text of some kind; `kind` and `text` are its readable form too. */
  addToken(kind: string, text: string): void {
    this.addTokenHash(hashText(kindHash(kind), text), kind, text);
  }

  /**
   * The same, where the hash is known.
   *
   * @param hash of the text, from {@link kindHash} on, not ended
   * @param text read only for labels
   */
  addTokenHash(hash: number, kind: string, text: string): void {
    const ended = hashEnd(hash);
    if (this.add(ended) && this.labels !== undefined) this.labels.set(ended || 1, `${kind} ${text}`);
  }

  /** Ends a group: what comes next belongs to the one after. */
  endGroup(): void {
    this.groupEnds.push(this.size);
  }
}

const runBuffer = unitBuffer();
const runSeed = 0x3c6e_f372;
const tokenSeed = 0x1f83_d9ab;

/** What the hashes of tokens start from, by kind. There are few kinds, but for the names of headers. */
const kindHashes = new Map<string, number>();
const kindHashesMax = 512;

/** What the hash of a token of a kind starts from. */
export function kindHash(kind: string): number {
  let hash = kindHashes.get(kind);
  if (hash === undefined) {
    hash = hashStep(hashText(tokenSeed, kind), 0);
    if (kindHashes.size < kindHashesMax) kindHashes.set(kind, hash);
  }
  return hash;
}
