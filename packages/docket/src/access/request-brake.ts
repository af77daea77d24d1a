// SPDX-License-Identifier: Apache-2.0
// How often somebody may ask who has no API key: by the token that they hold, or the address that they come
// from. Kept in memory alone, and bounded: it is a brake, not a proof.

/** Most holders that are remembered; of more, the one that was quiet longest is forgotten. */
export const rememberedMax = 20_000;

/** So many at once, and from then on one in so many ms. */
export type RequestRate = { readonly burst: number; readonly everyMs: number };

/** Counts requests by whoever makes them (generic cell rate algorithm, one time for each). */
export class RequestBrake {
  readonly #rate: RequestRate;
  readonly #clock: () => number;
  /** When the next request would be on time, in ms; the longest quiet first. */
  readonly #dueMs = new Map<string, number>();

  constructor(rate: RequestRate, clock: () => number) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Takes a request. @returns how long to wait, in seconds, if it is one too many */
  take(who: string): number | undefined {
    const { burst, everyMs } = this.#rate;
    const nowMs = this.#clock();
    const dueMs = Math.max(this.#dueMs.get(who) ?? 0, nowMs);
    const waitMs = dueMs - nowMs - (burst - 1) * everyMs;
    if (waitMs > 0) return Math.ceil(waitMs / 1000);
    this.#dueMs.delete(who);
    this.#dueMs.set(who, dueMs + everyMs);
    const [quietest] = this.#dueMs.keys();
    if (this.#dueMs.size > rememberedMax && quietest !== undefined) this.#dueMs.delete(quietest);
    return undefined;
  }

  /** Takes one request back, which so does not count. */
  giveBack(who: string): void {
    const dueMs = this.#dueMs.get(who);
    if (dueMs !== undefined) this.#dueMs.set(who, dueMs - this.#rate.everyMs);
  }
}
