// SPDX-License-Identifier: Apache-2.0
// What was ordered and what the app has confirmed. Made from the log when it is first asked for, and by
// listening from then on.

/** Most orders that are remembered as waiting; beyond them the oldest are only counted. */
export const waitingOrdersMax = 500_000;

/** Orders that wait for the app's word. */
export class Orders {
  /** By record, in the order of the log: when it was sealed, in ms since 1970. */
  readonly #waiting = new Map<number, number>();
  /** Orders that the app confirmed before they were read here. */
  readonly #confirmedEarly = new Set<number>();
  #forgotten = 0;

  /** A record ordered something. Records come in the order of the log. */
  ordered(record: number, sealedMs: number): void {
    if (this.#confirmedEarly.delete(record)) return;
    this.#waiting.set(record, sealedMs);
    if (this.#waiting.size <= waitingOrdersMax) return;
    const [oldest] = this.#waiting.keys();
    this.#waiting.delete(oldest as number);
    this.#forgotten += 1;
  }

  /** The app has done what these records ordered. */
  applied(records: readonly number[], readTo: number): void {
    for (const record of records) {
      if (record > readTo) this.#confirmedEarly.add(record);
      else this.#waiting.delete(record);
    }
  }

  /** How many wait, those that are only counted included. */
  get count(): number {
    return this.#waiting.size + this.#forgotten;
  }

  /** When the oldest that waits was sealed. */
  get oldestMs(): number | undefined {
    const [first] = this.#waiting.values();
    return first;
  }

  /** How many were sealed at or before a time. */
  overdue(atMs: number): number {
    let count = this.#forgotten;
    for (const sealedMs of this.#waiting.values()) {
      if (sealedMs > atMs) break;
      count += 1;
    }
    return count;
  }

  /** Those that were sealed at or before a time, after a record. */
  list(atMs: number, after: number, limit: number): { record: number; sealedMs: number }[] {
    const found: { record: number; sealedMs: number }[] = [];
    for (const [record, sealedMs] of this.#waiting) {
      if (sealedMs > atMs || found.length >= limit) break;
      if (record > after) found.push({ record, sealedMs });
    }
    return found;
  }
}
