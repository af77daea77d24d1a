// SPDX-License-Identifier: Apache-2.0

/**
 * Does a piece of work for each item, so many at a time, in the items' order as far as that goes. The first
 * that fails ends it: nothing further is begun, and what is under way is waited for.
 *
 * @throws what the first piece that failed threw
 */
export async function forEachBounded<T>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  let failure: { error: unknown } | undefined;
  const take = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true && failure === undefined; next = rest.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, take));
  if (failure !== undefined) throw failure.error;
}
