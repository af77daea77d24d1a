// SPDX-License-Identifier: Apache-2.0
// What an event is counted under, and whether it is counted: the same rules for reading a counter or a limit
// and for adding to it.
import { fieldReader, fieldValue } from "./evaluate.ts";
import { counterListElementsMax } from "./loading/counted.ts";
import { isTrue, truthOf } from "./condition/condition.ts";
import type { Frame } from "./condition/compile.ts";
import type { PolicySet } from "./program.ts";
import type { Counter, EvaluationInput, FieldPath, Limit } from "./types.ts";

/** A value that is not a list. */
export type Scalar = string | number | boolean;

/**
 * Where an event is counted: the values of `by`, in its order, and of a distinct counter the value that is
 * counted, of a sum the number that is added.
 */
export type CounterEntry = { readonly by: readonly Scalar[]; readonly of?: Scalar };

/**
 * The entries of an event in a counter or a limit: under which keys it is read, and counted if `counts` says
 * so. Where a field is a list there is one for each of its first `counterListElementsMax` different elements;
 * the counter's value is then the largest over them (of `first` the smallest), and a limit's the longest
 * wait.
 *
 * @returns no entries where a list is empty: the value is then 0, and that of `first` missing; `undefined`
 *   where a field is missing or the counter doesn't count such events: the value is then missing
 */
export function counterEntries(
  set: PolicySet,
  counter: Pick<Counter, "by" | "of" | "on">,
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

/**
 * Whether an event is counted by a counter or measured by a limit: whether it is of its types, and its
 * `where` is true. It is read all the same.
 */
export function counts(set: PolicySet, counter: Counter | Limit, input: EvaluationInput): boolean {
  if (!counter.on.includes(input.type)) return false;
  const where = set.program.wheres.get(counter.id);
  if (where === undefined) return true;
  const frame: Frame = Array.from({ length: where.slots });
  for (const { slot, read } of where.readers) frame[slot] = read(input);
  const { condition } = where;
  const results = new Uint8Array(condition.clauses.length);
  for (const [index, clause] of condition.clauses.entries()) results[index] = truthOf(clause.run(frame));
  return condition.combine(results, 0) === isTrue;
}

/** The values of a field that events are counted by: one, those of a list, or `undefined` if missing. */
export type ScalarsReader = (input: EvaluationInput) => Scalar | readonly Scalar[] | undefined;

/**
 * Reads what {@link counterEntries} combines, of one field and for events of one type: a counter's entries
 * are all combinations of the values of `by`, the first field's varying slowest, and then of `of`.
 */
export function scalarsReader(set: PolicySet, type: string, path: FieldPath): ScalarsReader {
  const read = fieldReader(set, type, path);
  if (read === undefined) return () => undefined;
  return (input) => {
    const value = read(input);
    return typeof value === "object" ? countedElements(value) : value;
  };
}

function countedElements(list: readonly string[]): readonly string[] {
  return list.length <= 1 ? list : [...new Set(list)].slice(0, counterListElementsMax);
}

/** The values of a field: one, or those of a list. */
function scalars(set: PolicySet, input: EvaluationInput, path: FieldPath): readonly Scalar[] | undefined {
  const value = fieldValue(set, input, path);
  if (value === undefined) return undefined;
  if (typeof value !== "object") return [value];
  return countedElements(value);
}
