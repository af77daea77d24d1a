// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";

/** Numbers that follow from a seed. */
export type Random = {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
};

/** A source of numbers that follow from a seed: SHA-256 of seed and count. For tests; nothing secret. */
export function seededRandom(seed: string): Random {
  let count = 0;
  return {
    below(limit) {
      const digest = createHash("sha256").update(`${seed} ${count++}`).digest();
      return digest.readUIntBE(0, 6) % limit;
    },
  };
}
