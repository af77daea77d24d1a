// SPDX-License-Identifier: Apache-2.0
// Where an event stood in counters and limits, as its facts record it.

/** Stands for the record's actor in a recorded key. */
const actorMark = "@";

/** Recorded keys with the actor's pseudonym in place of its mark. */
export function actorKeys(keys: readonly (readonly string[])[], actor: string): string[][] {
  return keys.map((key) =>
    key.map((cell) =>
      cell.includes(actorMark)
        ? cell
            .split("|")
            .map((each) => (each === actorMark ? actor : each))
            .join("|")
        : cell,
    ),
  );
}
