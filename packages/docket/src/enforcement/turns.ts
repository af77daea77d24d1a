// SPDX-License-Identifier: Apache-2.0
// Acts on one actor come one after the other: each reads what the one before it left.

/** Turns by name. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs when all that came before under this name has ended, however it ended. */
  async take<T>(name: string, run: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve();
    const mine = before.then(run, run);
    const settled = mine.catch(() => undefined);
    this.#last.set(name, settled);
    try {
      return await mine;
    } finally {
      if (this.#last.get(name) === settled) this.#last.delete(name);
    }
  }
}
