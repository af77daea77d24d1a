// SPDX-License-Identifier: Apache-2.0

/** A set of record indexes, kept as ranges: those of a run follow one another, so millions take no room. */
export class IndexRanges {
  #ranges: { first: number; end: number }[] = [];

  /** Adds an index. */
  add(index: number): void {
    const last = this.#ranges.at(-1);
    if (last !== undefined && index === last.end) last.end++;
    else if (last === undefined || index < last.first || index > last.end) {
      this.#ranges.push({ first: index, end: index + 1 });
    }
  }

  /** The indexes from the smallest to the largest, each once. */
  *[Symbol.iterator](): Generator<number> {
    let next = 0;
    for (const { first, end } of this.#ranges.toSorted((a, b) => a.first - b.first)) {
      for (next = Math.max(next, first); next < end; next++) yield next;
    }
  }

  /** How many there are. */
  get size(): number {
    let size = 0;
    let next = 0;
    for (const { first, end } of this.#ranges.toSorted((a, b) => a.first - b.first)) {
      size += Math.max(0, end - Math.max(next, first));
      next = Math.max(next, end);
    }
    return size;
  }
}
