// SPDX-License-Identifier: Apache-2.0
// A sliding HyperLogLog: how many different values a key has seen within a window, when they are too many to
// be remembered one by one. Flajolet et al., "HyperLogLog" (2007); for windows Chabchoub and Hébrail,
// "Sliding HyperLogLog" (2010): each register keeps those ranks, with their buckets, that are the greatest of
// some window that ends now or later. The estimate is Ertl's, "New cardinality estimation algorithms for
// HyperLogLog sketches" (2017, algorithm 6), which needs no table of corrections, and of floating-point
// arithmetic nothing but what IEEE 754 fixes to the bit. Standard error 1.04 / sqrt(4096) = 1.6 %.
import { bucketsPerWindow } from "./bounds.ts";
import type { KeyHash } from "./key-hash.ts";
import { plainNodeNumbers } from "./nodes.ts";
import type { PlainChain } from "./nodes.ts";
import { RankNodes } from "./rank-nodes.ts";
import type { Undo } from "./bucket-shard.ts";

/** Registers of a sketch: 2^12. */
export const sketchRegisters = 4096;
/** The greatest rank: 52 bits decide it. */
export const rankMax = 53;

/** A sketch as it stands in a snapshot: its registers that have anything, and what each has, as chains. */
export type PlainSketch = { readonly top: number; readonly registers: readonly [number, PlainChain][] };

/** Which register a value falls into. */
export function registerOf({ a }: KeyHash): number {
  return a >>> 20;
}

/** The rank that it has there: one more than the zeros that the rest of its bits begins with. */
export function rankOf({ a, b }: KeyHash): number {
  const rest = a << 12;
  return rest === 0 ? 21 + Math.clz32(b) : 1 + Math.clz32(rest);
}

/**
 * The estimate.
 *
 * @param ranks how many registers have each rank, from 0 to {@link rankMax}; {@link sketchRegisters} in all
 */
export function estimate(ranks: ArrayLike<number>): number {
  const m = sketchRegisters;
  let z = m * tau(1 - (ranks[rankMax] as number) / m);
  for (let rank = rankMax - 1; rank >= 1; rank--) z = 0.5 * (z + (ranks[rank] as number));
  z += m * sigma((ranks[0] as number) / m);
  return Math.floor((alphaInfinity * m * m) / z + 0.5);
}

/** The different values of one key. */
export class Sketch {
  /** The newest bucket. */
  top: number = -Infinity;
  readonly #heads = new Int32Array(sketchRegisters).fill(-1);
  readonly #nodes: RankNodes;
  // How many registers have each rank in the window that ended with this bucket; kept up by additions.
  readonly #ranks = new Int32Array(rankMax + 1);
  #ranksEnd = Number.NaN;

  constructor(nodes: RankNodes = new RankNodes()) {
    this.#nodes = nodes;
  }

  get bytes(): number {
    return 4 * sketchRegisters + this.#nodes.bytes;
  }

  /** The estimate for the window that ends with bucket `last`, or with the newest if that is later. */
  read(last: number): number {
    const end = Math.max(last, this.top);
    if (end !== this.#ranksEnd) this.#rank(end);
    return estimate(this.#ranks);
  }

  add(hash: KeyHash, bucket: number): Undo {
    const register = registerOf(hash);
    const rank = rankOf(hash);
    // Most that are added to a large sketch change nothing.
    if (bucket <= this.top && this.#isBelow(register, bucket, rank)) return nothing;
    const before = this.#nodes.plain(this.#heads[register] as number);
    const topBefore = this.top;
    const top = Math.max(topBefore, bucket);
    const after = withRank(before, bucket, rank, top - bucketsPerWindow);
    this.top = top;
    if (after === undefined) return () => (this.top = topBefore);
    this.#replace(register, after);
    return () => {
      this.#replace(register, before);
      this.top = topBefore;
    };
  }

  /** A copy, to be read later. */
  copy(): Sketch {
    const copied = new Sketch(this.#nodes.copy());
    copied.#heads.set(this.#heads);
    copied.top = this.top;
    return copied;
  }

  plain(): PlainSketch {
    const registers: [number, PlainChain][] = [];
    this.#heads.forEach((head, register) => {
      if (head !== -1) registers.push([register, this.#nodes.plain(head)]);
    });
    return { top: this.top, registers };
  }

  restore({ top, registers }: PlainSketch): void {
    this.top = top;
    for (const [register, chain] of registers) this.#heads[register] = this.#nodes.chain(chain);
  }

  #replace(register: number, chain: PlainChain): void {
    const head = this.#heads[register] as number;
    const end = this.#ranksEnd;
    if (!Number.isNaN(end)) this.#countRank(this.#greatest(head, end), -1);
    this.#nodes.giveChain(head);
    const replaced = this.#nodes.chain(chain);
    this.#heads[register] = replaced;
    if (!Number.isNaN(end)) this.#countRank(this.#greatest(replaced, end), 1);
  }

  #isBelow(register: number, bucket: number, rank: number): boolean {
    const nodes = this.#nodes;
    for (let node = this.#heads[register] as number; node !== -1; node = nodes.next(node)) {
      if (nodes.bucket(node) < bucket) return false;
      if (nodes.rank(node) >= rank) return true;
    }
    return false;
  }

  #rank(end: number): void {
    this.#ranks.fill(0);
    for (const head of this.#heads) this.#countRank(this.#greatest(head, end), 1);
    this.#ranksEnd = end;
  }

  #countRank(rank: number, by: number): void {
    this.#ranks[rank] = (this.#ranks[rank] as number) + by;
  }

  // The older a bucket of a chain, the greater its rank.
  #greatest(head: number, end: number): number {
    const nodes = this.#nodes;
    let rank = 0;
    for (let node = head; node !== -1; node = nodes.next(node)) {
      const bucket = nodes.bucket(node);
      if (bucket <= end - bucketsPerWindow) break;
      if (bucket <= end) rank = nodes.rank(node);
    }
    return rank;
  }
}

function nothing(): void {}

// A register's chain with one more rank; `undefined` if a newer bucket has as great a one. What is not newer
// and no greater can never be a window's greatest again; what lies before `dead` is in no window.
function withRank(chain: PlainChain, bucket: number, rank: number, dead: number): PlainChain | undefined {
  const after: PlainChain = [];
  let placed = false;
  const place = (): void => {
    if (!placed && bucket > dead) after.push(bucket, rank, 0);
    placed = true;
  };
  for (let at = 0; at < chain.length; at += plainNodeNumbers) {
    const number = chain[at] as number;
    const own = chain[at + 1] as number;
    if (number >= bucket && own >= rank) return undefined;
    if (number <= bucket) place();
    if (number <= dead || (number <= bucket && own <= rank)) continue;
    after.push(number, own, 0);
  }
  place();
  return after;
}

/** 1 / (2 ln 2). */
const alphaInfinity = 0.721_347_520_444_481_7;

function sigma(part: number): number {
  if (part === 1) return Infinity;
  let x = part;
  let y = 1;
  let z = part;
  for (let before = Number.NaN; z !== before;) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(part: number): number {
  if (part === 0 || part === 1) return 0;
  let x = part;
  let y = 1;
  let z = 1 - part;
  for (let before = Number.NaN; z !== before;) {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}
