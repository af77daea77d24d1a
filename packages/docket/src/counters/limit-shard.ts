// SPDX-License-Identifier: Apache-2.0
// A shard of a limit: for each key the theoretical arrival time of GCRA, as a virtual schedule (ITU-T I.371),
// in whole microseconds since 1970.
import { latenessMsMax } from "@docket/policy";
import type { ShardBounds } from "./bounds.ts";
import type { Undo } from "./bucket-shard.ts";
import type { KeyHash } from "./key-hash.ts";
import { KeyTable } from "./key-table.ts";
import type { Ends } from "./key-table.ts";
import { longer } from "./nodes.ts";

/** A key as it stands in a snapshot: its arrival time, and the time until which it must be remembered. */
export type PlainLimitKey = { readonly hash: KeyHash; readonly tatUs: number; readonly untilUs: number };
/** A shard as it stands in a snapshot: its keys from the one that was consumed of longest ago. */
export type PlainLimitShard = { readonly top: number; readonly keys: Iterable<PlainLimitKey> };

/** Keys with their theoretical arrival times. */
export class LimitShard {
  /** Keys that had to go before their time, for metrics. */
  evicted = 0;
  readonly #bounds: ShardBounds;
  readonly #keys = new KeyTable();
  readonly #ends: Ends = { oldest: -1, newest: -1 };
  #tatUs = new Float64Array(this.#keys.capacity);
  #untilUs = new Float64Array(this.#keys.capacity);
  /** The latest time of all, in milliseconds. */
  #top = -Infinity;

  constructor(bounds: ShardBounds) {
    this.#bounds = bounds;
  }

  get keys(): number {
    return this.#keys.size;
  }

  get bytes(): number {
    return this.#keys.bytes + 2 * this.#tatUs.byteLength;
  }

  /** The theoretical arrival time of a key; `undefined` if it isn't there. */
  tatUs(hash: KeyHash): number | undefined {
    const slot = this.#keys.find(hash);
    return slot === -1 ? undefined : this.#tatUs[slot];
  }

  /** Sets the theoretical arrival time of a key, and until when it must be remembered. */
  put(hash: KeyHash, atMs: number, tatUs: number, untilUs: number): Undo {
    const keys = this.#keys;
    const topBefore = this.#top;
    if (atMs > topBefore) this.#top = atMs;
    const known = keys.find(hash);
    const gone = known === -1 ? this.#makeRoom() : undefined;
    const slot = known === -1 ? this.#insert(hash, tatUs, untilUs) : known;
    const older = known === -1 ? -1 : keys.older(slot);
    if (known !== -1) keys.unlink(this.#ends, slot);
    keys.link(this.#ends, slot, this.#ends.newest);
    const tatBefore = this.#tatUs[slot] as number;
    const untilBefore = this.#untilUs[slot] as number;
    this.#tatUs[slot] = tatUs;
    this.#untilUs[slot] = untilUs;
    return () => {
      this.#tatUs[slot] = tatBefore;
      this.#untilUs[slot] = untilBefore;
      keys.unlink(this.#ends, slot);
      if (known === -1) keys.remove(slot);
      else keys.link(this.#ends, slot, older);
      for (const { hash: own, ...times } of gone?.toReversed() ?? []) {
        keys.link(this.#ends, this.#insert(own, times.tatUs, times.untilUs), -1);
      }
      this.#top = topBefore;
    };
  }

  /** The shard as plain data: as it is now, even if the keys are asked for later. */
  plain(): PlainLimitShard {
    const keys = plainKeys(this.#ends.oldest, this.#keys.copy(), this.#tatUs.slice(), this.#untilUs.slice());
    return { top: this.#top, keys };
  }

  /** Takes in what {@link plain} gave; the shard must be empty. */
  restore({ top, keys }: PlainLimitShard): void {
    this.#top = top;
    for (const { hash, tatUs, untilUs } of keys) {
      const slot = this.#insert(hash, tatUs, untilUs);
      this.#keys.link(this.#ends, slot, this.#ends.newest);
    }
  }

  #plainKey(slot: number): PlainLimitKey {
    const tatUs = this.#tatUs[slot] as number;
    return { hash: this.#keys.hashOf(slot), tatUs, untilUs: this.#untilUs[slot] as number };
  }

  #insert(hash: KeyHash, tatUs: number, untilUs: number): number {
    const slot = this.#keys.insert(hash);
    if (this.#tatUs.length < this.#keys.capacity) {
      this.#tatUs = longer(this.#tatUs, this.#keys.capacity);
      this.#untilUs = longer(this.#untilUs, this.#keys.capacity);
    }
    this.#tatUs[slot] = tatUs;
    this.#untilUs[slot] = untilUs;
    return slot;
  }

  // A key whose arrival time lies before all that can still come is as one that was never seen.
  #makeRoom(): PlainLimitKey[] {
    const gone: PlainLimitKey[] = [];
    const deadUs = (this.#top - latenessMsMax) * 1000;
    for (let i = 0; i < 2; i++) {
      const { oldest } = this.#ends;
      if (oldest === -1 || (this.#untilUs[oldest] as number) > deadUs) break;
      gone.push(this.#removeOldest());
    }
    if (this.#keys.size >= this.#bounds.keys) {
      gone.push(this.#removeOldest());
      this.evicted++;
    }
    return gone;
  }

  #removeOldest(): PlainLimitKey {
    const slot = this.#ends.oldest;
    const removed = this.#plainKey(slot);
    this.#keys.unlink(this.#ends, slot);
    this.#keys.remove(slot);
    return removed;
  }
}

function* plainKeys(
  oldest: number,
  keys: KeyTable,
  tatUs: Float64Array,
  untilUs: Float64Array,
): Generator<PlainLimitKey> {
  for (let slot = oldest; slot !== -1; slot = keys.newer(slot)) {
    yield { hash: keys.hashOf(slot), tatUs: tatUs[slot] as number, untilUs: untilUs[slot] as number };
  }
}
