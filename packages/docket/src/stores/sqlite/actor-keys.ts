// SPDX-License-Identifier: Apache-2.0
// Actors' keys, for whoever reads a data directory, also while a server writes it: without a lock and
// without changing anything.
import { DatabaseSync } from "node:sqlite";
import { readEvidenceKeys } from "../../evidence/evidence-key-file.ts";
import type { KeyFolder } from "../../evidence/key-folder.ts";
import { keyRing } from "../../evidence/key-ring.ts";
import type { KeyRing } from "../../evidence/key-ring.ts";
import { openRow, otherKeyStoreKey, readKeyStoreKeys } from "../../evidence/key-store.ts";
import type { KeyStoreKeys } from "../../evidence/key-store.ts";
import { unwrapKey } from "../../evidence/keys.ts";

/** Gives the key of a pseudonym; `undefined` if it is gone. */
export type ActorKeys = (pseudonym: string) => Uint8Array | undefined;

/** What actors' keys are read with. Plain, so that threads can be given it. */
export type ActorKeysSource = {
  /** The path of `identity.sqlite`. */
  readonly identity: string;
  /** Actors that only the journal has so far: pseudonym and wrapped key. */
  readonly journalled: readonly (readonly [pseudonym: string, wrapped: Uint8Array])[];
  /** The folder of the site's keys. */
  readonly folder: KeyFolder;
};

/**
 * Opens the identity map.
 *
 * @returns what throws `keys_locked` where the map is sealed under a key-store key that the folder lacks
 */
export function openActorKeys({ identity, journalled, folder }: ActorKeysSource): ActorKeys {
  const database = new DatabaseSync(identity, { readOnly: true });
  const find = database.prepare("SELECT wrapped FROM actors WHERE pseudonym = ?");
  const waiting = new Map(journalled);
  let keys = readKeys(folder);
  const opened = (pseudonym: string, row: Uint8Array): Uint8Array | "otherKey" =>
    openRow(keys.keyStore, pseudonym, row);
  return (pseudonym) => {
    const read = (): Uint8Array | undefined =>
      (find.get(pseudonym) as { wrapped: Uint8Array } | undefined)?.wrapped ?? waiting.get(pseudonym);
    const key = (): Uint8Array | "otherKey" | undefined => {
      const row = read();
      const wrapped = row && opened(pseudonym, row);
      if (wrapped === undefined || wrapped === "otherKey") return wrapped;
      return unwrapKey(keys.keyEncryption, pseudonym, wrapped) ?? "otherKey";
    };
    const found = key();
    if (found !== "otherKey") return found;
    // The keys were replaced since they were read, or between the look at them and at the row.
    keys = readKeys(folder);
    const again = key();
    if (again === "otherKey") throw otherKeyStoreKey();
    return again;
  };
}

function readKeys(folder: KeyFolder): { keyStore: KeyStoreKeys | undefined; keyEncryption: KeyRing } {
  // First the key-store key: a row that it opens was wrapped by a key that the other file has by now.
  const keyStore = readKeyStoreKeys(folder);
  return { keyStore, keyEncryption: keyRing(readEvidenceKeys(folder).keyEncryption.map(({ key }) => key)) };
}
