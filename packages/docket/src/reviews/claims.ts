// SPDX-License-Identifier: Apache-2.0
// Who is looking at which case. A claim only keeps two people from doing the same work, so it lives in memory
// and ends by itself.

/** Most claims at a time: beyond, those that ended are cleared away, and then no more are given. */
export const claimsMax = 10_000;

/** A claim; `openedEvidence` once whoever has it was shown the evidence. */
export type HeldClaim = { readonly by: string; untilMs: number; openedEvidence: boolean };

/** Claims by case. */
export class Claims {
  readonly #claims = new Map<number, HeldClaim>();
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** The claim on a case that has not ended. */
  of(index: number): HeldClaim | undefined {
    const claim = this.#claims.get(index);
    if (claim === undefined || claim.untilMs > this.#clock()) return claim;
    this.#claims.delete(index);
    return undefined;
  }

  /** Claims a case, or prolongs the claim; `undefined` if another has it, or there are too many. */
  take(index: number, by: string, forMs: number): HeldClaim | undefined {
    const untilMs = this.#clock() + forMs;
    const claim = this.of(index);
    if (claim !== undefined) {
      if (claim.by !== by) return undefined;
      claim.untilMs = untilMs;
      return claim;
    }
    if (this.#claims.size >= claimsMax) this.#clear();
    if (this.#claims.size >= claimsMax) return undefined;
    const taken: HeldClaim = { by, untilMs, openedEvidence: false };
    this.#claims.set(index, taken);
    return taken;
  }

  /** Ends a claim, if it is this person's. */
  release(index: number, by: string): void {
    if (this.#claims.get(index)?.by === by) this.#claims.delete(index);
  }

  #clear(): void {
    for (const index of this.#claims.keys()) this.of(index);
  }
}
