// SPDX-License-Identifier: Apache-2.0
// Which cases are looked at by chance: a keyed hash of the record's index, compared with the share that is
// asked for. Nobody without the site's keys can tell beforehand what will be looked at, what is in an event
// has no influence on it, and the same cases come out again after a restart without any of them being kept.
import { sipHash128, sipKey, sipKeyBytes } from "../counters/siphash.ts";
import type { SipKey } from "../counters/siphash.ts";

/**
 * What is drawn. `allowed` and `refused`: automatic decisions; `second`: reviewed cases that another looks at
 * blind; `quality`: reviewed cases that another looks at knowing what was found.
 */
export const draws = ["allowed", "refused", "second", "quality"] as const;
/** What is drawn. */
export type Draw = (typeof draws)[number];

/** Whether the case of record `index` is drawn, if `share` of `of` are. */
export type Sampler = (draw: Draw, index: number, share: number, of: number) => boolean;

/** Values that the hash can have, all alike. */
const hashValues = 2 ** 32;
/** Most that a share is of: beyond, the product with the hash would be rounded. */
export const shareOfMax = 1_000_000;

/**
 * A sampler of a site.
 *
 * @param keyOf a key for a purpose; its first 16 bytes are used
 */
export function openSampler(keyOf: (purpose: string) => Uint8Array): Sampler {
  const keys = new Map<Draw, SipKey>(
    draws.map((draw) => [draw, sipKey(keyOf(`review sample ${draw}`).subarray(0, sipKeyBytes))]),
  );
  const message = new Uint8Array(8);
  const words = new DataView(message.buffer);
  const hash = new Int32Array(4);
  return (draw, index, share, of) => {
    if (of > shareOfMax) throw new RangeError(`a share is of ${shareOfMax} at the most`);
    if (share <= 0) return false;
    words.setUint32(0, index % hashValues, true);
    words.setUint32(4, Math.floor(index / hashValues), true);
    sipHash128(keys.get(draw) as SipKey, message, message.length, hash);
    return ((hash[0] as number) >>> 0) * of < share * hashValues;
  };
}

/** What a setting was from which record on: the shares of a draw over time. */
export class ShareHistory {
  /** Ordered by `from`; the first holds from record 0 on. */
  readonly #steps: { readonly from: number; readonly share: number }[];

  /** @param initial what held before anything was set */
  constructor(initial: number) {
    this.#steps = [{ from: 0, share: initial }];
  }

  /** Records from `from` on have this share. Later calls don't lie before earlier ones. */
  set(from: number, share: number): void {
    if (this.#steps.at(-1)?.share !== share) this.#steps.push({ from, share });
  }

  /** The share that held at a record. */
  at(index: number): number {
    const steps = this.#steps;
    for (let place = steps.length - 1; place > 0; place--) {
      const step = steps[place] as { from: number; share: number };
      if (step.from <= index) return step.share;
    }
    return (steps[0] as { share: number }).share;
  }
}
