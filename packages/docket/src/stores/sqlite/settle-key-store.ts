// SPDX-License-Identifier: Apache-2.0
// What is done to the identity map before a site is opened: rows that are not sealed under the key-store key
// are, and a replacement of that key that was interrupted is brought to its end.
import { hasSecret } from "../../evidence/key-folder.ts";
import {
  ensureKeyStoreKeys,
  keyStoreFile,
  otherKeyStoreKey,
  rewriteRowsAtOnce,
  writeKeyStoreKeys,
} from "../../evidence/key-store.ts";
import type { KeyStoreKeys } from "../../evidence/key-store.ts";
import type { SiteKeys } from "../../evidence/keys.ts";
import type { RandomBytes } from "../../evidence/seal.ts";
import { IdentityMap } from "./identity-map.ts";

const busyMs = 5000;

/**
 * Settles the identity map, which is made if there is none. The caller holds the directory's lock, and
 * nobody else has the map open.
 *
 * @returns the keys that its rows are sealed under
 * @throws {DocketError} `keys_locked` if the keys directory lacks the key that they are sealed under
 */
export function settleKeyStore(
  identityPath: string,
  { folder, keyEncryption }: Pick<SiteKeys, "folder" | "keyEncryption">,
  random: RandomBytes,
): KeyStoreKeys {
  const isNew = !hasSecret(folder, keyStoreFile);
  const map = new IdentityMap(identityPath, { busyMs, random });
  try {
    // Made anew, the key would open nothing: then the right one can still be put in its place.
    if (isNew && map.isSealed && map.hasRows) throw otherKeyStoreKey();
    const keys = ensureKeyStoreKeys(folder, random);
    map.setKeyStore(keys);
    if (keys.next === undefined && map.isSealed) {
      map.entries(undefined, 1);
      return keys;
    }
    // What was to be wrapped anew when it was interrupted is wrapped anew now.
    const wrapping = keys.next === undefined ? undefined : keyEncryption;
    for (let after: Uint8Array | undefined; ;) {
      const { last } = map.rewrite({ after, limit: rewriteRowsAtOnce, keyEncryption: wrapping });
      if (last === undefined) break;
      after = last;
    }
    map.setSealed();
    map.makeDurable();
    if (keys.next === undefined) return keys;
    const alone = { current: keys.next };
    writeKeyStoreKeys(folder, alone, random);
    return alone;
  } finally {
    map.close();
  }
}
