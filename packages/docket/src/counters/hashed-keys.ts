// SPDX-License-Identifier: Apache-2.0
// Where an event is counted, with the hashes that tables know keys and values by: made once for all counters
// that count by the same fields.
import type { KeyHash } from "./key-hash.ts";

/**
 * The keys of an event and, of a distinct counter or a sum, its values: it is counted under each key with
 * each value. Good until the next event: the same memory is filled again.
 */
export type HashedKeys = {
  /** How many of `hashes` are of this event. */
  readonly keys: number;
  readonly hashes: readonly KeyHash[];
  /** How many of `values` are of this event; -1 where the counter has no values. */
  readonly valueCount: number;
  /** Of a distinct counter the hashes of its values. */
  readonly values: readonly KeyHash[];
  /** Of a sum its summands. */
  readonly summands: readonly number[];
};
