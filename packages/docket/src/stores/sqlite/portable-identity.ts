// SPDX-License-Identifier: Apache-2.0
// The identity map as a copy of the data has it: its rows as they are wrapped by the key-encryption key, and
// not sealed under the key-store key, which is replaced and destroyed with every erasure. So a copy is read
// with the keys of evidence alone, whatever was erased since; an opening seals its rows again, and an
// erasure that the copy has not seen is replayed before that (erasure/).
import { rmSync } from "node:fs";
import { readKeyStoreKeys } from "../../evidence/key-store.ts";
import type { KeyFolder } from "../../evidence/key-folder.ts";
import { IdentityMap } from "./identity-map.ts";

const busyMs = 5000;
const rowsAtOnce = 1000;

/**
 * Writes a copy of an identity map, also while a server writes it: of rows as they were while it read them.
 *
 * @param identityPath the map
 * @param target a new file; what is there is replaced
 * @param folder the folder of the site's keys
 * @returns how many actors it has
 * @throws {DocketError} `keys_locked` if the folder lacks the key that rows are sealed under
 */
export function writePortableIdentity(identityPath: string, target: string, folder: KeyFolder): number {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${target}${suffix}`, { force: true });
  const source = new IdentityMap(identityPath, {
    busyMs,
    readOnly: true,
    keyStore: readKeyStoreKeys(folder),
  });
  try {
    const copy = new IdentityMap(target, { busyMs });
    try {
      return copyRows(source, copy);
    } finally {
      copy.close();
    }
  } finally {
    source.close();
  }
}

function copyRows(source: IdentityMap, copy: IdentityMap): number {
  let copied = 0;
  for (let after: Uint8Array | undefined; ;) {
    const page = source.entries(after, rowsAtOnce);
    copy.add(page);
    copied += page.length;
    after = page.at(-1)?.lookup;
    if (page.length < rowsAtOnce) break;
  }
  copy.makeDurable();
  return copied;
}
