// SPDX-License-Identifier: Apache-2.0
// Answers of the DNS for as long as they hold, in bounded memory.

/** An answer: the addresses, none if nothing is listed. */
export type Answer = readonly string[];

/** Most answers that are remembered; the ones that were made longest ago go first. */
export const answersMax = 100_000;
/** Shortest and longest time that an answer is believed, in milliseconds, whatever its time to live says. */
export const believedMsMin = 30_000;
export const believedMsMax = 3_600_000;
/** How long "not listed" is believed, in milliseconds: what is new on a list shows after that. */
export const notListedMs = 300_000;

/** Remembers answers by name. */
export class AnswerMemory {
  readonly #clock: () => number;
  readonly #max: number;
  readonly #answers = new Map<string, { answer: Answer; untilMs: number }>();

  /** @param clock ms that only ever grow */
  constructor(clock: () => number, max: number = answersMax) {
    this.#clock = clock;
    this.#max = max;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#answers.size;
  }

  find(name: string): Answer | undefined {
    const known = this.#answers.get(name);
    if (known === undefined) return undefined;
    if (known.untilMs > this.#clock()) return known.answer;
    this.#answers.delete(name);
    return undefined;
  }

  /** @param ttlSeconds of the records; `undefined` if there are none */
  keep(name: string, answer: Answer, ttlSeconds: number | undefined): void {
    const holds =
      ttlSeconds === undefined
        ? notListedMs
        : Math.min(believedMsMax, Math.max(believedMsMin, ttlSeconds * 1_000));
    this.#answers.delete(name);
    this.#answers.set(name, { answer, untilMs: this.#clock() + holds });
    if (this.#answers.size <= this.#max) return;
    const [oldest] = this.#answers.keys();
    this.#answers.delete(oldest as string);
  }
}
