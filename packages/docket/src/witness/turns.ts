// SPDX-License-Identifier: Apache-2.0
// One thing at a time for each key, in the order in which it was asked for; keys don't wait for each other.

/** The turns of many keys. */
export class Turns {
  readonly #waitingMax: number;
  readonly #lanes = new Map<string, { last: Promise<unknown>; waiting: number }>();

  /** @param waitingMax the most that may wait for their turn, for one key */
  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  /**
   * Runs `work` once all that was asked for before it with this key has ended, well or not.
   *
   * @returns what `work` gives; `undefined` if too many wait already, and `work` is never run
   */
  take<T>(key: string, work: () => Promise<T>): Promise<T> | undefined {
    const lane = this.#lanes.get(key) ?? { last: Promise.resolve(), waiting: 0 };
    // One runs, the others wait.
    if (lane.waiting > this.#waitingMax) return undefined;
    this.#lanes.set(key, lane);
    lane.waiting++;
    const result = lane.last.then(work);
    const ended = (): void => {
      lane.waiting--;
      if (lane.waiting === 0) this.#lanes.delete(key);
    };
    lane.last = result.then(ended, ended);
    return result;
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all([...this.#lanes.values()].map(({ last }) => last));
  }
}
