// SPDX-License-Identifier: Apache-2.0
import { randomFillSync } from "node:crypto";
import type { RandomBytes } from "./seal.ts";

/** How much randomness is drawn at once, in bytes: one draw costs far more than its bytes. */
const poolBytes = 8192;

/** A source of random bytes for many small draws. Each byte is given out once and then overwritten. */
export function randomPool(): RandomBytes {
  const pool = Buffer.alloc(poolBytes);
  let used = poolBytes;
  return (length) => {
    if (length > poolBytes) return randomFillSync(Buffer.alloc(length));
    if (used + length > poolBytes) {
      randomFillSync(pool);
      used = 0;
    }
    // Memory of its own: a view of a shared pool would take the whole pool along between threads.
    const bytes = Buffer.alloc(length);
    pool.copy(bytes, 0, used, used + length);
    pool.fill(0, used, used + length);
    used += length;
    return bytes;
  };
}
