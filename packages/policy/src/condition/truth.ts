// SPDX-License-Identifier: Apache-2.0
// The three results of a clause or a condition.
import type { Value } from "./types.ts";

export const isFalse = 0;
export const isTrue = 1;
export const isMissing = 2;
/** `isFalse`, `isTrue` or `isMissing`. */
export type Truth = 0 | 1 | 2;

/** What a clause's value comes to. */
export function truthOf(value: Value): Truth {
  return value === true ? isTrue : value === false ? isFalse : isMissing;
}
