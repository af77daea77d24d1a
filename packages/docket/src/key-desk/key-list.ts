// SPDX-License-Identifier: Apache-2.0
// Which keys there are in a site's folder.
import { createHash } from "node:crypto";
import { readEvidenceKeys, evidenceKeyFile } from "../evidence/evidence-key-file.ts";
import type { DatedKey } from "../evidence/evidence-key-file.ts";
import { hasSecret, isProtected, keyId } from "../evidence/key-folder.ts";
import type { KeyFolder } from "../evidence/key-folder.ts";
import { keyStoreFile, readKeyStoreKeys } from "../evidence/key-store.ts";
import { publishedKeyFile, readLogKeys, rootKeyFile, verifierKeyOf } from "../evidence/keys.ts";
import { readProtection } from "../key-providers/protection.ts";
import type { KeyView } from "./contract.ts";

/** Bytes of the id of a key that signs: of the hash of its verifier key. */
const signerIdBytes = 4;

/**
 * All keys of a folder, those in use first.
 *
 * @throws {DocketError} `usage`, `keys_locked` as the files are read
 */
export function listKeys(folder: KeyFolder): KeyView[] {
  const [protection] = readProtection(folder.path);
  const inFile = (file: string): Pick<KeyView, "file" | "protectedBy"> => ({
    file,
    protectedBy: isProtected(folder, file) === true ? (protection?.provider ?? null) : null,
  });
  const views: KeyView[] = [];
  const { signerKey, mlDsaSignerKey } = readLogKeys(folder);
  views.push({ name: "log", ...signerView(signerKey), ...inFile(rootKeyFile) });
  if (mlDsaSignerKey !== undefined) {
    views.push({ name: "logMlDsa44", ...signerView(mlDsaSignerKey), ...inFile(publishedKeyFile) });
  }
  // An opaque log has no evidence.
  if (!hasSecret(folder, evidenceKeyFile)) return views;
  const evidence = readEvidenceKeys(folder);
  const ofRing = (name: KeyView["name"], ring: readonly DatedKey[]): void => {
    for (const [place, { key, since }] of ring.entries()) {
      const id = keyId(key).toString("hex");
      views.push({ name, id, current: place === 0, since: since ?? null, ...inFile(evidenceKeyFile) });
    }
  };
  ofRing("keyEncryption", evidence.keyEncryption);
  ofRing("site", evidence.site);
  ofRing("hashing", [evidence.hashing]);
  const keyStore = readKeyStoreKeys(folder);
  for (const [place, key] of [keyStore?.next, keyStore?.current]
    .filter((each) => each !== undefined)
    .entries()) {
    const id = keyId(key).toString("hex");
    views.push({ name: "keyStore", id, current: place === 0, since: null, ...inFile(keyStoreFile) });
  }
  return views;
}

function signerView(signerKey: string): Pick<KeyView, "id" | "current" | "since"> {
  const id = createHash("sha256").update(verifierKeyOf(signerKey)).digest().subarray(0, signerIdBytes);
  return { id: id.toString("hex"), current: true, since: null };
}
