// SPDX-License-Identifier: Apache-2.0
// Copies of a keys directory, encrypted to recipients of age: apart from copies of the data, so that no
// single theft has both. Whoever has an identity reads one with `age -d` alone; the format is in
// docs/formats/keys.md.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DocketError } from "../error.ts";
import { openSecretText, syncDirectory } from "../evidence/key-folder.ts";
import type { KeyFolder } from "../evidence/key-folder.ts";
import { loadAge } from "../key-providers/age.ts";
import { secretNames } from "../key-providers/protection.ts";

const format = "docket-keys-backup/v1";
/** Largest copy that is read, in bytes. */
export const keysBackupBytesMax = 67_108_864;
/** What says of one directory what holds for no other. */
const leftOut: ReadonlySet<string> = new Set(["epoch", "newest", "protection.json", "rotation.json"]);
const namePattern = /^[a-z0-9][A-Za-z0-9_.-]{0,99}(\/[A-Za-z0-9][A-Za-z0-9_.-]{0,99})?$/;

/** What a copy holds. */
export type KeysBackup = {
  readonly origin: string;
  /** When it was made, RFC 3339. */
  readonly at: string;
  /** Files by their names, base64. */
  readonly files: Readonly<Record<string, string>>;
};

/**
 * Makes a copy of a folder of keys, unprotected inside and encrypted outside.
 *
 * @param recipients of age, `age1…`
 * @throws {DocketError} `keys_locked` if a file does not open; `usage` for something that is no recipient
 */
export async function encryptKeysBackup(
  folder: KeyFolder,
  about: { readonly origin: string; readonly nowMs: number },
  recipients: readonly string[],
): Promise<Uint8Array> {
  const { Encrypter } = await loadAge();
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (error) {
      throw new DocketError("usage", `${recipient} is no recipient of age`, { cause: error });
    }
  }
  const files: Record<string, string> = {};
  for (const name of copiedNames(folder.path)) {
    const text = openSecretText(folder, name, readFileSync(join(folder.path, name), "utf8"));
    files[name] = Buffer.from(text, "utf8").toString("base64");
  }
  const at = new Date(about.nowMs).toISOString();
  return encrypter.encrypt(`${JSON.stringify({ format, origin: about.origin, at, files })}\n`);
}

/**
 * Opens a copy.
 *
 * @param identities of age, `AGE-SECRET-KEY-…`
 * @throws {DocketError} `keys_locked` if no identity opens it; `usage` if it is no copy of keys
 */
export async function decryptKeysBackup(
  bytes: Uint8Array,
  identities: readonly string[],
): Promise<KeysBackup> {
  const { Decrypter } = await loadAge();
  const decrypter = new Decrypter();
  for (const identity of identities) {
    try {
      decrypter.addIdentity(identity);
    } catch (error) {
      // The error of the library may hold the identity.
      throw new DocketError("usage", "the identity is none of age", { cause: (error as Error).name });
    }
  }
  const opened = await decrypter.decrypt(bytes).catch(() => {
    throw new DocketError("keys_locked", "the identity does not open this copy of keys");
  });
  const backup = backupIn(Buffer.from(opened).toString("utf8"));
  if (backup === undefined) throw new DocketError("usage", `this is no file of ${format}`);
  return backup;
}

/**
 * Writes the files of a copy into a folder that holds no keys.
 *
 * @returns the names of the files
 * @throws {DocketError} `usage` if there are keys already
 */
export function restoreKeys(path: string, { files }: KeysBackup): string[] {
  const present = existsSync(path) ? secretNames(path) : [];
  if (present.length > 0) {
    throw new DocketError(
      "usage",
      `${path} already holds ${present[0]}; move the keys that are there away first`,
    );
  }
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const names = Object.keys(files).sort();
  for (const name of names) {
    const target = join(path, name);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    const content = Buffer.from(files[name] ?? "", "base64");
    // What is there and no key, of an erasure for example, is not put back to what it was.
    if (existsSync(target)) continue;
    writeFileSync(target, content, { flag: "wx", mode: 0o600, flush: true });
    syncDirectory(dirname(target));
  }
  for (const each of [path, dirname(path)]) syncDirectory(each);
  return names;
}

// Beside the secrets: what was erased, so that it stays so.
function copiedNames(path: string): string[] {
  const others = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !leftOut.has(entry.name) && !/\.(tmp|old)$/.test(entry.name))
    .map(({ name }) => name);
  return [...new Set([...others, ...secretNames(path)])]
    .sort()
    .filter((name) => statSync(join(path, name)).isFile());
}

function backupIn(text: string): KeysBackup | undefined {
  try {
    const value = JSON.parse(text) as Record<string, unknown> & KeysBackup;
    const { origin, at, files } = value;
    const names = Object.keys(files);
    const isWhole =
      value["format"] === format &&
      typeof origin === "string" &&
      typeof at === "string" &&
      names.length > 0 &&
      names.every((name) => namePattern.test(name) && typeof files[name] === "string");
    return isWhole ? { origin, at, files } : undefined;
  } catch {
    return undefined;
  }
}
