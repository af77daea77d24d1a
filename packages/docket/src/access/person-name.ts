// SPDX-License-Identifier: Apache-2.0
// Names by which people sign in. Two names that look alike to whoever types them are one.
import { DocketError } from "../error.ts";

/** Longest name, in code points. */
export const nameLengthMax = 64;

/** What a name is found by: neither case nor the way in which its characters are composed matter. */
export function nameKey(name: string): string {
  return name.normalize("NFKC").toLowerCase().normalize("NFKC").trim();
}

/**
 * Checks a new name: 1 to {@link nameLengthMax} characters of letters, digits and `. _ - @ +`, as account
 * names and mail addresses have them.
 *
 * @throws {DocketError} `usage`
 */
export function checkName(name: string): string {
  if (
    name.normalize("NFKC") === name &&
    Array.from(name).length <= nameLengthMax &&
    /^[\p{L}\p{M}\p{N}._@+-]+$/u.test(name)
  ) {
    return name;
  }
  throw new DocketError(
    "usage",
    `a name has 1 to ${nameLengthMax} letters, digits and characters of . _ - @ +, without spaces`,
  );
}
