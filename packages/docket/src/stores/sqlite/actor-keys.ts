// SPDX-License-Identifier: Apache-2.0
// Wrapped keys of actors, for whoever reads a data directory, also while a server writes it: without a lock
// and without changing anything.
import { DatabaseSync } from "node:sqlite";

/** Gives the wrapped key of a pseudonym; `undefined` if it is gone. */
export type WrappedKeys = (pseudonym: string) => Uint8Array | undefined;

/**
 * Opens the identity map.
 *
 * @param path of `identity.sqlite`
 * @param journalled actors that only the journal has so far
 */
export function openWrappedKeys(
  path: string,
  journalled: readonly (readonly [pseudonym: string, wrapped: Uint8Array])[],
): WrappedKeys {
  const database = new DatabaseSync(path, { readOnly: true });
  const find = database.prepare("SELECT wrapped FROM actors WHERE pseudonym = ?");
  const waiting = new Map(journalled);
  return (pseudonym) => {
    const row = find.get(pseudonym) as { wrapped: Uint8Array } | undefined;
    return row?.wrapped ?? waiting.get(pseudonym);
  };
}
