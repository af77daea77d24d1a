// SPDX-License-Identifier: Apache-2.0
// The key-store key: actors' keys lie in the identity map wrapped by the key-encryption key, and sealed once
// more under this one, so that replacing it makes unreadable whatever a disk still holds of rows that are
// gone. Two forms of a row:
//
//   nonce (12) | wrapped key (32) | tag (16)                        as it is wrapped; in copies and of old
//   1 (1) | key's id (4) | nonce (12) | AES-256-GCM of that | tag   under the key-store key
//
// The file, KEYS/main/key-store.key, is in docs/formats/keys.md.
import { createSecretKey } from "node:crypto";
import { nonceBytes, tagBytes } from "@docket/protocol";
import { DocketError } from "../error.ts";
import { hasSecret, keyId, keyIdBytes, readSecret, replaceSecret, settleReplaced } from "./key-folder.ts";
import type { KeyFolder } from "./key-folder.ts";
import { keyBytes } from "./key-ring.ts";
import { decrypt, encrypt } from "./seal.ts";
import type { RandomBytes } from "./seal.ts";

/** The file of the key-store key, in the folder of its site's keys. */
export const keyStoreFile = "key-store.key";
const fileFormat = "docket-key-store/v1";
/** Rows that are sealed anew at once: the thread of the look-ups answers nobody meanwhile. */
export const rewriteRowsAtOnce = 200;
/** Bytes of a wrapped key of an actor. */
export const wrappedKeyBytes: number = nonceBytes + keyBytes + tagBytes;
const rowVersion = 1;
const headBytes = 1 + keyIdBytes;
/** Bytes of a row that is sealed under the key-store key. */
export const sealedRowBytes: number = headBytes + nonceBytes + wrappedKeyBytes + tagBytes;

/** The key-store key, and the one that follows it while rows are sealed anew. */
export type KeyStoreKeys = { readonly current: Uint8Array; readonly next?: Uint8Array | undefined };

/** The key-store key of a site; `undefined` where there is none yet. */
export function readKeyStoreKeys(folder: KeyFolder): KeyStoreKeys | undefined {
  if (!hasSecret(folder, keyStoreFile)) return undefined;
  const [format, ...lines] = readSecret(folder, keyStoreFile).trim().split("\n");
  const values = new Map(lines.map((line) => line.split(" ") as [string, string]));
  const key = (name: string): Uint8Array | undefined => {
    const text = values.get(name);
    const bytes = Uint8Array.from(Buffer.from(text ?? "", "base64"));
    if (text === undefined) return undefined;
    if (bytes.length !== keyBytes) throw malformed(folder);
    return bytes;
  };
  const current = key("current");
  if (format !== fileFormat || current === undefined) throw malformed(folder);
  const next = key("next");
  return next === undefined ? { current } : { current, next };
}

/** Writes the key-store key durably; what the file held before is destroyed. */
export function writeKeyStoreKeys(folder: KeyFolder, keys: KeyStoreKeys, random: RandomBytes): void {
  const lines = [fileFormat, `current ${textOf(keys.current)}`];
  if (keys.next !== undefined) lines.push(`next ${textOf(keys.next)}`);
  replaceSecret(folder, keyStoreFile, `${lines.join("\n")}\n`, random);
}

/** The key-store key of a site, which is made if there is none; an interrupted replacement is ended. */
export function ensureKeyStoreKeys(folder: KeyFolder, random: RandomBytes): KeyStoreKeys {
  settleReplaced(folder, keyStoreFile);
  const found = readKeyStoreKeys(folder);
  if (found !== undefined) return found;
  const made = { current: Uint8Array.from(random(keyBytes)) };
  writeKeyStoreKeys(folder, made, random);
  return made;
}

/** Seals a wrapped key for its row, under the key that follows where there is one. */
export function sealRow(
  keys: KeyStoreKeys,
  pseudonym: string,
  wrapped: Uint8Array,
  random: RandomBytes,
): Buffer {
  const key = keys.next ?? keys.current;
  const nonce = random(nonceBytes);
  const sealed = encrypt(createSecretKey(key), nonce, wrapped, contextOf(pseudonym));
  return Buffer.concat([Buffer.from([rowVersion]), keyId(key), nonce, sealed]);
}

/**
 * The wrapped key in a row.
 *
 * @returns `"otherKey"` if another key-store key sealed it; bytes of another form as they are: the tag of
 *   what
 *   is wrapped shows whether they are a key
 * @throws {DocketError} `directory_damaged` if the row was changed, or belongs to another pseudonym
 */
export function openRow(
  keys: KeyStoreKeys | undefined,
  pseudonym: string,
  row: Uint8Array,
): Uint8Array | "otherKey" {
  if (row.length !== sealedRowBytes || row[0] !== rowVersion) return row;
  const id = Buffer.from(row.subarray(1, headBytes));
  const key = [keys?.current, keys?.next].find((each) => each !== undefined && keyId(each).equals(id));
  if (key === undefined) return "otherKey";
  const nonce = row.subarray(headBytes, headBytes + nonceBytes);
  const body = row.subarray(headBytes + nonceBytes);
  const opened = decrypt(createSecretKey(key), nonce, body, contextOf(pseudonym));
  if (opened === undefined) throw damagedRow(pseudonym);
  return Uint8Array.from(opened);
}

/** Whether a row is sealed under the key that rows are sealed under now. */
export function isSealedNow(keys: KeyStoreKeys, row: Uint8Array): boolean {
  const id = keyId(keys.next ?? keys.current);
  return row.length === sealedRowBytes && id.equals(row.subarray(1, headBytes));
}

/** The error of rows that the key-store key at hand does not open. */
export function otherKeyStoreKey(): DocketError {
  return new DocketError(
    "keys_locked",
    `the identity map is sealed under another key than that of ${keyStoreFile}: the keys directory is ` +
      "older than the data, or of another installation; restore the newest backup of the keys",
  );
}

function malformed(folder: KeyFolder): DocketError {
  return new DocketError("usage", `${keyStoreFile} in ${folder.path} is not a file of ${fileFormat}`);
}

function damagedRow(pseudonym: string): DocketError {
  return new DocketError("directory_damaged", `the identity map's row of ${pseudonym} was changed`);
}

function contextOf(pseudonym: string): Buffer {
  return Buffer.from(`${fileFormat}\n${pseudonym}\n`, "utf8");
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key).toString("base64");
}
