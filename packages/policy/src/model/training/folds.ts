// SPDX-License-Identifier: Apache-2.0
// Inner folds: what is in one group, and texts that are the same but for spacing, signs and case, stay
// together.
import { hashEnd, hashText } from "../hash.ts";
import type { Example } from "./example.ts";

/** The fold of each example. */
export function foldsOf(examples: readonly Example[], folds: number): Uint8Array {
  return Uint8Array.from(examples, (example) => {
    const { group, title = "", text = "" } = example;
    const key = group ?? `${title} ${text}`.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, " ");
    return hashEnd(hashText(0x5be0_cd19, key)) % folds;
  });
}
