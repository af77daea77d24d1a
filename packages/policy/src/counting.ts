// SPDX-License-Identifier: Apache-2.0
// What an event is counted under: the same rules for reading a counter and for adding to it.
import { fieldValue } from "./evaluate.ts";
import { counterListElementsMax } from "./loading/counters.ts";
import type { PolicySet } from "./program.ts";
import type { Counter, EvaluationInput, FieldPath } from "./types.ts";

/** A value that is not a list. */
export type Scalar = string | number | boolean;

/**
 * Where an event is counted: the values of `by`, in its order, and of a distinct counter the value that is
 * counted.
 */
export type CounterEntry = { readonly by: readonly Scalar[]; readonly of?: Scalar };

/**
 * The entries of an event in a counter. Where a field is a list there is one for each of its first
 * `counterListElementsMax` different elements; the counter's value is then the largest over them.
 *
 * @returns no entries where a list is empty: the value is then 0; `undefined` where a field is missing or the
 *   counter doesn't count such events: the value is then missing
 */
export function counterEntries(
  set: PolicySet,
  counter: Counter,
  input: EvaluationInput,
): readonly CounterEntry[] | undefined {
  if (!counter.on.includes(input.type)) return undefined;
  const columns = counter.by.map((path) => scalars(set, input, path));
  let entries: CounterEntry[] = [{ by: [] }];
  for (const column of columns) {
    if (column === undefined) return undefined;
    entries = entries.flatMap(({ by }) => column.map((value) => ({ by: [...by, value] })));
  }
  if (counter.of === undefined) return entries;
  const counted = scalars(set, input, counter.of);
  if (counted === undefined) return undefined;
  return entries.flatMap(({ by }) => counted.map((of) => ({ by, of })));
}

/** The values of a field: one, or those of a list. */
function scalars(set: PolicySet, input: EvaluationInput, path: FieldPath): readonly Scalar[] | undefined {
  const value = fieldValue(set, input, path);
  if (value === undefined) return undefined;
  if (typeof value !== "object") return [value];
  return [...new Set(value)].slice(0, counterListElementsMax);
}
