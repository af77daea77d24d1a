// SPDX-License-Identifier: Apache-2.0
// The recorded results of clauses, as facts have them: a letter for each.

/** By the result: false, true, missing. */
const letters = ["f", "t", "m"];
/** Letters that are put together at once. */
export const lettersAtOnce = 5;

/**
 * By how many there are, all texts of so many letters: the first letter's result counts once, the second's
 * three times, and so on.
 */
export const letterGroups: readonly (readonly string[])[] = Array.from(
  { length: lettersAtOnce + 1 },
  (_, count) =>
    Array.from({ length: 3 ** count }, (_group, number) =>
      Array.from({ length: count }, (_each, at) => letters[Math.floor(number / 3 ** at) % 3]).join(""),
    ),
);

/** The results of the clauses that are recorded: `t`, `f` or `m` for each. */
export function lettersOf(results: Uint8Array, recorded: readonly number[]): string {
  const { length } = recorded;
  if (length <= lettersAtOnce) return lettersFrom(results, recorded, 0, length);
  let text = "";
  for (let from = 0; from < length; from += lettersAtOnce) {
    text += lettersFrom(results, recorded, from, Math.min(length, from + lettersAtOnce));
  }
  return text;
}

function lettersFrom(results: Uint8Array, recorded: readonly number[], from: number, to: number): string {
  let number = 0;
  for (let at = to - 1; at >= from; at--) {
    number = number * 3 + (results[recorded[at] as number] as number);
  }
  return (letterGroups[to - from] as readonly string[])[number] as string;
}
